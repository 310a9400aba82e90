// Captions as text to take along. Pure.

import type { Item } from "./messages.js";

/** There is something to take along. */
export function hasWords(items: readonly Item[]): boolean {
  return items.some((item) => item.role !== "mark" && item.text.trim() !== "");
}

/** One line for each caption; a translation is marked by an arrow. Captions without words are left out. */
export function captionText(items: readonly Item[]): string {
  return items
    .filter((item) => item.role !== "mark")
    .map((item) => ({ words: item.text.trim(), arrow: item.role === "assistant" ? "→ " : "" }))
    .filter(({ words }) => words !== "")
    .map(({ words, arrow }) => `${arrow}${words}\n`)
    .join("");
}
