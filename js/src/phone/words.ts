// What a phone line says.

import type { Call, CallState, Line } from "./wire.js";

export const STATE_WORDS: Readonly<Record<CallState, string>> = {
  ringing: "rings",
  accepting: "is being accepted",
  active: "talks",
  rejected: "rejected",
  referred: "referred",
  ended: "ended",
  failed: "failed",
};

/** What can be said of a call whose kernel is gone: what it was last. */
export const LOST_WORDS: Readonly<Record<CallState, string>> = {
  ...STATE_WORDS,
  ringing: "rang",
  accepting: "was being accepted",
  active: "talked",
};

/** Minutes and seconds since a state began: 0:07, 12:30, 1:02:03. */
export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

export const callerOf = ({ caller }: Call): string => (caller === "" ? "unknown caller" : caller);

export function emptyText({ closed, practice, name }: Line): string {
  if (closed) return "Nobody has called.";
  const hint = practice ? ` ${name}.ring("hello.wav") calls it.` : "";
  return `Nobody has called yet.${hint}`;
}

/** Who rings, of several the last; empty where nobody does. */
export function ringingText(calls: readonly Call[]): string {
  const call = calls.findLast(({ state }) => state === "ringing");
  return call === undefined ? "" : `A call of ${callerOf(call)} rings.`;
}
