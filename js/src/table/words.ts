// Text of a table. What a model or a log says may hold anything: what cannot be seen, or turns the
// text around it about, is shown by its name.

/** Milliseconds since the session's start as minutes, seconds, milliseconds. */
export function clockText(tMs: number): string {
  const total = Math.max(0, Math.round(tMs));
  const minutes = Math.floor(total / 60_000);
  const seconds = ((total % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds}`;
}

/** A duration, short: 0 ms, 950 ms, 2.35 s, 1:10. */
export function spanText(ms: number): string {
  const value = Math.max(0, ms);
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 60_000) return `${(value / 1000).toFixed(2)} s`;
  const seconds = Math.round(value / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Bytes, short: 950 B, 12.3 kB, 4.5 MB. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

// Control characters but tab and line ends; marks of direction; what has no width.
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones meant
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Text in which nothing is hidden: U+202E is shown as ⟨202E⟩. */
export function visible(text: string): string {
  return text.replace(
    UNSEEN,
    (mark) => `⟨${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}

/** An id without what the ids of its column all begin with. */
export function bareId(id: string): string {
  return id.replace(/^(?:item|resp|event)_(?=.)/, "");
}

const PARTS = /(?<=[._])(?=[^._])/u;
const JOINED = /^[\p{M}\u200d]+/u;

/**
 * Text in `room` characters, cut at its front: names of one family differ at their ends. It goes on
 * with a whole part of the name where that leaves half of the room filled: `…transcript.delta`.
 */
export function cutFront(text: string, room: number): string {
  const signs = Array.from(text);
  if (signs.length <= room) return text;
  const kept = Math.max(1, room - 1);
  const end = signs.slice(-kept).join("").replace(JOINED, "");
  // The sign before says whether the first part is whole.
  const before = signs[signs.length - kept - 1] ?? "";
  const part = /[._]/.test(before) && /^[^._]/.test(end) ? 0 : end.search(PARTS);
  return `…${part > 0 && part <= kept / 2 ? end.slice(part) : end}`;
}

/** Less of a name's beginning says nothing. */
const LEAST_HEAD = 3;

/**
 * A name of an event in `room` characters: its last parts as `cutFront` leaves them, and where they
 * leave room, its beginning before them: `session.updated` is `sessi…updated`.
 */
export function cutName(text: string, room: number): string {
  const tail = cutFront(text, room);
  const left = room - Array.from(tail).length;
  if (tail === text || left < LEAST_HEAD) return tail;
  const head = Array.from(text).slice(0, left).join("");
  // Of more than the first part of the name, that part.
  const part = head.indexOf(".") + 1;
  return `${part > 0 ? head.slice(0, part) : head}${tail}`;
}
