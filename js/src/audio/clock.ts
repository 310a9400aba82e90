// From an audio context's clock to the page's wall clock.
//
// A frame tells its context time; the page sees it a little later, never earlier. So the smallest
// difference seen lately is the truest one. "Lately" because the two clocks drift apart.

const WINDOW = 128;

export class Clock {
  readonly #differences: number[] = [];

  /** The page had the context's `contextMs` in hand at `pageMs`. */
  observe(contextMs: number, pageMs: number): void {
    this.#differences.push(pageMs - contextMs);
    if (this.#differences.length > WINDOW) this.#differences.shift();
  }

  /** Page time of a context time; NaN before the first observation. */
  pageTime(contextMs: number): number {
    if (this.#differences.length === 0) return Number.NaN;
    return contextMs + Math.min(...this.#differences);
  }
}

/** Milliseconds since 1970 on the clock that never jumps. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
