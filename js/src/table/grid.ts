// The rows in view, drawn into a few nodes that are used again and again.

import { h, spoken } from "../ui/dom.js";
import type { TableModel } from "./model.js";
import { NO_ROOM, type Room, roomOf } from "./room.js";
import type { Row } from "./rows.js";
import { createSlot, fill, type Slot } from "./slot.js";

export const ROW_PX = 22;
/** Taller boxes than this are not the same in every browser; beyond, a pixel stands for more. */
const MOST_PX = 8_000_000;
/** Where nothing has a height. */
const ROWS_UNMEASURED = 12;

const HEADS = ["Time", "Since", "", "Event", "Item", "Response", "Summary", "Size"] as const;

let grids = 0;

export interface GridEvents {
  select(row: Row, place: number): void;
  toggle(row: Row): void;
}

export class Grid {
  readonly node: HTMLElement;
  readonly #model: TableModel;
  readonly #box: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #layer: HTMLElement;
  readonly #id = `rnb-grid-${++grids}`;
  readonly #heads: readonly HTMLElement[];
  #slots: Slot[] = [];
  #room: Room = NO_ROOM;
  #height = 0;
  /** Where we scrolled to ourselves. */
  #scrolledTo = -1;

  constructor(model: TableModel, events: GridEvents, draw: () => void, signal: AbortSignal) {
    this.#model = model;
    const heads = HEADS.map((title, i) =>
      h(
        "span",
        { role: "columnheader", class: `rnb-cell rnb-head-${i}`, "aria-colindex": String(i + 1) },
        title || spoken("Direction"),
      ),
    );
    this.#heads = heads;
    this.#layer = h("div", { class: "rnb-layer", role: "presentation" });
    this.#canvas = h("div", { class: "rnb-canvas", role: "presentation" }, this.#layer);
    // The keys are the grid's: a box that scrolls would be a place of its own to tab to.
    this.#box = h("div", { class: "rnb-scroll", role: "rowgroup", tabindex: "-1" }, this.#canvas);
    this.#box.addEventListener("focus", () => this.node.focus({ preventScroll: true }), { signal });
    this.node = h(
      "div",
      {
        class: "rnb-grid",
        role: "grid",
        tabindex: "0",
        "aria-label": "Events",
        "aria-colcount": String(HEADS.length),
      },
      h(
        "div",
        { role: "rowgroup", class: "rnb-heads" },
        h("div", { role: "row", class: "rnb-row", "aria-rowindex": "1" }, ...heads),
      ),
      this.#box,
    );
    this.#box.addEventListener("scroll", () => this.#scrolled(draw), { signal, passive: true });
    this.#layer.addEventListener("click", (event) => this.#clicked(event, events), { signal });
    this.node.addEventListener("keydown", (event) => this.#key(event, events), { signal });
  }

  get box(): HTMLElement {
    return this.#box;
  }

  get #boxPx(): number {
    return this.#box.clientHeight || ROWS_UNMEASURED * ROW_PX;
  }

  /** How many rows fit. */
  get #fits(): number {
    return Math.ceil(this.#boxPx / ROW_PX);
  }

  /** Pixels of a box in which all rows would be. */
  get #wanted(): number {
    return Math.min(MOST_PX, this.#model.total * ROW_PX);
  }

  get #reach(): number {
    return Math.max(1, this.#height - this.#boxPx);
  }

  get #scaled(): boolean {
    return this.#model.total * ROW_PX > MOST_PX;
  }

  /** The columns have other widths, perhaps: what was cut for the ones before is cut anew. */
  resized(): void {
    const [type, item, response] = [this.#heads[3], this.#heads[4], this.#heads[5]];
    const room = roomOf(this.#layer, { type, item, response });
    const names = ["type", "child", "item", "response"] as const;
    if (names.every((name) => room[name] === this.#room[name])) return;
    this.#room = room;
    for (const slot of this.#slots) slot.place = -1;
  }

  /** Draw what is in view. */
  draw(): void {
    const model = this.#model;
    if (this.#height !== this.#wanted) {
      this.#height = this.#wanted;
      this.#canvas.style.height = `${this.#height}px`;
    }
    // Taller than any box may be, the height says nothing of it.
    this.node.setAttribute("aria-rowcount", String(model.total + 1));
    if (model.moved !== 0) this.#move(model.moved);
    model.moved = 0;
    if (model.scrollTo !== null) {
      this.#reveal(model.scrollTo);
      model.scrollTo = null;
    } else if (model.follow) {
      this.#scroll(this.#height);
    }
    const fits = this.#fits;
    const first = this.#first(fits);
    const last = Math.min(model.total, first + fits + 1);
    model.show(first, Math.max(last, first + fits));
    // Scaled, a pixel is more than a row: rows stand from the top of what is seen.
    const top = this.#scaled ? this.#box.scrollTop : first * ROW_PX;
    this.#layer.style.transform = `translateY(${top}px)`;
    this.#fill(first, last);
  }

  #fill(first: number, last: number): void {
    const model = this.#model;
    while (this.#slots.length < last - first) {
      const slot = createSlot(`${this.#id}-${this.#slots.length}`);
      this.#slots.push(slot);
      this.#layer.append(slot.node);
    }
    let active = "";
    this.#slots.forEach((slot, i) => {
      const place = first + i;
      const shown = place < last;
      slot.node.hidden = !shown;
      if (!shown) return;
      const row = model.row(place);
      if (slot.row !== row || slot.place !== place) {
        fill(slot, row, this.#room);
        slot.row = row;
        slot.place = place;
        slot.node.setAttribute("aria-rowindex", String(place + 2));
      }
      const selected = row !== undefined && model.isSelected(row);
      slot.node.setAttribute("aria-selected", String(selected));
      if (selected) active = slot.node.id;
    });
    if (active === "") this.node.removeAttribute("aria-activedescendant");
    else this.node.setAttribute("aria-activedescendant", active);
  }

  #first(fits: number): number {
    const { total } = this.#model;
    const top = this.#box.scrollTop;
    if (this.#scaled) return Math.round((Math.min(1, top / this.#reach) * (total - fits + 1)) | 0);
    return Math.max(0, Math.min(Math.floor(top / ROW_PX), total - fits));
  }

  #scroll(top: number): void {
    this.#box.scrollTop = Math.max(0, Math.min(top, this.#height - this.#boxPx));
    this.#scrolledTo = this.#box.scrollTop;
  }

  /** Scroll by so many rows. */
  #move(by: number): void {
    const top = this.#box.scrollTop;
    if (!this.#scaled) this.#scroll(top + by * ROW_PX);
    else this.#scroll(top + (by / (this.#model.total - this.#fits + 1)) * this.#reach);
  }

  /** Bring a place into view. */
  #reveal(place: number): void {
    const fits = Math.max(1, this.#fits - 1);
    if (this.#scaled) {
      const first = this.#first(this.#fits);
      if (place >= first && place < first + fits) return;
      const target = Math.max(0, place - Math.floor(fits / 2));
      this.#scroll((target / (this.#model.total - fits)) * this.#reach);
      return;
    }
    const top = place * ROW_PX;
    const seen = this.#box.scrollTop;
    const height = this.#boxPx;
    if (top >= seen && top + ROW_PX <= seen + height) return;
    const far = top < seen - height || top > seen + 2 * height;
    if (far) this.#scroll(Math.max(0, top - height / 2));
    else this.#scroll(top < seen ? top : top + ROW_PX - height);
  }

  #scrolled(draw: () => void): void {
    const top = this.#box.scrollTop;
    if (Math.abs(top - this.#scrolledTo) < 1) return;
    this.#scrolledTo = -1;
    this.#model.hold(this.#height - top - this.#boxPx < ROW_PX);
    draw();
  }

  #clicked(event: MouseEvent, events: GridEvents): void {
    const target = event.target instanceof Element ? event.target : null;
    const slot = this.#slots.find(({ node }) => target !== null && node.contains(target));
    if (slot?.row === undefined) return;
    if (target === slot.fold && slot.row.count > 1) events.toggle(slot.row);
    else events.select(slot.row, slot.place);
  }

  #key(event: KeyboardEvent, events: GridEvents): void {
    if (event.target !== this.node || event.ctrlKey || event.metaKey || event.altKey) return;
    const model = this.#model;
    const row = model.selectedRow;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      if (row !== null && foldable(row, event.key === "ArrowRight")) {
        event.preventDefault();
        events.toggle(row);
      }
      return;
    }
    const to = this.#target(event.key);
    if (to === null || model.total === 0) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(model.total - 1, to));
    model.follow = false;
    this.#reveal(place);
    const known = model.row(place);
    if (known !== undefined) events.select(known, place);
    else this.#pending(place, events);
  }

  /** Select a row once it is here. */
  #pending(place: number, events: GridEvents): void {
    const fits = this.#fits;
    const first = this.#first(fits);
    this.#model.show(first, first + fits);
    let tries = 120; // frames
    const look = () => {
      const row = this.#model.row(place);
      if (row !== undefined) events.select(row, place);
      else if (--tries > 0) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  #target(key: string): number | null {
    const model = this.#model;
    const here = model.selectedPlace ?? (key === "ArrowUp" ? model.total : -1);
    const step = Math.max(1, this.#fits - 1);
    switch (key) {
      case "ArrowDown":
        return here + 1;
      case "ArrowUp":
        return here - 1;
      case "PageDown":
        return here + step;
      case "PageUp":
        return here - step;
      case "Home":
        return 0;
      case "End":
        return model.total - 1;
      default:
        return null;
    }
  }
}

/** Whether a key that unfolds, or folds, does so for a row. */
function foldable(row: Row, unfold: boolean): boolean {
  if (unfold) return row.count > 1 && !row.open;
  return row.of !== null || (row.count > 1 && row.open);
}
