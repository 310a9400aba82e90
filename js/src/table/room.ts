// How many characters a column has room for.

import { h } from "../ui/dom.js";

/** Characters: of an event's type, of one unfolded from a run, of ids. */
export interface Room {
  readonly type: number;
  readonly child: number;
  readonly item: number;
  readonly response: number;
}

/** Before anything was measured, and where nothing can be: nothing is cut. */
export const NO_ROOM: Room = {
  type: Number.POSITIVE_INFINITY,
  child: Number.POSITIVE_INFINITY,
  item: Number.POSITIVE_INFINITY,
  response: Number.POSITIVE_INFINITY,
};

/** The arrow of a run, and how far what is in it is set in; see table.css. */
const FOLD_PX = 16;
const CHILD_PX = 20;
const PROBE = "0".repeat(40);

/** Measure the columns whose heads these are; letters are of one width, as in `within`. */
export function roomOf(
  within: HTMLElement,
  heads: Readonly<Record<"type" | "item" | "response", HTMLElement | undefined>>,
): Room {
  const probe = h("span", { class: "rnb-probe", "aria-hidden": "true" }, PROBE);
  within.append(probe);
  const letterPx = probe.getBoundingClientRect().width / PROBE.length;
  probe.remove();
  const fits = (head: HTMLElement | undefined, lessPx = 0): number => {
    const px = head?.getBoundingClientRect().width ?? 0;
    // A column that is left out has no width.
    if (px === 0 || letterPx === 0) return Number.POSITIVE_INFINITY;
    return Math.max(2, Math.floor((px - lessPx + 0.5) / letterPx));
  };
  return {
    type: fits(heads.type, FOLD_PX),
    child: fits(heads.type, FOLD_PX + CHILD_PX),
    item: fits(heads.item),
    response: fits(heads.response),
  };
}
