// The conversation as bubbles, in the order the kernel keeps.

import type { Chat } from "../chat.js";
import type { Item, Role } from "../messages.js";
import { splitAt } from "../transcript.js";
import { atEnd, h, setText, spoken } from "./dom.js";

const SPEAKERS: Readonly<Record<Role, string>> = {
  user: "You: ",
  assistant: "Assistant: ",
  system: "System: ",
  tool: "Tool: ",
};

/** One item's node; redrawn only when the kernel sent the item again. */
class Bubble {
  readonly node: HTMLElement;
  readonly #text = document.createTextNode("");
  readonly #unheard = h("s", { class: "rnb-unheard", title: "generated, but not heard" });
  readonly #dots = h("span", { class: "rnb-dots" }, h("i"), h("i"), h("i"), spoken("in progress"));
  readonly #note = h("p", { class: "rnb-note" });
  readonly #words: HTMLElement;
  #item: Item | null = null;

  constructor(role: Role) {
    this.#words = h("p", { class: "rnb-text" }, spoken(SPEAKERS[role]));
    this.#words.append(this.#text, this.#unheard, this.#dots);
    this.node = h("div", { class: `rnb-item rnb-${role}` }, this.#words, this.#note);
  }

  show(item: Item): void {
    if (item === this.#item) return;
    this.#item = item;
    const cut = item.heardChars !== null && item.role === "assistant";
    const [heard, unheard] = cut ? splitAt(item.text, item.heardChars ?? 0) : [item.text, ""];
    setText(this.#text, heard);
    setText(this.#unheard, unheard);
    this.#unheard.hidden = unheard === "";
    const writing = item.status === "in_progress";
    this.#dots.hidden = !(item.pending || (writing && item.text === ""));
    // Words that never came leave no empty bubble; the note below says why.
    this.#words.hidden = item.text === "" && this.#dots.hidden;
    this.node.dataset.status = item.status;
    // While an answer grows, a screen reader waits; it reads the whole once it is there.
    this.node.setAttribute("aria-busy", String(writing || item.pending));
    setText(this.#note, noteOf(item, unheard !== ""));
    this.#note.hidden = this.#note.textContent === "";
  }
}

/** What stands below a bubble, if anything. */
export function noteOf(item: Item, cut: boolean): string {
  if (item.note !== null && item.note !== "") return item.note;
  if (item.status === "failed") return "failed";
  if (cut) return "cut off here";
  return item.status === "incomplete" ? "incomplete" : "";
}

export function createTranscript(chat: Chat): { node: HTMLElement; update(): void } {
  const log = h("div", {
    class: "rnb-log",
    role: "log",
    "aria-label": "Transcript",
    "aria-live": "polite",
    tabindex: "0",
  });
  const empty = h("p", { class: "rnb-empty" });
  const node = h("div", { class: "rnb-transcript" }, log, empty);
  const bubbles = new Map<string, Bubble>();

  const bubbleOf = (item: Item): Bubble => {
    let bubble = bubbles.get(item.id);
    if (bubble === undefined) {
      bubble = new Bubble(item.role);
      bubbles.set(item.id, bubble);
    }
    return bubble;
  };

  const update = () => {
    const follow = atEnd(log);
    const items = chat.transcript.items;
    let next: ChildNode | null = log.firstChild;
    for (const item of items) {
      const bubble = bubbleOf(item);
      bubble.show(item);
      if (bubble.node === next) next = next.nextSibling;
      else log.insertBefore(bubble.node, next);
    }
    dropRest(next);
    if (bubbles.size > items.length) forget(bubbles, items);
    empty.hidden = items.length > 0;
    setText(empty, chat.open ? "Press the microphone and speak, or type." : "");
    if (follow) log.scrollTop = log.scrollHeight;
  };
  update();
  return { node, update };
}

/** Remove this node and all behind it: they belong to no item any more. */
function dropRest(from: ChildNode | null): void {
  let node = from;
  while (node !== null) {
    const after: ChildNode | null = node.nextSibling;
    node.remove();
    node = after;
  }
}

function forget(bubbles: Map<string, Bubble>, items: readonly Item[]): void {
  const kept = new Set(items.map((item) => item.id));
  for (const id of bubbles.keys()) if (!kept.has(id)) bubbles.delete(id);
}
