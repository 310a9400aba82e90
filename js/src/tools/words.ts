// Calls in words. All of it is a model's or a server's own text: shown, never trusted.

import { visible } from "../table/words.js";
import type { Tool } from "./wire.js";

/** How a call stands, for people; a state of a newer kernel's is shown as it is called. */
const STATES: Readonly<Record<string, string>> = {
  writing: "being written",
  open: "not answered",
  yours: "yours to answer: chat.answer_call(…)",
  waiting: "waits for your leave",
  queued: "queued",
  running: "running",
  ok: "done",
  failed: "failed",
  bad_arguments: "wrong arguments",
  timeout: "out of time",
  cancelled: "cancelled",
  denied: "denied",
  unknown: "no such tool",
};

const LISTS: Readonly<Record<string, string>> = { running: "listing its tools", ok: "listed" };
const QUESTIONS: Readonly<Record<string, string>> = { ok: "allowed" };

/** States that may still change by themselves. */
const GOING: readonly string[] = ["writing", "waiting", "queued", "running"];

export const isGoing = (tool: Tool): boolean => GOING.includes(tool.state);

export function stateWords(tool: Tool): string {
  const own = tool.kind === "mcp_list" ? LISTS : tool.kind === "mcp_approval" ? QUESTIONS : STATES;
  return own[tool.state] ?? STATES[tool.state] ?? tool.state;
}

/** 90 ms, 1.2 s, 3 min 5 s. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

/** `name(city="Paris", days=3)` where the arguments are an object, else `name(…as they are…)`. */
export function callText(tool: Pick<Tool, "name" | "arguments">): string {
  return visible(`${tool.name === "" ? "…" : tool.name}(${argumentText(tool.arguments)})`);
}

function argumentText(given: string): string {
  const value = parsed(given);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return given;
  return Object.entries(value)
    .map(([name, one]) => `${name}=${JSON.stringify(one)}`)
    .join(", ");
}

/** Arguments or an output over several lines, where they are JSON; else as they are. */
export function wholeText(given: string): string {
  const value = parsed(given);
  const structured = typeof value === "object" && value !== null;
  return visible(structured ? JSON.stringify(value, null, 2) : given);
}

function parsed(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}

/** One line of a text, `room` characters at the most. */
export function oneLine(given: string, room: number): string {
  const line = given.replace(/\s+/g, " ").trim();
  const signs = Array.from(line.slice(0, room * 2));
  return signs.length <= room ? line : `${signs.slice(0, room - 1).join("")}…`;
}
