// What one can do with an item of the conversation: a button beside it opens a row of actions.
// Arrow keys move in it, Escape closes it. One is open at a time. The row stands in the list, so
// that nothing is cut off, and says nothing to a screen reader by itself.

import type { Chat } from "../chat.js";
import type { Item } from "../messages.js";
import { copyText } from "./clipboard.js";
import { h, setText } from "./dom.js";
import { createForm, type Form } from "./item_forms.js";
import { drawPictures } from "./item_pictures.js";

/** Asked twice: a press by mistake would take away what the assistant knows. */
const SURE_MS = 4000;
const COPIED_MS = 1500;
const BETWEEN: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

export interface ItemMenus {
  /** Give an item's node its pictures and its menu. */
  attach(node: HTMLElement, item: Item): void;
}

export function createItemMenus(chat: Chat, signal: AbortSignal): ItemMenus {
  let open: Menu | null = null;
  const attach = (node: HTMLElement, item: Item) => {
    node.prepend(...drawPictures(chat.history, item.id, item.pictures ?? []));
    const more = h("button", {
      type: "button",
      class: "rnb-more",
      "aria-label": "Actions for this item",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      title: "Copy, insert, cut, retrieve, delete",
    });
    const toggle = () => {
      const mine = open?.node.parentElement === node;
      open?.close();
      open = null;
      if (mine) return;
      const now = chat.transcript.items.find((other) => other.id === item.id);
      if (now === undefined) return;
      open = new Menu(chat, now, node, more);
      open.focus();
    };
    more.addEventListener("click", toggle);
    node.append(more);
  };
  signal.addEventListener("abort", () => open?.close());
  return { attach };
}

class Menu {
  readonly node: HTMLElement;
  readonly #row: HTMLElement;
  readonly #more: HTMLElement;
  readonly #chat: Chat;
  readonly #item: Item;
  #form: Form | null = null;

  constructor(chat: Chat, item: Item, owner: HTMLElement, more: HTMLElement) {
    this.#chat = chat;
    this.#item = item;
    this.#more = more;
    this.#row = h("div", { class: "rnb-menu", role: "menu", "aria-label": "Actions" });
    this.node = h("div", { class: "rnb-item-actions", "aria-live": "off" }, this.#row);
    this.#fill(selectedShare(owner, item.text));
    this.node.addEventListener("rnb-close", () => this.close());
    this.#row.addEventListener("keydown", (event) => this.#key(event));
    more.setAttribute("aria-expanded", "true");
    owner.append(this.node);
    this.node.scrollIntoView?.({ block: "nearest" });
  }

  focus(): void {
    this.#row.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
  }

  close(): void {
    const had = this.node.contains(document.activeElement);
    this.#form?.close();
    this.node.remove();
    this.#more.setAttribute("aria-expanded", "false");
    if (had) this.#more.focus();
  }

  #fill(share: number | null): void {
    const { text, role, status, audioMs = 0 } = this.#item;
    const closed = !this.#chat.open;
    const copy = this.#action("Copy", () => void this.#copy(copy), text === "");
    this.#action("Insert after…", () => this.#show({ kind: "insert" }), closed);
    if (role === "assistant" && audioMs > 0) {
      const at = share === null ? audioMs : share * audioMs;
      const cut = () => this.#show({ kind: "cut", ms: at, longest: audioMs });
      this.#action("Cut here…", cut, closed || status === "in_progress");
    }
    this.#action("Retrieve", () => this.#show({ kind: "retrieve" }), closed);
    const gone = this.#action("Delete", () => this.#delete(gone), closed);
    gone.classList.add("rnb-delete");
  }

  #action(words: string, act: () => void, disabled: boolean): HTMLButtonElement {
    const button = h("button", { type: "button", role: "menuitem", tabindex: "-1" }, words);
    button.disabled = disabled;
    button.addEventListener("click", act);
    this.#row.append(button);
    return button;
  }

  #key(event: KeyboardEvent): void {
    const buttons = Array.from(
      this.#row.querySelectorAll<HTMLButtonElement>("button:not(:disabled)"),
    );
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = BETWEEN[event.key];
    let to: number;
    if (step !== undefined) to = (at + step + buttons.length) % buttons.length;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = buttons.length - 1;
    else return;
    event.preventDefault();
    buttons[to]?.focus();
  }

  async #copy(button: HTMLElement): Promise<void> {
    const done = await copyText(this.#item.text);
    setText(button, done ? "Copied" : "Not copied");
    setTimeout(() => setText(button, "Copy"), COPIED_MS);
  }

  #delete(button: HTMLElement): void {
    if (button.dataset.sure === undefined) {
      button.dataset.sure = "";
      setText(button, "Really delete");
      setTimeout(() => {
        delete button.dataset.sure;
        setText(button, "Delete");
      }, SURE_MS);
      return;
    }
    this.#show({ kind: "delete" });
  }

  #show(what: Form["what"]): void {
    this.#form?.close();
    this.#form = createForm(this.#chat.history, this.#item.id, what, () => this.close());
    this.node.append(this.#form.node);
    this.#form.start();
  }
}

/** Where in the words of an item a selection begins, as a share of them; null without one. */
function selectedShare(node: HTMLElement, text: string): number | null {
  const range = document.getSelection()?.rangeCount ? document.getSelection()?.getRangeAt(0) : null;
  const words = node.querySelector(".rnb-text");
  if (!range || words === null || !words.contains(range.startContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(words);
  before.setEnd(range.startContainer, range.startOffset);
  // The speaker's name stands before the words, for screen readers.
  const whole = words.textContent?.indexOf(text) ?? -1;
  const at = before.toString().length - Math.max(0, whole);
  return text === "" || at <= 0 ? null : Math.min(1, at / text.length);
}
