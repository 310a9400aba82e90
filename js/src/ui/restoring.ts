// While a lost connection is mended: since when, when it is tried again, and what one can do.

import type { Chat } from "../chat.js";
import { keptWords, type Restoration, restorationWords } from "../restoration.js";
import type { Actions } from "./composer.js";
import { h, setText } from "./dom.js";

const TICK_MS = 250;

export function createRestoring(
  chat: Chat,
  actions: Actions,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  // The seconds are not read out one by one.
  const words = h("span", { class: "rnb-restoring-words", "aria-live": "off" });
  const detail = h("span", { class: "rnb-restoring-detail" });
  const kept = h("span", { class: "rnb-restoring-kept" });
  const retry = h("button", { type: "button", class: "rnb-button" }, "Try now");
  const end = h("button", { type: "button", class: "rnb-button" }, "End");
  end.title = "End the chat: nothing is tried any more";
  retry.addEventListener("click", () => actions.retry(), { signal });
  end.addEventListener("click", () => actions.end(), { signal });
  const lines = h("p", {}, words, detail, kept);
  const node = h("div", { class: "rnb-restoring", role: "status" }, lines, retry, end);

  let timer: ReturnType<typeof setInterval> | undefined;
  let told: Restoration | null = null;
  let toldMs = 0;

  const tick = () => {
    if (told === null) return;
    const elapsedS = (performance.now() - toldMs) / 1000;
    setText(words, restorationWords(told, elapsedS));
    setText(kept, keptWords(told, elapsedS, chat.microphone === "on"));
    retry.disabled = told.nextS === 0;
  };
  const update = () => {
    const now = chat.link === "live" && chat.session === "restoring" ? chat.restoration : null;
    node.hidden = now === null;
    clearInterval(timer);
    if (now !== told) toldMs = performance.now();
    told = now;
    if (told === null) return;
    setText(detail, told.detail);
    detail.hidden = told.detail === "";
    retry.hidden = end.hidden = told.reason === "renewal";
    tick();
    if (!signal.aborted) timer = setInterval(tick, TICK_MS);
  };
  signal.addEventListener("abort", () => clearInterval(timer));
  update();
  return { node, update };
}
