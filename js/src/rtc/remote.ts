// What comes from the service on a call: let out of the loudspeaker, and framed as it is heard.
//
// It runs through the page's one audio context, so the chosen loudspeaker is its own too.

import { capture, Framing } from "../audio/capture.js";
import type { SharedContext } from "../audio/context.js";
import { FrameKind } from "../frames.js";
import type { Captured } from "../worklets/wire.js";

/** Quieter than this is the silence between answers: half a step of 16 bit sound, and a bit. */
const SILENCE_RMS = 2e-4;
/**
 * After so many frames of it, what was on its way here when it was hushed is over: on a busy
 * machine it comes in pieces, with a second between them. An answer that begins opens by itself.
 */
const FRAMES_OVER = 50;
/** Where nothing is known of the level, it is taken for over after this. */
const OVER_MS = 2000;
/** So many frames of silence still follow: a pause within a sentence is not cut out. */
const FRAMES_AFTER = 15;

export interface RemoteHandlers {
  /** A frame of what is heard, where it is no silence. */
  frame(bytes: ArrayBuffer): void;
  /** How loud it is, RMS, 0..1: 25 times a second. */
  level(rms: number): void;
}

export class Remote {
  readonly #shared: SharedContext;
  readonly #handlers: RemoteHandlers;
  /** Chromium gives a context no remote sound that no media element has. */
  readonly #element = document.createElement("audio");
  #gain: GainNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #end: () => void = () => undefined;
  #closed = false;
  #hushed = false;
  #silent = 0;
  #over: ReturnType<typeof setTimeout> | undefined;

  constructor(shared: SharedContext, handlers: RemoteHandlers) {
    this.#shared = shared;
    this.#handlers = handlers;
  }

  /** Play a stream; number it for its frames. */
  async play(stream: MediaStream, number: number): Promise<void> {
    this.#element.srcObject = stream;
    this.#element.muted = true;
    void this.#element.play().catch(() => undefined);
    const context = this.#shared.get();
    try {
      this.#source = context.createMediaStreamSource(stream);
    } catch {
      // A browser that will not bring it to the context's rate plays it past the context.
      this.#element.muted = false;
      return;
    }
    this.#gain = context.createGain();
    this.#source.connect(this.#gain).connect(context.destination);
    const framing = new Framing(FrameKind.answer, number);
    let quiet = FRAMES_AFTER;
    const heard = (captured: Captured) => {
      const silent = captured.rms <= SILENCE_RMS;
      const hushed = this.#hushed;
      if (hushed) this.#waitFor(silent);
      quiet = silent || hushed ? quiet + 1 : 0;
      const open = quiet <= FRAMES_AFTER;
      const bytes = framing.encode(captured, !open ? "closed" : hushed ? "silent" : "open");
      if (bytes !== null) this.#handlers.frame(bytes);
      this.#handlers.level(hushed ? 0 : captured.rms);
    };
    const end = await capture(context, this.#source, heard);
    if (this.#closed) end();
    else this.#end = end;
  }

  /**
   * Let nothing out of what is on its way here: until it is over, or `open`. A browser that was
   * held up has a second of it and more.
   */
  hush(): void {
    this.#silent = 0;
    this.#shut(true);
    clearTimeout(this.#over);
    if (this.#gain === null) this.#over = setTimeout(() => this.open(), OVER_MS);
  }

  /** Let out what comes. */
  open(): void {
    clearTimeout(this.#over);
    this.#shut(false);
  }

  #shut(hushed: boolean): void {
    this.#hushed = hushed;
    if (this.#gain !== null) this.#gain.gain.value = hushed ? 0 : 1;
    else if (this.#element.srcObject !== null) this.#element.muted = hushed;
  }

  #waitFor(silent: boolean): void {
    this.#silent = silent ? this.#silent + 1 : 0;
    if (this.#silent >= FRAMES_OVER) this.open();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#over);
    this.#end();
    this.#source?.disconnect();
    this.#gain?.disconnect();
    this.#element.srcObject = null;
  }
}
