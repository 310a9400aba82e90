// Every event in both directions, as a table of the latest rows. Follows the end unless scrolled
// away from it.

import type { Chat } from "../chat.js";
import type { EventRow } from "../messages.js";
import { atEnd, h, icon, setText, spoken } from "./dom.js";

/** Milliseconds since the session's start as minutes, seconds, milliseconds. */
export function clockText(tMs: number): string {
  const total = Math.max(0, Math.round(tMs));
  const minutes = Math.floor(total / 60_000);
  const seconds = ((total % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds}`;
}

/** The row of one event; made once, its growing parts updated. */
class Row {
  readonly node: HTMLTableRowElement;
  readonly #count = h("span", { class: "rnb-count" });
  readonly #summary = h("td", { class: "rnb-summary" });
  #row: EventRow | null = null;

  constructor(row: EventRow) {
    const sent = row.dir === "sent";
    const arrow = h("span", { "aria-hidden": "true" }, sent ? "↑" : "↓");
    const type = h("div", {}, h("span", {}, row.type), this.#count);
    const direction = h("td", { class: "rnb-dir" }, arrow, spoken(sent ? "sent" : "received"));
    this.node = h(
      "tr",
      { "data-dir": row.dir },
      h("td", { class: "rnb-time" }, clockText(row.tMs)),
      direction,
      h("td", { class: "rnb-type", title: row.type }, type),
      h("td", { class: "rnb-ref", title: row.ref }, row.ref),
      this.#summary,
    );
    if (row.type === "error" || row.type.endsWith(".failed")) this.node.dataset.bad = "";
  }

  show(row: EventRow): void {
    if (row === this.#row) return;
    this.#row = row;
    setText(this.#count, row.count > 1 ? `×${row.count}` : "");
    setText(this.#summary, row.summary);
    this.#summary.title = row.summary;
  }
}

function createTable(): { table: HTMLTableElement; body: HTMLTableSectionElement } {
  const titles = ["Time", "", "Event", "Item or response", "Summary"];
  const cells = titles.map((title) => h("th", { scope: "col" }, title || spoken("Direction")));
  const body = h("tbody");
  const table = h(
    "table",
    { "aria-label": "Events", class: "rnb-table" },
    h("thead", {}, h("tr", {}, ...cells)),
    body,
  );
  return { table, body };
}

/** Keep a box at its end until the reader scrolls away; `latest` leads back. */
function followEnd(
  box: HTMLElement,
  latest: HTMLElement,
  signal: AbortSignal,
): { following(): boolean; follow(): void } {
  let following = true;
  const follow = () => {
    if (following) box.scrollTop = box.scrollHeight;
    latest.hidden = following;
  };
  const scrolled = () => {
    following = atEnd(box);
    latest.hidden = following;
  };
  const goToEnd = () => {
    following = true;
    follow();
  };
  box.addEventListener("scroll", scrolled, { signal, passive: true });
  latest.addEventListener("click", goToEnd, { signal });
  follow();
  return { following: () => following, follow };
}

export function createEvents(
  chat: Chat,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const { table, body } = createTable();
  const box = h(
    "div",
    { class: "rnb-scroll", role: "region", "aria-label": "Event log", tabindex: "0" },
    table,
  );
  const total = h("span", { class: "rnb-total" });
  const latest = h("button", { type: "button", class: "rnb-latest" }, "Latest");
  const node = h(
    "details",
    { class: "rnb-events", open: true },
    h("summary", {}, icon("chevron"), "Events", total),
    box,
    latest,
  );
  const end = followEnd(box, latest, signal);
  node.addEventListener("toggle", end.follow, { signal });
  const rows = new Map<string, Row>();

  const update = () => {
    const window = chat.events;
    dropOthers(rows, window.rows, box, end.following());
    let behind: Node | null = null; // rows come in order, nearly always at the end
    for (let i = window.rows.length - 1; i >= 0; i--) {
      const row = window.rows[i];
      if (row === undefined) continue;
      let drawn = rows.get(keyOf(row));
      if (drawn === undefined) {
        drawn = new Row(row);
        rows.set(keyOf(row), drawn);
        body.insertBefore(drawn.node, behind);
      }
      drawn.show(row);
      behind = drawn.node;
    }
    setText(total, totalText(window.rows.length, window.trimmed, chat.name));
    end.follow();
  };
  update();
  return { node, update };
}

/** What of a row never changes while it grows. */
function keyOf(row: EventRow): string {
  return `${row.seq} ${row.dir} ${row.type} ${row.ref}`;
}

/** Remove rows that are not in the window; what a reader looks at stays where it is. */
function dropOthers(
  rows: Map<string, Row>,
  kept: readonly EventRow[],
  box: HTMLElement,
  following: boolean,
): void {
  const keys = new Set(kept.map(keyOf));
  const gone = [...rows].filter(([key]) => !keys.has(key));
  if (gone.length === 0) return;
  const before = box.scrollHeight;
  for (const [key, row] of gone) {
    row.node.remove();
    rows.delete(key);
  }
  if (!following) box.scrollTop -= before - box.scrollHeight;
}

function totalText(shown: number, trimmed: boolean, name: string): string {
  if (shown === 0) return "";
  return trimmed ? `the last ${shown}; all of them are in ${name}.events` : `${shown}`;
}
