// What is heard on this page: the microphone as it is opened, fails and is let go, and what of it
// goes to the kernel.

import type { SharedContext } from "./audio/context.js";
import { Microphone, type MicrophoneSettings } from "./audio/microphone.js";
import { ENDED, MicrophoneTrouble, MUTED } from "./audio/trouble.js";
import type { Chat } from "./chat.js";
import { type Gate, MicrophoneGate, SHORTEST_MS } from "./gate.js";
import type { Outgoing, TurnMode } from "./messages.js";
import type { SoundSetup } from "./sound.js";

const OTHER_MICROPHONE =
  "The microphone chosen in the settings is not connected: the system's own is used.";
const TOO_SHORT = "Too short to be heard: keep the button or the space bar down while you speak.";

/** Where the microphone goes besides: a call of this page. */
export interface Line {
  /** Send a track; null for silence. */
  speak(track: MediaStreamTrack | null): void;
  gate(gate: Gate): void;
}

export class Listening {
  readonly #chat: Chat;
  readonly #send: (message: Outgoing, buffers?: ArrayBuffer[]) => boolean;
  readonly #sound: SoundSetup;
  readonly #line: Line;
  readonly #microphone: Microphone;
  readonly #gate: MicrophoneGate;
  /** Why there was no microphone the last time: no longer said once it is tried again. */
  #trouble = "";
  /** The microphone as the kernel is told of it; null while it is off. */
  #opened: MicrophoneSettings | null = null;

  constructor(
    chat: Chat,
    context: SharedContext,
    sound: SoundSetup,
    line: Line,
    send: (message: Outgoing, buffers?: ArrayBuffer[]) => boolean,
  ) {
    this.#chat = chat;
    this.#send = send;
    this.#sound = sound;
    this.#line = line;
    this.#microphone = new Microphone(context, {
      frame: (bytes, rms) => this.#frame(bytes, rms),
      lost: () => this.#lost(),
      muted: (muted) => (muted ? chat.notify("warning", MUTED) : chat.dismiss(MUTED)),
    });
    this.#gate = new MicrophoneGate({
      begin: () => send({ kind: "talk", on: true }),
      end: (ms) => this.#turnEnds(ms),
      changed: () => this.#gateChanged(),
    });
  }

  /** Open the microphone; what stands in the way is said. */
  async open(): Promise<void> {
    this.#chat.set("microphone", { microphone: "asking" });
    this.#chat.dismiss(this.#trouble);
    try {
      await this.#open();
    } catch (error) {
      this.#chat.set("microphone", { microphone: "off" });
      this.#failed(error);
    }
  }

  /** Take what was chosen into use; until it is there, what was open goes on. */
  async reopen(): Promise<void> {
    if (this.#chat.microphone !== "on") return;
    try {
      await this.#open();
    } catch (error) {
      if (!this.#microphone.on) this.release();
      this.#failed(error);
    }
  }

  /** Let the microphone go and say so. */
  release(): void {
    if (this.#chat.microphone === "off") return;
    const told = this.#chat.microphone === "on";
    this.#microphone.stop();
    this.#line.speak(null);
    this.#gate.live(false);
    this.#chat.dismiss(MUTED);
    this.#chat.set("level", { level: 0 });
    this.#chat.set("microphone", { microphone: "off" });
    this.#opened = null;
    if (told) this.tell();
  }

  /** Tell the kernel whether the microphone is open: also again, where it may have missed it. */
  tell(): void {
    if (this.#opened === null) {
      this.#send({ kind: "mic", on: false });
      return;
    }
    const { rate, deviceLabel: device_label } = this.#opened;
    this.#send({ kind: "mic", on: true, settings: { rate, device_label } });
  }

  /** Let the microphone go, where nobody is left to be told. */
  close(): void {
    this.#microphone.stop();
  }

  /** The talk key was pressed or let go. */
  hold(held: boolean): void {
    if (held) this.#chat.dismiss(TOO_SHORT);
    this.#gate.hold(held);
  }

  /** How turns end, and whether the microphone is mute while an answer plays. */
  mode(mode: TurnMode, halfDuplex: boolean): void {
    if (mode !== "push_to_talk") this.#chat.dismiss(TOO_SHORT);
    this.#gate.mode(mode, halfDuplex);
  }

  /** Sound is on its way to the ear, or no longer. */
  playing(playing: boolean, latencyMs: number): void {
    this.#gate.playing(playing, latencyMs);
  }

  async #open(): Promise<void> {
    const settings = await this.#start();
    if (settings === null) return;
    this.#chat.set("microphone", { microphone: "on" });
    this.#sound.opened(settings);
    this.#opened = settings;
    this.#line.speak(this.#microphone.track);
    this.tell();
    this.#gate.live(true);
  }

  /** The chosen microphone, or the system's own where that is gone. */
  async #start(): Promise<MicrophoneSettings | null> {
    try {
      return await this.#microphone.start(this.#sound.constraints());
    } catch (error) {
      const chosen = this.#chat.sound.input !== "";
      if (!chosen || !(error instanceof MicrophoneTrouble) || !error.isOfDevice) throw error;
      this.#sound.forgetInput();
      this.#chat.notify("info", OTHER_MICROPHONE);
      return await this.#microphone.start(this.#sound.constraints());
    }
  }

  #failed(error: unknown): void {
    const trouble =
      error instanceof MicrophoneTrouble
        ? error
        : new MicrophoneTrouble("Error", `The microphone could not be opened (${String(error)}).`);
    this.#trouble = trouble.message;
    this.#chat.notify("error", this.#trouble);
    if (this.#microphone.on) return;
    this.#send({ kind: "mic_failed", name: trouble.name, message: trouble.message });
  }

  #lost(): void {
    this.release();
    this.#trouble = ENDED;
    this.#chat.notify("warning", ENDED);
  }

  #frame(bytes: ArrayBuffer | null, rms: number): void {
    this.#chat.set("level", { level: rms });
    if (this.#chat.microphone !== "on" || bytes === null) return;
    this.#gate.sent();
    this.#send({ kind: "audio" }, [bytes]);
  }

  #turnEnds(ms: number): void {
    this.#send({ kind: "talk", on: false, ms });
    if (ms < SHORTEST_MS) this.#chat.notify("info", TOO_SHORT);
  }

  #gateChanged(): void {
    this.#microphone.gate = this.#gate.state;
    this.#line.gate(this.#gate.state);
    const { talking, deaf } = this.#gate;
    if (talking === this.#chat.talking && deaf === this.#chat.deaf) return;
    this.#chat.set("microphone", { talking, deaf });
  }
}
