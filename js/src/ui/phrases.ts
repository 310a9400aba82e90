// The practice server hears best what is on its card; the card, as chips that fill the text box.

import type { Chat } from "../chat.js";
import { h, icon } from "./dom.js";

export function createPhrases(
  chat: Chat,
  choose: (phrase: string) => void,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const chips = h("div", { class: "rnb-chips" });
  const node = h(
    "details",
    { class: "rnb-phrases", open: true },
    h("summary", {}, icon("chevron"), "Try saying"),
    chips,
  );
  let drawn: readonly string[] = [];

  chips.addEventListener(
    "click",
    (event) => {
      const chip = event.target instanceof Element ? event.target.closest("button") : null;
      if (chip !== null) choose(chip.textContent ?? "");
    },
    { signal },
  );

  const update = () => {
    node.hidden = chat.phrases.length === 0 || !chat.open || chat.kind !== "realtime";
    if (drawn === chat.phrases) return;
    drawn = chat.phrases;
    chips.replaceChildren(
      ...drawn.map((phrase) => h("button", { type: "button", class: "rnb-chip" }, phrase)),
    );
  };
  update();
  return { node, update };
}
