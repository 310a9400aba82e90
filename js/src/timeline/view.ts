// What of a timeline is in view, and its picture. Waveforms are asked for when the view has come to
// rest; until they are here the ones before are drawn, moved and stretched.

import { h } from "../ui/dom.js";
import { HEIGHT, Painter } from "./draw.js";
import type { Peaks, Source } from "./source.js";
import { lengthOf, pan, reveal, type Span, within, zoom } from "./span.js";
import type { Mark, Whole } from "./wire.js";

const SETTLE_MS = 80;

export interface ViewHandlers {
  /** It was drawn anew. */
  drawn(): void;
  failed(error: unknown): void;
}

export class View {
  readonly canvas = h("canvas", { class: "rnb-tl-canvas" });
  whole: Whole | null = null;
  span: Span = { fromMs: 0, toMs: 1 };
  /** Width of the canvas in CSS pixels. */
  width = 0;
  cursorMs = 0;
  selected: Mark | null = null;
  /** Where a chosen event lies that has no mark. */
  placeMs: number | null = null;

  readonly #source: Pick<Source, "peaks">;
  readonly #handlers: ViewHandlers;
  #peaks: { span: Span; pairs: Peaks } | null = null;
  #asking = false;
  #stale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor(source: Pick<Source, "peaks">, handlers: ViewHandlers, signal: AbortSignal) {
    this.#source = source;
    this.#handlers = handlers;
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      cancelAnimationFrame(this.#frame);
    });
  }

  get durationMs(): number {
    return this.whole?.durationMs ?? 1;
  }

  /** Take another timeline; who looked at all of the one before goes on to. */
  take(whole: Whole): void {
    const all = this.whole === null || lengthOf(this.span) >= this.whole.durationMs;
    this.whole = whole;
    this.selected = null;
    this.#show(all ? { fromMs: 0, toMs: whole.durationMs } : this.span, true);
  }

  resize(width: number): void {
    if (width === this.width) return;
    this.width = width;
    this.#want();
    this.draw();
  }

  show(span: Span): void {
    this.#show(span, false);
  }

  showAll(): void {
    this.show({ fromMs: 0, toMs: this.durationMs });
  }

  /** Zoom around `atMs`; else the cursor, where it is in view, or the middle. */
  zoom(factor: number, atMs?: number): void {
    const inView = this.cursorMs >= this.span.fromMs && this.cursorMs <= this.span.toMs;
    const middle = (this.span.fromMs + this.span.toMs) / 2;
    this.show(zoom(this.span, factor, atMs ?? (inView ? this.cursorMs : middle), this.durationMs));
  }

  pan(byMs: number, from: Span = this.span): void {
    this.show(pan(from, byMs, this.durationMs));
  }

  /** Have the cursor at `tMs`, in view. */
  moveTo(tMs: number): void {
    this.cursorMs = Math.min(Math.max(0, tMs), this.durationMs);
    this.show(reveal(this.span, this.cursorMs, this.durationMs));
  }

  /** The time at `x` CSS pixels from the left. */
  timeAt(x: number): number {
    return this.span.fromMs + this.timeOf(x);
  }

  /** How much time lies in `pixels`. */
  timeOf(pixels: number): number {
    return (pixels / Math.max(1, this.width)) * lengthOf(this.span);
  }

  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #show(span: Span, changed: boolean): void {
    if (this.whole === null) return;
    const next = within(span, this.whole.durationMs);
    const moved = next.fromMs !== this.span.fromMs || next.toMs !== this.span.toMs;
    this.span = next;
    if (moved || changed) this.#want();
    this.draw();
  }

  #want(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), this.#peaks === null ? 0 : SETTLE_MS);
  }

  async #fetch(): Promise<void> {
    if (this.#asking || this.width === 0 || this.whole === null) {
      this.#stale = this.#asking;
      return;
    }
    this.#asking = true;
    const span = this.span;
    try {
      const pairs = await this.#source.peaks(span.fromMs, span.toMs, Math.round(this.width));
      this.#peaks = { span, pairs };
      this.draw();
    } catch (error) {
      this.#handlers.failed(error);
    }
    this.#asking = false;
    if (this.#stale) this.#want();
    this.#stale = false;
  }

  #paint(): void {
    const { whole, span, cursorMs, selected, placeMs } = this;
    if (whole === null) return;
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(this.width * ratio), Math.round(HEIGHT * ratio)];
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    const paint = this.canvas.getContext("2d");
    if (paint !== null) {
      paint.setTransform(ratio, 0, 0, ratio, 0, 0);
      const scene = { whole, span, peaks: this.#peaks, cursorMs, selected, placeMs };
      new Painter(paint, scene, this.width, getComputedStyle(this.canvas).color).draw();
    }
    this.#handlers.drawn();
  }
}
