// What the kernel tells this page, and what becomes of it: the chat's state, sound, the call.

import type { SharedContext } from "./audio/context.js";
import type { Speaker } from "./audio/speaker.js";
import type { Chat } from "./chat.js";
import { decodeFrame } from "./frames.js";
import type { Listening } from "./listening.js";
import { type Endpoint, type Incoming, PROTOCOL_VERSION, type Standing } from "./messages.js";
import type { Passing } from "./passing.js";
import type { Carrier, Port } from "./port.js";
import type { RtcDesk } from "./rtc/desk.js";

const OTHER_VERSION =
  "This page and its kernel come from different versions of realtime_nb: reload the page and run the cell again.";

/** What hears of the kernel's messages. */
export interface Parts {
  readonly port: Port;
  readonly context: SharedContext;
  readonly listening: Listening;
  readonly speaker: Speaker;
  readonly rtc: RtcDesk;
  readonly passing: Passing;
}

export class Inbox {
  readonly #chat: Chat;
  readonly #parts: Parts;

  constructor(chat: Chat, parts: Parts) {
    this.#chat = chat;
    this.#parts = parts;
  }

  receive(message: Incoming, buffers: readonly DataView[]): void {
    switch (message.kind) {
      case "welcome":
        this.#welcome(message);
        break;
      case "state":
        this.#state(message, this.#chat.endpoint);
        break;
      case "owner":
        this.#owned(message.client === this.#parts.port.client);
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
        this.#parts.speaker.end(message.stream);
        break;
      case "rtc":
        this.#parts.rtc.receive(message);
        break;
      case "clear":
        this.#clear(message.id);
        break;
      case "mic_off":
        this.#parts.listening.release();
        // Of a chat that is over, its header says why.
        if (!this.#chat.over) this.#chat.notify("info", message.reason);
        break;
      case "cost":
        this.#chat.set("status", { cost: message.cost });
        break;
      case "limits":
        this.#parts.passing.limited(message.words, message.resetS);
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
        this.#parts.passing.answer(message.cells);
        break;
    }
  }

  #welcome(message: Extract<Incoming, { kind: "welcome" }>): void {
    const { endpoint, name, phrases } = message;
    const again = this.#chat.link === "live";
    this.#chat.set("status", { link: "live", name });
    this.carried(this.#chat.carrier);
    this.#state(message, endpoint);
    this.#owned(message.owner);
    // What was said of the microphone may be among the messages that were lost.
    if (again && message.owner) this.#parts.listening.tell();
    this.#chat.set("phrases", { phrases });
    if (message.version !== PROTOCOL_VERSION) this.#chat.notify("warning", OTHER_VERSION);
    this.#chat.set("approvals", { approvals: [] });
    this.#chat.resetItems(message.items);
    this.#chat.resetEvents(message.events);
  }

  #state(standing: Standing, known: Endpoint | null): void {
    const { state: session, session: kind, model, turns, halfDuplex, ...rest } = standing;
    const endpoint = known === null || model === null ? known : { ...known, model };
    const { detail, told: cell, restoration, voice, language, costs, transport } = rest;
    const told = { detail, told: cell, restoration, voice, language, costs, transport };
    this.#chat.set("status", { ...told, session, kind, turns, halfDuplex, endpoint });
    this.#parts.listening.mode(turns, halfDuplex && kind === "realtime");
    if (session === "closed" || session === "failed") {
      this.#parts.listening.release();
      if (this.#parts.rtc.active) this.#parts.rtc.hangUp();
    }
  }

  /** Messages go another way from now on. */
  carried(carrier: Carrier): void {
    this.#chat.set("status", { carrier });
    this.#parts.passing.watch(carrier === "comm" && this.#parts.port.live);
  }

  #owned(owner: boolean): void {
    if (!owner) {
      this.#parts.listening.release();
      void this.#parts.speaker.clear();
    }
    this.#chat.set("status", { owner });
  }

  #audio(stream: number, bytes: DataView | undefined): void {
    if (bytes === undefined) return;
    try {
      const frame = decodeFrame(bytes);
      this.#parts.speaker.push(stream, frame.offset, frame.samples);
    } catch (error) {
      this.#chat.notify("error", `Sound of the answer could not be read: ${String(error)}.`);
    }
  }

  async #clear(id: number): Promise<void> {
    const streams = await this.#parts.speaker.clear();
    const latency_ms = this.#parts.context.latencyMs;
    this.#parts.port.send({ kind: "cleared", id, streams, latency_ms });
  }
}
