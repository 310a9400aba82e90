// Messages in order and each once, whichever way they came. Each direction numbers its messages
// from 1. The receiver delivers them by number; the sender keeps what the fast path has not
// confirmed, to send it again over the comm when the fast path is lost.

/** More than this waiting for one that does not come: it is lost. */
export const MAX_EARLY = 2000;
/** More than this unconfirmed: the fast path does not take what it is sent. */
export const MAX_UNCONFIRMED_BYTES = 4 * 2 ** 20;

/** Delivers by number. */
export class Inbox<T> {
  /** The number of the newest message delivered. */
  last = 0;
  readonly #early = new Map<number, T>();

  /** How many wait for one that has not come. */
  get waiting(): number {
    return this.#early.size;
  }

  /** Take one message; those that are due now, in order. Null when one is missing for good. */
  take(number: number, message: T): T[] | null {
    if (number <= this.last) return [];
    if (!this.#early.has(number)) this.#early.set(number, message);
    const due: T[] = [];
    for (let next = this.last + 1; this.#early.has(next); next++) {
      due.push(this.#early.get(next) as T);
      this.#early.delete(next);
      this.last = next;
    }
    return this.#early.size > MAX_EARLY ? null : due;
  }
}

export interface Kept<T> {
  readonly number: number;
  readonly message: T;
  readonly size: number;
  readonly sentMs: number;
}

/** Numbers messages, and keeps those that the fast path has not confirmed. */
export class Outbox<T> {
  #last = 0;
  #bytes = 0;
  #kept: Kept<T>[] = [];

  number(): number {
    this.#last++;
    return this.#last;
  }

  /** Keep a message until it is confirmed; false when there is no room. */
  keep(number: number, message: T, size: number, sentMs: number): boolean {
    this.#kept.push({ number, message, size, sentMs });
    this.#bytes += size;
    return this.#bytes <= MAX_UNCONFIRMED_BYTES;
  }

  /** Forget messages up to `number`. */
  confirm(number: number): void {
    const left = this.#kept.findIndex((kept) => kept.number > number);
    const gone = this.#kept.splice(0, left < 0 ? this.#kept.length : left);
    for (const kept of gone) this.#bytes -= kept.size;
  }

  /** When the oldest unconfirmed message was sent; null when there is none. */
  get oldestMs(): number | null {
    return this.#kept[0]?.sentMs ?? null;
  }

  /** Take out what is not confirmed, in order: it goes another way. */
  drain(): Kept<T>[] {
    const kept = this.#kept;
    this.#kept = [];
    this.#bytes = 0;
    return kept;
  }
}
