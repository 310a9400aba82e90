// Why a call did not come about: at which stage, and what is known of it.

import type { Stage } from "./wire.js";

export class CallTrouble extends Error {
  override readonly name = "CallTrouble";
  readonly stage: Stage;

  constructor(stage: Stage, message: string) {
    super(message);
    this.stage = stage;
  }
}

/** Longer than this is no reason any more. */
const LONGEST = 200;

/** Have what `work` throws be a trouble of a stage. */
export async function atStage<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CallTrouble) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new CallTrouble(stage, said.slice(0, LONGEST));
  }
}

/** How far a connection came that did not come about in time. */
export function stalled(connection: RTCPeerConnection): CallTrouble {
  const ice = connection.iceConnectionState;
  if (ice !== "connected" && ice !== "completed") {
    return new CallTrouble("ICE", `no way was found to the service for sound (${ice})`);
  }
  const state = connection.connectionState;
  if (state !== "connected") {
    return new CallTrouble("DTLS", `the sound could not be encrypted (${state})`);
  }
  return new CallTrouble("data channel", "it did not open");
}
