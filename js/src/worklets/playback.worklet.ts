// The audio thread's half of the speaker. Commands arrive between render quanta, so a `clear` is
// silent from the next quantum on, and its counts are final.

import type { Progress } from "../messages.js";
import { Loudspeaker } from "./loudspeaker.js";
import { Player } from "./player.js";
import type { PlaybackCommand, PlaybackReport } from "./wire.js";

const REPORT_EVERY_S = 0.2;
const LEVEL_EVERY_S = 0.05;

class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #player = new Player();
  readonly #loudspeaker = new Loudspeaker(this.#player, sampleRate);
  #nextReport = 0;
  #nextLevel = 0;
  #loud = false;
  #open = true;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<PlaybackCommand>) => this.#obey(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0];
    if (out === undefined) return this.#open;
    this.#loudspeaker.render(out);
    if (this.#player.hasDrained) this.#tellDrained();
    if (this.#player.active && currentTime >= this.#nextReport) {
      this.#nextReport = currentTime + REPORT_EVERY_S;
      this.#tellPlayed();
    }
    if (currentTime >= this.#nextLevel) this.#tellLevel();
    return this.#open;
  }

  #obey(command: PlaybackCommand): void {
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
  #tellLevel(): void {
    this.#nextLevel = currentTime + LEVEL_EVERY_S;
    const rms = this.#loudspeaker.takeLevel();
    if (rms > 0 || this.#loud) this.#tell({ kind: "level", rms });
    this.#loud = rms > 0;
  }

  #tell(report: PlaybackReport): void {
    this.port.postMessage(report);
  }
}

registerProcessor("realtime-nb-playback", PlaybackProcessor);
