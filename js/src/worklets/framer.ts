// Cuts a stream of samples into frames of 40 ms with their level. Pure.

/** 40 ms at 24 kHz; shorter frames cost the comm more than they win. */
export const FRAME_SAMPLES = 960;

/** Collects floats in -1..1 into 16 bit frames. */
export class Framer {
  #frame: Int16Array<ArrayBuffer>;
  #filled = 0;
  #energy = 0;
  /** RMS of the last full frame, 0..1. */
  rms = 0;

  constructor(first: Int16Array<ArrayBuffer>) {
    this.#frame = first;
  }

  /**
   * Take samples from `from` on, until `count` or until the frame is full; returns how many were
   * taken. A full frame must be taken out by `exchange` before the next call.
   */
  push(samples: Float32Array, from: number, count: number): number {
    const taken = Math.min(count - from, FRAME_SAMPLES - this.#filled);
    for (let i = 0; i < taken; i++) {
      const value = samples[from + i] ?? 0;
      this.#energy += value * value;
      // x * 32768, clipped: the inverse of how a browser reads 16 bit sound.
      this.#frame[this.#filled + i] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
    }
    this.#filled += taken;
    return taken;
  }

  get full(): boolean {
    return this.#filled === FRAME_SAMPLES;
  }

  /** Hand over the full frame, and go on in `next`. */
  exchange(next: Int16Array<ArrayBuffer>): Int16Array<ArrayBuffer> {
    const frame = this.#frame;
    this.rms = Math.sqrt(this.#energy / FRAME_SAMPLES);
    this.#frame = next;
    this.#filled = 0;
    this.#energy = 0;
    return frame;
  }
}
