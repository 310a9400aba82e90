// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../../src/chat.js";
import type { Item } from "../../src/messages.js";
import type { Restoration } from "../../src/restoration.js";
import { drawPanel } from "../../src/ui/panel.js";
import { recorded } from "../fakes.js";

const done: string[] = [];
let chat: Chat;
let life: AbortController;

const TOLD: Restoration = { reason: "lost", tries: 2, nextS: 4, awayS: 0, detail: "it broke off" };

const one = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const named = (words: string) =>
  Array.from(document.querySelectorAll("button")).find((each) => each.textContent === words);
const item = (id: string, more: Partial<Item>): Item => ({
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
});
const pass = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers();
  HTMLCanvasElement.prototype.getContext = () => null;
  done.length = 0;
  document.body.replaceChildren();
  life = new AbortController();
  chat = new Chat();
  drawPanel(chat, recorded(done), document.body, life.signal);
  chat.set("status", { link: "live", session: "open", owner: true });
  pass(50);
});

afterEach(() => {
  life.abort();
  vi.useRealTimers();
});

describe("while a lost connection is mended", () => {
  const lose = (told = TOLD) => {
    chat.set("status", { session: "restoring", restoration: told });
    pass(50);
  };

  it("counts down, and the header is busy", () => {
    expect(one(".rnb-restoring").hidden).toBe(true);
    lose();
    expect(one(".rnb-restoring").hidden).toBe(false);
    expect(one(".rnb-restoring-words").textContent).toBe("Reconnecting… try 2, next in 4 s");
    expect(one(".rnb-restoring-detail").textContent).toBe("it broke off");
    expect(one(".rnb-state").textContent).toBe("reconnecting");
    pass(2000);
    expect(one(".rnb-restoring-words").textContent).toBe("Reconnecting… try 2, next in 2 s");
    chat.set("status", { session: "open", restoration: null });
    pass(50);
    expect(one(".rnb-restoring").hidden).toBe(true);
    expect(one(".rnb-state").textContent).toBe("live");
  });

  it("is tried at once, or given up", () => {
    lose();
    named("Try now")?.click();
    named("End")?.click();
    expect(done).toEqual(["retry", "end"]);
    lose({ ...TOLD, nextS: 0 });
    expect(named("Try now")?.disabled).toBe(true);
  });

  it("keeps microphone and text box in use, and says what becomes of it", () => {
    chat.set("microphone", { microphone: "on" });
    lose();
    const box = one("textarea") as HTMLTextAreaElement;
    expect(one(".rnb-restoring-kept").textContent).toContain("what you say is kept");
    expect(box.placeholder).toBe("Reconnecting: what you say is kept");
    expect((one(".rnb-microphone") as HTMLButtonElement).disabled).toBe(false);
    box.value = "typed meanwhile";
    box.dispatchEvent(new Event("input"));
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
    expect(done).toEqual(["say typed meanwhile"]);
  });

  it("counts no more when the view is gone", () => {
    lose();
    life.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("what happened to the talk", () => {
  it("stands between what was said, without a menu", () => {
    chat.upsertItems([item("before", {})], []);
    chat.upsertItems([item("m", { role: "mark", level: "info", after: "before" })], []);
    chat.upsertItems([item("behind", { after: "m" })], []);
    pass(50);
    const shown = Array.from(document.querySelectorAll<HTMLElement>(".rnb-item"));
    expect(shown.map((node) => node.querySelector(".rnb-text")?.textContent)).toEqual([
      expect.stringContaining("before"),
      expect.stringMatching(/^m /),
      expect.stringContaining("behind"),
    ]);
    expect(shown[1]?.dataset.level).toBe("info");
    expect(shown[1]?.querySelector(".rnb-more")).toBeNull();
  });

  it("offers to ask again what failed, and only there", () => {
    const failed = { role: "mark", level: "error", again: true } as const;
    chat.upsertItems([item("fine", {}), item("failed", failed)], []);
    pass(50);
    const buttons = document.querySelectorAll<HTMLElement>(".rnb-again:not([hidden])");
    expect(buttons.length).toBe(1);
    buttons[0]?.click();
    expect(done).toEqual(["ask again"]);
  });

  it("shows a limit of the service that is nearly used up", () => {
    expect(one(".rnb-limits").hidden).toBe(true);
    chat.set("status", { limits: "812 of 40,000 tokens left" });
    pass(50);
    expect(one(".rnb-limits").textContent).toBe("812 of 40,000 tokens left");
  });
});
