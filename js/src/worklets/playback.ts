// What plays, told what to do and telling how it goes; wherever its `render` is called from.

import { Loudspeaker } from "./loudspeaker.js";
import { Player } from "./player.js";
import type { PlaybackCommand, PlaybackReport, Progress } from "./wire.js";

const REPORT_EVERY_S = 0.2;
const LEVEL_EVERY_S = 0.05;

export class Playback {
  readonly #tell: (report: PlaybackReport) => void;
  readonly #player = new Player();
  readonly #loudspeaker: Loudspeaker;
  #nextReport = 0;
  #nextLevel = 0;
  #loud = false;
  #open = true;

  /** `rate`: of the context, in Hz. */
  constructor(rate: number, tell: (report: PlaybackReport) => void) {
    this.#loudspeaker = new Loudspeaker(this.#player, rate);
    this.#tell = tell;
  }

  /** Fill `out`, at `timeS` of the context's clock; false when there will be no more sound. */
  render(out: Float32Array, timeS: number): boolean {
    this.#loudspeaker.render(out);
    if (this.#player.hasDrained) this.#tellDrained();
    if (this.#player.active && timeS >= this.#nextReport) {
      this.#nextReport = timeS + REPORT_EVERY_S;
      this.#tellPlayed();
    }
    if (timeS >= this.#nextLevel) this.#tellLevel(timeS);
    return this.#open;
  }

  obey(command: PlaybackCommand): void {
    switch (command.kind) {
      case "push": {
        const pushed = this.#player.push(command.stream, command.offset, command.samples);
        if (pushed === "started") this.#tell({ kind: "started", stream: command.stream });
        break;
      }
      case "end":
        this.#player.end(command.stream);
        break;
      case "clear":
        this.#loudspeaker.clear();
        this.#tell({ kind: "cleared", id: command.id, streams: this.#player.clear() });
        break;
      case "close":
        this.#player.clear();
        this.#open = false;
    }
  }

  /** First the last count of what ended, then that it ended. */
  #tellDrained(): void {
    const drained = this.#player.takeDrained();
    this.#tellPlayed(drained);
    for (const { stream } of drained) this.#tell({ kind: "drained", stream });
  }

  #tellPlayed(drained: readonly Progress[] = []): void {
    const { buffered, underruns, refused, lost, prebuffer } = this.#player;
    const streams = [...drained, ...this.#player.progress()];
    this.#tell({ kind: "played", streams, buffered, underruns, refused, lost, prebuffer });
  }

  /** While something sounds, and once more when it no longer does. */
  #tellLevel(timeS: number): void {
    this.#nextLevel = timeS + LEVEL_EVERY_S;
    const rms = this.#loudspeaker.takeLevel();
    if (rms > 0 || this.#loud) this.#tell({ kind: "level", rms });
    this.#loud = rms > 0;
  }
}
