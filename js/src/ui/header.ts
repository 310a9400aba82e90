// One line on top: is it live, and whom does one talk to.

import type { Chat } from "../chat.js";
import { h, setText } from "./dom.js";

type Tone = "idle" | "busy" | "live" | "bad";

/** The state in words, with its colour. */
export function stateWords(chat: Chat): { tone: Tone; words: string } {
  const because = chat.detail === "" ? "" : `: ${chat.detail}`;
  if (chat.link === "asking") return { tone: "busy", words: "not live yet: asking the kernel" };
  if (chat.link === "unanswered") return { tone: "idle", words: "not live: run the cell to talk" };
  if (chat.link === "gone") return { tone: "bad", words: `not live${because}` };
  switch (chat.session) {
    case "connecting":
      return { tone: "busy", words: `connecting${because}` };
    case "open":
      return { tone: "live", words: "live" };
    case "closed":
      return { tone: "idle", words: `closed${because}` };
    case "failed":
      return { tone: "bad", words: `failed${because}` };
  }
}

export function createHeader(chat: Chat): { node: HTMLElement; update(): void } {
  const dot = h("span", { class: "rnb-dot", "aria-hidden": "true" });
  const words = h("span", { class: "rnb-state", role: "status" });
  const model = h("span", { class: "rnb-model" });
  const endpoint = h("span", { class: "rnb-endpoint" });
  const badge = h("span", { class: "rnb-badge" }, "local practice server · not a model");
  const node = h("header", { class: "rnb-header" }, dot, words, badge, endpoint, model);

  const update = () => {
    const { tone, words: text } = stateWords(chat);
    dot.dataset.tone = tone;
    setText(words, text);
    const practice = chat.endpoint?.practice === true;
    badge.hidden = !practice;
    // The badge already says which server it is.
    setText(endpoint, practice ? "" : (chat.endpoint?.name ?? ""));
    endpoint.title = chat.endpoint?.url ?? "";
    badge.title = endpoint.title;
    setText(model, chat.endpoint?.model ?? "");
  };
  update();
  return { node, update };
}
