// The bar above the table: what is shown, and whether the newest stays in view.

import { h, icon, setText } from "../ui/dom.js";
import type { TableModel } from "./model.js";
import type { Query } from "./rows.js";
import { countText, visible } from "./words.js";

const SEARCH_MS = 200;
const ERRORS = "errors";

function option(value: string, words: string): HTMLOptionElement {
  return h("option", { value }, words);
}

/** What is before the first dot of several types. */
function familiesOf(kinds: readonly string[]): string[] {
  const families = kinds.filter((kind) => kind.includes(".")).map((kind) => kind.split(".")[0]);
  return [...new Set(families)].filter((name) => name !== undefined).sort();
}

/** A removable word of the query. */
function createChip(
  words: string,
  clear: () => void,
  signal: AbortSignal,
): { node: HTMLElement; show(value: string): void } {
  const value = h("bdi");
  const remove = h(
    "button",
    { type: "button", class: "rnb-dismiss", "aria-label": `All ${words}s` },
    icon("close"),
  );
  remove.addEventListener("click", clear, { signal });
  const node = h("span", { class: "rnb-chip rnb-only" }, `${words} `, value, remove);
  return {
    node,
    show(id) {
      node.hidden = id === "";
      setText(value, visible(id));
    },
  };
}

export function createFilters(
  model: TableModel,
  signal: AbortSignal,
): { node: HTMLElement; search: HTMLInputElement; update(): void } {
  const direction = h(
    "select",
    { class: "rnb-select", "aria-label": "Direction" },
    option("", "Both ways"),
    option("sent", "↑ Sent"),
    option("received", "↓ Received"),
  );
  const kind = h("select", { class: "rnb-select rnb-kinds", "aria-label": "Kind" });
  const search = h("input", {
    type: "search",
    class: "rnb-box rnb-search",
    placeholder: "Search",
    "aria-label": "Search events",
    autocomplete: "off",
    spellcheck: "false",
  });
  const item = createChip("item", () => model.set({ item: "" }), signal);
  const response = createChip("response", () => model.set({ response: "" }), signal);
  // No live region: it changes all the time while a talk goes on.
  const count = h("span", { class: "rnb-total" });
  const follow = h("button", { type: "button", class: "rnb-button rnb-follow" }, "Follow");
  follow.title = "Keep the newest event in view";

  direction.addEventListener("change", () => model.set({ dir: direction.value as Query["dir"] }), {
    signal,
  });
  kind.addEventListener("change", () => model.set({ kind: kind.value }), { signal });
  let typing: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(typing);
    if (search.value !== model.query.text) model.set({ text: search.value });
  };
  search.addEventListener(
    "input",
    () => {
      clearTimeout(typing);
      typing = setTimeout(look, SEARCH_MS);
    },
    { signal },
  );
  search.addEventListener("keydown", (event) => event.key === "Enter" && look(), { signal });
  signal.addEventListener("abort", () => clearTimeout(typing));
  follow.addEventListener("click", () => model.hold(!model.follow), { signal });

  let known = "none";
  const drawKinds = () => {
    const kinds = model.kinds.map(([name]) => name).sort();
    const now = JSON.stringify([kinds, model.query.kind]);
    // Options that change under the hand that chooses are of no use.
    if (now === known || document.activeElement === kind) return;
    known = now;
    const wanted = model.query.kind;
    const families = familiesOf(kinds);
    const types = [...new Set(wanted === "" || wanted === ERRORS ? kinds : [...kinds, wanted])];
    const groups = h("optgroup", { label: "Families" });
    groups.append(...families.map((name) => option(name, `${visible(name)}.*`)));
    const each = h("optgroup", { label: "Types" });
    const plain = types.filter((name) => !families.includes(name));
    each.append(...plain.map((name) => option(name, visible(name))));
    kind.replaceChildren(option("", "All kinds"), option(ERRORS, "Errors"), groups, each);
    kind.value = wanted;
  };
  const update = () => {
    drawKinds();
    const { query } = model;
    if (direction.value !== query.dir) direction.value = query.dir;
    if (document.activeElement !== search && search.value !== query.text) search.value = query.text;
    item.show(query.item);
    response.show(query.response);
    setText(count, totalWords(model));
    follow.setAttribute("aria-pressed", String(model.follow));
  };
  const node = h(
    "div",
    { class: "rnb-filters", role: "search", "aria-label": "Filter events" },
    search,
    direction,
    kind,
    item.node,
    response.node,
    count,
    follow,
  );
  return { node, search, update };
}

function totalWords(model: TableModel): string {
  if (model.trouble !== "") return model.trouble;
  const rows = model.total === 1 ? "1 row" : `${countText(model.total)} rows`;
  const of = `${rows} of ${countText(model.events)} events`;
  return model.dropped > 0 ? `${of}; ${countText(model.dropped)} earlier ones let go of` : of;
}
