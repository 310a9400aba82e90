// Questions that wait for the user: may this be called? They stand above the composer, never take
// the focus, and are answered by a click or by a key while one of them has the focus.

import type { Chat } from "../chat.js";
import { visible } from "../table/words.js";
import { h, setText, spoken } from "../ui/dom.js";
import type { Approval, Decision } from "./wire.js";
import { callText, oneLine, wholeText } from "./words.js";

export type Answer = (id: string, decision: Decision, reason: string) => void;

const KEYS: Readonly<Record<string, Decision>> = { o: "once", a: "always", d: "deny" };
const CHOICES: readonly (readonly [Decision, string, string])[] = [
  ["once", "Allow once", "O"],
  ["always", "Always allow", "A"],
  ["deny", "Deny", "D"],
];
/**
 * A key pressed twice does not answer the next question, which has just taken the focus; nor a
 * click one that has just come, or moved, to where something else was meant.
 */
const PAUSE_MS = 400;

class Question {
  readonly node: HTMLElement;
  readonly #approval: Approval;
  readonly #answer: Answer;
  readonly #left = h("span", { class: "rnb-approval-left", "aria-hidden": "true" });
  readonly #reason = h("input", {
    class: "rnb-approval-reason",
    type: "text",
    maxlength: "1000",
    placeholder: "Reason for a no",
    "aria-label": "Reason for a no; Enter denies",
  });
  readonly #buttons: readonly HTMLButtonElement[];
  #focusedMs = Number.NEGATIVE_INFINITY;
  #movedMs = Number.NEGATIVE_INFINITY;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #answered = false;

  constructor(approval: Approval, answer: Answer) {
    this.#approval = approval;
    this.#answer = answer;
    this.#buttons = CHOICES.map(([decision, words, key]) => this.#button(decision, words, key));
    this.node = h(
      "div",
      { class: "rnb-approval", role: "group", tabindex: "0", "aria-label": titleOf(approval) },
      h("p", { class: "rnb-approval-title", "aria-hidden": "true" }, ...titleNodes(approval)),
      argumentsOf(approval),
      h("div", { class: "rnb-approval-row" }, ...this.#buttons, this.#reason, this.#left),
      h("p", { class: "rnb-approval-keys", "aria-hidden": "true" }, "O once · A always · D deny"),
    );
    this.node.addEventListener("keydown", (event) => this.#keyed(event));
    this.#reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !event.repeat) this.#decide("deny");
    });
  }

  update(live: boolean): void {
    for (const button of this.#buttons) button.disabled = this.#answered || !live;
    this.#reason.disabled = this.#answered || !live;
    const left = Math.ceil((this.#approval.endMs - performance.now()) / 1000);
    const words = left > 0 ? `${left} s left; no answer is a no` : "no answer: denied";
    setText(this.#left, this.#answered ? "answered" : words);
  }

  /** It stands in a new place, where for a moment no click is meant for it. */
  moved(): void {
    this.#movedMs = performance.now();
    this.node.dataset.moved = "";
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => delete this.node.dataset.moved, PAUSE_MS);
  }

  /** Take the focus over from a question that was answered. */
  focus(): void {
    this.#focusedMs = performance.now();
    this.node.focus({ preventScroll: true });
  }

  #button(decision: Decision, words: string, key: string): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: `rnb-button rnb-approval-${decision}`,
        "aria-keyshortcuts": key,
        title: `${key}, while this question has the focus`,
      },
      words,
    );
    button.addEventListener("click", ({ detail }) => {
      // Of a key's click there is no place: it goes where the focus is.
      if (detail === 0 || performance.now() - this.#movedMs >= PAUSE_MS) this.#decide(decision);
    });
    return button;
  }

  #keyed(event: KeyboardEvent): void {
    if (event.target === this.#reason) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const decision = KEYS[event.key.toLowerCase()];
    if (decision === undefined || performance.now() - this.#focusedMs < PAUSE_MS) return;
    event.preventDefault();
    this.#decide(decision);
  }

  #decide(decision: Decision): void {
    if (this.#answered || this.#buttons[0]?.disabled === true) return;
    this.#answered = true;
    this.#answer(this.#approval.id, decision, decision === "deny" ? this.#reason.value.trim() : "");
    this.update(true);
  }
}

function titleOf({ name, server }: Approval): string {
  const where = server === "" ? "" : ` of the MCP server ${visible(server)}`;
  return `May ${visible(name)}${where} be called?`;
}

function titleNodes({ name, server }: Approval): (Node | string)[] {
  const tool = h("code", { class: "rnb-card-title" }, visible(name));
  if (server === "") return ["May ", tool, " be called?"];
  const label = h("code", { class: "rnb-card-title" }, visible(server));
  return ["May ", tool, " of the MCP server ", label, " be called?"];
}

/** All of them, to be scrolled: one says yes to what one has seen. */
function argumentsOf(approval: Approval): HTMLElement {
  const none = approval.arguments.trim() === "" || approval.arguments.trim() === "{}";
  if (none) return h("p", { class: "rnb-approval-none" }, "without arguments");
  const pre = h("pre", { class: "rnb-approval-arguments", tabindex: "0" });
  pre.setAttribute("aria-label", "Arguments");
  pre.textContent = wholeText(approval.arguments);
  return pre;
}

export function createApprovals(
  chat: Chat,
  answer: Answer,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const list = h("div", { class: "rnb-approval-list" });
  const said = h("div", { class: "rnb-sr", role: "status" });
  const node = h("div", { class: "rnb-approvals" }, list, said);
  const shown = new Map<string, Question>();
  let timer: ReturnType<typeof setInterval> | undefined;

  const tick = () => {
    for (const question of shown.values()) question.update(chat.open);
  };
  const drop = (open: readonly Approval[]): boolean => {
    let focused = false;
    const before = shown.size;
    for (const [id, question] of shown) {
      if (open.some((approval) => approval.id === id)) continue;
      focused ||= question.node.contains(document.activeElement);
      question.node.remove();
      shown.delete(id);
    }
    if (shown.size < before) for (const question of shown.values()) question.moved();
    return focused;
  };
  const update = () => {
    const open = chat.approvals;
    const focused = drop(open);
    for (const approval of open) {
      if (shown.has(approval.id)) continue;
      const question = new Question(approval, answer);
      shown.set(approval.id, question);
      question.moved();
      list.append(question.node);
      const call = oneLine(callText(approval), 200);
      said.replaceChildren(spoken(`${titleOf(approval)} ${call}. Shift+Tab from the message box.`));
    }
    if (open.length === 0) said.replaceChildren();
    node.hidden = open.length === 0;
    if (focused) shown.values().next().value?.focus();
    tick();
    clearInterval(timer);
    if (open.length > 0 && !signal.aborted) timer = setInterval(tick, 1000);
  };
  signal.addEventListener("abort", () => clearInterval(timer));
  update();
  return { node, update };
}
