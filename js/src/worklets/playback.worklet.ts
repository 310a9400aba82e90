// The audio thread's half of the speaker. Commands arrive between render quanta, so a `clear` is
// silent from the next quantum on, and its counts are final.

import type { Progress } from "../messages.js";
import { Player } from "./player.js";
import type { PlaybackCommand, PlaybackReport } from "./wire.js";

const REPORT_EVERY_S = 0.2;

class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #player = new Player();
  #nextReport = 0;
  #open = true;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<PlaybackCommand>) => this.#obey(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0];
    if (out === undefined) return this.#open;
    this.#player.render(out);
    if (this.#player.hasDrained) this.#tellDrained();
    if (this.#player.active && currentTime >= this.#nextReport) {
      this.#nextReport = currentTime + REPORT_EVERY_S;
      this.#tellPlayed();
    }
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
    const { buffered, underruns, refused, lost } = this.#player;
    const streams = [...drained, ...this.#player.progress()];
    this.#tell({ kind: "played", streams, buffered, underruns, refused, lost });
  }

  #tell(report: PlaybackReport): void {
    this.port.postMessage(report);
  }
}

registerProcessor("realtime-nb-playback", PlaybackProcessor);
