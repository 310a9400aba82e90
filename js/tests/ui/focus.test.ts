// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { Chat } from "../../src/chat.js";
import { drawPanel } from "../../src/ui/panel.js";
import { recorded } from "../fakes.js";

let chat: Chat;
let life: AbortController;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const one = <T extends HTMLElement = HTMLElement>(selector: string): T => {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};

beforeEach(async () => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has none and complains
  life?.abort();
  life = new AbortController();
  chat = new Chat();
  drawPanel(chat, recorded([]), document.body, life.signal);
  chat.set("status", { link: "live", session: "open", owner: true });
  await frame();
});

describe("the focus", () => {
  it.each([
    [".rnb-stop", "playing", () => chat.set("status", { playing: false })],
    [".rnb-hear", "muted", () => chat.set("status", { muted: false })],
    [".rnb-dismiss", "noticed", () => chat.dismiss("Look here.")],
    [".rnb-elsewhere button", "elsewhere", () => chat.set("status", { owner: true })],
  ])("stays in the widget when %s goes", async (selector, _why, go) => {
    chat.set("status", { playing: true, muted: true, owner: false });
    chat.notify("info", "Look here.");
    await frame();
    one(selector).focus();
    expect(document.activeElement).toBe(one(selector));
    go();
    await frame();
    expect(document.activeElement).toBe(one(".rnb"));
  });

  it("is not taken from what stays, nor from elsewhere", async () => {
    one(".rnb-box").focus();
    chat.set("status", { playing: true });
    await frame();
    expect(document.activeElement).toBe(one(".rnb-box"));
    one(".rnb-box").blur();
    chat.set("status", { playing: false });
    await frame();
    expect(document.activeElement).toBe(document.body);
  });
});

describe("phrases", () => {
  it("are one stop for Tab, and gone through by arrows", async () => {
    chat.set("phrases", { phrases: ["one", "two", "three"] });
    await frame();
    const chips = Array.from(document.querySelectorAll<HTMLElement>(".rnb-chips button"));
    const stops = () => chips.filter((chip) => chip.tabIndex === 0).map((chip) => chip.textContent);
    const strike = (key: string) =>
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    expect(stops()).toEqual(["one"]);
    chips[0]?.focus();
    strike("ArrowRight");
    expect(stops()).toEqual(["two"]);
    strike("End");
    strike("ArrowRight");
    expect(document.activeElement).toBe(chips[2]);
    strike("Home");
    strike("ArrowLeft");
    expect(stops()).toEqual(["one"]);
  });
});
