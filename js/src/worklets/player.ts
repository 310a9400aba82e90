// Which sample is played next, and how many of each stream were. Pure: the playback worklet is a
// thin shell around it, and `render` allocates nothing but the two words of a finished stream.
//
// A stream is one answer. Streams play in the order in which they arrived. A stream begins once
// the prebuffer's samples wait, or all of it; when it runs dry before its end, that is an underrun:
// the prebuffer doubles, up to PREBUFFER_MAX, and the stream waits for so many. It shrinks by an
// eighth with each second-long answer that came without one, down to PREBUFFER. `position` counts samples really consumed, so a cut-off is told
// exactly to the sample.

import { ChunkPool, Ring } from "./ring.js";
import type { Progress } from "./wire.js";

/** 80 ms at 24 kHz: above what a comm's arrival times scatter. */
export const PREBUFFER = 1920;
/** 320 ms: what is later than that is no matter of scatter. */
export const PREBUFFER_MAX = 4 * PREBUFFER;
/** An answer at least this long tells how sound arrives. */
const TELLING_SAMPLES = 24_000;

/**
 * Bound on queued sound: 6 MiB, 131 s at 24 kHz; the kernel lets 30 s lie unplayed in the page.
 * Policy when full: the newest is refused and counted, and the rest of that stream with it (a
 * stream may lack its tail, never its middle).
 */
export const MAX_BYTES = 6 * 1024 * 1024;

/** A stream that ran dry lets others waiting behind it go first after 0.5 s. */
const STARVED_SAMPLES = 12_000;

/** Silence put in for frames lost on the way, at most 2 s: then the positions still hold. */
const GAP_MAX = 48_000;

/** How many finished streams are remembered, to drop their late frames. */
const FINISHED_MAX = 64;

interface Stream {
  readonly id: number;
  readonly ring: Ring;
  /** Offset of the next sample to arrive. */
  expected: number;
  /** Samples consumed, counted from the stream's start. */
  position: number;
  /** It ran dry at least once. */
  dry: boolean;
  ended: boolean;
  playing: boolean;
  cut: boolean;
  starved: number;
}

export type Pushed = "started" | "queued" | "late" | "refused";

export class Player {
  readonly #pool: ChunkPool;
  readonly #order: Stream[] = [];
  readonly #finished = new Set<number>();
  readonly #drained: Progress[] = [];
  #prebuffer = PREBUFFER;
  #buffered = 0;
  #underruns = 0;
  #refused = 0;
  #lost = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#pool = new ChunkPool(maxBytes);
  }

  /** Samples waiting in all streams. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Samples that must wait before a stream begins. */
  get prebuffer(): number {
    return this.#prebuffer;
  }

  /** Times a stream ran dry before its end. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Samples that found the memory full. */
  get refused(): number {
    return this.#refused;
  }

  /** Samples that never arrived; silence stands in their place. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether any stream is not yet played to its end. */
  get active(): boolean {
    return this.#order.length > 0;
  }

  /** Take in samples that stand at `offset` of their stream. */
  push(id: number, offset: number, samples: Int16Array): Pushed {
    if (this.#finished.has(id)) return "late";
    let stream = this.#find(id);
    const isNew = stream === undefined;
    if (stream === undefined) {
      // The first frame may stand inside the stream: the page was reloaded, or took over.
      stream = this.#open(id, offset);
      this.#order.push(stream);
    }
    if (stream.ended) return "late";
    const skip = Math.max(0, stream.expected - offset); // heard already: a repeated frame
    const fresh = samples.subarray(Math.min(skip, samples.length));
    const gap = Math.max(0, offset - stream.expected);
    if (stream.cut || gap > GAP_MAX || !stream.ring.fits(gap + fresh.length)) {
      stream.cut = true;
      this.#refused += fresh.length;
      return "refused";
    }
    if (gap > 0) {
      stream.ring.write(new Int16Array(gap));
      this.#lost += gap;
    }
    stream.ring.write(fresh);
    stream.expected += gap + fresh.length;
    this.#buffered += gap + fresh.length;
    return isNew ? "started" : "queued";
  }

  /** No more samples will come for this stream; what waits is played at once. */
  end(id: number): void {
    if (this.#finished.has(id)) return;
    const stream = this.#find(id);
    if (stream !== undefined) {
      stream.ended = true;
      return;
    }
    // Ended without a sample: drained by definition.
    this.#finish(id);
    this.#drained.push({ stream: id, samples: 0 });
  }

  /** Drop everything waiting; returns how far each stream came. Their late frames are dropped. */
  clear(): Progress[] {
    const progress = this.progress();
    for (const stream of this.#order) {
      stream.ring.clear();
      this.#finish(stream.id);
    }
    this.#order.length = 0;
    this.#buffered = 0;
    return progress;
  }

  /** Samples consumed of each stream not yet played to its end. */
  progress(): Progress[] {
    return this.#order.map((stream) => ({ stream: stream.id, samples: stream.position }));
  }

  /** Whether `takeDrained` has something to tell. */
  get hasDrained(): boolean {
    return this.#drained.length > 0;
  }

  /** Streams played to their end since the last call. */
  takeDrained(): Progress[] {
    return this.#drained.splice(0);
  }

  /** Fill `out` with the next samples, and with silence where there are none. */
  render(out: Float32Array): void {
    let filled = 0;
    while (filled < out.length) {
      const stream = this.#ready(out.length - filled);
      if (stream === null) break;
      const count = stream.ring.read(out, filled, out.length - filled);
      stream.position += count;
      this.#buffered -= count;
      filled += count;
      if (stream.ended && stream.ring.length === 0) this.#drain(stream);
      else if (filled < out.length) this.#underrun(stream);
    }
    out.fill(0, filled);
  }

  /** The stream to read from now, or null while none may sound. */
  #ready(wanted: number): Stream | null {
    const head = this.#order[0];
    if (head === undefined) return null;
    if (!head.playing && (head.ended || head.ring.length >= this.#prebuffer)) head.playing = true;
    if (head.playing) return head;
    head.starved += wanted;
    if (head.starved > STARVED_SAMPLES && this.#order.length > 1) {
      head.starved = 0;
      this.#order.shift();
      this.#order.push(head);
    }
    return null;
  }

  #underrun(stream: Stream): void {
    this.#underruns++;
    stream.playing = false;
    stream.starved = 0;
    stream.dry = true;
    this.#prebuffer = Math.min(2 * this.#prebuffer, PREBUFFER_MAX);
  }

  #drain(stream: Stream): void {
    if (!stream.dry && stream.position >= TELLING_SAMPLES) {
      this.#prebuffer = Math.max(PREBUFFER, Math.floor((7 * this.#prebuffer) / 8));
    }
    this.#order.shift();
    this.#finish(stream.id);
    this.#drained.push({ stream: stream.id, samples: stream.position });
  }

  #finish(id: number): void {
    this.#finished.add(id);
    if (this.#finished.size <= FINISHED_MAX) return;
    for (const oldest of this.#finished) {
      this.#finished.delete(oldest);
      return;
    }
  }

  #find(id: number): Stream | undefined {
    return this.#order.find((stream) => stream.id === id);
  }

  #open(id: number, offset: number): Stream {
    return {
      id,
      ring: new Ring(this.#pool),
      expected: offset,
      position: offset,
      dry: false,
      ended: false,
      playing: false,
      cut: false,
      starved: 0,
    };
  }
}
