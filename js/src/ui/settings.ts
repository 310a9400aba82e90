// How one talks here, changed while one talks: turns, devices, switches.

import type { Chat } from "../chat.js";
import { TURN_MODES, type TurnMode } from "../messages.js";
import type { Actions } from "./composer.js";
import { h, icon, setText } from "./dom.js";
import { check, createSound, gapsText, labelled } from "./sound.js";

const MODE_WORDS: Readonly<Record<TurnMode, string>> = {
  server_vad: "after a silence (server VAD)",
  semantic_vad: "when the sentence is complete (semantic VAD)",
  push_to_talk: "when I let go (push-to-talk)",
  manual: "when I press Finish",
};

export function createSettings(
  chat: Chat,
  actions: Actions,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const turns = h(
    "select",
    { class: "rnb-select" },
    ...TURN_MODES.map((mode) => h("option", { value: mode }, MODE_WORDS[mode])),
  );
  const turnsRow = labelled("My turn ends", turns);
  const halfDuplex = h("input", { type: "checkbox" });
  const halfDuplexRow = check(
    "Mute the microphone while the answer plays (half-duplex)",
    halfDuplex,
    "For loudspeakers without echo cancellation: the answer cannot interrupt itself",
  );
  const sound = createSound(chat, actions, signal);
  const gaps = h("span", { class: "rnb-gaps" });
  const node = h(
    "details",
    { class: "rnb-settings" },
    h("summary", {}, icon("chevron"), "Settings", gaps),
    h("div", { class: "rnb-fields" }, turnsRow, ...sound.devices, halfDuplexRow, ...sound.rest),
  );

  turns.addEventListener(
    "change",
    () => {
      const mode = TURN_MODES.find((known) => known === turns.value);
      if (mode !== undefined) actions.setTurns(mode);
    },
    { signal },
  );
  halfDuplex.addEventListener("change", () => actions.setHalfDuplex(halfDuplex.checked), {
    signal,
  });

  node.addEventListener(
    "toggle",
    () => {
      if (node.open) {
        sound.update();
        actions.lookForDevices();
      }
    },
    { signal },
  );

  const update = () => {
    setText(gaps, gapsText(chat.sound.underruns));
    // What nobody sees need not be drawn; opening it draws it.
    if (node.open) sound.update();
    turns.value = chat.turns;
    turns.disabled = !chat.open;
    turnsRow.hidden = chat.kind === "translation";
    halfDuplex.checked = chat.halfDuplex;
    halfDuplex.disabled = !chat.open;
    halfDuplexRow.hidden = chat.kind !== "realtime";
  };
  update();
  return { node, update };
}
