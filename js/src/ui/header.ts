// One line on top: is it live, and whom does one talk to.

import type { Chat } from "../chat.js";
import { costTitle, costWords } from "../cost.js";
import { h, setText } from "./dom.js";

const CARRIERS = {
  fast: "Sound goes by a WebSocket through your Jupyter Server.",
  comm: "Sound goes by the notebook's own channel to the kernel.",
  waits: "Sound goes by the notebook's own channel to the kernel, and waits while a cell runs.",
} as const;

/** Where the sound of a call runs, which is not through the kernel. */
const CALLS = {
  webrtc: {
    words: "WebRTC",
    title: "Sound goes by WebRTC from this page to the service; events go through the kernel.",
  },
  "webrtc-direct": {
    words: "WebRTC direct",
    title: "This page calls the service itself by WebRTC, with an ephemeral key.",
  },
  sideband: {
    words: "sideband",
    title: "This chat has joined a call whose sound runs elsewhere.",
  },
} as const;

type Tone = "idle" | "busy" | "live" | "bad";

/** The state in words, with its colour. */
export function stateWords(chat: Chat): { tone: Tone; words: string } {
  const because = chat.detail === "" ? "" : `: ${chat.detail}`;
  if (chat.link === "asking") return { tone: "busy", words: "not live yet: asking the kernel" };
  if (chat.link === "unanswered") return { tone: "idle", words: "not live: run the cell to talk" };
  if (chat.link === "gone" && !chat.over) return { tone: "bad", words: `not live${because}` };
  switch (chat.session) {
    case "connecting":
      return { tone: "busy", words: `connecting${because}` };
    case "open":
      return { tone: "live", words: "live" };
    case "restoring":
      return { tone: "busy", words: restoringWords(chat) };
    case "closed":
      return { tone: "idle", words: `closed${because}` };
    case "failed":
      // Once is enough.
      if (chat.told) return { tone: "bad", words: "failed: the cell's error says why" };
      return { tone: "bad", words: `failed${because}` };
  }
}

function restoringWords(chat: Chat): string {
  return chat.restoration?.reason === "renewal" ? "renewing the session" : "reconnecting";
}

/** What kind of session it is, where it is no conversation. */
export function kindWords(chat: Chat): string {
  if (chat.kind === "realtime") return "";
  if (chat.kind === "translation" && chat.language !== "") return `translation to ${chat.language}`;
  return chat.kind;
}

/** What has been spent; before there is anything to count, that it will cost. */
function updateCosts(badge: HTMLElement, chat: Chat): void {
  const { cost, endpoint } = chat;
  const counted = cost !== null && (cost.charges > 0 || cost.budget !== null);
  const bill = counted && endpoint?.practice !== true ? cost : null;
  badge.hidden = !chat.costs && bill === null;
  setText(badge, bill === null ? "costs money" : costWords(bill));
  badge.title = costTitle(bill, endpoint?.name ?? "");
  badge.toggleAttribute("data-spent", bill?.spent === true);
}

export function createHeader(chat: Chat): { node: HTMLElement; update(): void } {
  const dot = h("span", { class: "rnb-dot", "aria-hidden": "true" });
  const words = h("span", { class: "rnb-state", role: "status" });
  const kind = h("span", { class: "rnb-kind" });
  const costs = h("span", { class: "rnb-badge rnb-costs" }, "costs money");
  const limits = h("span", { class: "rnb-badge rnb-limits" });
  limits.title =
    "The service's rate limit is nearly used up: answers fail until it is full again. Wait, or ask for less.";
  const model = h("span", { class: "rnb-model" });
  const endpoint = h("span", { class: "rnb-endpoint" });
  const badge = h("span", { class: "rnb-badge" }, "local practice server · not a model");
  const carrier = h("span", { class: "rnb-carrier" });
  const parts = [dot, words, kind, badge, costs, limits, endpoint, model, carrier];
  const node = h("header", { class: "rnb-header" }, ...parts);

  const update = () => {
    const { tone, words: text } = stateWords(chat);
    dot.dataset.tone = tone;
    setText(words, text);
    words.title = chat.told ? chat.detail : "";
    setText(kind, kindWords(chat));
    kind.hidden = kind.textContent === "";
    updateCosts(costs, chat);
    setText(limits, chat.limits);
    limits.hidden = chat.limits === "";
    const practice = chat.endpoint?.practice === true;
    badge.hidden = !practice;
    // The badge already says which server it is.
    setText(endpoint, practice ? "" : (chat.endpoint?.name ?? ""));
    endpoint.title = chat.endpoint?.url ?? "";
    badge.title = `${endpoint.title} – free of charge`;
    const named = [chat.endpoint?.model ?? "", chat.voice].filter((name) => name !== "");
    setText(model, named.join(" · "));
    const leg = chat.transport === "websocket" ? null : CALLS[chat.transport];
    carrier.hidden = chat.link !== "live";
    // What carries a call's events is of no interest to who speaks.
    setText(carrier, leg?.words ?? (chat.carrier === "fast" ? "fast path" : "comm"));
    carrier.title = leg?.title ?? CARRIERS[chat.waits ? "waits" : chat.carrier];
  };
  update();
  return { node, update };
}
