// What a recorder says.

import { MicrophoneTrouble } from "../audio/trouble.js";
import { RATE } from "../frames.js";
import type { Link } from "../player/line.js";
import { clock } from "../player/words.js";
import type { Phase } from "./engine.js";
import type { Standing } from "./wire.js";

const FILE = 'Or read a file: AudioClip.read("clip.wav").';

export const ENDED = "The microphone was unplugged or taken away";
export const GONE =
  "The kernel's side of this recorder is gone: run the cell again. What it had not yet taken in is lost.";
export const OTHER_MICROPHONE =
  "The microphone chosen in the settings is not connected: the system's own is used.";

/** Why there is no microphone, and what to do at a recorder. */
export function troubleWords(error: unknown): string {
  if (!(error instanceof MicrophoneTrouble)) {
    return `The microphone could not be opened (${String(error)}). ${FILE}`;
  }
  return `${error.reason.replace(/\b([Pp]ress) Microphone\b/, "$1 Record")} ${FILE}`;
}

export function fullWords(max: number): string {
  return `Stopped at the longest recording, ${clock(max)} (max_s=${Math.round(max / RATE)})`;
}

/** How it stands, in one line that is read out when it changes. */
export function standingWords(
  phase: Phase,
  link: Link,
  standing: Standing,
  client: string,
  waiting: number,
): string {
  if (link === "gone") return "not live: run the cell again";
  if (link === "unanswered") {
    return "not live: the kernel is busy, or the notebook was only saved";
  }
  if (link === "asking") return "connecting";
  if (phase === "asking") return "waiting for the microphone";
  if (phase === "saving") return "the kernel takes the recording in";
  const behind = Math.floor(waiting / RATE);
  if (phase === "recording") {
    return behind < 2 ? "recording" : "recording; the kernel is busy, the page keeps what waits";
  }
  if (standing.state === "recording" && standing.by !== client) return "another tab records";
  if (standing.state !== "recorded") return "nothing recorded yet";
  const many = standing.takes > 1 ? `, ${standing.takes} takes` : "";
  return `recorded${standing.trimmed ? ", silence cut off" : ""}${many}`;
}
