// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { Chat } from "../../src/chat.js";
import type { Item } from "../../src/messages.js";
import { clockText } from "../../src/table/words.js";
import { kindWords, stateWords } from "../../src/ui/header.js";
import { loudness } from "../../src/ui/meter.js";
import { drawPanel } from "../../src/ui/panel.js";
import { recorded } from "../fakes.js";

const done: string[] = [];
const actions = recorded(done);

let chat: Chat;
let life: AbortController;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const one = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const named = (name: string): HTMLButtonElement => {
  const found = Array.from(document.querySelectorAll("button")).find(
    (button) => (button.getAttribute("aria-label") ?? button.textContent) === name,
  );
  if (found === undefined) throw new Error(`no button ${name}`);
  return found;
};
const box = () => one("textarea") as HTMLTextAreaElement;
const type = (text: string) => {
  box().value = text;
  box().dispatchEvent(new Event("input"));
};
const press = (key: string, more: KeyboardEventInit = {}) =>
  box().dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));

function item(id: string, more: Partial<Item> = {}): Item {
  return {
    id,
    role: "assistant",
    text: id,
    status: "completed",
    after: null,
    heardChars: null,
    pending: false,
    final: true,
    note: null,
    tool: null,
    ...more,
  };
}

const live = () => chat.set("status", { link: "live", session: "open", owner: true });

beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has none and complains
  done.length = 0;
  life?.abort();
  life = new AbortController();
  chat = new Chat();
  drawPanel(chat, actions, document.body, life.signal);
});

describe("a chat that never began", () => {
  const root = () => document.querySelector(".rnb");
  const failed = { link: "live", session: "failed", detail: "nobody listens" } as const;

  it("is its header where its cell says why, and says no reason twice", async () => {
    chat.set("status", { ...failed, told: true });
    await frame();
    expect(root()?.hasAttribute("data-bare")).toBe(true);
    expect(root()?.textContent).not.toContain("nobody listens");
    expect(document.querySelector<HTMLElement>(".rnb-state")?.title).toBe("nobody listens");
  });

  it("shows what was said before, and its reason where no cell does", async () => {
    chat.set("status", failed);
    await frame();
    expect(root()?.hasAttribute("data-bare")).toBe(false);
    expect(document.querySelector(".rnb-state")?.textContent).toBe("failed: nobody listens");
    chat.resetItems([item("a")]);
    chat.set("status", { told: true });
    await frame();
    expect(root()?.hasAttribute("data-bare")).toBe(false);
  });
});

describe("header", () => {
  it("says whether one is live, and why not", () => {
    expect(stateWords(chat)).toEqual({ tone: "busy", words: "not live yet: asking the kernel" });
    chat.link = "unanswered";
    expect(stateWords(chat).words).toBe("not live: run the cell to talk");
    chat.link = "gone";
    chat.detail = "the kernel restarted: run the cell again";
    expect(stateWords(chat)).toEqual({
      tone: "bad",
      words: "not live: the kernel restarted: run the cell again",
    });
    chat.link = "live";
    chat.session = "failed";
    chat.detail = "no such model";
    expect(stateWords(chat)).toEqual({ tone: "bad", words: "failed: no such model" });
    chat.told = true;
    expect(stateWords(chat).words).toBe("failed: the cell's error says why");
    chat.session = "open";
    expect(stateWords(chat)).toEqual({ tone: "live", words: "live" });
    chat.session = "closed";
    chat.detail = "";
    expect(stateWords(chat).words).toBe("closed");
  });

  it("never lets the practice server be taken for a model", async () => {
    const endpoint = { name: "local practice server", model: "practice", practice: true, url: "" };
    chat.set("status", { endpoint });
    await frame();
    expect(one(".rnb-badge").hidden).toBe(false);
    expect(one(".rnb-badge").textContent).toBe("local practice server · not a model");
    chat.set("status", { endpoint: { ...endpoint, name: "OpenAI", practice: false } });
    await frame();
    expect(one(".rnb-badge").hidden).toBe(true);
    expect(one(".rnb-endpoint").textContent).toBe("OpenAI");
  });
});

describe("header of what is no conversation, or costs", () => {
  it("names the kind of session and the language", async () => {
    expect(one(".rnb-kind").hidden).toBe(true);
    chat.set("status", { kind: "transcription" });
    expect(kindWords(chat)).toBe("transcription");
    chat.set("status", { kind: "translation" });
    expect(kindWords(chat)).toBe("translation");
    chat.set("status", { language: "fr" });
    await frame();
    expect(one(".rnb-kind").textContent).toBe("translation to fr");
    expect(one(".rnb-kind").hidden).toBe(false);
  });

  it("marks what is billed, and only that", async () => {
    expect(one(".rnb-costs").hidden).toBe(true);
    const endpoint = { name: "OpenAI", model: "gpt-realtime-2.1", practice: false, url: "" };
    chat.set("status", { costs: true, endpoint, voice: "marin" });
    await frame();
    expect(one(".rnb-costs").hidden).toBe(false);
    expect(one(".rnb-costs").title).toContain("billed by OpenAI");
    expect(one(".rnb-model").textContent).toBe("gpt-realtime-2.1 · marin");
  });
});

describe("transcript", () => {
  const log = () => one("[role=log]");

  it("has its accessible name and is announced politely", () => {
    expect(log().getAttribute("aria-label")).toBe("Transcript");
    expect(log().getAttribute("aria-live")).toBe("polite");
  });

  it("shows words as words, never as markup", async () => {
    chat.upsertItems([item("a", { text: "<img src=x onerror=alert(1)><b>bold</b>" })], []);
    await frame();
    expect(log().querySelector("img, b")).toBeNull();
    expect(log().textContent).toContain("<img src=x onerror=alert(1)><b>bold</b>");
  });

  it("says who speaks", async () => {
    chat.upsertItems([item("u", { role: "user" }), item("a", { after: "u" })], []);
    await frame();
    expect(Array.from(log().children, (node) => node.textContent?.slice(0, 6))).toEqual([
      "You: u",
      "Assist",
    ]);
  });

  it("strikes out what was not heard, counted in code points", async () => {
    chat.upsertItems([item("a", { text: "😀 heard, lost", heardChars: 8 })], []);
    await frame();
    const struck = () => log().querySelector("s")?.textContent;
    expect(struck()).toBe(" (not heard:) lost");
    expect(log().textContent).toContain("😀 heard,  (not heard:) lost");
    expect(log().querySelector(".rnb-note")?.textContent).toBe("cut off here");
    chat.upsertItems([item("a", { text: "abc", heardChars: 0, note: "stopped after 0.1 s" })], []);
    await frame();
    expect(struck()).toBe(" (not heard:) abc");
    expect(log().querySelector(".rnb-note")?.textContent).toBe("stopped after 0.1 s");
  });

  it("shows no empty bubble for words that never came, only why", async () => {
    chat.upsertItems([item("u", { role: "user", text: "", note: "not transcribed: hm" })], []);
    await frame();
    expect(one(".rnb-text").hidden).toBe(true);
    expect(one(".rnb-note").textContent).toBe("not transcribed: hm");
  });

  it("shows words still to come as dots, and is busy meanwhile", async () => {
    chat.upsertItems([item("u", { role: "user", pending: true, text: "" })], []);
    await frame();
    const bubble = one(".rnb-item");
    expect(one(".rnb-dots").hidden).toBe(false);
    expect(bubble.getAttribute("aria-busy")).toBe("true");
    chat.upsertItems([item("u", { role: "user", text: "hello" })], []);
    await frame();
    expect(one(".rnb-item")).toBe(bubble);
    expect(one(".rnb-dots").hidden).toBe(true);
    expect(bubble.getAttribute("aria-busy")).toBe("false");
  });

  it("keeps the kernel's order, moves nothing that stands right, and drops what is gone", async () => {
    chat.upsertItems([item("a"), item("c", { after: "a" })], []);
    await frame();
    const [a, c] = Array.from(log().children);
    chat.upsertItems([item("b", { after: "a" })], []);
    await frame();
    expect([log().children[0], log().children[2]]).toEqual([a, c]);
    chat.upsertItems([], ["a"]);
    await frame();
    expect(Array.from(log().children, (node) => node.textContent)).toEqual([
      expect.stringContaining("b"),
      expect.stringContaining("c"),
    ]);
  });
});

describe("composer", () => {
  it("is of no use before it is live", async () => {
    type("hello");
    press("Enter");
    expect(done).toEqual([]);
    expect(named("Microphone").disabled).toBe(true);
    expect(named("Send").disabled).toBe(true);
    expect(named("Stop").disabled).toBe(true);
    expect(box().placeholder).toBe("Not live");
    live();
    await frame();
    expect(box().placeholder).toBe("Message");
    expect(named("Microphone").disabled).toBe(false);
    expect(named("Send").disabled).toBe(false);
  });

  it("breaks the line on Shift+Enter, where the cursor stands", async () => {
    live();
    await frame();
    type("onetwo");
    box().setSelectionRange(3, 3);
    press("Enter", { shiftKey: true });
    expect(box().value).toBe("one\ntwo");
    expect(box().selectionStart).toBe(4);
    expect(done).toEqual([]);
  });

  it("sends on Enter, not while a word is being composed", async () => {
    live();
    await frame();
    type(" hello ");
    press("Enter", { isComposing: true });
    expect(done).toEqual([]);
    press("Enter");
    expect(done).toEqual(["say hello"]);
    expect(box().value).toBe("");
    press("Enter");
    expect(done.length).toBe(1);
  });

  it("keeps the words when they could not be sent", async () => {
    life.abort();
    life = new AbortController();
    drawPanel(chat, { ...actions, say: () => false }, document.body, life.signal);
    live();
    await frame();
    type("hello");
    press("Enter");
    expect(box().value).toBe("hello");
  });

  it("shows the microphone's state to eye and ear", async () => {
    live();
    await frame();
    named("Microphone").click();
    expect(done).toEqual(["microphone"]);
    chat.set("microphone", { microphone: "on" });
    await frame();
    expect(named("Microphone").getAttribute("aria-pressed")).toBe("true");
    chat.set("microphone", { microphone: "asking" });
    await frame();
    expect(named("Microphone").getAttribute("aria-pressed")).toBe("false");
  });

  it("lets an open microphone be closed also when the session is over", async () => {
    live();
    chat.set("microphone", { microphone: "on" });
    chat.set("status", { session: "closed" });
    await frame();
    expect(named("Microphone").disabled).toBe(false);
  });

  it("has Stop while an answer is written or plays", async () => {
    live();
    chat.upsertItems([item("a", { status: "in_progress" })], []);
    await frame();
    expect(named("Stop").disabled).toBe(false);
    named("Stop").click();
    expect(done).toEqual(["stop"]);
    chat.upsertItems([item("a")], []);
    await frame();
    expect(named("Stop").disabled).toBe(true);
    chat.set("status", { playing: true });
    await frame();
    expect(named("Stop").disabled).toBe(false);
  });

  it("puts a phrase of the card into the box", async () => {
    live();
    chat.set("phrases", { phrases: ["What can you do?", "Goodbye"] });
    await frame();
    named("Goodbye").click();
    expect(box().value).toBe("Goodbye");
    expect(document.activeElement).toBe(box());
    chat.set("phrases", { phrases: [] });
    await frame();
    expect(one(".rnb-phrases").hidden).toBe(true);
  });
});

describe("turns ended by hand", () => {
  it("have Finish only where the service finds no ends itself", async () => {
    live();
    await frame();
    expect(named("Finish").hidden).toBe(true);
    chat.set("status", { turns: "manual" });
    await frame();
    expect(named("Finish").hidden).toBe(false);
    expect(box().hidden).toBe(false);
    named("Finish").click();
    expect(done).toEqual(["commit"]);
    chat.set("status", { turns: "server_vad" });
    await frame();
    expect(named("Finish").hidden).toBe(true);
  });

  it("cannot be finished when nobody is there", async () => {
    chat.set("status", { turns: "manual" });
    await frame();
    expect(named("Finish").disabled).toBe(true);
  });
});

describe("notices", () => {
  it("come, are dismissed, and are not repeated", async () => {
    chat.notify("error", "No microphone is connected.");
    chat.notify("error", "No microphone is connected.");
    await frame();
    expect(document.querySelectorAll(".rnb-notice").length).toBe(1);
    named("Dismiss").click();
    await frame();
    expect(document.querySelectorAll(".rnb-notice").length).toBe(0);
    for (let i = 0; i < 9; i++) chat.notify("info", `number ${i}`);
    await frame();
    expect(document.querySelectorAll(".rnb-notice").length).toBe(3);
  });

  it("offers a click when sound waits for one", async () => {
    expect(named("Click to hear").hidden).toBe(true);
    chat.set("status", { muted: true });
    await frame();
    named("Click to hear").click();
    expect(done).toEqual(["hear"]);
  });

  it("tells that another tab listens and plays", async () => {
    live();
    await frame();
    expect(one(".rnb-elsewhere").hidden).toBe(true);
    chat.set("status", { owner: false });
    await frame();
    expect(one(".rnb-elsewhere").hidden).toBe(false);
    expect(one(".rnb-elsewhere").textContent).toMatch(/another tab/);
    named("Take over").click();
    expect(done).toEqual(["take over"]);
  });
});

describe("events", () => {
  it("are counted as they come, and again from what a welcome says", async () => {
    chat.growEvents(12_345);
    await frame();
    expect(one(".rnb-events .rnb-total").textContent).toBe("12,345");
    chat.resetEvents(3);
    await frame();
    expect(one(".rnb-events .rnb-total").textContent).toBe("3");
  });
});

describe("keys", () => {
  const suppressed = () => one(".rnb").hasAttribute("data-lm-suppress-shortcuts");
  const strike = (key: string, more: KeyboardEventInit = {}) =>
    box().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));

  it("keeps plain keys from JupyterLab's shortcuts, and leaves it Ctrl+S", () => {
    strike("a");
    expect(suppressed()).toBe(true);
    strike("s", { ctrlKey: true });
    expect(suppressed()).toBe(false);
    strike("s", { metaKey: true });
    expect(suppressed()).toBe(false);
    strike("Enter", { ctrlKey: true });
    expect(suppressed()).toBe(true);
  });
});

describe("a view", () => {
  it("goes away with its signal and listens no more", async () => {
    life.abort();
    expect(document.querySelector(".rnb")).toBeNull();
    chat.notify("info", "anybody?");
    await frame();
    expect(document.querySelector(".rnb")).toBeNull();
  });

  it("may be one of several", async () => {
    drawPanel(chat, actions, document.body, life.signal);
    chat.upsertItems([item("a")], []);
    await frame();
    expect(document.querySelectorAll(".rnb-item").length).toBe(2);
  });
});

describe("small words", () => {
  it.each([
    [0, "0:00.000"],
    [999.6, "0:01.000"],
    [59_999.9, "1:00.000"],
    [754_321, "12:34.321"],
    [-5, "0:00.000"],
  ])("%d ms reads %s", (ms, text) => expect(clockText(ms)).toBe(text));

  it("loudness follows decibels", () => {
    expect(loudness(0)).toBe(0);
    expect(loudness(1)).toBe(1);
    expect(loudness(0.001)).toBeCloseTo(0);
    expect(loudness(Math.sqrt(0.001))).toBeCloseTo(0.5);
    expect(loudness(2)).toBe(1);
  });
});
