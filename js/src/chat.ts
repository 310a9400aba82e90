// What the page knows about one chat. The engine writes it, views read it; there may be several
// views of one model, or none.

import { type Devices, NO_DEVICES } from "./audio/devices.js";
import type { Processing } from "./audio/preferences.js";
import type { Cost } from "./cost.js";
import { History } from "./history.js";
import type {
  Endpoint,
  Item,
  NoticeLevel,
  SessionKind,
  SessionState,
  Transport,
  TurnMode,
} from "./messages.js";
import type { Carrier } from "./port.js";
import type { Restoration } from "./restoration.js";
import { MessageSource } from "./table/source.js";
import type { Approval, Display } from "./tools/wire.js";
import { Transcript } from "./transcript.js";

export type Topic =
  | "status"
  | "items"
  | "events"
  | "sound"
  | "microphone"
  | "level"
  | "notices"
  | "approvals"
  | "phrases";

/**
 * Between page and kernel: asking for it, nobody answers (a saved notebook), welcomed, or the
 * kernel's side went away.
 */
export type Link = "asking" | "unanswered" | "live" | "gone";

export interface Notice {
  readonly level: NoticeLevel;
  readonly text: string;
}

/** Sound as it is set up here, and how it goes. */
export interface Sound {
  readonly devices: Devices;
  /** Ids of the chosen devices; "" stands for the system's own choice. */
  readonly input: string;
  readonly output: string;
  /** This browser lets a page choose the loudspeaker. */
  readonly choosable: boolean;
  readonly processing: Readonly<Record<Processing, boolean>>;
  /** In Hz; null while not in use. */
  readonly inputRate: number | null;
  readonly outputRate: number | null;
  /** How often an answer ran dry before its end. */
  readonly underruns: number;
  /** How much of an answer waits before it begins. */
  readonly prebufferMs: number;
}

/** More notices than anyone reads push out the oldest. */
const NOTICES_MAX = 3;

/** As many as the kernel keeps. */
const DISPLAYS_MAX = 1000;

const SIDEBAND = "The sound of this call runs elsewhere: speak there; here you can read and type.";
const ANOTHER_PAGE =
  "The call belongs to the page that made it: speak there, or run the cell again with --restart to call from this page.";

export class Chat {
  link: Link = "asking";
  session: SessionState = "connecting";
  /** One line about the state, for people. */
  detail = "";
  /** The cell's error says why it failed. */
  told = false;
  /** How a lost connection is mended; null while none is. */
  restoration: Restoration | null = null;
  /** What the service's rate limits leave, where that is little. */
  limits = "";
  kind: SessionKind = "realtime";
  /** The voice that answers. */
  voice = "";
  /** The language translated to. */
  language = "";
  /** How a turn of the user ends. */
  turns: TurnMode = "server_vad";
  /** The microphone is mute while an answer plays. */
  halfDuplex = false;
  /** Its use is billed. */
  costs = false;
  /** What it has cost so far; null while the kernel has not said. */
  cost: Cost | null = null;
  endpoint: Endpoint | null = null;
  /** What the chat is called in the notebook. */
  name = "chat";
  /** What carries sound and messages to the kernel and back. */
  carrier: Carrier = "comm";
  /** How the session reaches its service. */
  transport: Transport = "websocket";
  /** The session's call is made by this page. */
  calling = false;
  /** What it carries waits while a cell runs. */
  waits = false;
  /** This page captures and plays; another tab may instead. */
  owner = false;
  microphone: "off" | "asking" | "on" = "off";
  /** The talk key is held, and what is said goes out. */
  talking = false;
  /** The microphone is mute just now, because an answer plays. */
  deaf = false;
  /** Level of the microphone, RMS 0..1. */
  level = 0;
  /** Sound of an answer plays or waits. */
  playing = false;
  /** Sound waits for the user's first click. */
  muted = false;
  phrases: readonly string[] = [];
  notices: readonly Notice[] = [];
  /** Calls that wait for the user's leave. */
  approvals: readonly Approval[] = [];
  /** What calls displayed, by call. */
  readonly displays = new Map<string, Display>();
  /** Level of what plays, RMS 0..1. */
  outputLevel = 0;
  sound: Sound = {
    devices: NO_DEVICES,
    input: "",
    output: "",
    choosable: false,
    processing: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    inputRate: null,
    outputRate: null,
    underruns: 0,
    prebufferMs: 0,
  };
  readonly transcript = new Transcript();
  readonly events = new MessageSource();
  readonly history = new History();

  readonly #listeners = new Set<(topic: Topic) => void>();

  /** Messages reach a session: at once, or when its connection is mended. */
  get open(): boolean {
    return this.link === "live" && (this.session === "open" || this.session === "restoring");
  }

  /** The session has ended, well or badly. */
  get over(): boolean {
    return this.session === "closed" || this.session === "failed";
  }

  /** It never began, and the cell says why: there is nothing to show. */
  get void(): boolean {
    return this.told && this.session === "failed" && this.transcript.items.length === 0;
  }

  /** What is said here ends by a button: the service does not find the ends itself. */
  get finishable(): boolean {
    return this.turns === "manual" && this.kind !== "translation";
  }

  /** What is said here is heard only while a key is held. */
  get pushed(): boolean {
    return this.turns === "push_to_talk" && this.kind !== "translation";
  }

  /** Why no microphone can be opened here, where sound runs on a call; "" where one can. */
  get deafness(): string {
    if (this.transport === "websocket" || this.calling || !this.open) return "";
    return this.transport === "sideband" ? SIDEBAND : ANOTHER_PAGE;
  }

  /** There is an answer that could be stopped, or a call that runs for it. */
  get stoppable(): boolean {
    const { answering, calling } = this.transcript;
    // What is under way ends with the session; what lies here plays on.
    const underWay = this.session === "open" && (answering || calling);
    return this.link === "live" && (this.playing || underWay);
  }

  subscribe(listener: (topic: Topic) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Change fields, then tell the views. */
  set(topic: Topic, change: Partial<Pick<Chat, Settable>>): void {
    Object.assign(this, change);
    this.#tell(topic);
  }

  setSound(change: Partial<Sound>): void {
    this.sound = { ...this.sound, ...change };
    this.#tell("sound");
  }

  resetItems(items: readonly Item[]): void {
    this.transcript.reset(items);
    this.#tell("items");
  }

  upsertItems(items: readonly Item[], gone: readonly string[]): void {
    this.transcript.upsert(items, gone);
    this.#tell("items");
  }

  /** Show under a call what it displayed. */
  showDisplay(display: Display): void {
    // The newest last: of the oldest the kernel keeps nothing either.
    this.displays.delete(display.callId);
    this.displays.set(display.callId, display);
    const [oldest] = this.displays.keys();
    if (this.displays.size > DISPLAYS_MAX && oldest !== undefined) this.displays.delete(oldest);
    this.#tell("items");
  }

  resetEvents(events: number): void {
    this.events.renew(this.name, events);
    this.#tell("events");
  }

  growEvents(events: number): void {
    this.events.grown(events);
    this.#tell("events");
  }

  /** Show a notice; the same words are not shown twice. */
  notify(level: NoticeLevel, text: string): void {
    if (text === "" || this.notices.some((notice) => notice.text === text)) return;
    const notices = [...this.notices, { level, text }].slice(-NOTICES_MAX);
    this.set("notices", { notices });
  }

  /** Take a notice away by its words. */
  dismiss(text: string): void {
    const notices = this.notices.filter((notice) => notice.text !== text);
    if (notices.length < this.notices.length) this.set("notices", { notices });
  }

  #tell(topic: Topic): void {
    for (const listener of this.#listeners) listener(topic);
  }
}

type Settable =
  | "link"
  | "session"
  | "detail"
  | "told"
  | "restoration"
  | "limits"
  | "kind"
  | "voice"
  | "language"
  | "turns"
  | "halfDuplex"
  | "talking"
  | "deaf"
  | "costs"
  | "cost"
  | "endpoint"
  | "name"
  | "owner"
  | "carrier"
  | "transport"
  | "calling"
  | "waits"
  | "microphone"
  | "level"
  | "outputLevel"
  | "playing"
  | "muted"
  | "phrases"
  | "approvals"
  | "notices";
