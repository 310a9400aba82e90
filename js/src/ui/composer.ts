// Where one speaks and types: microphone, text box, Send, Stop.

import type { Chat } from "../chat.js";
import { h, icon } from "./dom.js";
import { createMeter, loudness } from "./meter.js";

/** What the views ask of the engine. */
export interface Actions {
  toggleMicrophone(): Promise<void>;
  say(text: string): boolean;
  stop(): void;
  hear(): void;
}

export interface Composer {
  readonly node: HTMLElement;
  update(): void;
  updateLevel(): void;
  /** Put words into the text box, ready to be sent. */
  write(text: string): void;
}

const MICROPHONE_TITLES = {
  off: "Press and speak",
  asking: "Waiting for leave to use the microphone; press to give up",
  on: "Listening; press to switch the microphone off",
} as const;

export function createComposer(chat: Chat, actions: Actions, signal: AbortSignal): Composer {
  const microphone = h(
    "button",
    {
      type: "button",
      class: "rnb-microphone",
      "aria-label": "Microphone",
      "aria-pressed": "false",
    },
    h("span", { class: "rnb-ring", "aria-hidden": "true" }),
    icon("microphone"),
  );
  const meter = createMeter(chat);
  const box = h("textarea", {
    class: "rnb-box",
    rows: "1",
    "aria-label": "Message",
    autocomplete: "off",
    spellcheck: "true",
  });
  const send = button("Send", "rnb-send");
  const stop = button("Stop", "rnb-stop");
  const node = h("div", { class: "rnb-composer" }, microphone, meter.node, box, send, stop);

  const update = () => {
    microphone.disabled = !chat.open && chat.microphone === "off";
    microphone.dataset.state = chat.microphone;
    microphone.setAttribute("aria-pressed", String(chat.microphone === "on"));
    microphone.title = microphone.disabled ? "Not live" : MICROPHONE_TITLES[chat.microphone];
    box.placeholder = chat.microphone === "on" ? "Listening; or type a message" : "Message";
    send.disabled = !chat.open || box.value.trim() === "";
    stop.disabled = !chat.stoppable;
    updateLevel();
  };
  const updateLevel = () => {
    microphone.style.setProperty("--rnb-level", loudness(chat.level).toFixed(3));
    meter.update();
  };
  const edited = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
    send.disabled = !chat.open || box.value.trim() === "";
  };
  const submit = () => {
    const text = box.value.trim();
    if (text === "" || !chat.open || !actions.say(text)) return;
    box.value = "";
    edited();
    box.focus();
  };

  microphone.addEventListener("click", () => void actions.toggleMicrophone(), { signal });
  send.addEventListener("click", submit, { signal });
  stop.addEventListener("click", () => actions.stop(), { signal });
  box.addEventListener("input", edited, { signal });
  box.addEventListener(
    "keydown",
    (event) => {
      // Enter also ends a word in an input method; that one is not ours.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    },
    { signal },
  );
  update();
  const write = (text: string) => {
    box.value = text;
    edited();
    box.focus();
  };
  return { node, update, updateLevel, write };
}

function button(words: "Send" | "Stop", className: string): HTMLButtonElement {
  const mark = icon(words === "Send" ? "send" : "stop");
  return h("button", { type: "button", class: `rnb-button ${className}` }, mark, words);
}
