// What goes to the service on a call: silence, until the microphone is opened; and silence again.

import type { SharedContext } from "../audio/context.js";
import type { Gate } from "../gate.js";

export class Speaking {
  readonly #silence: MediaStreamTrack;
  #sender: RTCRtpSender | null = null;
  /** A copy of the microphone's: shutting it leaves the page its level. */
  #track: MediaStreamTrack | null = null;
  #gate: Gate = "open";

  constructor(shared: SharedContext) {
    const [silence] = shared.get().createMediaStreamDestination().stream.getAudioTracks();
    if (silence === undefined) throw new Error("no silence to be had");
    this.#silence = silence;
  }

  /** Speak over a connection. */
  join(connection: RTCPeerConnection): void {
    this.#sender = connection.addTransceiver(this.#silence, { direction: "sendrecv" }).sender;
    void this.#replace();
  }

  /** Send the microphone; null for silence. */
  speak(track: MediaStreamTrack | null): void {
    this.#track?.stop();
    this.#track = track?.clone() ?? null;
    this.gate(this.#gate);
    void this.#replace();
  }

  /** What of the microphone goes out: the service's clock goes on, so silence is sent elsewhere. */
  gate(gate: Gate): void {
    this.#gate = gate;
    if (this.#track !== null) this.#track.enabled = gate === "open";
  }

  close(): void {
    this.#track?.stop();
    this.#track = null;
    this.#silence.stop();
    this.#sender = null;
  }

  async #replace(): Promise<void> {
    try {
      await this.#sender?.replaceTrack(this.#track ?? this.#silence);
    } catch {
      // The connection is closed, or about to be told so.
    }
  }
}
