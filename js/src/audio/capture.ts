// The capture worklet: a source of sound in, frames of 40 ms out, laid out for the kernel.

import captureSource from "worklet:../worklets/capture.worklet.ts";
import { encodeFrame, type FrameKind, RATE } from "../frames.js";
import type { Gate } from "../gate.js";
import type { CaptureCommand, Captured } from "../worklets/wire.js";
import { Clock, epochMs } from "./clock.js";
import { addWorklet } from "./context.js";

const READY = new WeakMap<BaseAudioContext, Promise<void>>();

/** Have `heard` called with each frame of what `source` sounds; call what is returned to end it. */
export async function capture(
  context: AudioContext,
  source: AudioNode,
  heard: (captured: Captured) => void,
): Promise<() => void> {
  await addWorkletOnce(context);
  const node = new AudioWorkletNode(context, "realtime-nb-capture", {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    outputChannelCount: [1],
  });
  node.port.onmessage = (event: MessageEvent<Captured>) => {
    heard(event.data);
    const used: CaptureCommand = { kind: "recycle", samples: event.data.samples };
    node.port.postMessage(used, [event.data.samples.buffer]);
  };
  // Its output is silence; only a node that leads to the destination is sure to be run.
  source.connect(node).connect(context.destination);
  return () => {
    node.disconnect();
    node.port.onmessage = null;
    node.port.postMessage({ kind: "close" } satisfies CaptureCommand);
  };
}

/** Lays out captured frames, one stream of them, on the page's clock. */
export class Framing {
  readonly #kind: FrameKind;
  readonly #stream: number;
  readonly #clock = new Clock();
  #seq = 0;
  #offset = 0;

  constructor(kind: FrameKind, stream: number) {
    this.#kind = kind;
    this.#stream = stream;
  }

  /** One frame as it goes to the kernel: silence in its place, or null where the gate is closed. */
  encode({ samples, time }: Captured, gate: Gate = "open"): ArrayBuffer | null {
    const firstMs = 1000 * time;
    this.#clock.observe(firstMs + (1000 * samples.length) / RATE, epochMs());
    if (gate === "silent") samples.fill(0);
    const offset = this.#offset;
    this.#offset += samples.length;
    if (gate === "closed") return null;
    // Numbers have gaps only where frames were lost, offsets also where the gate was closed.
    const seq = this.#seq++;
    const tMs = this.#clock.pageTime(firstMs);
    return encodeFrame({ kind: this.#kind, stream: this.#stream, seq, offset, tMs, samples });
  }
}

/** A processor's name can be registered only once in each context. */
function addWorkletOnce(context: BaseAudioContext): Promise<void> {
  let ready = READY.get(context);
  if (ready === undefined) {
    ready = addWorklet(context, captureSource);
    READY.set(context, ready);
  }
  return ready;
}
