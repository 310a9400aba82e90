// What this page could not hand to the kernel yet: kept in order, and bounded. Pure.
//
// Sound: the newest 30 seconds. Where more was spoken than that, the kernel was away for longer, and
// only the last half second goes out: nobody wants minutes of stale sound answered; nor do the ends
// of turns of which nothing is left. Reports of what was played are told once, the newest. Of
// everything else (typed lines, presses) there is room for 200; then a message is refused, and a
// typed line stays in its box.

import type { Outgoing } from "./messages.js";

/** Frames of 40 ms: 30 seconds, 1.5 MB. */
export const MOST_FRAMES = 750;
/** What is left of the sound of a long absence: half a second. */
export const TAIL_FRAMES = 13;
export const MOST_MESSAGES = 200;

const FRAME_MS = 40;

export interface Waiting {
  readonly message: Outgoing;
  readonly buffers: ArrayBuffer[];
}

const isSound = ({ message }: Waiting) => message.kind === "audio" || message.kind === "heard";

export class Backlog {
  #waiting: Waiting[] = [];
  #frames = 0;
  /** Frames that found no room. */
  dropped = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** How much of what was said will not go out, in ms. */
  get lostMs(): number {
    const tail = Math.min(this.#frames, TAIL_FRAMES);
    return this.dropped > 0 ? FRAME_MS * (this.dropped + this.#frames - tail) : 0;
  }

  /** Keep a message; false when there is no room for it. */
  add(message: Outgoing, buffers: ArrayBuffer[]): boolean {
    const entry = { message, buffers };
    if (isSound(entry)) this.#addSound(entry);
    else if (message.kind === "played") {
      this.#remove((other) => other.message.kind === "played");
      this.#waiting.push(entry);
    } else if (this.#waiting.length - this.#frames >= MOST_MESSAGES) return false;
    else this.#waiting.push(entry);
    return true;
  }

  /** Take out what waits, in order. */
  drain(): readonly Waiting[] {
    const cut = this.dropped > 0;
    while (cut && this.#frames > TAIL_FRAMES) this.#dropOldest();
    const waiting = this.#waiting;
    this.clear();
    return cut ? withoutEmptyTurns(waiting) : waiting;
  }

  /** Forget all: there is nobody to tell. */
  clear(): void {
    this.#waiting = [];
    this.#frames = 0;
    this.dropped = 0;
  }

  #addSound(entry: Waiting): void {
    this.#waiting.push(entry);
    this.#frames++;
    if (this.#frames > MOST_FRAMES) this.#dropOldest();
  }

  #dropOldest(): void {
    if (!this.#remove(isSound)) return;
    this.#frames--;
    this.dropped++;
  }

  #remove(which: (entry: Waiting) => boolean): boolean {
    const at = this.#waiting.findIndex(which);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }
}

const begins = ({ message }: Waiting) => message.kind === "talk" && message.on;
const ends = ({ message }: Waiting) =>
  message.kind === "commit" || (message.kind === "talk" && !message.on);

/** Leave out the turns that were begun and ended here and of which no sound is left. */
function withoutEmptyTurns(waiting: readonly Waiting[]): readonly Waiting[] {
  const gone = new Set<Waiting>();
  let begin: Waiting | null = null;
  let sound = true; // of a turn that began before, there may be some at the kernel
  for (const entry of waiting) {
    if (begins(entry)) begin = entry;
    else if (ends(entry) && !sound) {
      gone.add(entry);
      if (begin !== null) gone.add(begin);
    }
    sound = isSound(entry) || (sound && !begins(entry) && !ends(entry));
  }
  return waiting.filter((entry) => !gone.has(entry));
}
