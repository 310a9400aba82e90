// The sound a page holds of a stream: what was just played, and what comes next. Pure.
//
// Bound: HELD_SAMPLES, 10 minutes (28.8 MB). When full, what was played longest ago is dropped; the
// kernel has it still and is asked for it when somebody goes back so far.

import { RATE } from "../frames.js";

export const HELD_SAMPLES = 600 * RATE;
/** How far past the place that is played a page takes sound in: one minute. */
export const AHEAD_SAMPLES = 60 * RATE;

interface Chunk {
  readonly offset: number;
  readonly samples: Int16Array<ArrayBuffer>;
}

export class Store {
  readonly #max: number;
  #chunks: Chunk[] = [];
  #end = 0;

  constructor(maxSamples: number = HELD_SAMPLES) {
    this.#max = maxSamples;
  }

  /** The first sample that is here. */
  get first(): number {
    return this.#chunks[0]?.offset ?? this.#end;
  }

  /** The sample after the last that is here. */
  get end(): number {
    return this.#end;
  }

  holds(at: number): boolean {
    return at >= this.first && at <= this.#end;
  }

  /** Begin anew at a sample. */
  reset(at: number): void {
    this.#chunks = [];
    this.#end = at;
  }

  /** Take samples in that follow what is here; false for what does not: it would leave a hole. */
  push(offset: number, samples: Int16Array<ArrayBuffer>): boolean {
    const known = this.#end - offset;
    if (known < 0) return false;
    if (known < samples.length) {
      const fresh = known === 0 ? samples : samples.slice(known);
      this.#chunks.push({ offset: this.#end, samples: fresh });
      this.#end += fresh.length;
    }
    return true;
  }

  /** Drop what is past the bound, never anything from `playing` on. */
  bound(playing: number): void {
    let drop = 0;
    for (const { offset, samples } of this.#chunks) {
      const next = offset + samples.length;
      if (next > playing || this.#end - offset <= this.#max) break;
      drop++;
    }
    if (drop > 0) this.#chunks.splice(0, drop);
  }

  /** A copy of at most `most` samples from `at` on; empty where there are none. */
  read(at: number, most: number): Int16Array<ArrayBuffer> {
    const length = Math.max(0, Math.min(most, this.#end - at));
    const out = new Int16Array(length);
    let done = 0;
    for (let i = this.#place(at); done < length && i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i] as Chunk;
      const from = at + done - chunk.offset;
      const part = chunk.samples.subarray(from, from + length - done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  /** Which chunk holds sample `at`. */
  #place(at: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#chunks[middle] as Chunk).offset <= at) low = middle;
      else high = middle;
    }
    return low;
  }
}
