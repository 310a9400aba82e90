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
  const box = createBox(signal);
  const send = button("Send", "rnb-send");
  const stop = button("Stop", "rnb-stop");
  const node = h("div", { class: "rnb-composer" }, microphone, meter.node, box.node, send, stop);

  const updateSend = () => {
    send.disabled = !chat.open || box.text() === "";
  };
  const updateLevel = () => {
    microphone.style.setProperty("--rnb-level", loudness(chat.level).toFixed(3));
    meter.update();
  };
  const update = () => {
    microphone.disabled = !chat.open && chat.microphone === "off";
    microphone.dataset.state = chat.microphone;
    microphone.setAttribute("aria-pressed", String(chat.microphone === "on"));
    microphone.title = microphone.disabled ? "Not live" : MICROPHONE_TITLES[chat.microphone];
    box.node.placeholder = chat.microphone === "on" ? "Listening; or type a message" : "Message";
    stop.disabled = !chat.stoppable;
    updateSend();
    updateLevel();
  };
  const submit = () => {
    const text = box.text();
    if (text !== "" && chat.open && actions.say(text)) box.write("");
  };

  microphone.addEventListener("click", () => void actions.toggleMicrophone(), { signal });
  send.addEventListener("click", submit, { signal });
  stop.addEventListener("click", () => actions.stop(), { signal });
  box.onedit = updateSend;
  box.onsubmit = submit;
  update();
  return { node, update, updateLevel, write: box.write };
}

interface Box {
  readonly node: HTMLTextAreaElement;
  text(): string;
  /** Replace the text and go there. */
  write(text: string): void;
  onedit: () => void;
  onsubmit: () => void;
}

/** A text box that grows with its lines; Enter submits, Shift+Enter breaks the line. */
function createBox(signal: AbortSignal): Box {
  const node = h("textarea", {
    class: "rnb-box",
    rows: "1",
    "aria-label": "Message",
    autocomplete: "off",
    spellcheck: "true",
  });
  const edited = () => {
    node.style.height = "auto";
    node.style.height = `${node.scrollHeight + 2}px`;
    box.onedit();
  };
  const keyed = (event: KeyboardEvent) => {
    // Enter also ends a word in an input method; that one is not ours.
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (!event.shiftKey) {
      box.onsubmit();
      return;
    }
    // JupyterLab forbids line breaks to whatever stands in a cell and is not its editor.
    node.setRangeText("\n", node.selectionStart, node.selectionEnd, "end");
    edited();
  };
  node.addEventListener("input", edited, { signal });
  node.addEventListener("keydown", keyed, { signal });
  const box: Box = {
    node,
    text: () => node.value.trim(),
    write(text) {
      node.value = text;
      edited();
      node.focus();
    },
    onedit: () => undefined,
    onsubmit: () => undefined,
  };
  return box;
}

function button(words: "Send" | "Stop", className: string): HTMLButtonElement {
  const mark = icon(words === "Send" ? "send" : "stop");
  return h("button", { type: "button", class: `rnb-button ${className}` }, mark, words);
}
