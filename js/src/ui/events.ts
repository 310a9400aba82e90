// Every event in both directions, under the chat.

import type { Chat } from "../chat.js";
import { createTable } from "../table/table.js";
import { countText } from "../table/words.js";
import { h, icon, setText } from "./dom.js";

export function createEvents(
  chat: Chat,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const table = createTable(chat.events, signal);
  const total = h("span", { class: "rnb-total" });
  const node = h(
    "details",
    { class: "rnb-events", open: true },
    h("summary", {}, icon("chevron"), "Events", total),
    table.node,
  );
  const update = () => setText(total, chat.events.events > 0 ? countText(chat.events.events) : "");
  update();
  return { node, update };
}
