// Push-to-talk: a button to hold, and the space bar wherever it has nothing else to do.

import type { Chat } from "../chat.js";
import type { Actions } from "./composer.js";
import { h, icon, setText } from "./dom.js";

/** Where the space bar writes or presses something. */
const TAKES_SPACE = "a, button, input, select, textarea, summary, [contenteditable]";

export function createTalk(
  chat: Chat,
  actions: Actions,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const words = document.createTextNode("");
  const node = h(
    "button",
    { type: "button", class: "rnb-button rnb-talk-key", "aria-pressed": "false" },
    icon("microphone"),
    words,
  );
  node.setAttribute("aria-keyshortcuts", "Space");

  let pointed = false;
  const hold = (event: PointerEvent) => {
    if (event.button !== 0) return;
    node.setPointerCapture?.(event.pointerId);
    pointed = true;
    actions.talk(true);
  };
  const release = () => {
    pointed = false;
    actions.talk(false);
  };
  const keyed = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) actions.talk(event.type === "keydown");
  };
  node.addEventListener("pointerdown", hold, { signal });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
    node.addEventListener(end, release, { signal });
  }
  // Not every browser gives a button the focus that its window could lose.
  whenLeft(() => {
    if (pointed) release();
  }, signal);
  node.addEventListener("keydown", keyed, { signal });
  node.addEventListener("keyup", keyed, { signal });
  // A screen reader presses without a key or a pointer: once to talk, once more when done.
  node.addEventListener(
    "click",
    (event) => {
      if (event.detail === 0) actions.talk(!chat.talking);
    },
    { signal },
  );
  // A long press on a touch screen would ask what to do with the button.
  node.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });

  const update = () => {
    node.hidden = !chat.pushed;
    node.disabled = !chat.open;
    node.title = "Hold and speak; or hold the space bar";
    node.setAttribute("aria-pressed", String(chat.talking));
    setText(words, chat.talking ? "Listening" : "Hold to talk");
  };
  update();
  return { node, update };
}

/** The space bar as the talk key, while the focus is in `root` and no part there wants it. */
export function holdSpace(
  root: HTMLElement,
  chat: Chat,
  actions: Actions,
  signal: AbortSignal,
): void {
  let held = false;
  const release = () => {
    if (held) actions.talk(false);
    held = false;
  };
  const down = (event: KeyboardEvent) => {
    if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!chat.pushed || !chat.open || wantsSpace(event.target)) return;
    event.preventDefault(); // it would scroll, or press the microphone
    if (event.repeat || held) return;
    held = true;
    actions.talk(true);
  };
  // Held, it goes on repeating wherever the focus went: into a text box or a cell.
  const again = (event: KeyboardEvent) => {
    if (held && event.key === " " && event.repeat) event.preventDefault();
  };
  const up = (event: KeyboardEvent) => {
    if (event.key !== " " || !held) return;
    event.preventDefault();
    release();
  };
  root.addEventListener("keydown", down, { signal });
  // The key may be let go anywhere, or where no page hears it.
  window.addEventListener("keyup", up, { signal, capture: true });
  window.addEventListener("keydown", again, { signal, capture: true });
  whenLeft(release, signal);
  signal.addEventListener("abort", release);
}

/** The window or the tab was left, where no key and no pointer is heard. */
function whenLeft(release: () => void, signal: AbortSignal): void {
  window.addEventListener("blur", release, { signal });
  document.addEventListener("visibilitychange", release, { signal });
}

/** After a click on Microphone the focus is there: the space bar talks all the same. */
function wantsSpace(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const taker = target.closest(TAKES_SPACE);
  return taker !== null && !taker.classList.contains("rnb-microphone");
}
