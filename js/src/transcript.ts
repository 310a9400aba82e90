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

  /** Add or replace items by id. */
  upsert(items: readonly Item[]): void {
    for (const item of items) {
      const known = this.#items.get(item.id);
      this.#items.set(item.id, item);
      if (known === undefined) this.#order.push(item.id);
      if (known === undefined || known.after !== item.after) this.#place(item);
    }
  }

  /** An answer is being written. */
  get answering(): boolean {
    for (const item of this.#items.values()) {
      if (item.role === "assistant" && item.status === "in_progress") return true;
    }
    return false;
  }

  /** Move an item right behind the one it names, and behind it those that waited for it. */
  #place(item: Item): void {
    this.#moveBehind(item);
    for (const id of [...this.#order].reverse()) {
      const other = this.#items.get(id);
      if (other?.after === item.id) this.#moveBehind(other);
    }
  }

  /** An item whose predecessor is not here (yet) stays where it is: a new one, at the end. */
  #moveBehind(item: Item): void {
    if (item.after === null || item.after === item.id || !this.#items.has(item.after)) return;
    this.#order.splice(this.#order.indexOf(item.id), 1);
    this.#order.splice(this.#order.indexOf(item.after) + 1, 0, item.id);
  }
}

/** Split a text after `count` characters as the kernel counts them: code points, not UTF-16. */
export function splitAt(text: string, count: number): [string, string] {
  const characters = Array.from(text);
  return [characters.slice(0, count).join(""), characters.slice(count).join("")];
}
