// The speaker: sound of answers in, and exact word of what was played out.

import { RATE } from "../frames.js";
import type { PlaybackCommand, PlaybackReport, Progress } from "../worklets/wire.js";
import { epochMs } from "./clock.js";
import type { SharedContext } from "./context.js";
import type { OpenPlayback, PlaybackPort } from "./playback.js";

/** How many finished streams are remembered, to drop their late frames. */
const FINISHED_MAX = 64;

/** A worklet that does not answer a `clear` within this is answered for from its last report. */
const CLEAR_MS = 500;

export interface Played {
  readonly streams: readonly Progress[];
  readonly latencyMs: number;
  readonly buffered: number;
  readonly underruns: number;
  readonly refused: number;
  /** What waits before an answer begins. */
  readonly prebufferMs: number;
}

export interface SpeakerHandlers {
  played(played: Played): void;
  /** A stream's first samples entered the playback ring at page epoch `tMs`. */
  started(stream: number, tMs: number): void;
  /** A stream was played to its end. */
  drained(stream: number): void;
  /** `active`: something plays or waits; `muted`: it waits for the user's first click. */
  changed(active: boolean, muted: boolean): void;
  /** How loud it is, RMS, 0..1. */
  level(rms: number): void;
  failed(message: string): void;
}

export class Speaker {
  readonly #shared: Pick<SharedContext, "start" | "rest" | "latencyMs">;
  readonly #open: OpenPlayback;
  readonly #handlers: SpeakerHandlers;
  #port: Promise<PlaybackPort> | null = null;
  /** Streams that play or wait, and how far the worklet said they came. */
  readonly #streams = new Map<number, number>();
  readonly #finished: number[] = [];
  readonly #clears = new Map<number, (streams: readonly Progress[]) => void>();
  #clearId = 0;
  #starting = false;
  #muted = false;

  constructor(
    shared: Pick<SharedContext, "start" | "rest" | "latencyMs">,
    open: OpenPlayback,
    handlers: SpeakerHandlers,
  ) {
    this.#shared = shared;
    this.#open = open;
    this.#handlers = handlers;
  }

  /** Something plays, or waits to. */
  get active(): boolean {
    return this.#streams.size > 0;
  }

  /** Sound is here but the browser wants a click before it lets it out. */
  get muted(): boolean {
    return this.#muted;
  }

  /** Call it from a click or a key press: browsers let sound out only after one. */
  async unlock(): Promise<void> {
    const started = await this.#shared.start("speaker");
    if (started) this.#setMuted(false);
    if (!this.active) this.#shared.rest("speaker");
  }

  /** The context runs after all. */
  unlocked(): void {
    this.#setMuted(false);
  }

  push(stream: number, offset: number, samples: Int16Array<ArrayBuffer>): void {
    if (this.#finished.includes(stream)) return;
    if (!this.#streams.has(stream)) {
      this.#streams.set(stream, 0);
      this.#changed();
      void this.#wake();
    }
    this.#send({ kind: "push", stream, offset, samples }, [samples.buffer]);
  }

  end(stream: number): void {
    if (this.#port === null) this.#handlers.drained(stream);
    else this.#send({ kind: "end", stream });
  }

  /**
   * Silence now; resolves to how many samples had been played of each stream that was not drained.
   * Frames of these streams that are still on their way are dropped.
   */
  async clear(): Promise<readonly Progress[]> {
    const lastKnown = Array.from(this.#streams, ([stream, samples]) => ({ stream, samples }));
    if (this.#port === null) return lastKnown;
    const id = ++this.#clearId;
    const cleared = new Promise<readonly Progress[]>((resolve) => {
      this.#clears.set(id, resolve);
      setTimeout(() => resolve(lastKnown), CLEAR_MS);
    });
    this.#send({ kind: "clear", id });
    for (const { stream } of lastKnown) this.#forget(stream);
    const streams = await cleared;
    this.#clears.delete(id);
    return streams;
  }

  close(): void {
    if (this.#port !== null) this.#send({ kind: "close" });
    this.#port = null;
    this.#streams.clear();
  }

  /** Commands keep their order: each waits for the same promise. */
  #send(command: PlaybackCommand, transfer: Transferable[] = []): void {
    this.#port ??= this.#open((report) => this.#hear(report));
    this.#port.then(
      (port) => port.send(command, transfer),
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    if (this.#port === null) return;
    this.#port = null;
    this.#streams.clear();
    this.#muted = false;
    this.#changed();
    this.#handlers.failed(`This browser cannot play the answer aloud (${String(error)}).`);
  }

  #hear(report: PlaybackReport): void {
    switch (report.kind) {
      case "started":
        this.#handlers.started(report.stream, epochMs());
        break;
      case "played":
        this.#tellPlayed(report);
        break;
      case "drained":
        this.#forget(report.stream);
        this.#handlers.drained(report.stream);
        break;
      case "level":
        this.#handlers.level(report.rms);
        break;
      case "cleared":
        this.#clears.get(report.id)?.(report.streams);
    }
  }

  #tellPlayed(report: Extract<PlaybackReport, { kind: "played" }>): void {
    for (const { stream, samples } of report.streams) {
      if (this.#streams.has(stream)) this.#streams.set(stream, samples);
    }
    const { streams, buffered, underruns, refused, prebuffer } = report;
    const latencyMs = this.#shared.latencyMs;
    const prebufferMs = (1000 * prebuffer) / RATE;
    this.#handlers.played({ streams, latencyMs, buffered, underruns, refused, prebufferMs });
  }

  async #wake(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    const started = await this.#shared.start("speaker");
    this.#starting = false;
    this.#setMuted(!started && this.active);
  }

  #forget(stream: number): void {
    if (!this.#streams.delete(stream)) return;
    this.#finished.push(stream);
    if (this.#finished.length > FINISHED_MAX) this.#finished.shift();
    if (!this.active) {
      this.#muted = false;
      this.#shared.rest("speaker");
    }
    this.#changed();
  }

  #setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#changed();
  }

  #changed(): void {
    this.#handlers.changed(this.active, this.#muted);
  }
}
