// A table of events: filters, rows, and the one that is selected. It is drawn at most once a frame,
// in a task of its own, and not at all while nobody can see it: sound comes first on this thread.

import { onSelected, tellSelected } from "../timeline/link.js";
import { h } from "../ui/dom.js";
import { Detail } from "./detail.js";
import { createFilters } from "./filters.js";
import { Grid } from "./grid.js";
import { TableModel } from "./model.js";
import type { Row } from "./rows.js";
import type { RowSource } from "./source.js";

export interface EventTable {
  readonly node: HTMLElement;
  readonly model: TableModel;
}

export function createTable(source: RowSource, signal: AbortSignal): EventTable {
  let frame = 0;
  let seen = typeof IntersectionObserver === "undefined";
  const draw = () => {
    frame = 0;
    if (!seen || signal.aborted) return;
    grid.draw();
    filters.update();
    detail.update();
  };
  const schedule = () => {
    if (frame === 0 && seen && !signal.aborted) frame = requestAnimationFrame(draw);
  };
  const model = new TableModel(source, schedule, signal);
  const tell = (seq: number) => tellSelected(source, seq, node);
  const select = (row: Row) => {
    model.follow = false;
    model.select(row);
    tell(row.seq);
  };
  const jump = (seq: number) => {
    model.jump(seq);
    tell(seq);
  };
  const filters = createFilters(model, signal);
  const grid = new Grid(model, { select, toggle: (row) => model.toggle(row) }, schedule, signal);
  const detail = new Detail(source, model, jump, signal);
  const node = h("div", { class: "rnb-event-table" }, filters.node, grid.node, detail.node);

  const look = (visible: boolean) => {
    seen = visible;
    model.watched = visible;
    schedule();
  };
  if (typeof IntersectionObserver === "undefined") {
    look(true);
  } else {
    const watch = new IntersectionObserver((entries) => {
      look(entries[entries.length - 1]?.isIntersecting === true);
    });
    watch.observe(grid.node);
    signal.addEventListener("abort", () => watch.disconnect());
  }
  if (typeof ResizeObserver !== "undefined") {
    const sized = new ResizeObserver(() => {
      grid.resized();
      schedule();
    });
    sized.observe(grid.box);
    signal.addEventListener("abort", () => sized.disconnect());
  }
  const jumpTo = (seq: number) => {
    if (seq !== model.selected) model.jump(seq);
  };
  onSelected(() => source, node, jumpTo, signal);
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  return { node, model };
}
