// Devices, switches and how the sound goes, as the second half of the settings.

import type { Device } from "../audio/devices.js";
import { PROCESSING, type Processing } from "../audio/preferences.js";
import type { Chat, Sound } from "../chat.js";
import type { Actions } from "./composer.js";
import { h, setText } from "./dom.js";

const PROCESSING_WORDS: Readonly<Record<Processing, string>> = {
  echoCancellation: "Echo cancellation",
  noiseSuppression: "Noise suppression",
  autoGainControl: "Automatic gain",
};

export interface Fields {
  readonly devices: readonly HTMLElement[];
  readonly rest: readonly HTMLElement[];
  update(): void;
}

export function createSound(
  chat: Pick<Chat, "sound">,
  actions: Pick<Actions, "chooseInput" | "chooseOutput" | "setProcessing">,
  signal: AbortSignal,
): Fields {
  const input = createChoice("Microphone device", (id) => actions.chooseInput(id), signal);
  const output = createChoice("Loudspeaker", (id) => actions.chooseOutput(id), signal);
  const switches = PROCESSING.map((name) => {
    const box = h("input", { type: "checkbox" });
    box.addEventListener("change", () => actions.setProcessing(name, box.checked), { signal });
    return { name, box, node: check(PROCESSING_WORDS[name], box) };
  });
  const processing = h(
    "div",
    { class: "rnb-switches", role: "group", "aria-label": "Microphone processing" },
    ...switches.map(({ node }) => node),
  );
  const facts = h("p", { class: "rnb-facts" });

  const update = () => {
    const { devices, sound } = { devices: chat.sound.devices, sound: chat.sound };
    input.update(devices.inputs, sound.input);
    output.update(devices.outputs, sound.output);
    output.node.hidden = !sound.choosable;
    for (const { name, box } of switches) box.checked = sound.processing[name];
    setText(facts, factsText(sound));
  };
  update();
  return { devices: [input.node, output.node], rest: [processing, facts], update };
}

/** Rates, what is held back, and gaps; only what is known. */
export function factsText(sound: Sound): string {
  const facts: string[] = [];
  if (sound.inputRate !== null) facts.push(`microphone at ${kilohertz(sound.inputRate)}`);
  if (sound.outputRate !== null) facts.push(`loudspeaker at ${kilohertz(sound.outputRate)}`);
  if (sound.prebufferMs > 0) {
    facts.push(`answers held back ${Math.round(sound.prebufferMs)} ms`);
    facts.push(gapsText(sound.underruns) || "no gaps");
  }
  return facts.length === 0 ? "Rates and gaps are shown once there was sound." : facts.join(" · ");
}

/** How often the sound had gaps; "" when never. */
export function gapsText(underruns: number): string {
  if (underruns === 0) return "";
  return underruns === 1 ? "1 gap in the sound" : `${underruns} gaps in the sound`;
}

/** A checkbox with its words. */
export function check(words: string, box: HTMLInputElement, title = ""): HTMLElement {
  return h("label", { class: "rnb-check", title }, box, words);
}

/** A control with its words above. */
export function labelled(words: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "rnb-field" }, h("span", {}, words), control);
}

function kilohertz(rate: number): string {
  return `${(rate / 1000).toLocaleString("en", { maximumFractionDigits: 2 })} kHz`;
}

interface Choice {
  readonly node: HTMLElement;
  update(devices: readonly Device[], chosen: string): void;
}

function createChoice(words: string, choose: (id: string) => void, signal: AbortSignal): Choice {
  const select = h("select", { class: "rnb-select" });
  select.addEventListener("change", () => choose(select.value), { signal });
  let drawn: readonly Device[] | null = null;
  return {
    node: labelled(words, select),
    update(devices, chosen) {
      if (devices !== drawn) {
        drawn = devices;
        const known = devices.some(({ id }) => id === chosen) || chosen === "";
        const missing = known ? [] : [{ id: chosen, name: "The chosen one (not connected)" }];
        const all = [{ id: "", name: "System default" }, ...devices, ...missing];
        select.replaceChildren(...all.map(({ id, name }) => h("option", { value: id }, name)));
      }
      select.value = chosen;
    },
  };
}
