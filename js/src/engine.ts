// Sound and messages of one chat on one page. Lives as long as the model; views come and go.
//
// The microphone is let go whenever nobody could know it is on: the last view closed, the kernel
// restarted, a send failed, another tab took over, the session closed, the page is left.

import type { AnyModel } from "@anywidget/types";
import { SharedContext } from "./audio/context.js";
import { playbackIn } from "./audio/playback.js";
import type { Processing } from "./audio/preferences.js";
import { Speaker } from "./audio/speaker.js";
import { BusyWatch, sayOnce, waitsWords } from "./busy.js";
import { mayHaveRelay } from "./carrier/server.js";
import type { Chat } from "./chat.js";
import { decodeFrame } from "./frames.js";
import { Listening } from "./listening.js";
import {
  type Endpoint,
  type Incoming,
  PROTOCOL_VERSION,
  type Standing,
  type TurnMode,
} from "./messages.js";
import { Floor } from "./player/floor.js";
import { type Carrier, type Gone, Port } from "./port.js";
import { SoundSetup } from "./sound.js";
import type { Mount } from "./tools/display.js";
import type { Decision } from "./tools/wire.js";

/**
 * A view is redrawn by closing it first, and a cell that is run again shows its chat anew once the
 * kernel comes to it: wait this long before letting go.
 */
const LAST_VIEW_MS = 3000;

/** After this long without an answer to hello, there is nobody: the notebook was only saved. */
const UNANSWERED_MS = 3000;

/** How a constraints override reaches the microphone (tests turn echo cancellation off). */
const CONSTRAINTS_TRAIT = "_audio_constraints";

const OTHER_VERSION =
  "This page and its kernel come from different versions of realtime_nb: reload the page and run the cell again.";

export class Engine {
  readonly #chat: Chat;
  readonly #port: Port;
  readonly #context = new SharedContext();
  readonly #listening: Listening;
  readonly #speaker: Speaker;
  readonly #sound: SoundSetup;
  readonly #busy: BusyWatch;
  #views = 0;

  constructor(model: AnyModel, chat: Chat, signal: AbortSignal) {
    this.#chat = chat;
    this.#port = new Port(
      model,
      {
        message: (message, buffers) => this.#receive(message, buffers),
        gone: (why) => this.#gone(why),
        carrier: (carrier) => this.#carried(carrier),
      },
      signal,
    );
    this.#busy = new BusyWatch(
      () => this.#port.probe(),
      (waits) => this.#waits(waits),
    );
    this.#speaker = new Speaker(this.#context, playbackIn(this.#context), {
      played: (played) => {
        const { latencyMs: latency_ms, prebufferMs: _, ...counts } = played;
        this.#port.send({ kind: "played", latency_ms, ...counts });
        this.#sound.played(played);
      },
      started: (stream, t_ms) => this.#port.send({ kind: "started", stream, t_ms }),
      drained: (stream) => this.#port.send({ kind: "drained", stream }),
      changed: (playing, muted) => {
        this.#listening.playing(playing && !muted, this.#context.latencyMs);
        Floor.shared.talk(this, playing && !muted);
        chat.set("status", { playing, muted });
      },
      level: (outputLevel) => chat.set("level", { outputLevel }),
      failed: (message) => chat.notify("error", message),
    });
    const asked = () => this.#constraints();
    this.#sound = new SoundSetup(chat, this.#context, SharedContext.choosable, asked, signal);
    this.#listening = new Listening(chat, this.#context, this.#sound, (message, buffers) =>
      this.#port.send(message, buffers),
    );
    this.#context.onrunning = () => this.#speaker.unlocked();
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    signal.addEventListener("abort", () => this.#close());
    chat.events.send = (question) => this.#port.send(question);
    chat.history.send = (message) => this.#port.send(message);
    this.#port.open();
    setTimeout(() => this.#unanswered(), UNANSWERED_MS);
  }

  /** Count a view for as long as its signal lives. */
  attach(signal: AbortSignal): void {
    this.#views++;
    signal.addEventListener("abort", () => {
      this.#views--;
      setTimeout(() => this.#lastViewGone(), LAST_VIEW_MS);
    });
  }

  async toggleMicrophone(): Promise<void> {
    if (this.#chat.microphone !== "off") {
      this.releaseMicrophone();
      return;
    }
    void this.#speaker.unlock();
    await this.#listening.open();
  }

  chooseInput(id: string): void {
    this.#sound.chooseInput(id);
    void this.#listening.reopen();
  }

  chooseOutput(id: string): void {
    void this.#sound.chooseOutput(id);
  }

  setProcessing(name: Processing, on: boolean): void {
    this.#sound.setProcessing(name, on);
    void this.#listening.reopen();
  }

  /** Somebody looks at the devices. */
  lookForDevices(): void {
    void this.#sound.refresh();
  }

  /** Let the microphone go and say so. */
  releaseMicrophone(): void {
    this.#listening.release();
  }

  /** The talk key was pressed or let go; the first press opens the microphone. */
  talk(held: boolean): void {
    this.#listening.hold(held);
    if (held && this.#chat.pushed && this.#chat.microphone === "off") void this.toggleMicrophone();
  }

  /** Ask for another way in which turns end. */
  setTurns(mode: TurnMode): void {
    this.#port.send({ kind: "turns", mode });
  }

  /** Ask that the microphone be mute while an answer plays, or no longer. */
  setHalfDuplex(half_duplex: boolean): void {
    this.#port.send({ kind: "turns", half_duplex });
  }

  /** Listen and play here, and no longer in another tab. */
  takeOver(): void {
    void this.#speaker.unlock();
    this.#port.send({ kind: "take_over" });
  }

  /** Answer whether a call may be made. */
  approve(id: string, decision: Decision, reason: string): void {
    this.#port.send({ kind: "approve", id, decision, reason });
  }

  /** Draw a display of a call in a box. */
  get mount(): Mount {
    return this.#port.displays;
  }

  /** Send a typed line; false when there is nobody to read it. */
  say(text: string): boolean {
    void this.#speaker.unlock();
    return this.#port.send({ kind: "text", text });
  }

  /** Stop the answer being given. */
  stop(): void {
    void this.#speaker.unlock();
    this.#port.send({ kind: "stop" });
  }

  /** What was said so far is a turn. */
  commit(): void {
    void this.#speaker.unlock();
    this.#port.send({ kind: "commit" });
  }

  /** The click that lets sound out. */
  hear(): void {
    void this.#speaker.unlock();
  }

  #receive(message: Incoming, buffers: readonly DataView[]): void {
    switch (message.kind) {
      case "welcome":
        this.#welcome(message);
        break;
      case "state":
        this.#state(message, this.#chat.endpoint);
        break;
      case "owner":
        this.#owned(message.client === this.#port.client);
        break;
      case "items":
        this.#chat.upsertItems(message.items, message.gone);
        break;
      case "events":
        this.#chat.growEvents(message.events);
        break;
      case "answer":
        this.#chat.events.receive(message.answer, buffers);
        break;
      case "edited":
        this.#chat.history.receive(message.edited, buffers);
        break;
      case "audio":
        this.#audio(message.stream, buffers[0]);
        break;
      case "end":
        this.#speaker.end(message.stream);
        break;
      case "clear":
        this.#clear(message.id);
        break;
      case "mic_off":
        this.releaseMicrophone();
        this.#chat.notify("info", message.reason);
        break;
      case "cost":
        this.#chat.set("status", { cost: message.cost });
        break;
      case "approvals":
        this.#chat.set("approvals", { approvals: message.open });
        break;
      case "call_output":
        this.#chat.showDisplay(message.display);
        break;
      case "notice":
        this.#chat.notify(message.level, message.text);
        break;
      case "waits":
        this.#busy.answer(message.cells);
        break;
    }
  }

  #welcome(message: Extract<Incoming, { kind: "welcome" }>): void {
    const { endpoint, name, phrases } = message;
    const again = this.#chat.link === "live";
    this.#chat.set("status", { link: "live", name });
    this.#carried(this.#chat.carrier);
    this.#state(message, endpoint);
    this.#owned(message.owner);
    // What was said of the microphone may be among the messages that were lost.
    if (again && message.owner) this.#listening.tell();
    this.#chat.set("phrases", { phrases });
    if (message.version !== PROTOCOL_VERSION) this.#chat.notify("warning", OTHER_VERSION);
    this.#chat.set("approvals", { approvals: [] });
    this.#chat.resetItems(message.items);
    this.#chat.resetEvents(message.events);
  }

  #state(standing: Standing, known: Endpoint | null): void {
    const { state: session, detail, session: kind, model } = standing;
    const { voice, language, turns, halfDuplex, costs } = standing;
    const endpoint = known === null || model === null ? known : { ...known, model };
    const told = { session, detail, kind, voice, language, turns, halfDuplex, costs, endpoint };
    this.#chat.set("status", told);
    this.#listening.mode(turns, halfDuplex && kind === "realtime");
    if (session === "closed" || session === "failed") this.releaseMicrophone();
  }

  #carried(carrier: Carrier): void {
    this.#chat.set("status", { carrier });
    if (carrier === "comm" && this.#port.live) {
      this.#busy.start();
      return;
    }
    this.#busy.stop();
    this.#waits(false);
  }

  /** A running cell holds up the sound here, or not (any more). */
  #waits(waits: boolean): void {
    if (waits === this.#chat.waits) return;
    this.#chat.set("status", { waits });
    const words = waitsWords(mayHaveRelay());
    if (!waits) this.#chat.dismiss(words);
    else if (sayOnce()) this.#chat.notify("info", words);
  }

  #unanswered(): void {
    if (this.#chat.link === "asking") this.#chat.set("status", { link: "unanswered" });
  }

  #owned(owner: boolean): void {
    if (!owner) {
      this.releaseMicrophone();
      void this.#speaker.clear();
    }
    this.#chat.set("status", { owner });
  }

  #audio(stream: number, bytes: DataView | undefined): void {
    if (bytes === undefined) return;
    try {
      const frame = decodeFrame(bytes);
      this.#speaker.push(stream, frame.offset, frame.samples);
    } catch (error) {
      this.#chat.notify("error", `Sound of the answer could not be read: ${String(error)}.`);
    }
  }

  async #clear(id: number): Promise<void> {
    const streams = await this.#speaker.clear();
    const latency_ms = this.#context.latencyMs;
    this.#port.send({ kind: "cleared", id, streams, latency_ms });
  }

  #gone(why: Gone): void {
    this.releaseMicrophone();
    void this.#speaker.clear();
    this.#busy.stop();
    this.#chat.history.gone();
    const detail =
      why === "restart"
        ? "the kernel restarted: run the cell again"
        : "the kernel's side of this chat is gone: run the cell again";
    this.#chat.set("status", { link: "gone", detail });
    this.#chat.set("approvals", { approvals: [] });
  }

  /** Whoever comes back to this notebook hears the rest of the answer. */
  #leave(): void {
    this.releaseMicrophone();
    this.#port.send({ kind: "leave" });
  }

  #lastViewGone(): void {
    if (this.#views > 0) return;
    this.releaseMicrophone();
    // Nobody could press Stop any more.
    if (this.#speaker.active) this.#port.send({ kind: "stop" });
  }

  #constraints(): MediaTrackConstraints {
    const value = this.#port.setting(CONSTRAINTS_TRAIT);
    return typeof value === "object" && value !== null ? value : {};
  }

  #close(): void {
    this.#busy.stop();
    this.#listening.close();
    this.#speaker.close();
    Floor.shared.talk(this, false);
    this.#context.close();
  }
}
