// A queue of 16 bit samples in chunks of one size. Pure: runs in the audio thread and in tests.
//
// Writing happens when a message arrives and may allocate a chunk; reading happens inside
// `process()` and allocates nothing: used-up chunks go back to the pool. The pool counts every
// chunk of all rings that share it, and that is the bound on memory.

/** 0.4 s at 24 kHz. */
export const CHUNK_SAMPLES = 9600;

interface Chunk {
  readonly samples: Int16Array;
  next: Chunk | null;
}

/** Chunks for any number of rings, never more than `maxBytes` of them at once. */
export class ChunkPool {
  readonly #max: number;
  #free: Chunk | null = null;
  #freeCount = 0;
  #made = 0;

  constructor(maxBytes: number) {
    this.#max = Math.floor(maxBytes / (CHUNK_SAMPLES * Int16Array.BYTES_PER_ELEMENT));
  }

  /** How many chunks may still be taken. */
  get available(): number {
    return this.#freeCount + this.#max - this.#made;
  }

  take(): Chunk | null {
    const chunk = this.#free;
    if (chunk !== null) {
      this.#free = chunk.next;
      this.#freeCount--;
      chunk.next = null;
      return chunk;
    }
    if (this.#made >= this.#max) return null;
    this.#made++;
    return { samples: new Int16Array(CHUNK_SAMPLES), next: null };
  }

  give(chunk: Chunk): void {
    chunk.next = this.#free;
    this.#free = chunk;
    this.#freeCount++;
  }
}

/** First in, first out. */
export class Ring {
  readonly #pool: ChunkPool;
  #head: Chunk | null = null;
  #tail: Chunk | null = null;
  /** Next sample to read in the head chunk. */
  #readAt = 0;
  /** Next free place in the tail chunk. */
  #writeAt = CHUNK_SAMPLES;
  #length = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  /** Samples waiting. */
  get length(): number {
    return this.#length;
  }

  /** Whether `count` more samples fit the pool. */
  fits(count: number): boolean {
    const beyondTail = count - (CHUNK_SAMPLES - this.#writeAt);
    return Math.ceil(beyondTail / CHUNK_SAMPLES) <= this.#pool.available;
  }

  /** Append all of `samples`, or none: false when the pool is used up. */
  write(samples: Int16Array): boolean {
    if (!this.fits(samples.length)) return false;
    let at = 0;
    while (at < samples.length) {
      const chunk = this.#writable();
      if (chunk === null) return false; // not reached: it fits
      const count = Math.min(CHUNK_SAMPLES - this.#writeAt, samples.length - at);
      chunk.samples.set(samples.subarray(at, at + count), this.#writeAt);
      this.#writeAt += count;
      this.#length += count;
      at += count;
    }
    return true;
  }

  /** Move up to `count` samples to `out` as floats in -1..1; returns how many there were. */
  read(out: Float32Array, at: number, count: number): number {
    const total = Math.min(count, this.#length);
    let done = 0;
    while (done < total && this.#head !== null) {
      const samples = this.#head.samples;
      const part = Math.min(CHUNK_SAMPLES - this.#readAt, total - done);
      for (let i = 0; i < part; i++) {
        out[at + done + i] = (samples[this.#readAt + i] ?? 0) / 32768;
      }
      this.#readAt += part;
      this.#length -= part;
      done += part;
      if (this.#readAt === CHUNK_SAMPLES) this.#dropHead();
    }
    return total;
  }

  /** Forget everything waiting. */
  clear(): void {
    while (this.#head !== null) this.#dropHead();
    this.#length = 0;
  }

  #writable(): Chunk | null {
    if (this.#tail !== null && this.#writeAt < CHUNK_SAMPLES) return this.#tail;
    const chunk = this.#pool.take();
    if (chunk === null) return null;
    if (this.#tail === null) this.#head = chunk;
    else this.#tail.next = chunk;
    this.#tail = chunk;
    this.#writeAt = 0;
    return chunk;
  }

  #dropHead(): void {
    const chunk = this.#head;
    if (chunk === null) return;
    this.#head = chunk.next;
    this.#readAt = 0;
    if (this.#head === null) {
      this.#tail = null;
      this.#writeAt = CHUNK_SAMPLES;
    }
    this.#pool.give(chunk);
  }
}
