// The practice server hears best what is on its card; the card, as chips that fill the text box
// where there is one.

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
  let drawnKind = chat.kind;

  chips.addEventListener(
    "click",
    (event) => {
      const chip = event.target instanceof Element ? event.target.closest("button") : null;
      if (chip !== null) choose(chip.textContent ?? "");
    },
    { signal },
  );

  const update = () => {
    node.hidden = chat.phrases.length === 0 || !chat.open;
    if (drawn === chat.phrases && drawnKind === chat.kind) return;
    drawn = chat.phrases;
    drawnKind = chat.kind;
    chips.replaceChildren(...drawn.map((phrase) => chipOf(phrase, chat.kind === "realtime")));
  };
  update();
  return { node, update };
}

/** One phrase: a button where it can be typed, else only words. */
function chipOf(phrase: string, typable: boolean): HTMLElement {
  if (!typable) return h("span", { class: "rnb-chip" }, phrase);
  return h("button", { type: "button", class: "rnb-chip" }, phrase);
}
