// Which stretch of time is in view. Pure.

import type { Mark } from "./wire.js";

/** A stretch of the conversation's clock, in ms. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Closer than this there is nothing more to see: 20 ms are 480 samples. */
export const CLOSEST_MS = 20;

export const lengthOf = (span: Span): number => span.toMs - span.fromMs;

/** The stretch moved and cut so that it lies in 0..`durationMs`. */
export function within(span: Span, durationMs: number): Span {
  const whole = Math.max(durationMs, CLOSEST_MS);
  const length = Math.min(Math.max(lengthOf(span), CLOSEST_MS), whole);
  const fromMs = Math.min(Math.max(0, span.fromMs), whole - length);
  return { fromMs, toMs: fromMs + length };
}

/** Zoom by `factor` (under 1: closer) with `atMs` staying where it is. */
export function zoom(span: Span, factor: number, atMs: number, durationMs: number): Span {
  const whole = Math.max(durationMs, CLOSEST_MS);
  const length = Math.min(Math.max(lengthOf(span) * factor, CLOSEST_MS), whole);
  const share = (atMs - span.fromMs) / lengthOf(span);
  const fromMs = atMs - share * length;
  return within({ fromMs, toMs: fromMs + length }, durationMs);
}

export function pan(span: Span, byMs: number, durationMs: number): Span {
  return within({ fromMs: span.fromMs + byMs, toMs: span.toMs + byMs }, durationMs);
}

/** The stretch, moved only as far as is needed to have `tMs` in view. */
export function reveal(span: Span, tMs: number, durationMs: number): Span {
  if (tMs >= span.fromMs && tMs <= span.toMs) return span;
  const length = lengthOf(span);
  return within({ fromMs: tMs - length / 2, toMs: tMs + length / 2 }, durationMs);
}

/** The first place in `marks` (in the order of time) at or after `tMs`. */
export function placeOf(marks: readonly Mark[], tMs: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.tMs ?? 0) < tMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The mark nearest to `tMs`, no farther than `reachMs`; of `side` where it is given. */
export function nearest(
  marks: readonly Mark[],
  tMs: number,
  reachMs: number,
  side?: Mark["side"],
): Mark | null {
  let best: Mark | null = null;
  const last = placeOf(marks, tMs + reachMs);
  for (let place = placeOf(marks, tMs - reachMs); place < last; place++) {
    const mark = marks[place];
    if (mark === undefined || (side !== undefined && mark.side !== side)) continue;
    if (best === null || Math.abs(mark.tMs - tMs) < Math.abs(best.tMs - tMs)) best = mark;
  }
  return best;
}

const MINUTES = [1, 2, 5, 10, 20, 30, 60].map((count) => 60_000 * count);

/** A round step of at least `least` ms: 1, 2, 5 times a power of ten; of minutes where it is so. */
export function niceStep(least: number): number {
  if (least > 50_000) {
    const step = MINUTES.find((one) => one >= least * 0.999);
    if (step !== undefined) return step;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-3)));
  return ([1, 2, 5, 10].find((times) => times * power >= least * 0.999) ?? 10) * power;
}

/** A time for people, as exact as a step of `stepMs` wants. */
export function timeText(ms: number, stepMs = 1): string {
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  const minutes = Math.floor(ms / 60_000);
  const seconds = ((ms - minutes * 60_000) / 1000).toFixed(digits);
  if (minutes === 0) return `${seconds} s`;
  return `${minutes}:${seconds.padStart(digits === 0 ? 2 : digits + 3, "0")}`;
}
