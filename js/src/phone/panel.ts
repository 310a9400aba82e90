// A phone line: its address, and a row for each call.

import { copyText } from "../ui/clipboard.js";
import { h, setText, spoken } from "../ui/dom.js";
import type { Exchange } from "./exchange.js";
import { Row } from "./row.js";
import type { Line } from "./wire.js";
import { emptyText, ringingText } from "./words.js";

/** Rows have just moved: what was clicked may stand elsewhere. */
export const PAUSE_MS = 400;

const HEADS = ["Caller", "State", "Time", "Keys", ""] as const;

class Panel {
  readonly #exchange: Exchange;
  readonly #rows = new Map<string, Row>();
  readonly #name = h("span", { class: "rnb-phone-name" });
  readonly #service = h("span", { class: "rnb-phone-service" });
  readonly #url = h("code", { class: "rnb-phone-url" });
  readonly #address: HTMLElement;
  readonly #copy = h("button", { type: "button", class: "rnb-button rnb-phone-copy" }, "Copy");
  readonly #body = h("tbody", { role: "rowgroup" });
  readonly #table = h("table", { class: "rnb-calls", role: "table" });
  readonly #empty = h("p", { class: "rnb-phone-empty" });
  readonly #before = h("p", { class: "rnb-phone-before" });
  readonly #notices = h("ul", { class: "rnb-phone-notices" });
  readonly #status = h("p", { class: "rnb-phone-status", role: "status" });
  readonly #said = h("div", { class: "rnb-sr", role: "alert" });
  readonly #root = h("section", { class: "rnb rnb-phone", "aria-label": "Phone line" });
  #movedMs = Number.NEGATIVE_INFINITY;

  constructor(exchange: Exchange, el: HTMLElement, signal: AbortSignal) {
    this.#exchange = exchange;
    this.#address = h("span", { class: "rnb-phone-address" }, "webhooks: ", this.#url, this.#copy);
    this.#build(signal);
    el.append(this.#root);
    exchange.online = (line) => this.#take(line);
    exchange.onfailed = ({ id, reason }) => this.#rows.get(id)?.fail(reason);
    exchange.onaway = (words) => this.#away(words);
    const timer = setInterval(() => this.#tick(), 1000);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#root.remove();
    });
    exchange.open();
  }

  #build(signal: AbortSignal): void {
    const heads = HEADS.map((words) =>
      h(
        "th",
        { scope: "col", role: "columnheader" },
        words === "" ? spoken("What may be done") : words,
      ),
    );
    this.#table.append(
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads)),
      this.#body,
    );
    this.#copy.addEventListener("click", () => void this.#copyUrl(), { signal });
    // Nothing is known before the kernel has said it.
    this.#address.hidden = true;
    this.#table.hidden = true;
    this.#empty.hidden = true;
    this.#notices.hidden = true;
    // JupyterLab takes keys before the page does, but for those with Ctrl or Command.
    this.#root.setAttribute("data-lm-suppress-shortcuts", "true");
    this.#root.append(
      h("div", { class: "rnb-phone-head" }, this.#name, this.#service, this.#address),
      this.#before,
      this.#table,
      this.#empty,
      this.#notices,
      this.#status,
      this.#said,
    );
  }

  #take(line: Line): void {
    this.#root.toggleAttribute("data-closed", line.closed);
    this.#root.toggleAttribute("data-gone", false);
    // Nobody listens there any more.
    this.#address.hidden = line.closed;
    setText(this.#name, line.closed ? `${line.name} (closed)` : line.name);
    setText(this.#service, line.service);
    setText(this.#url, line.url);
    setText(this.#before, line.before > 0 ? `${line.before} calls before these` : "");
    setText(this.#empty, emptyText(line));
    this.#table.hidden = line.calls.length === 0;
    this.#empty.hidden = line.calls.length > 0;
    setText(this.#status, "");
    this.#notices.replaceChildren(...line.notices.map((words) => h("li", { dir: "auto" }, words)));
    this.#notices.hidden = line.notices.length === 0;
    this.#takeCalls(line);
  }

  #takeCalls({ calls }: Line): void {
    const known = new Set(calls.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (known.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
      this.#movedMs = performance.now();
    }
    for (const call of calls) {
      const row = this.#rows.get(call.id);
      if (row !== undefined) {
        row.take(call);
        continue;
      }
      const made = new Row(call, (id, action, target) => this.#act(id, action, target));
      this.#rows.set(call.id, made);
      this.#body.append(made.node);
    }
    this.#table.toggleAttribute(
      "data-keys",
      calls.some(({ dtmf }) => dtmf !== ""),
    );
    this.#settle();
    setText(this.#said, ringingText(calls));
  }

  /** Without the kernel nothing rings, and nothing can be done. */
  #away(words: string): void {
    setText(this.#status, words);
    if (this.#exchange.link !== "gone") return;
    this.#root.toggleAttribute("data-gone", true);
    this.#address.hidden = true;
    // What it advises needs the kernel.
    this.#empty.hidden = true;
    setText(this.#said, "");
    for (const row of this.#rows.values()) row.lose();
    this.#settle();
  }

  /** Buttons have a column of their own where there are any. */
  #settle(): void {
    const doing = [...this.#rows.values()].some(({ open }) => open);
    this.#table.toggleAttribute("data-doing", doing);
  }

  #act(...[id, action, target]: Parameters<Exchange["act"]>): boolean {
    if (performance.now() - this.#movedMs < PAUSE_MS) return false;
    return this.#exchange.act(id, action, target);
  }

  #tick(): void {
    for (const row of this.#rows.values()) row.tick();
  }

  async #copyUrl(): Promise<void> {
    const done = await copyText(this.#url.textContent ?? "");
    setText(this.#status, done ? "The address is copied." : "The page may not copy: select it.");
  }
}

/** Draw a phone line into `el` until `signal` aborts. */
export function drawLine(exchange: Exchange, el: HTMLElement, signal: AbortSignal): void {
  new Panel(exchange, el, signal);
}
