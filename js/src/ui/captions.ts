// Live captions: of a transcription one line after the other, of a translation side by side.

import type { Chat } from "../chat.js";
import type { Item } from "../messages.js";
import { dots, h, setText, spoken } from "./dom.js";
import { createLog, type Entry } from "./log.js";

/** One caption: lighter while its words may still change. */
class Caption implements Entry {
  readonly node: HTMLElement;
  readonly #text = document.createTextNode("");
  readonly #dots = dots();
  readonly #note = h("span", { class: "rnb-note" });
  #item: Item | null = null;

  constructor(item: Item, language: string) {
    const translated = item.role === "assistant";
    const words = h("span", { class: "rnb-words" });
    if (translated) {
      words.append(spoken("Translation: "));
      if (language !== "") words.lang = language;
    }
    words.append(this.#text, this.#dots);
    this.node = h("p", { class: `rnb-caption rnb-${item.role}` }, words, this.#note);
  }

  show(item: Item): void {
    if (item === this.#item) return;
    this.#item = item;
    setText(this.#text, item.text.trim());
    this.#dots.hidden = item.final || item.text !== "";
    this.node.toggleAttribute("data-partial", !item.final);
    this.node.dataset.status = item.status;
    if (item.level !== undefined) this.node.dataset.level = item.level;
    // A screen reader waits for the words that stay.
    this.node.setAttribute("aria-busy", String(!item.final || item.status === "in_progress"));
    setText(this.#note, noteOf(item));
    this.#note.hidden = this.#note.textContent === "";
  }
}

/** What stands in the place of words that did not come. */
function noteOf(item: Item): string {
  if (item.note !== null && item.note !== "") return item.note;
  return item.final && item.text.trim() === "" ? "no words" : "";
}

/** What to do while there are no captions. */
function hint(chat: Chat): string {
  if (!chat.open) return "";
  if (chat.kind === "translation") {
    return "Press the microphone and speak: the translation is heard and written here.";
  }
  if (chat.pushed) return "Hold the button or the space bar and speak: it is written here.";
  const finish = chat.finishable ? " Finish ends a caption." : "";
  return `Press the microphone and speak: what is heard is written here.${finish}`;
}

export function createCaptions(chat: Chat): { node: HTMLElement; update(): void } {
  const log = createLog("Captions", "rnb-captions", (item) => new Caption(item, chat.language));
  const from = h("span", {}, "What is said");
  const to = h("span", {});
  const heads = h("div", { class: "rnb-columns", "aria-hidden": "true" }, from, to);
  const node = h("div", {}, heads, log.node);

  const update = () => {
    node.hidden = chat.kind === "realtime";
    if (node.hidden) return;
    const items = chat.transcript.items;
    const translation = chat.kind === "translation";
    // The words in the first language come only when they were asked for.
    const both = translation && items.some((item) => item.role === "user");
    node.toggleAttribute("data-both", both);
    heads.hidden = !both;
    setText(to, chat.language === "" ? "Translation" : `Translation (${chat.language})`);
    log.update(items, hint(chat));
  };
  update();
  return { node, update };
}
