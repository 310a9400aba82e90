// @vitest-environment jsdom
import { afterEach, expect, it } from "vitest";
import { Chat } from "../../src/chat.js";
import { hideSaved } from "../../src/ui/saved.js";

const rules = () => document.head.textContent ?? "";

afterEach(() => {
  document.head.replaceChildren();
});

it("hides what is kept of the chat while the widget lives", () => {
  const life = new AbortController();
  const chat = new Chat();
  hideSaved(chat, "ab12", life.signal);
  expect(rules()).toContain(".rnb-saved-ab12");
  chat.set("status", { link: "live" });
  chat.set("status", { link: "gone" });
  expect(rules()).toContain(".rnb-saved-ab12");
  life.abort();
  expect(rules()).toBe("");
});

it("shows it where nobody answers, with no more of the widget than its header", () => {
  const chat = new Chat();
  const view = document.createElement("div");
  hideSaved(chat, "ab12", new AbortController().signal).mark(view);
  chat.set("status", { link: "unanswered" });
  expect(rules()).not.toContain(".rnb-saved-ab12 {");
  expect(view.className).toBe("rnb-of-ab12");
  expect(rules()).toContain(".rnb-of-ab12 > .rnb > :not(header)");
  chat.set("status", { link: "live" });
  expect(rules()).toContain(".rnb-saved-ab12 {");
  expect(rules()).not.toContain("header");
});

it.each(["", "x} body{display:none", 3, null, undefined])("writes no rule for %j", (key) => {
  const view = document.createElement("div");
  hideSaved(new Chat(), key, new AbortController().signal).mark(view);
  expect(rules()).toBe("");
  expect(view.className).toBe("");
});
