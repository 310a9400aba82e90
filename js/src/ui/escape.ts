// Escape: closes the settings while the focus is in them, else stops the answer.

import type { Chat } from "../chat.js";
import type { Actions } from "./composer.js";

/** What Escape would do for a press here; null when nothing, and it is the notebook's. */
function meant(target: EventTarget | null, chat: Chat, actions: Actions): (() => void) | null {
  // A question is answered or left; and whoever is asked does not mean the answer.
  if (target instanceof Element && target.closest(".rnb-approval") !== null) return () => undefined;
  const menu = target instanceof Element ? target.closest(".rnb-item-actions") : null;
  if (menu !== null) return () => menu.dispatchEvent(new Event("rnb-close"));
  const settings =
    target instanceof Element
      ? target.closest<HTMLDetailsElement>("details.rnb-settings[open]")
      : null;
  if (settings !== null) {
    return () => {
      settings.open = false;
      // What had the focus is no longer to be seen.
      settings.querySelector("summary")?.focus();
    };
  }
  return chat.stoppable ? () => actions.stop() : null;
}

export interface Escape {
  /** It does something in the widget for this press. */
  wants(event: KeyboardEvent): boolean;
}

export function escapeKey(
  root: HTMLElement,
  chat: Chat,
  actions: Actions,
  signal: AbortSignal,
): Escape {
  const means = (event: KeyboardEvent) => {
    const plain = !(event.ctrlKey || event.altKey || event.metaKey || event.shiftKey);
    // An input method takes it to drop the word being composed.
    if (event.key !== "Escape" || !plain || event.isComposing) return null;
    return meant(event.target, chat, actions);
  };
  const down = (event: KeyboardEvent) => {
    const act = event.defaultPrevented ? null : means(event);
    if (act === null) return;
    event.preventDefault();
    if (!event.repeat) act();
  };
  root.addEventListener("keydown", down, { signal });
  return { wants: (event) => means(event) !== null };
}
