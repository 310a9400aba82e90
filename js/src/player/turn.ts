// A cell's sound among those of its page: what it wants, and whose turn it is.

import { Floor, type Voice } from "./floor.js";
import type { Sounding } from "./sounding.js";

/** After so many seconds without a sample to play the others go first. */
const PATIENCE_S = 5;

export class Turn implements Voice {
  readonly #sounding: Sounding;
  readonly #changed: () => void;
  readonly #floor: Floor;
  #wanted = false;
  /** Where it begins when its turn comes; null for where it stands. */
  #from: number | null = null;
  #seen = -1;
  #still = 0;

  constructor(sounding: Sounding, changed: () => void, floor: Floor = Floor.shared) {
    this.#sounding = sounding;
    this.#changed = changed;
    this.#floor = floor;
  }

  /** It will play when what sounds now is over. */
  get waits(): boolean {
    return this.#wanted && this.#sounding.state !== "playing";
  }

  /** The sample that is played, or will be when its turn comes. */
  get at(): number {
    return this.#from ?? this.#sounding.position;
  }

  /** Play from a sample on when the others are done. */
  ask(from: number): void {
    this.#wanted = true;
    this.#from = from;
    this.#floor.ask(this);
  }

  /** Play now; call it from a click: browsers let sound out only after one. */
  take(): void {
    this.#wanted = true;
    this.#sounding.unlock();
    this.#floor.take(this);
  }

  /** Silence, also for what waits behind it. */
  pause(): Promise<void> {
    this.#wanted = false;
    return this.#sounding.pause();
  }

  /** Silence, and back to the beginning; what waits behind it begins. */
  stop(): void {
    this.#sounding.stop();
    this.#over();
  }

  /** It goes away; if it was paused, silence is what was wanted. */
  leave(): void {
    if (this.#wanted || !this.#floor.has(this)) this.#over();
    else this.#floor.clear();
  }

  /** The sound changed: it may have come to its end. */
  look(): void {
    const { state, trouble } = this.#sounding;
    if (this.#wanted && (state === "ended" || trouble !== "")) this.#over();
  }

  /** A second went by. */
  beat(): void {
    const { state, position, asks } = this.#sounding;
    const stands = state === "playing" && position === this.#seen && !asks;
    this.#seen = position;
    this.#still = stands ? this.#still + 1 : 0;
    if (this.#still < PATIENCE_S) return;
    this.#still = 0;
    this.#floor.pass(this);
  }

  begin(): void {
    if (!this.#wanted) return;
    const from = this.#from;
    this.#from = null;
    if (from === null) this.#sounding.play();
    else this.#sounding.playFrom(from);
  }

  halt(returns: boolean): void {
    this.#wanted &&= returns;
    void this.#sounding.pause();
    this.#changed();
  }

  #over(): void {
    this.#wanted = false;
    this.#from = null;
    this.#floor.leave(this);
  }
}
