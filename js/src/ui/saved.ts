// A chat has two outputs: this widget, and beside it what a saved notebook keeps of it. As long as
// the widget lives, what is kept would be seen twice; without it, it is all there is.

import type { Chat } from "../chat.js";

/** How the kernel names a kept output; anything else would end up in a style sheet. */
const KEY = /^[0-9a-f]+$/;

export interface Saved {
  /** Mark an element as a view of the chat. */
  mark(view: HTMLElement): void;
}

/**
 * Keep the output of class `rnb-saved-<key>` out of sight while the chat lives in this page. Where
 * only the widget's state was saved and nobody answers, that output is shown and of the widget its
 * header alone.
 */
export function hideSaved(chat: Chat, key: unknown, signal: AbortSignal): Saved {
  if (typeof key !== "string" || !KEY.test(key)) return { mark: () => undefined };
  const style = document.createElement("style");
  const kept = `.rnb-saved-${key}`;
  // A rule of its own for each: where :has() is unknown, the first one is dropped alone.
  const living = `.jp-OutputArea-child:has(${kept}) { display: none; }
${kept} { display: none; }`;
  const left = `body:has(${kept}) .rnb-of-${key} > .rnb > :not(header) { display: none; }`;
  const update = () => {
    const rules = chat.link === "unanswered" ? left : living;
    if (style.textContent !== rules) style.textContent = rules;
  };
  chat.subscribe((topic) => {
    if (topic === "status") update();
  }, signal);
  signal.addEventListener("abort", () => style.remove());
  update();
  document.head.append(style);
  return { mark: (view) => view.classList.add(`rnb-of-${key}`) };
}
