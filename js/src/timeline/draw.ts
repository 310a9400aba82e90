// Draws a timeline into a canvas: two waveforms, marks, an axis.

import type { Peaks } from "./source.js";
import { lengthOf, niceStep, placeOf, type Span, timeText } from "./span.js";
import type { Away, Mark, Region, Side, Whole } from "./wire.js";

export const LANE = 72;
export const AXIS = 24;
export const HEIGHT = 2 * LANE + AXIS;

const CROWDED = 12;
const LOUDEST = 32768;

/** Everything there is to draw. */
export interface Scene {
  readonly whole: Whole;
  readonly span: Span;
  readonly peaks: { readonly span: Span; readonly pairs: Peaks } | null;
  readonly cursorMs: number;
  readonly selected: Mark | null;
  /** Where a chosen event lies that has no mark. */
  readonly placeMs: number | null;
}

export class Painter {
  readonly #paint: CanvasRenderingContext2D;
  readonly #scene: Scene;
  readonly #width: number;
  readonly #ink: string;

  constructor(paint: CanvasRenderingContext2D, scene: Scene, width: number, ink: string) {
    this.#paint = paint;
    this.#scene = scene;
    this.#width = width;
    this.#ink = ink;
  }

  draw(): void {
    this.#paint.clearRect(0, 0, this.#width, HEIGHT);
    this.#paint.font = "11px system-ui, sans-serif";
    for (const away of this.#scene.whole.aways) this.#away(away);
    this.#lane("user", 0);
    this.#lane("assistant", LANE);
    this.#axis();
    this.#marks();
    this.#lineAt(this.#scene.cursorMs, this.#ink, 1.5);
    if (this.#scene.placeMs !== null) this.#lineAt(this.#scene.placeMs, "#d64545", 1.5, [3, 3]);
  }

  #x(tMs: number): number {
    const { span } = this.#scene;
    return ((tMs - span.fromMs) / lengthOf(span)) * this.#width;
  }

  #lane(side: Side, top: number): void {
    const paint = this.#paint;
    const colour = this.#scene.whole.sides.get(side) ?? this.#ink;
    for (const region of this.#scene.whole.regions) {
      if (region.side === side) this.#region(region, top, colour);
    }
    this.#wave(side, top + LANE / 2, colour);
    paint.fillStyle = this.#ink;
    paint.globalAlpha = 0.7;
    paint.fillText(side, 4, top + 12);
    paint.globalAlpha = 1;
  }

  #region(region: Region, top: number, colour: string): void {
    const from = Math.max(0, this.#x(region.fromMs));
    const to = Math.min(this.#width, this.#x(region.toMs));
    if (to <= from) return;
    this.#paint.globalAlpha = 0.13;
    this.#paint.fillStyle = colour;
    this.#paint.fillRect(from, top + 2, Math.max(1, to - from), LANE - 4);
    this.#paint.globalAlpha = 1;
  }

  #away(away: Away): void {
    const paint = this.#paint;
    const from = Math.max(0, this.#x(away.fromMs));
    const to = Math.min(this.#width, this.#x(away.toMs));
    if (to < from) return;
    paint.globalAlpha = 0.25;
    paint.fillStyle = this.#ink;
    paint.fillRect(from, 0, Math.max(1, to - from), 2 * LANE);
    paint.globalAlpha = 0.85;
    if (paint.measureText(away.text).width < to - from) {
      paint.textAlign = "center";
      paint.fillText(away.text, (from + to) / 2, LANE + 4);
      paint.textAlign = "start";
    }
    paint.globalAlpha = 1;
  }

  #wave(side: Side, middle: number, colour: string): void {
    const paint = this.#paint;
    paint.fillStyle = colour;
    paint.globalAlpha = 0.4;
    paint.fillRect(0, middle, this.#width, 1);
    paint.globalAlpha = 1;
    const peaks = this.#scene.peaks;
    if (peaks === null) return;
    const pairs = peaks.pairs[side];
    const count = pairs.length >> 1;
    const from = this.#x(peaks.span.fromMs);
    const step = (this.#x(peaks.span.toMs) - from) / Math.max(1, count);
    const half = (LANE / 2 - 4) / LOUDEST;
    for (let i = 0; i < count; i++) {
      const low = pairs[2 * i] ?? 0;
      const high = pairs[2 * i + 1] ?? 0;
      if (low === 0 && high === 0) continue;
      const top = middle - high * half;
      const tall = Math.max(1, (high - low) * half);
      paint.fillRect(from + i * step, top, Math.max(1, step), tall);
    }
  }

  #marks(): void {
    const { marks, kinds } = this.#scene.whole;
    const { span, selected } = this.#scene;
    const first = placeOf(marks, span.fromMs);
    const last = placeOf(marks, span.toMs + 1e-6);
    // A crowd of them would hide the sound.
    const tall = last - first > this.#width / 8 ? CROWDED : LANE;
    for (let place = first; place < last; place++) {
      const mark = marks[place];
      if (mark === undefined) continue;
      const top = mark.side === "user" ? 0 : LANE;
      const x = this.#x(mark.tMs);
      this.#paint.fillStyle = kinds.get(mark.kind)?.colour ?? this.#ink;
      this.#paint.fillRect(x - 0.7, top, 1.4, tall);
      this.#dot(x, top + 5, mark === selected ? 5 : 3);
    }
    if (selected !== null) {
      this.#lineAt(selected.tMs, kinds.get(selected.kind)?.colour ?? this.#ink, 2);
    }
  }

  #dot(x: number, y: number, radius: number): void {
    this.#paint.beginPath();
    this.#paint.arc(x, y, radius, 0, 2 * Math.PI);
    this.#paint.fill();
  }

  #axis(): void {
    const paint = this.#paint;
    const { span } = this.#scene;
    const step = niceStep((lengthOf(span) * 90) / Math.max(1, this.#width));
    paint.fillStyle = this.#ink;
    paint.textAlign = "center";
    for (let tMs = Math.ceil(span.fromMs / step) * step; tMs <= span.toMs; tMs += step) {
      const x = this.#x(tMs);
      paint.globalAlpha = 0.5;
      paint.fillRect(x, 2 * LANE, 1, 5);
      paint.globalAlpha = 0.85;
      const words = timeText(tMs, step);
      const half = paint.measureText(words).width / 2;
      paint.fillText(words, Math.min(Math.max(x, half), this.#width - half), 2 * LANE + 18);
    }
    paint.globalAlpha = 1;
    paint.textAlign = "start";
  }

  #lineAt(tMs: number, colour: string, width: number, dashes: readonly number[] = []): void {
    const x = this.#x(tMs);
    if (x < 0 || x > this.#width) return;
    this.#paint.setLineDash([...dashes]);
    this.#paint.strokeStyle = colour;
    this.#paint.lineWidth = width;
    this.#paint.beginPath();
    this.#paint.moveTo(x, 0);
    this.#paint.lineTo(x, 2 * LANE + 5);
    this.#paint.stroke();
    this.#paint.setLineDash([]);
  }
}
