// Plays from a place on. Sound is asked for in pieces, the next one while this one sounds.

import type { Sound, Source } from "./source.js";

/** Two seconds begin quickly; what is asked for ahead is no more than that. */
export const PIECE_MS = 2000;

/** Sound is laid this far ahead of now, so that its first sample is not late. */
const LEAD_S = 0.03;

export interface ListenerHandlers {
  /** It plays at `tMs`, or stands still there. */
  moved(tMs: number, playing: boolean): void;
  failed(reason: string): void;
}

export class Listener {
  readonly #source: Pick<Source, "sound">;
  readonly #handlers: ListenerHandlers;
  #context: AudioContext | null = null;
  #run = 0;
  #nodes: AudioBufferSourceNode[] = [];
  /** What `currentTime` was, less the place that sounded then, in s. */
  #offsetS = 0;
  #endMs = 0;

  constructor(source: Pick<Source, "sound">, handlers: ListenerHandlers, signal: AbortSignal) {
    this.#source = source;
    this.#handlers = handlers;
    signal.addEventListener("abort", () => {
      this.stop();
      void this.#context?.close();
    });
  }

  get playing(): boolean {
    return this.#run % 2 === 1;
  }

  /** Play from `fromMs` to `endMs`; to be called from a click or a key press. */
  async play(fromMs: number, endMs: number): Promise<void> {
    this.stop();
    const run = ++this.#run;
    this.#endMs = endMs;
    this.#context ??= new AudioContext({ sampleRate: 24_000 });
    const context = this.#context;
    try {
      await context.resume();
      await this.#feed(run, context, fromMs, endMs);
    } catch (error) {
      if (run !== this.#run) return;
      this.#handlers.moved(this.stop() ?? fromMs, false);
      this.#handlers.failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** Silence now; returns where it stood. */
  stop(): number | null {
    if (!this.playing) return null;
    const at = this.#placeMs();
    this.#run++;
    for (const node of this.#nodes) node.stop();
    this.#nodes = [];
    void this.#context?.suspend();
    return at;
  }

  async #feed(run: number, context: AudioContext, fromMs: number, endMs: number): Promise<void> {
    let atMs = fromMs;
    let startS = 0;
    while (run === this.#run && atMs < endMs) {
      const sound = await this.#source.sound(atMs, Math.min(atMs + PIECE_MS, endMs));
      if (run !== this.#run) return;
      if (sound.samples.length < 2) break;
      const late = context.currentTime + LEAD_S;
      if (late > startS) {
        // The first piece, or one that came too late: the clock waits for it.
        startS = late;
        this.#offsetS = startS - atMs / 1000;
        if (atMs === fromMs) this.#follow(run);
      }
      const seconds = this.#lay(context, sound, startS);
      startS += seconds;
      atMs += seconds * 1000;
      await this.#until(run, context, startS - PIECE_MS / 2000);
    }
    await this.#until(run, context, startS);
    if (run !== this.#run) return;
    this.stop();
    this.#handlers.moved(Math.min(atMs, endMs), false);
  }

  #lay(context: AudioContext, sound: Sound, startS: number): number {
    const count = sound.samples.length >> 1;
    const buffer = context.createBuffer(2, count, sound.rate);
    for (const side of [0, 1]) {
      const channel = buffer.getChannelData(side);
      for (let i = 0; i < count; i++) channel[i] = (sound.samples[2 * i + side] ?? 0) / 32768;
    }
    const node = new AudioBufferSourceNode(context, { buffer });
    node.connect(context.destination);
    node.start(startS);
    this.#nodes.push(node);
    node.onended = () => {
      this.#nodes = this.#nodes.filter((one) => one !== node);
    };
    return count / sound.rate;
  }

  async #until(run: number, context: AudioContext, timeS: number): Promise<void> {
    while (run === this.#run && context.currentTime < timeS) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #placeMs(): number {
    const now = this.#context?.currentTime ?? 0;
    return Math.min(Math.max(0, (now - this.#offsetS) * 1000), this.#endMs);
  }

  #follow(run: number): void {
    const tell = () => {
      if (run !== this.#run) return;
      this.#handlers.moved(this.#placeMs(), true);
      requestAnimationFrame(tell);
    };
    tell();
  }
}
