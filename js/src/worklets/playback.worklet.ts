// The audio thread's half of the speaker. Commands arrive between render quanta, so a `clear` is
// silent from the next quantum on, and its counts are final.

import { Playback } from "./playback.js";
import type { PlaybackCommand } from "./wire.js";

class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #playback = new Playback(sampleRate, (report) => this.port.postMessage(report));
  #open = true;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<PlaybackCommand>) => {
      this.#playback.obey(event.data);
      if (event.data.kind === "close") this.#open = false;
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0];
    return out === undefined ? this.#open : this.#playback.render(out, currentTime);
  }
}

registerProcessor("realtime-nb-playback", PlaybackProcessor);
