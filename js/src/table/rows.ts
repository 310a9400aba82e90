// What a table asks of the kernel and what it is told, and the guard at its door: an answer of
// another version, or of a log full of nonsense, becomes plain defaults.

export type Direction = "sent" | "received";

/** One row: an event, or a run of deltas folded into one. */
export interface Row {
  /** Number of its (first) event in the log. */
  readonly seq: number;
  readonly tMs: number;
  /** Since the event before it; null for an event of an unfolded run. */
  readonly sinceMs: number | null;
  readonly spanMs: number;
  readonly dir: Direction;
  readonly type: string;
  readonly item: string;
  readonly response: string;
  readonly summary: string;
  readonly size: number;
  /** Bytes of sound. */
  readonly audio: number;
  readonly count: number;
  readonly bad: boolean;
  readonly open: boolean;
  /** The row it was unfolded from. */
  readonly of: number | null;
}

export interface Query {
  readonly dir: Direction | "";
  readonly kind: string;
  readonly item: string;
  readonly response: string;
  readonly text: string;
}

export const EVERYTHING: Query = { dir: "", kind: "", item: "", response: "", text: "" };

/**
 * Rows from `start` to `stop`, counted from the end when negative, and where `anchor` is now; or
 * `count` around an event.
 */
export type Span =
  | { readonly start: number; readonly stop: number | null; readonly anchor?: number }
  | { readonly around: number; readonly count: number };

export interface RowPage {
  readonly log: string;
  readonly start: number;
  readonly total: number;
  readonly rows: readonly Row[];
  /** Place of the event that was asked for; null when it is not among the rows. */
  readonly at: number | null;
  readonly events: number;
  readonly dropped: number;
  /** There are events that have no rows yet: ask again. */
  readonly behind: boolean;
  readonly kinds: readonly (readonly [string, number])[];
}

/** One event to look at. */
export interface EventDetail {
  readonly seq: number;
  readonly type: string;
  readonly dir: Direction;
  readonly tMs: number;
  readonly size: number;
  readonly json: string;
  readonly cut: boolean;
  readonly python: string;
  /** The client's event that this error answers. */
  readonly answers: number | null;
  /** The error that answers this event. */
  readonly error: number | null;
  /** Bytes of sound in its row. */
  readonly sound: number;
}

export interface Sound {
  readonly wav: DataView<ArrayBuffer>;
  /** This is all there is of it. */
  readonly whole: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const isIndex = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0;
const indexOrNull = (value: unknown): number | null => (isIndex(value) ? value : null);
const direction = (value: unknown): Direction => (value === "sent" ? "sent" : "received");

function readRow(value: unknown): Row | null {
  if (!isFields(value) || !isIndex(value.seq)) return null;
  return {
    seq: value.seq,
    tMs: number(value.t_ms),
    sinceMs: typeof value.since_ms === "number" ? value.since_ms : null,
    spanMs: number(value.span_ms),
    dir: direction(value.dir),
    type: text(value.type),
    item: text(value.item),
    response: text(value.response),
    summary: text(value.summary),
    size: number(value.size),
    audio: number(value.audio),
    count: Math.max(1, number(value.count)),
    bad: value.bad === true,
    open: value.open === true,
    of: indexOrNull(value.of),
  };
}

function readKind(value: unknown): readonly [string, number] | null {
  if (!Array.isArray(value) || typeof value[0] !== "string") return null;
  return [value[0], number(value[1])];
}

function readAll<T>(value: unknown, read: (one: unknown) => T | null): T[] {
  return Array.isArray(value) ? value.map(read).filter((one) => one !== null) : [];
}

export function readPage(value: unknown): RowPage {
  const fields = isFields(value) ? value : {};
  return {
    log: text(fields.log),
    start: indexOrNull(fields.start) ?? 0,
    total: indexOrNull(fields.total) ?? 0,
    rows: readAll(fields.rows, readRow),
    at: indexOrNull(fields.at),
    events: number(fields.events),
    dropped: number(fields.dropped),
    behind: fields.behind === true,
    kinds: readAll(fields.kinds, readKind),
  };
}

/** Null when the log has let go of the event. */
export function readDetail(value: unknown): EventDetail | null {
  if (!isFields(value) || !isIndex(value.seq)) return null;
  return {
    seq: value.seq,
    type: text(value.type),
    dir: direction(value.dir),
    tMs: number(value.t_ms),
    size: number(value.size),
    json: text(value.json),
    cut: value.cut === true,
    python: text(value.python),
    answers: indexOrNull(value.answers),
    error: indexOrNull(value.error),
    sound: number(value.sound),
  };
}
