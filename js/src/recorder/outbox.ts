// A recording on its way to the kernel: kept until the kernel says it has it. Pure.
//
// Bound: the longest recording. At most WINDOW_SAMPLES are under way at a time; a kernel that is
// busy for minutes is sent the rest when it comes to it.

import { RATE } from "../frames.js";
import { Store } from "../player/store.js";

/** In one message: 200 ms, since each costs the comm the same whatever it holds. */
export const BATCH_SAMPLES = RATE / 5;
const MOST_SAMPLES = RATE;
/** 10 s, 480 kB. */
export const WINDOW_SAMPLES = 10 * RATE;

/** Sends samples that stand at `offset`; false when there is nobody to take them. */
export type SendSound = (offset: number, samples: Int16Array<ArrayBuffer>) => boolean;

export class Outbox {
  readonly #max: number;
  readonly #send: SendSound;
  readonly #store = new Store(0);
  #sent = 0;
  #got = 0;

  constructor(maxSamples: number, send: SendSound) {
    this.#max = maxSamples;
    this.#send = send;
  }

  /** Samples recorded. */
  get total(): number {
    return this.#store.end;
  }

  /** Samples that the kernel has not said it has. */
  get waiting(): number {
    return this.total - this.#got;
  }

  get full(): boolean {
    return this.total >= this.#max;
  }

  /** Everything is on its way. */
  get allSent(): boolean {
    return this.#sent === this.total;
  }

  /** Take samples in, up to the longest recording. */
  add(samples: Int16Array<ArrayBuffer>): void {
    const room = this.#max - this.total;
    if (room <= 0) return;
    this.#store.push(this.total, samples.length > room ? samples.slice(0, room) : samples);
    this.flush(BATCH_SAMPLES);
  }

  /** The kernel has this many; the same number twice means that what follows was lost. */
  acked(got: number): void {
    const lost = got === this.#got && got < this.#sent;
    if (got < this.#got || got > this.total) return;
    this.#got = got;
    this.#sent = lost ? got : Math.max(this.#sent, got);
    this.#store.bound(got);
  }

  /** Whoever took it may have lost what it did not acknowledge. */
  again(): void {
    this.#sent = this.#got;
  }

  /** Send what may go, in messages of at least `least` samples. */
  flush(least = 1): void {
    for (;;) {
      const room = Math.min(this.total, this.#got + WINDOW_SAMPLES) - this.#sent;
      if (room < Math.max(1, least)) return;
      const samples = this.#store.read(this.#sent, Math.min(room, MOST_SAMPLES));
      if (!this.#send(this.#sent, samples)) return;
      this.#sent += samples.length;
    }
  }
}
