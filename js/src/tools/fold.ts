// Items of one call as one: an output belongs into its call's card, an answer into its question's.

import type { Item } from "../messages.js";

/** Items as they are shown: without those that another's card holds. Pure. */
export function fold(items: readonly Item[]): readonly Item[] {
  const firsts = new Set<string>();
  const later = new Map<string, Item>();
  for (const item of items) {
    if (item.tool === null) continue;
    if (isFirst(item)) firsts.add(item.tool.callId);
    else later.set(item.tool.callId, item);
  }
  if (later.size === 0) return items;
  const held = (item: Item) => item.tool !== null && !isFirst(item) && firsts.has(item.tool.callId);
  return items
    .filter((item) => !held(item))
    .map((item) => (isFirst(item) ? together(item, later.get(item.tool?.callId ?? "")) : item));
}

/** The item that opens a card: the call itself, or the question. */
function isFirst(item: Item): boolean {
  if (item.tool === null || item.tool.kind === "output") return false;
  return item.tool.kind !== "mcp_approval" || item.tool.callId === item.id;
}

function together(item: Item, more: Item | undefined): Item {
  if (item.tool === null || more === undefined || more.tool === null) return item;
  const answered = item.tool.kind === "mcp_approval" ? more.tool.state : null;
  // Without anybody here who runs it, an output is how one knows that it was answered.
  const state = answered ?? (["open", "yours"].includes(item.tool.state) ? "ok" : item.tool.state);
  const output = item.tool.output === "" ? more.tool.output : item.tool.output;
  return { ...item, tool: { ...item.tool, state, output } };
}
