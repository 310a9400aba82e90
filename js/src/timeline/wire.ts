// What the kernel says of a timeline, and the guard at the page's door.

export type Side = "user" | "assistant";

export interface Named {
  readonly name: string;
  readonly colour: string;
}

export interface Mark {
  readonly tMs: number;
  readonly kind: string;
  readonly side: Side;
  readonly seq: number;
  readonly label: string;
}

export interface Region {
  readonly fromMs: number;
  readonly toMs: number;
  readonly side: Side;
  readonly text: string;
}

/** A stretch in which there was no session of the service. */
export interface Away {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

/** One leg of a turn's way, in ms after the turn's begin. */
export interface Leg extends Named {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Turn {
  readonly number: number;
  readonly kind: string;
  readonly beginMs: number;
  readonly endMs: number | null;
  readonly interrupted: boolean;
  readonly legs: readonly Leg[];
}

export interface Whole {
  readonly chat: string;
  /** What only its log is called. */
  readonly log: string;
  readonly durationMs: number;
  /** Sound that the log has let go of. */
  readonly lostMs: number;
  readonly droppedMarks: number;
  readonly kinds: ReadonlyMap<string, Named>;
  readonly sides: ReadonlyMap<string, string>;
  readonly stages: readonly Named[];
  readonly marks: readonly Mark[];
  readonly regions: readonly Region[];
  readonly aways: readonly Away[];
  readonly turns: readonly Turn[];
}

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const side = (value: unknown): Side => (value === "user" ? "user" : "assistant");

/** A colour of the kernel's list; anything else could be more than a colour. */
const colour = (value: unknown): string =>
  typeof value === "string" && /^#[0-9a-f]{6}$/.test(value) ? value : "#8c8c8c";

function listOf<T>(value: unknown, read: (fields: Fields) => T): T[] {
  return Array.isArray(value) ? value.filter(isFields).map(read) : [];
}

const readNamed = (fields: Fields): Named => ({
  name: text(fields.name),
  colour: colour(fields.colour),
});

const readMark = (fields: Fields): Mark => ({
  tMs: number(fields.t_ms),
  kind: text(fields.kind),
  side: side(fields.side),
  seq: number(fields.seq),
  label: text(fields.label),
});

const readRegion = (fields: Fields): Region => ({
  fromMs: number(fields.from_ms),
  toMs: number(fields.to_ms),
  side: side(fields.side),
  text: text(fields.text),
});

const readAway = (fields: Fields): Away => ({
  fromMs: number(fields.from_ms),
  toMs: number(fields.to_ms),
  text: text(fields.text),
});

const readLeg = (fields: Fields): Leg => ({
  ...readNamed(fields),
  fromMs: number(fields.from_ms),
  toMs: number(fields.to_ms),
});

const readTurn = (fields: Fields): Turn => ({
  number: number(fields.number),
  kind: text(fields.kind),
  beginMs: number(fields.begin_ms),
  endMs: typeof fields.end_ms === "number" ? fields.end_ms : null,
  interrupted: fields.interrupted === true,
  legs: listOf(fields.legs, readLeg),
});

export function readWhole(fields: Fields): Whole {
  const kinds = isFields(fields.kinds) ? Object.entries(fields.kinds) : [];
  const sides = isFields(fields.sides) ? Object.entries(fields.sides) : [];
  return {
    chat: text(fields.chat),
    log: text(fields.log),
    durationMs: Math.max(0, number(fields.duration_ms)),
    lostMs: number(fields.lost_ms),
    droppedMarks: number(fields.dropped_marks),
    kinds: new Map(kinds.map(([kind, one]) => [kind, readNamed(isFields(one) ? one : {})])),
    sides: new Map(sides.map(([name, one]) => [name, colour(one)])),
    stages: listOf(fields.stages, readNamed),
    marks: listOf(fields.marks, readMark),
    regions: listOf(fields.regions, readRegion),
    aways: listOf(fields.aways, readAway),
    turns: listOf(fields.turns, readTurn),
  };
}
