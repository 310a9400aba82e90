// The practice server hears best what is on its card; the card, as chips that fill the text box
// where there is one.

import type { Chat } from "../chat.js";
import { h, icon } from "./dom.js";

export function createPhrases(
  chat: Chat,
  choose: (phrase: string) => void,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const chips = h("div", { class: "rnb-chips", role: "group", "aria-label": "Phrases" });
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

  // One stop for Tab however many there are; arrows go from one to the next.
  chips.addEventListener("keydown", (event) => step(chips, event), { signal });
  chips.addEventListener("focusin", (event) => stopAt(chips, event.target), { signal });

  const update = () => {
    node.hidden = chat.phrases.length === 0 || !chat.open;
    if (drawn === chat.phrases && drawnKind === chat.kind) return;
    drawn = chat.phrases;
    drawnKind = chat.kind;
    chips.replaceChildren(...drawn.map((phrase) => chipOf(phrase, chat.kind === "realtime")));
    stopAt(chips, chips.firstElementChild);
  };
  update();
  return { node, update };
}

/** Have Tab stop at one of the chips only. */
function stopAt(chips: HTMLElement, chosen: EventTarget | null): void {
  for (const chip of chips.querySelectorAll("button")) chip.tabIndex = chip === chosen ? 0 : -1;
}

function step(chips: HTMLElement, event: KeyboardEvent): void {
  const all = [...chips.querySelectorAll("button")];
  const at = event.target instanceof HTMLButtonElement ? all.indexOf(event.target) : -1;
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    Home: 0,
    End: all.length - 1,
  };
  const next = all[places[event.key] ?? -1];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** One phrase: a button where it can be typed, else only words. */
function chipOf(phrase: string, typable: boolean): HTMLElement {
  if (!typable) return h("span", { class: "rnb-chip" }, phrase);
  return h("button", { type: "button", class: "rnb-chip" }, phrase);
}
