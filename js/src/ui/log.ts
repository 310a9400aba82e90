// Items as nodes that scroll, in the order the kernel keeps; each is redrawn only when it changed.
// Its end stays in sight until one scrolls up.

import type { Item } from "../messages.js";
import { atEnd, h, setText } from "./dom.js";

/** What stands for one item. */
export interface Entry {
  readonly node: HTMLElement;
  show(item: Item): void;
}

export interface Log {
  readonly node: HTMLElement;
  /** The part that scrolls. */
  readonly list: HTMLElement;
  update(items: readonly Item[], whenEmpty: string): void;
  /** Show the end from now on, wherever one had scrolled to. */
  follow(): void;
}

/** A log called `label`, whose entries `make` makes; `dropped` is told of those that went. */
export function createLog(
  label: string,
  className: string,
  make: (item: Item) => Entry,
  dropped: (entry: Entry) => void = () => undefined,
): Log {
  const list = h("div", {
    class: "rnb-log",
    role: "log",
    "aria-label": label,
    "aria-live": "polite",
    tabindex: "0",
  });
  const empty = h("p", { class: "rnb-empty" });
  const node = h("div", { class: `rnb-talk ${className}` }, list, empty);
  const entries = new Map<string, Entry>();

  const entryOf = (item: Item): Entry => {
    let entry = entries.get(item.id);
    if (entry === undefined) {
      entry = make(item);
      entries.set(item.id, entry);
    }
    return entry;
  };

  const end = keepEnd(list);

  const update = (items: readonly Item[], whenEmpty: string) => {
    let next: ChildNode | null = list.firstChild;
    for (const item of items) {
      const entry = entryOf(item);
      entry.show(item);
      if (entry.node === next) next = next.nextSibling;
      else list.insertBefore(entry.node, next);
    }
    dropRest(next);
    if (entries.size > items.length) forget(entries, items, dropped);
    empty.hidden = items.length > 0;
    setText(empty, whenEmpty);
    end.settle();
  };
  return { node, list, update, follow: end.follow };
}

/** Keep the end of a list in sight, or what one has scrolled up to. */
function keepEnd(list: HTMLElement): { settle(): void; follow(): void } {
  let following = true;
  let top = 0;
  const settle = () => {
    // Out of the document, or hidden, nothing scrolls, and where it was is lost.
    if (list.clientHeight === 0) return;
    list.scrollTop = following ? list.scrollHeight : top;
  };
  list.addEventListener("scroll", () => {
    if (list.clientHeight === 0) return;
    if (atEnd(list)) following = true;
    else if (list.scrollTop < top) following = false;
    top = list.scrollTop;
  });
  // It is filled before it is shown, and a page moves, hides and widens it.
  if (typeof ResizeObserver === "function") new ResizeObserver(settle).observe(list);
  const follow = () => {
    following = true;
    settle();
  };
  return { settle, follow };
}

/** Remove this node and all behind it: they belong to no item any more. */
function dropRest(from: ChildNode | null): void {
  let node = from;
  while (node !== null) {
    const after: ChildNode | null = node.nextSibling;
    node.remove();
    node = after;
  }
}

function forget(
  entries: Map<string, Entry>,
  items: readonly Item[],
  dropped: (entry: Entry) => void,
): void {
  const kept = new Set(items.map((item) => item.id));
  for (const [id, entry] of entries) {
    if (kept.has(id)) continue;
    entries.delete(id);
    dropped(entry);
  }
}
