// What a sound under way says of itself.

import { RATE } from "../frames.js";
import type { Link } from "./line.js";
import type { Sounding } from "./sounding.js";

/** Samples as minutes and seconds. */
export function clock(samples: number): string {
  const seconds = Math.floor(samples / RATE);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours === 0
    ? `${minutes}:${rest}`
    : `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}

type Sound = Pick<Sounding, "state" | "asks" | "total" | "position" | "trouble">;

/** How it goes, in a few words. */
export function stateWords(sound: Sound, link: Link, second: boolean, waits: boolean): string {
  const { state, asks, total, position, trouble } = sound;
  if (trouble !== "") return trouble;
  if (asks) return "The browser wants a click before it lets sound out.";
  if (state === "playing") return position === 0 ? "waiting for sound" : "playing";
  if (waits) return "waits until the sound before it is over";
  if (state === "paused") return "paused";
  if (state === "ended") return "played";
  if (link === "asking") return "";
  if (link === "unanswered") {
    return "Not live: the kernel is busy, or the notebook was only saved. Run the cell to hear it.";
  }
  if (link === "gone") return "The kernel's side is gone: run the cell again to hear it.";
  if (second) return "Plays in another tab.";
  return total === null ? "under way" : "ready";
}
