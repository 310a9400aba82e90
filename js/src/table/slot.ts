// One row of the table: its nodes, and what they say.

import { h, setText, spoken } from "../ui/dom.js";
import type { Room } from "./room.js";
import type { Row } from "./rows.js";
import {
  bareId,
  clockText,
  countText,
  cutFront,
  cutName,
  sizeText,
  spanText,
  visible,
} from "./words.js";

export interface Slot {
  readonly node: HTMLElement;
  readonly time: HTMLElement;
  readonly since: HTMLElement;
  readonly direction: HTMLElement;
  readonly fold: HTMLElement;
  readonly type: HTMLElement;
  readonly count: HTMLElement;
  readonly span: HTMLElement;
  readonly item: HTMLElement;
  readonly response: HTMLElement;
  readonly summary: HTMLElement;
  readonly size: HTMLElement;
  place: number;
  row: Row | undefined;
}

/** Narrow tables leave columns out, so each says which it is. */
const cell = (name: string, column: number): HTMLElement =>
  h("span", {
    class: `rnb-cell rnb-c-${name}`,
    role: "gridcell",
    "aria-colindex": String(column),
  });

export function createSlot(id: string): Slot {
  const fold = h("span", { class: "rnb-fold", "aria-hidden": "true" });
  const type = h("bdi");
  const count = h("span", { class: "rnb-count" });
  const event = cell("type", 4);
  event.append(fold, type);
  const said = cell("summary", 7);
  const summary = h("bdi");
  const span = h("span", { class: "rnb-span" });
  said.append(count, span, " ", summary);
  const [time, since, direction] = [cell("time", 1), cell("since", 2), cell("dir", 3)];
  const [item, response, size] = [cell("item", 5), cell("response", 6), cell("size", 8)];
  const node = h(
    "div",
    { role: "row", class: "rnb-row", id },
    time,
    since,
    direction,
    event,
    item,
    response,
    said,
    size,
  );
  return {
    node,
    time,
    since,
    direction,
    fold,
    type,
    count,
    span,
    item,
    response,
    summary,
    size,
    place: -1,
    row: undefined,
  };
}

const WORDS = ["time", "since", "fold", "count", "span", "size"] as const;

/** What a row's cells say. */
function wordsOf(row: Row): Readonly<Record<(typeof WORDS)[number], string>> {
  const run = row.count > 1;
  return {
    time: clockText(row.tMs),
    since: row.sinceMs === null ? "" : `+${spanText(row.sinceMs)}`,
    fold: run ? (row.open ? "▾" : "▸") : "",
    count: run ? `×${countText(row.count)}` : "",
    span: run ? ` in ${spanText(row.spanMs)}` : "",
    size: sizeText(row.size),
  };
}

const COMING = { time: "…", since: "", fold: "", count: "", span: "", size: "" };

/** Put a row's words into its nodes; `undefined` stands for one that is on its way. */
export function fill(slot: Slot, row: Row | undefined, room: Room): void {
  const { node } = slot;
  const words = row === undefined ? COMING : wordsOf(row);
  for (const name of WORDS) setText(slot[name], words[name]);
  setText(slot.summary, visible(row?.summary ?? ""));
  slot.summary.title = slot.summary.textContent;
  const type = visible(row?.type ?? "");
  const fits = row === undefined || row.of === null ? room.type : room.child;
  setWhole(slot.type, type, cutName(type, fits));
  for (const name of ["item", "response"] as const) {
    const id = visible(row?.[name] ?? "");
    setWhole(slot[name], id, cutFront(bareId(id), room[name]));
  }
  drawDirection(slot, row?.dir);
  node.toggleAttribute("data-bad", row?.bad === true);
  node.toggleAttribute("data-child", row !== undefined && row.of !== null);
  if (words.fold === "" || row === undefined) node.removeAttribute("aria-expanded");
  else node.setAttribute("aria-expanded", String(row.open));
}

/** Show a part of a text; the whole is its title, and what is read out. */
function setWhole(node: HTMLElement, whole: string, shown: string): void {
  setText(node, shown);
  node.title = whole;
  const cell = node.closest(".rnb-cell");
  if (whole === shown) cell?.removeAttribute("aria-label");
  else cell?.setAttribute("aria-label", whole);
}

function drawDirection(slot: Slot, dir: Row["dir"] | undefined): void {
  if (slot.node.dataset.dir === (dir ?? "")) return;
  slot.node.dataset.dir = dir ?? "";
  if (dir === undefined) slot.direction.replaceChildren();
  else slot.direction.replaceChildren(dir === "sent" ? "↑" : "↓", spoken(dir));
}
