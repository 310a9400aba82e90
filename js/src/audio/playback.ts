// Where the sound of answers is made: on the audio thread, or where a page has none, on its own.

import playbackSource from "worklet:../worklets/playback.worklet.ts";
import { Playback } from "../worklets/playback.js";
import type { PlaybackCommand, PlaybackReport } from "../worklets/wire.js";
import { addWorklet, type SharedContext } from "./context.js";

/** The playback's port, as far as the speaker uses it; tests put their own here. */
export interface PlaybackPort {
  send(command: PlaybackCommand, transfer?: Transferable[]): void;
}

type Report = (report: PlaybackReport) => void;

export type OpenPlayback = (report: Report) => Promise<PlaybackPort>;

/** 43 ms at 24 kHz, twice: what a clear may leave to be heard, and counted, without a worklet. */
const SCRIPT_SAMPLES = 1024;

/** Where the sound goes: the loudspeaker, or something before it. */
type Sink = (context: AudioContext) => AudioNode;

const loudspeaker: Sink = (context) => context.destination;

/** Connect the playback to the loudspeaker of the shared context, or to what leads there. */
export function playbackIn(shared: SharedContext, sink: Sink = loudspeaker): OpenPlayback {
  return async (report) => {
    const context = shared.get();
    // Pages of http that are not of localhost have no worklets.
    if ((context.audioWorklet as AudioWorklet | undefined) === undefined) {
      return inScript(context, report, sink(context));
    }
    await addWorklet(context, playbackSource);
    const node = new AudioWorkletNode(context, "realtime-nb-playback", {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    node.port.onmessage = (event: MessageEvent<PlaybackReport>) => report(event.data);
    node.connect(sink(context));
    return { send: (command, transfer = []) => node.port.postMessage(command, transfer) };
  };
}

function inScript(context: AudioContext, report: Report, sink: AudioNode): PlaybackPort {
  const playback = new Playback(context.sampleRate, report);
  const node = context.createScriptProcessor(SCRIPT_SAMPLES, 0, 1);
  node.onaudioprocess = ({ outputBuffer }) => {
    playback.render(outputBuffer.getChannelData(0), context.currentTime);
  };
  node.connect(sink);
  return {
    send(command) {
      playback.obey(command);
      if (command.kind === "close") node.disconnect();
    },
  };
}
