// One call in the table: who, what became of it, and the buttons that its state allows.

import { h, icon, setText } from "../ui/dom.js";
import type { Action } from "./exchange.js";
import { type Call, OVER } from "./wire.js";
import { callerOf, LOST_WORDS, lasted, STATE_WORDS } from "./words.js";

/** Asks for something to be done; false where nobody can be asked. */
export type Act = (id: string, action: Action, target?: string) => boolean;

/** A press that changed nothing within this may be made again. */
export const PATIENCE_MS = 30_000;

type Deed = Action | "referring";

const BUTTONS: readonly (readonly [Deed, string, (call: Call) => boolean])[] = [
  ["accept", "Accept", ({ state }) => state === "ringing"],
  ["reject", "Reject", ({ state }) => state === "ringing"],
  ["referring", "Refer…", ({ state }) => state === "active"],
  ["hang_up", "Hang up", ({ state }) => ["active", "accepting", "failed"].includes(state)],
];

export class Row {
  // Roles are said: narrow rows are no table rows to the style sheet.
  readonly node = h("tr", { class: "rnb-call", role: "row" });
  readonly #act: Act;
  readonly #who = h("bdi", { class: "rnb-call-who", dir: "auto" });
  readonly #called = h("bdi", { class: "rnb-call-called", dir: "auto" });
  readonly #headers = h("dl", { class: "rnb-call-headers" });
  readonly #more: HTMLElement;
  readonly #state = h("span", { class: "rnb-call-state" });
  readonly #time = h("td", { class: "rnb-call-time", role: "cell" });
  readonly #keys = h("td", { class: "rnb-call-keys", role: "cell" });
  readonly #chat = h("span", { class: "rnb-call-chat" });
  readonly #problem = h("p", { class: "rnb-call-problem", role: "status" });
  readonly #buttons = new Map<Deed, HTMLButtonElement>();
  readonly #target = h("input", {
    class: "rnb-call-target",
    type: "text",
    maxlength: "200",
    placeholder: "tel:+15550100",
    "aria-label": "Where the caller is referred to: tel:+… or sip:…",
  });
  readonly #form = h("div", { class: "rnb-call-form", role: "group", hidden: true });
  #call: Call;
  /** The kernel is gone: its clock stands, and nothing can be done. */
  #lostMs: number | null = null;
  #asked: { readonly state: string; readonly untilMs: number } | null = null;

  constructor(call: Call, act: Act) {
    this.#call = call;
    this.#act = act;
    this.#more = h(
      "details",
      { class: "rnb-call-more" },
      h("summary", {}, icon("chevron"), "SIP headers"),
      this.#headers,
    );
    const doing = h("div", { class: "rnb-call-doing" });
    for (const [deed, words] of BUTTONS) {
      const button = h("button", { type: "button", class: `rnb-button rnb-call-${deed}` }, words);
      button.addEventListener("click", () => this.#press(deed));
      this.#buttons.set(deed, button);
      doing.append(button);
    }
    this.#buildForm();
    this.node.dataset.call = call.id;
    this.node.append(
      h("th", { scope: "row", role: "rowheader" }, this.#who, this.#called, this.#more),
      h("td", { class: "rnb-call-what", role: "cell" }, this.#state, this.#chat, this.#problem),
      this.#time,
      this.#keys,
      h("td", { class: "rnb-call-do", role: "cell" }, doing, this.#form),
    );
    this.take(call);
  }

  /** Something may be done with the call. */
  get open(): boolean {
    return this.#lostMs === null && BUTTONS.some(([, , allowed]) => allowed(this.#call));
  }

  /** Show what the kernel says now. */
  take(call: Call): void {
    const changed = call.state !== this.#call.state;
    this.#call = call;
    this.#lostMs = null;
    this.node.dataset.state = call.state;
    const who = callerOf(call);
    setText(this.#who, who);
    setText(this.#called, call.called === "" ? "" : `to ${call.called}`);
    setText(this.#state, STATE_WORDS[call.state]);
    setText(this.#keys, call.dtmf);
    setText(this.#chat, call.chat);
    this.#takeHeaders(call);
    if (call.problem !== "" || changed) setText(this.#problem, call.problem);
    if (changed) {
      this.#asked = null;
      this.#form.hidden = true;
    }
    for (const [deed, words, allowed] of BUTTONS) {
      const button = this.#buttons.get(deed);
      if (button === undefined) continue;
      button.hidden = !allowed(call);
      button.setAttribute("aria-label", `${words.replace("…", "")}: call of ${who}`);
    }
    this.tick();
  }

  /** The kernel is gone: nobody knows what becomes of the call. */
  lose(): void {
    this.#lostMs ??= performance.now();
    this.#asked = null;
    this.#form.hidden = true;
    const { state } = this.#call;
    setText(this.#state, LOST_WORDS[state]);
    if (!OVER.has(state)) this.node.dataset.state = "lost";
    for (const button of this.#buttons.values()) button.hidden = true;
    this.tick();
  }

  /** It could not be done. */
  fail(reason: string): void {
    this.#asked = null;
    setText(this.#problem, reason);
    this.tick();
  }

  /** A second has gone by. */
  tick(): void {
    const now = this.#lostMs ?? performance.now();
    const { sinceMs, talkedMs } = this.#call;
    const over = OVER.has(this.#call.state);
    const ms = over ? talkedMs : now - sinceMs;
    setText(this.#time, over && talkedMs === 0 ? "" : lasted(ms));
    if (this.#asked !== null && now >= this.#asked.untilMs) {
      this.#asked = null;
      setText(
        this.#problem,
        "The kernel has not answered yet; press again, or run the cell again.",
      );
    }
    for (const button of this.#buttons.values()) button.disabled = this.#asked !== null;
  }

  #takeHeaders({ headers, media }: Call): void {
    const all = media === "" ? headers : ([["media", media], ...headers] as const);
    this.#more.hidden = all.length === 0;
    const shown = JSON.stringify(all);
    if (this.#headers.dataset.shown === shown) return;
    this.#headers.dataset.shown = shown;
    this.#headers.replaceChildren(
      ...all.flatMap(([name, value]) => [
        h("dt", { dir: "auto" }, name),
        h("dd", { dir: "auto" }, value),
      ]),
    );
  }

  #buildForm(): void {
    const send = h("button", { type: "button", class: "rnb-button rnb-call-refer" }, "Refer");
    const cancel = h("button", { type: "button", class: "rnb-button" }, "Cancel");
    this.#form.append(this.#target, send, cancel);
    const refer = () => {
      const target = this.#target.value.trim();
      if (target !== "") this.#ask("refer", target);
    };
    send.addEventListener("click", refer);
    this.#target.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !event.repeat) refer();
    });
    const close = () => {
      this.#form.hidden = true;
      this.#buttons.get("referring")?.focus();
    };
    cancel.addEventListener("click", close);
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }

  #press(deed: Deed): void {
    if (deed !== "referring") {
      this.#ask(deed);
      return;
    }
    this.#form.hidden = !this.#form.hidden;
    if (!this.#form.hidden) this.#target.focus();
  }

  #ask(action: Action, target = ""): void {
    if (this.#asked !== null) return;
    setText(this.#problem, "");
    if (!this.#act(this.#call.id, action, target)) return;
    this.#asked = { state: this.#call.state, untilMs: performance.now() + PATIENCE_MS };
    this.tick();
  }
}
