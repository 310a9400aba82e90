// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { Chat } from "../../src/chat.js";
import { drawPanel } from "../../src/ui/panel.js";
import { recorded } from "../fakes.js";

const done: string[] = [];
let chat: Chat;
let life: AbortController;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const one = <T extends HTMLElement = HTMLElement>(selector: string): T => {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const press = (node: EventTarget, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent("keydown", {
    key: "Escape",
    bubbles: true,
    cancelable: true,
    ...more,
  });
  node.dispatchEvent(event);
  return event.defaultPrevented;
};
const suppressed = () => one(".rnb").hasAttribute("data-lm-suppress-shortcuts");

beforeEach(async () => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has none and complains
  done.length = 0;
  life?.abort();
  life = new AbortController();
  chat = new Chat();
  drawPanel(chat, recorded(done), document.body, life.signal);
  chat.set("status", { link: "live", session: "open", owner: true, playing: true });
  await frame();
});

describe("Escape", () => {
  it("stops the answer from anywhere in the widget, once however it repeats", () => {
    one<HTMLTextAreaElement>(".rnb-box").value = "half a";
    for (const selector of [".rnb", ".rnb-box", ".rnb-log"]) {
      expect(press(one(selector))).toBe(true);
      expect(suppressed()).toBe(true);
      press(one(selector), { repeat: true });
    }
    expect(done).toEqual(["stop", "stop", "stop"]);
    expect(one<HTMLTextAreaElement>(".rnb-box").value).toBe("half a");
  });

  it("closes the settings first while the focus is in them", () => {
    const settings = one<HTMLDetailsElement>(".rnb-settings");
    settings.open = true;
    one(".rnb-settings select").focus();
    expect(press(one(".rnb-settings select"))).toBe(true);
    expect(settings.open).toBe(false);
    expect(document.activeElement).toBe(one(".rnb-settings summary"));
    expect(done).toEqual([]);
    expect(press(one(".rnb-settings summary"))).toBe(true);
    expect(done).toEqual(["stop"]);
  });

  it("is the notebook's where there is nothing to stop or to close", async () => {
    chat.set("status", { playing: false });
    await frame();
    expect(press(one(".rnb-box"))).toBe(false);
    expect(suppressed()).toBe(false);
    expect(done).toEqual([]);
  });

  it("is the input method's while a word is composed, and nobody's outside", () => {
    expect(press(one(".rnb-box"), { isComposing: true })).toBe(false);
    expect(press(document.body)).toBe(false);
    expect(done).toEqual([]);
  });
});
