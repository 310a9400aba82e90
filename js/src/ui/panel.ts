// One view of a chat: its parts, redrawn at most once a frame and only where something changed.

import type { Chat, Topic } from "../chat.js";
import { createApprovals } from "../tools/approvals.js";
import { createCaptions } from "./captions.js";
import { type Actions, createComposer } from "./composer.js";
import { h } from "./dom.js";
import { type Escape, escapeKey } from "./escape.js";
import { createEvents } from "./events.js";
import { createHeader } from "./header.js";
import { createNotices } from "./notices.js";
import { createPhrases } from "./phrases.js";
import { createRestoring } from "./restoring.js";
import { createSettings } from "./settings.js";
import { holdSpace } from "./talk.js";
import { createTranscript } from "./transcript.js";

/** Draw `chat` into `el` until `signal` aborts. */
export function drawPanel(
  chat: Chat,
  actions: Actions,
  el: HTMLElement,
  signal: AbortSignal,
): void {
  const header = createHeader(chat);
  const transcript = createTranscript(chat, actions, signal);
  const captions = createCaptions(chat);
  const restoring = createRestoring(chat, actions, signal);
  const notices = createNotices(chat, actions, signal);
  const answer = actions.approve.bind(actions);
  const approvals = createApprovals(chat, answer, signal);
  const composer = createComposer(chat, actions, transcript.follow, signal);
  const phrases = createPhrases(chat, composer.write, signal);
  const settings = createSettings(chat, actions, signal);
  const events = createEvents(chat, signal);
  const bare = () => root.toggleAttribute("data-bare", chat.void);
  const parts: Readonly<Record<Topic, readonly (() => void)[]>> = {
    status: [
      header.update,
      restoring.update,
      transcript.update,
      captions.update,
      notices.update,
      composer.update,
      phrases.update,
      settings.update,
      approvals.update,
      bare,
    ],
    items: [bare, transcript.update, captions.update, composer.update],
    events: [events.update],
    sound: [settings.update],
    microphone: [composer.update, restoring.update],
    level: [composer.updateLevel],
    notices: [notices.update],
    approvals: [approvals.update],
    phrases: [phrases.update],
  };

  const root = h(
    "section",
    // A click anywhere in it gives it the focus, and with that the space bar.
    { class: "rnb", "aria-label": "Realtime chat", tabindex: "-1" },
    header.node,
    transcript.node,
    captions.node,
    restoring.node,
    notices.node,
    phrases.node,
    approvals.node,
    composer.node,
    settings.node,
    events.node,
  );
  bare();
  el.append(root);
  keepKeys(root, escapeKey(root, chat, actions, signal), signal);
  holdSpace(root, chat, actions, signal);

  const dirty = new Set<() => void>();
  let scheduled = 0;
  const redraw = () => {
    scheduled = 0;
    const focused = document.activeElement;
    const ours = root.contains(focused);
    for (const update of dirty) update();
    dirty.clear();
    // What was pressed may be gone, hidden or of no use now: the focus does not go with it, or the
    // next key would be nobody's.
    const moved = document.activeElement !== focused && root.contains(document.activeElement);
    if (ours && !moved && focused?.matches(":disabled, [hidden], [hidden] *, :not(.rnb, .rnb *)")) {
      root.focus({ preventScroll: true });
    }
  };
  chat.subscribe((topic) => {
    for (const update of parts[topic]) dirty.add(update);
    if (scheduled === 0) scheduled = requestAnimationFrame(redraw);
  }, signal);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(scheduled);
    root.remove();
  });
}

/**
 * JupyterLab takes keys before the page does: Enter on a button would edit the cell instead. Keep
 * all but its shortcuts with Ctrl or Command, such as Ctrl+S; of these, keep Enter. Escape is its
 * own again where there is nothing to stop and nothing to close.
 */
function keepKeys(root: HTMLElement, escapes: Escape, signal: AbortSignal): void {
  const decide = (event: KeyboardEvent) => {
    const theirs =
      event.key === "Escape"
        ? !escapes.wants(event)
        : (event.ctrlKey || event.metaKey) && event.key !== "Enter";
    root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  // On the way down from the window: JupyterLab listens at the document.
  window.addEventListener("keydown", decide, { signal, capture: true });
}
