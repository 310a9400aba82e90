// The audio thread's half of the microphone: all channels mixed to one, brought to 24 kHz where
// the context has another rate, cut into frames. Buffers come back from the page to be used
// again; one is allocated only while the page is too busy to return them.

import { FRAME_SAMPLES, Framer } from "./framer.js";
import { Resampler } from "./resampler.js";
import type { CaptureCommand, Captured } from "./wire.js";

const RATE = 24_000;
const SPARE_FRAMES = 8;
/** Larger than any render quantum in use (128). */
const MAX_BLOCK = 1024;

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #spare: Int16Array<ArrayBuffer>[] = [];
  readonly #framer = new Framer(new Int16Array(FRAME_SAMPLES));
  readonly #mono = new Float32Array(MAX_BLOCK);
  readonly #resampler = sampleRate === RATE ? null : new Resampler(sampleRate, RATE, MAX_BLOCK);
  readonly #resampled = new Float32Array(this.#resampler?.capacity(MAX_BLOCK) ?? 0);
  /** Where the unbroken run of input began, in frames of the context, and what it has given. */
  #runStart = 0;
  #runEnd = -1;
  #made = 0;
  #open = true;

  constructor() {
    super();
    for (let i = 0; i < SPARE_FRAMES; i++) this.#spare.push(new Int16Array(FRAME_SAMPLES));
    this.port.onmessage = (event: MessageEvent<CaptureCommand>) => {
      if (event.data.kind === "close") this.#open = false;
      else this.#spare.push(event.data.samples);
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0];
    const length = channels?.[0]?.length ?? 0;
    if (!this.#open || channels === undefined || length === 0) return this.#open;
    if (currentFrame !== this.#runEnd) {
      this.#runStart = currentFrame;
      this.#made = 0;
    }
    this.#runEnd = currentFrame + length;
    this.#mix(channels, length);
    if (this.#resampler === null) {
      this.#frame(this.#mono, length);
    } else {
      this.#frame(this.#resampled, this.#resampler.process(this.#mono, length, this.#resampled));
    }
    return true;
  }

  #mix(channels: Float32Array[], length: number): void {
    const mono = this.#mono;
    mono.fill(0, 0, length);
    for (const channel of channels) {
      for (let i = 0; i < length; i++) mono[i] = (mono[i] ?? 0) + (channel[i] ?? 0);
    }
    for (let i = 0; i < length; i++) mono[i] = (mono[i] ?? 0) / channels.length;
  }

  #frame(samples: Float32Array, count: number): void {
    let at = 0;
    while (at < count) {
      const taken = this.#framer.push(samples, at, count);
      at += taken;
      this.#made += taken;
      if (this.#framer.full) this.#send();
    }
  }

  #send(): void {
    const samples = this.#framer.exchange(this.#spare.pop() ?? new Int16Array(FRAME_SAMPLES));
    const runTime = (this.#runStart - (this.#resampler?.delay ?? 0)) / sampleRate;
    const time = runTime + (this.#made - FRAME_SAMPLES) / RATE;
    const captured: Captured = { samples, time, rms: this.#framer.rms };
    this.port.postMessage(captured, [samples.buffer]);
  }
}

registerProcessor("realtime-nb-capture", CaptureProcessor);
