// What page and kernel say to each other, and the guard at the page's door. The kernel may be of
// another version than this page: unknown kinds are ignored, missing details get a plain default.

import { type Cost, readCost } from "./cost.js";
import { type Beside, type Edited, type EditMessage, readBeside, readEdited } from "./edits.js";
import { type Restoration, readRestoration } from "./restoration.js";
import { type RtcAsked, type RtcSaid, readRtc } from "./rtc/wire.js";
import { type Answer, type Question, readAnswer } from "./table/answers.js";
import {
  type Decision,
  readTool,
  readToolMessage,
  type Tool,
  type ToolMessage,
} from "./tools/wire.js";
import type { Progress } from "./worklets/wire.js";

export const PROTOCOL_VERSION = 1;

export type SessionState = "connecting" | "open" | "restoring" | "closed" | "failed";
export type SessionKind = "realtime" | "transcription" | "translation";
/** How a turn of the user ends. */
export type TurnMode = "server_vad" | "semantic_vad" | "push_to_talk" | "manual";
/** Who says it; a mark is a line between the items: what happened to the talk. */
export type Role = "user" | "assistant" | "system" | "tool" | "mark";
export type ItemStatus = "in_progress" | "completed" | "incomplete" | "failed";
export type NoticeLevel = "info" | "warning" | "error";

export interface Endpoint {
  readonly name: string;
  readonly model: string;
  readonly practice: boolean;
  readonly url: string;
}

/** How a session reaches its service, and where its sound runs. */
export type Transport = "websocket" | "webrtc" | "webrtc-direct" | "sideband";

/** How a session stands: said at the welcome, and again whenever it changes. */
export interface Standing {
  readonly state: SessionState;
  /** One line about the state, for people. */
  readonly detail: string;
  /** The cell's error says why it failed. */
  readonly told: boolean;
  /** How a lost connection is mended; null while none is. */
  readonly restoration: Restoration | null;
  readonly session: SessionKind;
  /** The model the service says it is; null when it has not said. */
  readonly model: string | null;
  readonly voice: string;
  /** The language translated to. */
  readonly language: string;
  readonly turns: TurnMode;
  /** The microphone is mute while an answer plays. */
  readonly halfDuplex: boolean;
  /** Its use is billed. */
  readonly costs: boolean;
  readonly transport: Transport;
}

/** One line of the conversation. */
export interface Item extends Beside {
  readonly id: string;
  readonly role: Role;
  readonly text: string;
  readonly status: ItemStatus;
  /** The item before this one; null when it is the first. */
  readonly after: string | null;
  /** An answer cut off: how many characters (code points) of it were heard. */
  readonly heardChars: number | null;
  /** The user's words are not recognised yet. */
  readonly pending: boolean;
  /** Its words will not change any more. */
  readonly final: boolean;
  readonly note: string | null;
  /** A tool's call or output; null for what is said. */
  readonly tool: Tool | null;
  /** Of a mark: how much it matters. */
  readonly level?: NoticeLevel;
  /** It failed, and may be asked for again. */
  readonly again?: boolean;
}

export type Incoming =
  | ToolMessage
  | RtcAsked
  | ({
      readonly kind: "welcome";
      readonly to: string;
      readonly version: number;
      readonly endpoint: Endpoint;
      readonly owner: boolean;
      /** What the chat is called in the notebook. */
      readonly name: string;
      readonly items: readonly Item[];
      /** How many events the log has. */
      readonly events: number;
      readonly phrases: readonly string[];
    } & Standing)
  | ({ readonly kind: "state" } & Standing)
  | { readonly kind: "owner"; readonly client: string }
  | { readonly kind: "items"; readonly items: readonly Item[]; readonly gone: readonly string[] }
  | { readonly kind: "events"; readonly events: number }
  /** What came of an edit of the conversation. */
  | { readonly kind: "edited"; readonly to: string; readonly edited: Edited }
  /** What a table of events asked for. */
  | { readonly kind: "answer"; readonly to: string; readonly answer: Answer }
  | { readonly kind: "audio"; readonly to: string; readonly stream: number }
  | { readonly kind: "end"; readonly to: string; readonly stream: number }
  | { readonly kind: "clear"; readonly to: string; readonly id: number }
  | { readonly kind: "mic_off"; readonly to: string; readonly reason: string }
  | { readonly kind: "cost"; readonly cost: Cost }
  /** What the service's rate limits leave, where that is little; "" where it is not. */
  | { readonly kind: "limits"; readonly words: string; readonly resetS: number }
  | { readonly kind: "notice"; readonly level: NoticeLevel; readonly text: string }
  /** The answer to a probe: `cells` are what it had to wait for. */
  | { readonly kind: "waits"; readonly to: string; readonly cells: boolean };

/** What the page tells the kernel; the port adds `client`. */
export type Outgoing =
  | Question
  | RtcSaid
  /** Sound of the service on a WebRTC call, as it is heard here. */
  | { readonly kind: "heard" }
  | { readonly kind: "hello"; readonly version: number }
  | {
      readonly kind: "mic";
      readonly on: boolean;
      readonly settings?: { readonly rate: number; readonly device_label: string };
    }
  | { readonly kind: "mic_failed"; readonly name: string; readonly message: string }
  | { readonly kind: "audio" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "stop" }
  /** Dial now, do not wait. */
  | { readonly kind: "retry" }
  /** End the chat. */
  | { readonly kind: "end" }
  /** Have an answer made in the place of one that failed. */
  | { readonly kind: "ask_again" }
  | { readonly kind: "commit" }
  | { readonly kind: "talk"; readonly on: true }
  /** `ms` of sound were sent while the key was down. */
  | { readonly kind: "talk"; readonly on: false; readonly ms: number }
  | { readonly kind: "turns"; readonly mode: TurnMode }
  | { readonly kind: "turns"; readonly half_duplex: boolean }
  | {
      readonly kind: "approve";
      readonly id: string;
      readonly decision: Decision;
      readonly reason: string;
    }
  | EditMessage
  | { readonly kind: "take_over" }
  /** This page is left: it is reloaded, or closed. */
  | { readonly kind: "leave" }
  | {
      readonly kind: "played";
      readonly streams: readonly Progress[];
      readonly latency_ms: number;
      /** Samples waiting in the playback ring. */
      readonly buffered: number;
      readonly underruns: number;
      /** Samples that found the ring full. */
      readonly refused: number;
    }
  | { readonly kind: "started"; readonly stream: number; readonly t_ms: number }
  | { readonly kind: "drained"; readonly stream: number }
  | {
      readonly kind: "cleared";
      readonly id: number;
      readonly streams: readonly Progress[];
      readonly latency_ms: number;
    };

type Fields = Readonly<Record<string, unknown>>;

const STATES: readonly SessionState[] = ["connecting", "open", "restoring", "closed", "failed"];
const KINDS: readonly SessionKind[] = ["realtime", "transcription", "translation"];
export const TURN_MODES: readonly TurnMode[] = [
  "server_vad",
  "semantic_vad",
  "push_to_talk",
  "manual",
];
const TRANSPORTS: readonly Transport[] = ["websocket", "webrtc", "webrtc-direct", "sideband"];
const ROLES: readonly Role[] = ["user", "assistant", "system", "tool", "mark"];
const STATUSES: readonly ItemStatus[] = ["in_progress", "completed", "incomplete", "failed"];
const LEVELS: readonly NoticeLevel[] = ["info", "warning", "error"];

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
const count = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : otherwise;
const isIndex = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0;

function oneOf<T extends string>(choices: readonly T[], value: unknown, otherwise: T): T {
  return choices.find((choice) => choice === value) ?? otherwise;
}

function listOf<T>(value: unknown, read: (entry: unknown) => T | null): T[] {
  if (!Array.isArray(value)) return [];
  return value.map(read).filter((entry) => entry !== null);
}

function readItem(value: unknown): Item | null {
  if (!isFields(value) || typeof value.id !== "string") return null;
  return {
    id: value.id,
    role: oneOf(ROLES, value.role, "system"),
    text: text(value.text),
    status: oneOf(STATUSES, value.status, "completed"),
    after: textOrNull(value.after),
    heardChars: isIndex(value.heard_chars) ? value.heard_chars : null,
    pending: value.pending === true,
    final: value.final !== false,
    note: textOrNull(value.note),
    tool: readTool(value.tool),
    ...(value.role === "mark" ? { level: oneOf(LEVELS, value.level, "info") } : {}),
    ...(value.again === true ? { again: true } : {}),
    ...readBeside(value),
  };
}

function readEndpoint(value: unknown): Endpoint {
  const fields = isFields(value) ? value : {};
  return {
    name: text(fields.name),
    model: text(fields.model),
    practice: fields.practice === true,
    url: text(fields.url),
  };
}

function readStanding(fields: Fields): Standing {
  return {
    state: oneOf(STATES, fields.state, "connecting"),
    detail: text(fields.detail),
    told: fields.told === true,
    restoration: readRestoration(fields.restoration),
    session: oneOf(KINDS, fields.session, "realtime"),
    model: textOrNull(fields.model),
    voice: text(fields.voice),
    language: text(fields.language),
    turns: oneOf(TURN_MODES, fields.turns, fields.manual === true ? "manual" : "server_vad"),
    halfDuplex: fields.half_duplex === true,
    costs: fields.costs === true,
    transport: oneOf(TRANSPORTS, fields.transport, "websocket"),
  };
}

function readWelcome(fields: Fields): Incoming | null {
  if (typeof fields.to !== "string") return null;
  return {
    kind: "welcome",
    to: fields.to,
    version: count(fields.version, 0),
    ...readStanding(fields),
    endpoint: readEndpoint(fields.endpoint),
    owner: fields.owner === true,
    name: text(fields.name),
    items: listOf(fields.items, readItem),
    events: count(fields.events, 0),
    phrases: listOf(fields.phrases, textOrNull),
  };
}

/** Messages for one page: `to` is needed, and a number under `key`. */
function readAddressed(kind: "audio" | "end", fields: Fields): Incoming | null {
  const { to, stream } = fields;
  return typeof to === "string" && isIndex(stream) ? { kind, to, stream } : null;
}

/** Read one message from the kernel; null for what this page does not know or cannot use. */
export function readIncoming(value: unknown): Incoming | null {
  if (!isFields(value)) return null;
  const { kind, to, id, client } = value;
  switch (kind) {
    case "welcome":
      return readWelcome(value);
    case "state":
      return { kind, ...readStanding(value) };
    case "owner":
      return typeof client === "string" ? { kind, client } : null;
    case "items":
      return { kind, items: listOf(value.items, readItem), gone: listOf(value.gone, textOrNull) };
    case "events":
      return { kind, events: count(value.events, 0) };
    case "edited":
      return readEditedFor(value);
    case "audio":
    case "end":
      return readAddressed(kind, value);
    case "clear":
      return typeof to === "string" && isIndex(id) ? { kind, to, id } : null;
    case "mic_off":
      return typeof to === "string" ? { kind, to, reason: text(value.reason) } : null;
    case "cost":
      return { kind, cost: readCost(value) };
    case "limits":
      return { kind, words: text(value.words), resetS: count(value.reset_s, 0) };
    case "notice":
      return { kind, level: oneOf(LEVELS, value.level, "info"), text: text(value.text) };
    case "rtc":
      return readRtc(value);
    case "waits":
      return typeof to === "string" ? { kind, to, cells: value.cells === true } : null;
    default:
      return readToolMessage(value) ?? readTableAnswer(value);
  }
}

function readEditedFor(fields: Fields): Incoming | null {
  const edited = readEdited(fields);
  if (edited === null || typeof fields.to !== "string") return null;
  return { kind: "edited", to: fields.to, edited };
}

function readTableAnswer(fields: Fields): Incoming | null {
  const answer = readAnswer(fields);
  if (answer === null || typeof fields.to !== "string") return null;
  return { kind: "answer", to: fields.to, answer };
}
