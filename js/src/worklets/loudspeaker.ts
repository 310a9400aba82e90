// From the player's 24 kHz to whatever the context runs at, and how loud it was. Pure; `render`
// allocates nothing. At 24 kHz samples go through untouched.

import type { Player } from "./player.js";
import { Resampler } from "./resampler.js";

const RATE = 24_000;
/** Samples taken from the player at a time: how far, at most, its count runs ahead of the sound. */
const BLOCK = 128;

export class Loudspeaker {
  readonly #player: Player;
  readonly #resampler: Resampler | null;
  readonly #block = new Float32Array(BLOCK);
  readonly #made: Float32Array;
  /** What the resampler made and nobody took yet: [#from, #to) of #made. */
  #from = 0;
  #to = 0;
  #energy = 0;
  #count = 0;

  /** `rate`: of the context, in Hz. */
  constructor(player: Player, rate: number) {
    this.#player = player;
    this.#resampler = rate === RATE ? null : new Resampler(RATE, rate, BLOCK);
    this.#made = new Float32Array(this.#resampler?.capacity(BLOCK) ?? 0);
  }

  /** Fill `out` with what is heard next. */
  render(out: Float32Array): void {
    if (this.#resampler === null) this.#player.render(out);
    else this.#resample(this.#resampler, out);
    for (const sample of out) this.#energy += sample * sample;
    this.#count += out.length;
  }

  /** Forget what lies between player and ear. */
  clear(): void {
    this.#from = 0;
    this.#to = 0;
    this.#resampler?.reset();
  }

  /** Level since the last call, RMS, 0..1. */
  takeLevel(): number {
    const level = this.#count === 0 ? 0 : Math.sqrt(this.#energy / this.#count);
    this.#energy = 0;
    this.#count = 0;
    return level;
  }

  #resample(resampler: Resampler, out: Float32Array): void {
    for (let at = 0; at < out.length; at++) {
      while (this.#from === this.#to) {
        this.#player.render(this.#block);
        this.#from = 0;
        this.#to = resampler.process(this.#block, BLOCK, this.#made);
      }
      out[at] = this.#made[this.#from++] ?? 0;
    }
  }
}
