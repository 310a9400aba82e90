// The conversation's items in order. Pure. A transcript that comes late, or an answer that comes
// before the words it answers, still ends up where `after` says.

import type { Item } from "./messages.js";

export class Transcript {
  readonly #items = new Map<string, Item>();
  readonly #order: string[] = [];

  get items(): readonly Item[] {
    return this.#order.map((id) => this.#items.get(id)).filter((item) => item !== undefined);
  }

  /** Start again from a full list, already in order. */
  reset(items: readonly Item[]): void {
    this.#items.clear();
    this.#order.length = 0;
    for (const item of items) {
      if (!this.#items.has(item.id)) this.#order.push(item.id);
      this.#items.set(item.id, item);
    }
  }

  /** Add or replace items by id, and drop those that are gone. */
  upsert(items: readonly Item[], gone: readonly string[] = []): void {
    for (const id of gone) this.#remove(id);
    for (const item of items) {
      const known = this.#items.get(item.id);
      this.#items.set(item.id, item);
      if (known === undefined) {
        this.#order.push(item.id);
        this.#place(item);
      } else if (known.after !== item.after) {
        this.#moveBehind(item);
      }
    }
  }

  /** An answer is being written. */
  get answering(): boolean {
    for (const item of this.#items.values()) {
      if (item.role === "assistant" && item.status === "in_progress") return true;
    }
    return false;
  }

  /** A function of the notebook runs for an answer. */
  get calling(): boolean {
    for (const { tool } of this.#items.values()) {
      if (tool?.kind === "call" && (tool.state === "running" || tool.state === "queued"))
        return true;
    }
    return false;
  }

  /** Move a new item right behind the one it names, and those that waited for it with it. */
  #place(item: Item, placed = new Set<string>()): void {
    if (placed.has(item.id)) return; // they name one another in a circle
    placed.add(item.id);
    this.#moveBehind(item);
    for (const id of [...this.#order].reverse()) {
      const other = this.#items.get(id);
      if (other?.after === item.id) this.#place(other, placed);
    }
  }

  /** An item whose predecessor is not here (yet) stays where it is: a new one, at the end. */
  #moveBehind(item: Item): void {
    if (item.after !== null && (item.after === item.id || !this.#items.has(item.after))) return;
    this.#order.splice(this.#order.indexOf(item.id), 1);
    const at = item.after === null ? 0 : this.#order.indexOf(item.after) + 1;
    this.#order.splice(at, 0, item.id);
  }

  #remove(id: string): void {
    if (this.#items.delete(id)) this.#order.splice(this.#order.indexOf(id), 1);
  }
}

/** Split a text after `count` characters as the kernel counts them: code points, not UTF-16. */
export function splitAt(text: string, count: number): [string, string] {
  const characters = Array.from(text);
  return [characters.slice(0, count).join(""), characters.slice(count).join("")];
}

/** What was heard, and what was not; the space between them is not struck. */
export function splitHeard(text: string, count: number): [string, string] {
  const [heard, unheard] = splitAt(text, count);
  const words = unheard.trimStart();
  return [heard + unheard.slice(0, unheard.length - words.length), words];
}
