// What an action on an item asks for, and what came of it: a few fields, a line that says why not,
// an item as the service has it. What one typed is never lost: it stays until it was taken.

import type { Edit } from "../edits.js";
import type { History, Outcome } from "../history.js";
import { clockText } from "../table/words.js";
import { h, setText } from "./dom.js";

type What =
  | { readonly kind: "insert" }
  | { readonly kind: "cut"; readonly ms: number; readonly longest: number }
  | { readonly kind: "retrieve" }
  | { readonly kind: "delete" };

export interface Form {
  readonly what: What;
  readonly node: HTMLElement;
  /** Take the focus, or ask at once where nothing is to be filled in. */
  start(): void;
  close(): void;
}

const ROLES = [
  ["user", "You"],
  ["assistant", "Assistant"],
  ["system", "System"],
] as const;

/** `done` is called when there is nothing more to show. */
export function createForm(history: History, itemId: string, what: What, done: () => void): Form {
  const form = new ItemForm(history, itemId, what, done);
  return form;
}

class ItemForm implements Form {
  readonly what: What;
  readonly node: HTMLFormElement;
  readonly #history: History;
  readonly #itemId: string;
  readonly #done: () => void;
  readonly #problem = h("p", { class: "rnb-problem", role: "alert" });
  readonly #fields = h("div", { class: "rnb-form-fields" });
  #first: HTMLElement | null = null;
  #read: () => Edit | string;
  #sound = "";
  #closed = false;

  constructor(history: History, itemId: string, what: What, done: () => void) {
    this.what = what;
    this.#history = history;
    this.#itemId = itemId;
    this.#done = done;
    this.node = h("form", { class: "rnb-item-form" }, this.#fields, this.#problem);
    this.node.noValidate = true;
    this.#problem.hidden = true;
    this.#read = this.#reader();
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    // Also in a text box; and in a notebook no Enter reaches the form by itself.
    this.node.addEventListener("keydown", (event) => {
      const writes = event.target instanceof Element && event.target.matches("input, textarea");
      if (!writes || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!event.repeat) void this.#submit();
    });
  }

  start(): void {
    if (this.#first !== null) this.#first.focus();
    else void this.#submit();
  }

  close(): void {
    this.#closed = true;
    if (this.#sound !== "") URL.revokeObjectURL(this.#sound);
    this.node.remove();
  }

  #reader(): () => Edit | string {
    const item_id = this.#itemId;
    if (this.what.kind === "insert") return this.#insert(item_id);
    if (this.what.kind === "cut") return this.#cut(item_id, this.what.ms, this.what.longest);
    const op = this.what.kind;
    return () => ({ op, item_id });
  }

  #insert(item_id: string): () => Edit | string {
    const role = h(
      "select",
      { class: "rnb-select", "aria-label": "Who says it" },
      ...ROLES.map(([value, words]) => h("option", { value }, words)),
    );
    const words = h("textarea", { rows: "2", "aria-label": "Words to insert" });
    this.#fields.append(role, words, h("button", { class: "rnb-button" }, "Insert"));
    this.#first = words;
    return () => {
      const text = words.value.trim();
      if (text === "") return "Write what is to be inserted.";
      return { op: "insert", item_id, role: role.value, text };
    };
  }

  #cut(item_id: string, ms: number, longest: number): () => Edit | string {
    const most = Math.floor(longest / 10) / 100;
    const seconds = h("input", {
      type: "number",
      min: "0",
      max: String(most),
      step: "any",
      value: String(Math.min(most, Math.round(ms / 10) / 100)),
      "aria-label": "Seconds that stay",
    });
    const label = h("label", {}, "Keep the first ", seconds, ` s of ${most} s`);
    this.#fields.append(label, h("button", { class: "rnb-button" }, "Cut"));
    this.#first = seconds;
    return () => {
      const kept = Number(seconds.value);
      if (seconds.value.trim() === "" || !(kept >= 0 && kept <= most)) {
        return `Write a number of seconds from 0 to ${most}.`;
      }
      return { op: "cut", item_id, ms: Math.round(kept * 1000) };
    };
  }

  async #submit(): Promise<void> {
    const edit = this.#read();
    if (typeof edit === "string") {
      this.#tell(edit);
      return;
    }
    this.#tell("");
    const buttons = this.node.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    const outcome = await this.#history.edit(edit);
    if (this.#closed) return;
    for (const button of buttons) button.disabled = false;
    if (outcome.error !== "") this.#tell(outcome.error);
    else if (edit.op === "retrieve") this.#show(outcome);
    else this.#done();
  }

  #tell(problem: string): void {
    setText(this.#problem, problem);
    this.#problem.hidden = problem === "";
  }

  #show(outcome: Outcome): void {
    const facts = [outcome.status, outcome.ms > 0 ? `${clockText(outcome.ms)} of sound` : ""];
    const words = h("p", { class: "rnb-retrieved" }, outcome.text || "no words");
    const note = h(
      "p",
      { class: "rnb-note" },
      `At the service: ${facts.filter(Boolean).join(", ")}`,
    );
    this.#fields.replaceChildren(note, words);
    if (outcome.bytes !== null) {
      const wav = new Blob([outcome.bytes as BlobPart], { type: "audio/wav" });
      this.#sound = URL.createObjectURL(wav);
      this.#fields.append(h("audio", { controls: true, src: this.#sound, preload: "metadata" }));
    }
  }
}
