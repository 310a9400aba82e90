// What the kernel says of a phone line, and the guard at the page's door.

export type CallState =
  | "ringing"
  | "accepting"
  | "active"
  | "rejected"
  | "referred"
  | "ended"
  | "failed";

export interface Call {
  readonly id: string;
  readonly number: number;
  readonly caller: string;
  readonly called: string;
  readonly state: CallState;
  /** Since when, on the clock of `performance.now()`. */
  readonly sinceMs: number;
  /** How long it was talked; 0 of one that was never accepted. */
  readonly talkedMs: number;
  readonly dtmf: string;
  readonly media: string;
  readonly problem: string;
  /** What its chat is called; empty without one. */
  readonly chat: string;
  readonly headers: readonly (readonly [string, string])[];
}

export interface Line {
  readonly name: string;
  readonly url: string;
  readonly service: string;
  readonly practice: boolean;
  readonly closed: boolean;
  readonly notices: readonly string[];
  /** How many calls were before those. */
  readonly before: number;
  readonly calls: readonly Call[];
}

export interface Failure {
  readonly id: string;
  readonly reason: string;
}

type Fields = Readonly<Record<string, unknown>>;

const STATES: ReadonlySet<string> = new Set<CallState>([
  "ringing",
  "accepting",
  "active",
  "rejected",
  "referred",
  "ended",
  "failed",
]);

/** Nothing happens to such a call any more. */
export const OVER: ReadonlySet<CallState> = new Set<CallState>([
  "rejected",
  "referred",
  "ended",
  "failed",
]);

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function readHeader(value: unknown): readonly [string, string] {
  const [name, said] = list(value);
  return [text(name), text(said)];
}

function readCall(fields: Fields, nowMs: number): Call {
  return {
    id: text(fields.id),
    number: number(fields.number),
    caller: text(fields.caller),
    called: text(fields.called),
    state: STATES.has(text(fields.state)) ? (fields.state as CallState) : "failed",
    sinceMs: nowMs - Math.max(0, number(fields.age_ms)),
    talkedMs: Math.max(0, number(fields.talked_ms)),
    dtmf: text(fields.dtmf),
    media: text(fields.media),
    problem: text(fields.problem),
    chat: text(fields.chat),
    headers: list(fields.headers).map(readHeader),
  };
}

export function readLine(fields: Fields, nowMs: number): Line {
  return {
    name: text(fields.name),
    url: text(fields.url),
    service: text(fields.service),
    practice: fields.practice === true,
    closed: fields.closed === true,
    notices: list(fields.notices).map(text),
    before: number(fields.before),
    calls: list(fields.calls)
      .filter(isFields)
      .map((call) => readCall(call, nowMs))
      .filter(({ id }) => id !== ""),
  };
}

export const readFailure = (fields: Fields): Failure => ({
  id: text(fields.id),
  reason: text(fields.reason),
});
