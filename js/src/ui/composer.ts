// Where one speaks and types: microphone, Finish, text box, Send, Stop. Where nothing can be typed,
// because a session only listens, what it heard can be copied.

import type { Processing } from "../audio/preferences.js";
import { captionText, hasWords } from "../captions.js";
import type { Chat } from "../chat.js";
import type { TurnMode } from "../messages.js";
import type { Mount } from "../tools/display.js";
import type { Decision } from "../tools/wire.js";
import { copyText } from "./clipboard.js";
import { h, icon } from "./dom.js";
import { createMeter, loudness } from "./meter.js";
import { createTalk } from "./talk.js";

/** What the views ask of the engine. */
export interface Actions {
  toggleMicrophone(): Promise<void>;
  say(text: string): boolean;
  stop(): void;
  commit(): void;
  /** Dial now, do not wait. */
  retry(): void;
  /** End the chat. */
  end(): void;
  /** Have an answer made in the place of one that failed. */
  askAgain(): void;
  hear(): void;
  talk(held: boolean): void;
  takeOver(): void;
  approve(id: string, decision: Decision, reason: string): void;
  /** Draws what a call displayed. */
  readonly mount: Mount;
  setTurns(mode: TurnMode): void;
  setHalfDuplex(halfDuplex: boolean): void;
  chooseInput(id: string): void;
  chooseOutput(id: string): void;
  setProcessing(name: Processing, on: boolean): void;
  lookForDevices(): void;
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

/** `sent` is called when a typed line was sent. */
export function createComposer(
  chat: Chat,
  actions: Actions,
  sent: () => void,
  signal: AbortSignal,
): Composer {
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
  const meter = createMeter("rnb-meter-in", () => (chat.microphone === "on" ? chat.level : null));
  const output = createMeter("rnb-meter-out", () => (chat.playing ? chat.outputLevel : null));
  const box = createBox(signal);
  const talk = createTalk(chat, actions, signal);
  const finish = button("Finish", "check", "rnb-finish");
  const send = button("Send", "send", "rnb-send");
  const stop = button("Stop", "stop", "rnb-stop");
  stop.title = "Stop the answer (Esc)";
  stop.setAttribute("aria-keyshortcuts", "Escape");
  const copy = createCopy(chat, signal);
  const node = h(
    "div",
    { class: "rnb-composer" },
    microphone,
    meter.node,
    talk.node,
    finish,
    box.node,
    send,
    output.node,
    stop,
    copy.node,
  );

  const updateSend = () => {
    send.disabled = !chat.open || box.text() === "";
  };
  const updateLevel = () => {
    microphone.style.setProperty("--rnb-level", loudness(chat.level).toFixed(3));
    meter.update();
    output.update();
  };
  const update = () => {
    const off = chat.microphone === "off";
    microphone.disabled = off && (!chat.open || chat.deafness !== "");
    microphone.dataset.state = chat.microphone;
    microphone.setAttribute("aria-pressed", String(chat.microphone === "on"));
    microphone.toggleAttribute("data-mute", chat.deaf || (chat.pushed && !chat.talking));
    microphone.title = microphoneTitle(chat);
    box.node.placeholder = placeholder(chat);
    const talks = chat.kind === "realtime";
    for (const part of [box.node, send, stop]) part.hidden = !talks;
    stop.disabled = !chat.stoppable;
    talk.update();
    finish.hidden = !chat.finishable;
    finish.disabled = !chat.open;
    finish.title = talks ? "End your turn and have it answered" : "End this caption";
    copy.update();
    updateSend();
    updateLevel();
  };
  const submit = () => {
    const text = box.text();
    if (text === "" || !chat.open || !actions.say(text)) return;
    box.write("");
    sent();
  };

  microphone.addEventListener("click", () => void actions.toggleMicrophone(), { signal });
  send.addEventListener("click", submit, { signal });
  stop.addEventListener("click", () => actions.stop(), { signal });
  finish.addEventListener("click", () => actions.commit(), { signal });
  box.onedit = updateSend;
  box.onsubmit = submit;
  update();
  return { node, update, updateLevel, write: box.write };
}

function microphoneTitle(chat: Chat): string {
  if (!chat.open && chat.microphone === "off") return "Not live";
  if (chat.deafness !== "") return chat.deafness;
  if (chat.microphone !== "on") return MICROPHONE_TITLES[chat.microphone];
  if (chat.session === "restoring") {
    return "Reconnecting: what you say is kept; press to switch the microphone off";
  }
  if (chat.deaf) return "Mute while the answer plays; press to switch the microphone off";
  if (chat.pushed && !chat.talking) return "Ready; hold the button or the space bar and speak";
  return MICROPHONE_TITLES.on;
}

function placeholder(chat: Chat): string {
  if (!chat.open) return "Not live";
  if (chat.session === "restoring" && chat.restoration?.reason !== "renewal") {
    const kept = chat.microphone === "on" ? "what you say is kept" : "type all the same";
    return `Reconnecting: ${kept}`;
  }
  if (chat.microphone !== "on") return "Message";
  if (chat.pushed) return "Hold the space bar; or type a message";
  return "Listening; or type a message";
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

/** How long a button says that it did what it was asked. */
const DONE_MS = 1500;

/** Copies the captions as text. */
function createCopy(chat: Chat, signal: AbortSignal): { node: HTMLElement; update(): void } {
  const node = button("Copy", "copy", "rnb-copy");
  const words = node.lastChild;
  const say = (text: string) => {
    if (words !== null) words.textContent = text;
  };
  const update = () => {
    node.hidden = chat.kind === "realtime";
    node.disabled = node.hidden || !hasWords(chat.transcript.items);
  };
  const copy = async () => {
    if (await copyText(captionText(chat.transcript.items))) {
      say("Copied");
      setTimeout(() => say("Copy"), DONE_MS);
    } else {
      chat.notify("warning", "This browser lets nothing be copied here: select the captions.");
    }
  };
  node.addEventListener("click", () => void copy(), { signal });
  return { node, update };
}

function button(
  words: string,
  mark: Parameters<typeof icon>[0],
  className: string,
): HTMLButtonElement {
  return h("button", { type: "button", class: `rnb-button ${className}` }, icon(mark), words);
}
