// A level: the last seconds as bars.

import { h } from "./dom.js";

const BARS = 24;
const WIDTH = 72;
const HEIGHT = 24;
/** What counts as silence, in dB below full scale. */
const FLOOR_DB = -60;

/** RMS 0..1 to a height 0..1 that follows the ear: decibels above the floor. */
export function loudness(rms: number): number {
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

/** `read` gives the level, RMS 0..1, or null while there is none to show. */
export function createMeter(
  className: string,
  read: () => number | null,
): { node: HTMLElement; update(): void } {
  const canvas = h("canvas", { class: `rnb-meter ${className}`, "aria-hidden": "true" });
  const scale = Math.max(1, window.devicePixelRatio || 1);
  canvas.width = WIDTH * scale;
  canvas.height = HEIGHT * scale;
  const levels: number[] = new Array<number>(BARS).fill(0);

  const draw = () => {
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.fillStyle = getComputedStyle(canvas).color;
    const step = WIDTH / BARS;
    levels.forEach((level, index) => {
      const height = Math.max(2, level * HEIGHT);
      pen.fillRect(index * step, (HEIGHT - height) / 2, step - 1, height);
    });
  };

  const update = () => {
    const level = read();
    canvas.hidden = level === null;
    if (level === null) {
      levels.fill(0);
      return;
    }
    levels.shift();
    levels.push(loudness(level));
    draw();
  };
  update();
  return { node: canvas, update };
}
