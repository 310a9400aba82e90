// A recording as bars: how loud it was from its beginning to its end, and what was played of it.

import { h } from "../ui/dom.js";

const HEIGHT = 40;

export interface Bars {
  readonly node: HTMLElement;
  /** Draw amplitudes 0..1; the first `played` (0..1) of them as played. */
  draw(bars: readonly number[], played: number): void;
}

export function createBars(): Bars {
  const canvas = h("canvas", { class: "rnb-rec-bars", "aria-hidden": "true" });
  let drawn = "";
  return {
    node: canvas,
    draw(bars, played) {
      canvas.hidden = bars.length === 0;
      const width = canvas.clientWidth;
      const pen = canvas.getContext("2d");
      if (pen === null || width === 0 || bars.length === 0) return;
      const { color, borderColor } = getComputedStyle(canvas);
      const upTo = Math.round(played * width);
      const key = `${width} ${upTo} ${color} ${bars.join()}`;
      if (key === drawn) return;
      drawn = key;
      const scale = Math.max(1, window.devicePixelRatio || 1);
      canvas.width = width * scale;
      canvas.height = HEIGHT * scale;
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      const step = width / bars.length;
      bars.forEach((bar, index) => {
        const height = Math.max(1, bar * HEIGHT);
        pen.fillStyle = index * step < upTo ? color : borderColor;
        pen.fillRect(index * step, (HEIGHT - height) / 2, Math.max(1, step - 1), height);
      });
    },
  };
}
