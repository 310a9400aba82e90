// A chat has two outputs: this widget, and beside it what a saved notebook keeps of it. As long as
// the widget lives, what is kept would be seen twice; without it, it is all there is.

import type { Chat } from "../chat.js";

/** How the kernel names a kept output; anything else would end up in a style sheet. */
const KEY = /^[0-9a-f]+$/;

/** Keep the output of class `rnb-saved-<key>` out of sight while the chat lives in this page. */
export function hideSaved(chat: Chat, key: unknown, signal: AbortSignal): void {
  if (typeof key !== "string" || !KEY.test(key)) return;
  const style = document.createElement("style");
  // Two rules: where :has() is unknown, the first one is dropped alone.
  style.textContent = `.jp-OutputArea-child:has(.rnb-saved-${key}) { display: none; }
.rnb-saved-${key} { display: none; }`;
  const update = () => {
    // A widget from a saved notebook asks for a kernel, and nobody answers.
    if (chat.link === "unanswered") style.remove();
    else if (!style.isConnected) document.head.append(style);
  };
  chat.subscribe((topic) => {
    if (topic === "status") update();
  }, signal);
  signal.addEventListener("abort", () => style.remove());
  update();
}
