// The conversation as bubbles, in the order the kernel keeps.

import type { Chat } from "../chat.js";
import type { Item, Role } from "../messages.js";
import { CallCard } from "../tools/card.js";
import { fold } from "../tools/fold.js";
import { isGoing } from "../tools/words.js";
import { splitHeard } from "../transcript.js";
import type { Actions } from "./composer.js";
import { dots, h, setText, spoken } from "./dom.js";
import { createItemMenus } from "./item_menu.js";
import { createLog } from "./log.js";

const SPEAKERS: Readonly<Record<Role, string>> = {
  user: "You: ",
  assistant: "Assistant: ",
  system: "System: ",
  tool: "Tool: ",
  mark: "",
};

/** One item's node; redrawn only when the kernel sent the item again. */
class Bubble {
  readonly node: HTMLElement;
  readonly #text = document.createTextNode("");
  readonly #unheardText = document.createTextNode("");
  /** Screen readers do not tell that words are struck. */
  readonly #unheard = h(
    "s",
    { class: "rnb-unheard", title: "generated, but not heard" },
    spoken(" (not heard:) "),
    this.#unheardText,
  );
  readonly #dots = dots();
  readonly #note = h("p", { class: "rnb-note" });
  readonly #again = h("button", { type: "button", class: "rnb-button rnb-again" }, "Ask again");
  readonly #words: HTMLElement;
  #item: Item | null = null;

  constructor(role: Role, askAgain: () => void) {
    this.#words = h("p", { class: "rnb-text" }, spoken(SPEAKERS[role]));
    this.#words.append(this.#text, this.#unheard, this.#dots);
    const parts = [this.#words, this.#note, this.#again];
    this.node = h("div", { class: `rnb-item rnb-${role}` }, ...parts);
    this.#again.addEventListener("click", askAgain);
  }

  show(item: Item): void {
    if (item === this.#item) return;
    this.#item = item;
    const cut = item.heardChars !== null && item.role === "assistant";
    const [heard, unheard] = cut ? splitHeard(item.text, item.heardChars ?? 0) : [item.text, ""];
    setText(this.#text, heard);
    setText(this.#unheardText, unheard);
    this.#unheard.hidden = unheard === "";
    const writing = item.status === "in_progress";
    this.#dots.hidden = !(item.pending || (writing && item.text === ""));
    // Words that never came leave no empty bubble; the note below says why.
    this.#words.hidden = item.text === "" && this.#dots.hidden;
    this.node.dataset.status = item.status;
    if (item.level !== undefined) this.node.dataset.level = item.level;
    this.#again.hidden = item.again !== true;
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

function hint(chat: Chat): string {
  if (chat.pushed) return "Hold the button or the space bar and speak, or type.";
  return "Press the microphone and speak, or type.";
}

export interface TranscriptView {
  readonly node: HTMLElement;
  update(): void;
  /** Show the end: one has said something. */
  follow(): void;
}

/** How often the time of a call that runs is written anew. */
const TICK_MS = 200;

export function createTranscript(
  chat: Chat,
  actions: Pick<Actions, "mount" | "askAgain">,
  signal: AbortSignal,
): TranscriptView {
  const { mount } = actions;
  const displays = { mount, of: (callId: string) => chat.displays.get(callId) };
  const cards = new Set<CallCard>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    for (const card of cards) card.tick();
  };
  const menus = createItemMenus(chat, signal);
  const draw = (item: Item) => {
    if (item.tool === null) return new Bubble(item.role, () => actions.askAgain());
    const card = new CallCard(displays);
    cards.add(card);
    return card;
  };
  const make = (item: Item) => {
    const entry = draw(item);
    if (item.role !== "mark") menus.attach(entry.node, item);
    return entry;
  };
  const log = createLog("Transcript", "rnb-transcript", make, (entry) => {
    if (entry instanceof CallCard && cards.delete(entry)) entry.close();
  });
  const update = () => {
    log.node.hidden = chat.kind !== "realtime";
    if (log.node.hidden) return;
    const items = fold(chat.transcript.items);
    log.update(items, chat.open ? hint(chat) : "");
    clearInterval(timer);
    const going = items.some((item) => item.tool !== null && isGoing(item.tool));
    if (going && !signal.aborted) timer = setInterval(tick, TICK_MS);
  };
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    for (const card of cards) card.close();
  });
  update();
  return { node: log.node, update, follow: log.follow };
}
