// The calls of one chat on this page: at most one at a time, begun and ended by the kernel.

import type { SharedContext } from "../audio/context.js";
import type { Gate } from "../gate.js";
import { RtcCall } from "./call.js";
import { CallTrouble } from "./trouble.js";
import { type RtcAsked, type RtcSaid, readSounding, type Sounding } from "./wire.js";

/** Louder than this, something is being said. */
const LOUD_RMS = 3e-3;
/** A pause within a sentence is shorter. */
const PAUSE_MS = 600;

export interface DeskHandlers {
  say(message: RtcSaid): void;
  /** A frame of what is heard of the service. */
  heard(bytes: ArrayBuffer): void;
  level(rms: number): void;
  /** Something is heard, or about to be; `muted`: it waits for the user's first click. */
  changed(playing: boolean, muted: boolean): void;
  /** There is a call that is up, or no longer. */
  calling(calling: boolean): void;
}

export class RtcDesk {
  readonly #shared: SharedContext;
  readonly #handlers: DeskHandlers;
  #call: RtcCall | null = null;
  /** The kernel has no wire of its own: it is told everything the data channel says. */
  #relayed = false;
  /** The service says that it is sounding. */
  #told = false;
  #loud = false;
  #muted = false;
  #track: MediaStreamTrack | null = null;
  #gate: Gate = "open";
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(shared: SharedContext, handlers: DeskHandlers) {
    this.#shared = shared;
    this.#handlers = handlers;
  }

  /** There is a call, or there is one being made. */
  get active(): boolean {
    return this.#call !== null;
  }

  receive(asked: RtcAsked): void {
    if (asked.op === "offer" || asked.op === "direct") {
      this.#begin(asked);
      return;
    }
    const call = this.#call;
    if (call === null || call.number !== asked.call) return;
    if (asked.op === "answer") void this.#answer(call, asked.sdp);
    else if (asked.op === "send") call.send(asked.text);
    else if (asked.op === "hush") this.hush();
    else this.hangUp();
  }

  /** Send the microphone; null for silence. */
  speak(track: MediaStreamTrack | null): void {
    this.#track = track;
    this.#call?.speaking.speak(track);
  }

  /** What of the microphone goes out. */
  gate(gate: Gate): void {
    this.#gate = gate;
    this.#call?.speaking.gate(gate);
  }

  /** Let nothing more of this answer out. */
  hush(): void {
    this.#call?.remote.hush();
  }

  /** Call it from a click or a key press: browsers let sound out only after one. */
  async unlock(): Promise<void> {
    if (this.#call !== null) this.#mute(!(await this.#shared.start("call")));
  }

  /** The context runs after all. */
  unlocked(): void {
    this.#mute(false);
  }

  /** The call is over. */
  hangUp(): void {
    this.#call?.close();
    this.#call = null;
    this.#shared.rest("call");
    clearTimeout(this.#pause);
    this.#told = this.#loud = this.#muted = false;
    this.#handlers.level(0);
    this.#handlers.calling(false);
    this.#changed();
  }

  #begin(asked: Extract<RtcAsked, { op: "offer" | "direct" }>): void {
    if (this.#call !== null) this.hangUp();
    this.#relayed = asked.op === "direct";
    let call: RtcCall;
    try {
      call = new RtcCall(this.#shared, asked.call, {
        message: (text) => this.#message(asked.call, text),
        closed: (why) => this.#closed(asked.call, why),
        frame: (bytes) => this.#handlers.heard(bytes),
        level: (rms) => this.#level(rms),
      });
    } catch (error) {
      this.#failed(asked.call, error);
      return;
    }
    this.#call = call;
    call.speaking.speak(this.#track);
    call.speaking.gate(this.#gate);
    void this.unlock();
    if (asked.op === "offer") void this.#offer(call);
    else void this.#direct(call, asked.url, asked.key);
  }

  async #offer(call: RtcCall): Promise<void> {
    try {
      const sdp = await call.offer();
      this.#handlers.say({ kind: "rtc", call: call.number, op: "offer", sdp });
    } catch (error) {
      this.#failed(call.number, error);
    }
  }

  async #answer(call: RtcCall, sdp: string): Promise<void> {
    await this.#connected(call, async () => {
      await call.answer(sdp);
      return null;
    });
  }

  async #direct(call: RtcCall, url: string, key: string): Promise<void> {
    await this.#connected(call, () => call.direct(url, key));
  }

  async #connected(call: RtcCall, connect: () => Promise<string | null>): Promise<void> {
    try {
      const call_id = await connect();
      if (this.#call !== call) return;
      this.#handlers.calling(true);
      const state = "connected";
      this.#handlers.say({ kind: "rtc", call: call.number, op: "state", state, call_id });
    } catch (error) {
      this.#failed(call.number, error);
    }
  }

  #failed(number: number, error: unknown): void {
    const trouble = error instanceof CallTrouble ? error : new CallTrouble("page", String(error));
    if (this.#call?.number === number) this.hangUp();
    const { stage, message: why } = trouble;
    this.#handlers.say({ kind: "rtc", call: number, op: "failed", stage, why });
  }

  #closed(number: number, why: string): void {
    this.hangUp();
    this.#handlers.say({ kind: "rtc", call: number, op: "state", state: "closed", why });
  }

  #message(number: number, text: string): void {
    const sounding = readSounding(text);
    if (sounding !== null) this.#sounding(sounding);
    if (this.#relayed) this.#handlers.say({ kind: "rtc", call: number, op: "message", text });
  }

  #sounding(sounding: Sounding): void {
    this.#told = sounding === "started";
    if (this.#told) {
      this.#call?.remote.open();
    } else if (sounding === "cleared") {
      this.hush();
      this.#loud = false;
    }
    this.#changed();
  }

  #level(rms: number): void {
    this.#handlers.level(rms);
    if (rms < LOUD_RMS) return;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#loud = false;
      this.#changed();
    }, PAUSE_MS);
    if (this.#loud) return;
    this.#loud = true;
    this.#changed();
  }

  #mute(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#changed();
  }

  #changed(): void {
    this.#handlers.changed(this.#told || this.#loud || this.#muted, this.#muted);
  }
}
