// The microphone: asked for, framed by the capture worklet, and surely let go again.

import { FrameKind } from "../frames.js";
import type { Gate } from "../gate.js";
import type { Captured } from "../worklets/wire.js";
import { capture as captureOf, Framing } from "./capture.js";
import type { SharedContext } from "./context.js";
import { troubleOf, troubleWith } from "./trouble.js";

export interface MicrophoneSettings {
  /** Rate of the context that captures, in Hz; frames are always 24 kHz. */
  readonly rate: number;
  readonly deviceLabel: string;
}

export interface MicrophoneHandlers {
  /** One encoded frame of 40 ms, or null where the gate is closed, and its level (RMS, 0..1). */
  frame(bytes: ArrayBuffer | null, rms: number): void;
  /** The device went away by itself. */
  lost(): void;
  /** What is open was muted outside this page, or is no longer. */
  muted(muted: boolean): void;
}

/** Everything one press of the button opened. */
class Capture {
  readonly #stream: MediaStream;
  #source: AudioNode | null = null;
  #end: () => void = () => undefined;
  #ownContext: AudioContext | null = null;

  constructor(stream: MediaStream) {
    this.#stream = stream;
  }

  get track(): MediaStreamTrack | undefined {
    return this.#stream.getAudioTracks()[0];
  }

  /** Connect the stream to a capture worklet; returns the rate it runs at. */
  async connect(shared: SharedContext, heard: (frame: Captured) => void): Promise<number> {
    const { context, source } = this.#open(shared.get());
    this.#source = source;
    this.#end = await captureOf(context, source, heard);
    if (this.#ownContext === null) await shared.start("microphone");
    else await this.#ownContext.resume();
    return context.sampleRate;
  }

  /** Firefox wants the context at the device's own rate: then a second one, at that rate. */
  #open(context: AudioContext): { context: AudioContext; source: AudioNode } {
    try {
      return { context, source: context.createMediaStreamSource(this.#stream) };
    } catch {
      const own = new AudioContext();
      this.#ownContext = own;
      return { context: own, source: own.createMediaStreamSource(this.#stream) };
    }
  }

  close(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#source?.disconnect();
    this.#end();
    void this.#ownContext?.close().catch(() => undefined);
  }
}

export class Microphone {
  readonly #shared: SharedContext;
  readonly #handlers: MicrophoneHandlers;
  #capture: Capture | null = null;
  /** Each press and each stop counts up: what was asked for before that is let go on arrival. */
  #turn = 0;
  #stream = 0;
  /** What of the sound goes out. */
  gate: Gate = "open";

  constructor(shared: SharedContext, handlers: MicrophoneHandlers) {
    this.#shared = shared;
    this.#handlers = handlers;
  }

  get on(): boolean {
    return this.#capture !== null;
  }

  /** What is captured; null while it is off. */
  get track(): MediaStreamTrack | null {
    return this.#capture?.track ?? null;
  }

  /**
   * Ask for the microphone and begin to send frames; null when `stop` came in between. One that
   * is open already goes on until the new one is there.
   * Throws MicrophoneTrouble, with a sentence for people.
   */
  async start(audio: MediaTrackConstraints = {}): Promise<MicrophoneSettings | null> {
    const turn = ++this.#turn;
    const trouble = troubleWith(globalThis);
    if (trouble !== null) throw trouble;
    let capture: Capture | null = null;
    try {
      capture = new Capture(await navigator.mediaDevices.getUserMedia({ audio }));
      if (turn !== this.#turn) return release(capture);
      const rate = await capture.connect(this.#shared, this.#framing(++this.#stream));
      if (turn !== this.#turn) return release(capture);
      return this.#keep(capture, rate);
    } catch (error) {
      capture?.close();
      if (turn !== this.#turn) return null;
      throw troubleOf(error);
    }
  }

  /** Let the microphone go: at once, and also one still being asked for. */
  stop(): void {
    this.#turn++;
    this.#capture?.close();
    this.#capture = null;
    this.#shared.rest("microphone");
  }

  #keep(capture: Capture, rate: number): MicrophoneSettings {
    const track = capture.track;
    if (track === undefined || track.readyState === "ended") {
      throw new DOMException("the microphone ended", "AbortError");
    }
    track.addEventListener("ended", () => {
      if (this.#capture !== capture) return;
      this.stop();
      this.#handlers.lost();
    });
    const muted = () => {
      if (this.#capture === capture) this.#handlers.muted(track.muted);
    };
    track.addEventListener("mute", muted);
    track.addEventListener("unmute", muted);
    this.#capture?.close();
    this.#capture = capture;
    muted();
    return { rate, deviceLabel: track.label };
  }

  #framing(stream: number): (captured: Captured) => void {
    const framing = new Framing(FrameKind.microphone, stream);
    return (captured) => this.#handlers.frame(framing.encode(captured, this.gate), captured.rms);
  }
}

function release(capture: Capture): null {
  capture.close();
  return null;
}
