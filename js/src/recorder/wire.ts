// What the kernel tells of a recorder, read without trust.

import { count, type Fields } from "../player/line.js";

/** The recorder as the kernel sees it; lengths in samples at 24 kHz. */
export interface Standing {
  readonly state: "ready" | "recording" | "recorded";
  /** The page that records, and which take; "" for none. */
  readonly by: string;
  readonly take: string;
  /** What is here of it. */
  readonly got: number;
  readonly max: number;
  readonly takes: number;
  /** Silence may be cut off, and was. */
  readonly trims: boolean;
  readonly trimmed: boolean;
  /** The recording that can be played: which one, how long, and its waveform, 0..1. */
  readonly number: number;
  readonly samples: number;
  readonly bars: readonly number[];
}

export const NOTHING: Standing = {
  state: "ready",
  by: "",
  take: "",
  got: 0,
  max: 0,
  takes: 0,
  trims: false,
  trimmed: false,
  number: 0,
  samples: 0,
  bars: [],
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function readStanding(fields: Fields): Standing {
  const { state } = fields;
  const bars = Array.isArray(fields.bars) ? fields.bars.slice(0, 1000) : [];
  return {
    state: state === "recording" || state === "recorded" ? state : "ready",
    by: text(fields.by),
    take: text(fields.take),
    got: count(fields.got),
    max: count(fields.max),
    takes: count(fields.takes),
    trims: fields.trims === true,
    trimmed: fields.trimmed === true,
    number: count(fields.number),
    samples: count(fields.samples),
    bars: bars.map((bar) => (typeof bar === "number" ? Math.min(1, Math.max(0, bar)) : 0)),
  };
}
