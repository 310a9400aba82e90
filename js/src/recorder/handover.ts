// One take on its way to the kernel: that it begins, its sound, and that this was all.

import { randomId } from "../ids.js";
import { BATCH_SAMPLES, Outbox } from "./outbox.js";

type Send = (message: object, buffers?: ArrayBuffer[]) => boolean;

export class Handover {
  readonly take = randomId();
  readonly #replaces: boolean;
  readonly #send: Send;
  readonly #outbox: Outbox;
  /** Why it ended, "" for its button; null while it goes on. */
  #why: string | null = null;
  #endSent = false;

  /** A take of at most `max` samples, in place of the one before if `replaces`. */
  constructor(max: number, replaces: boolean, send: Send) {
    this.#replaces = replaces;
    this.#send = send;
    this.#outbox = new Outbox(max, (offset, { buffer }) =>
      send({ kind: "sound", take: this.take, offset }, [buffer]),
    );
    this.#begin();
  }

  /** Samples recorded. */
  get total(): number {
    return this.#outbox.total;
  }

  /** Samples that the kernel has not taken in. */
  get waiting(): number {
    return this.#outbox.waiting;
  }

  get full(): boolean {
    return this.#outbox.full;
  }

  add(samples: Int16Array<ArrayBuffer>): void {
    this.#outbox.add(samples);
  }

  /** That was all; `why` where it was not the button. */
  end(why: string): void {
    this.#why = why;
    this.flush();
  }

  /** The kernel has so much. */
  acked(got: number): void {
    const sent = this.#outbox.allSent;
    this.#outbox.acked(got);
    if (sent && !this.#outbox.allSent) this.#endSent = false;
    this.flush();
  }

  /** The kernel is there (again), and may not know of it. */
  again(): void {
    this.#begin();
    this.#outbox.again();
    this.#endSent = false;
    this.flush();
  }

  /** Hand over what may go, and once all has gone, that this was all. */
  flush(all = this.#why !== null): void {
    this.#outbox.flush(all ? 1 : BATCH_SAMPLES);
    if (this.#why === null || this.#endSent || !this.#outbox.allSent) return;
    const { take, total } = this;
    this.#endSent = this.#send({ kind: "end", take, total, why: this.#why });
  }

  #begin(): void {
    this.#send({ kind: "record", take: this.take, replaces: this.#replaces });
  }
}
