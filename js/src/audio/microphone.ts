// The microphone: asked for, framed by the capture worklet, and surely let go again.

import captureSource from "worklet:../worklets/capture.worklet.ts";
import { encodeFrame, FrameKind, RATE } from "../frames.js";
import type { Gate } from "../gate.js";
import type { CaptureCommand, Captured } from "../worklets/wire.js";
import { Clock, epochMs } from "./clock.js";
import { addWorklet, type SharedContext } from "./context.js";
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
  readonly #parts: AudioNode[] = [];
  #port: MessagePort | null = null;
  #ownContext: AudioContext | null = null;

  constructor(stream: MediaStream) {
    this.#stream = stream;
  }

  get track(): MediaStreamTrack | undefined {
    return this.#stream.getAudioTracks()[0];
  }

  /** Connect the stream to a capture worklet; returns the rate it runs at. */
  async connect(shared: SharedContext, heard: (frame: Captured) => void): Promise<number> {
    const { context, source } = this.#source(shared.get());
    await addWorkletOnce(context);
    const node = new AudioWorkletNode(context, "realtime-nb-capture", {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.#port = node.port;
    node.port.onmessage = (event: MessageEvent<Captured>) => {
      heard(event.data);
      const used: CaptureCommand = { kind: "recycle", samples: event.data.samples };
      node.port.postMessage(used, [event.data.samples.buffer]);
    };
    // Its output is silence; only a node that leads to the destination is sure to be run.
    source.connect(node).connect(context.destination);
    this.#parts.push(source, node);
    if (this.#ownContext === null) await shared.start("microphone");
    else await this.#ownContext.resume();
    return context.sampleRate;
  }

  /** Firefox wants the context at the device's own rate: then a second one, at that rate. */
  #source(context: AudioContext): { context: AudioContext; source: AudioNode } {
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
    for (const part of this.#parts) part.disconnect();
    if (this.#port !== null) {
      this.#port.onmessage = null;
      this.#port.postMessage({ kind: "close" } satisfies CaptureCommand);
    }
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
    const clock = new Clock();
    let seq = 0;
    let offset = 0;
    return ({ samples, time, rms }) => {
      const firstMs = 1000 * time;
      clock.observe(firstMs + (1000 * samples.length) / RATE, epochMs());
      const tMs = clock.pageTime(firstMs);
      const kind = FrameKind.microphone;
      if (this.gate === "silent") samples.fill(0);
      const shut = this.gate === "closed";
      const frame = { kind, stream, seq, offset, tMs, samples };
      this.#handlers.frame(shut ? null : encodeFrame(frame), rms);
      // Numbers have gaps only where frames were lost, offsets also where the gate was closed.
      if (!shut) seq++;
      offset += samples.length;
    };
  }
}

const READY = new WeakMap<BaseAudioContext, Promise<void>>();

/** A processor's name can be registered only once in each context. */
function addWorkletOnce(context: BaseAudioContext): Promise<void> {
  let ready = READY.get(context);
  if (ready === undefined) {
    ready = addWorklet(context, captureSource);
    READY.set(context, ready);
  }
  return ready;
}

function release(capture: Capture): null {
  capture.close();
  return null;
}
