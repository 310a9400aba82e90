import { describe, expect, it, vi } from "vitest";
import { ENDED, type Surroundings, troubleOf, troubleWith } from "../../src/audio/trouble.js";

const page = (more: Partial<Surroundings>): Surroundings => ({
  isSecureContext: true,
  location: { protocol: "https:", host: "hub.example" },
  navigator: { mediaDevices: { getUserMedia: () => undefined } },
  ...more,
});

describe("why there is no microphone", () => {
  it.each([
    ["NotAllowedError", /allow it in the browser's site settings/],
    ["NotFoundError", /No microphone is connected/],
    ["NotReadableError", /another program/],
    ["OverconstrainedError", /settings/],
    ["SecurityError", /forbids/],
    ["AbortError", /Press Microphone again/],
    ["MadeUpError", /MadeUpError: the browser's words/],
  ])("%s: what it is, and what to do instead", (name, words) => {
    const trouble = troubleOf(new DOMException("the browser's words", name));
    expect(trouble.name).toBe(name);
    expect(trouble.message).toMatch(words);
    expect(trouble.message).toMatch(/Type your message/);
    expect(trouble.message).not.toContain("\n");
  });

  it("says of a page within a page that the outer one decides", () => {
    vi.stubGlobal("window", { self: 1, top: 2 });
    const trouble = troubleOf(new DOMException("", "NotAllowedError"));
    vi.unstubAllGlobals();
    expect(trouble.message).toMatch(/inside another page.*tab of its own/);
    expect(trouble.message).toMatch(/Type your message.*chat\.listen/);
  });

  it.each(["vscode-webview://x", "https://x.vscode-cdn.net"])("knows %s", (place) => {
    vi.stubGlobal("window", { self: 1, top: 2 });
    vi.stubGlobal("location", new URL(place));
    const trouble = troubleOf(new DOMException("", "NotAllowedError"));
    vi.unstubAllGlobals();
    expect(trouble.message).toMatch(/Visual Studio Code.*JupyterLab.*chat\.listen/);
  });

  it("sends nobody to the site settings where it is the system that refuses", () => {
    const trouble = troubleOf(new DOMException("Permission denied by system", "NotAllowedError"));
    expect(trouble.message).toMatch(/operating system.*privacy settings.*Type your message/);
    expect(trouble.message).not.toMatch(/site settings/);
  });

  it("asks for another press where the question was only closed", () => {
    const trouble = troubleOf(new DOMException("Permission dismissed", "NotAllowedError"));
    expect(trouble.message).toMatch(/closed.*press Microphone again.*Type your message/);
    expect(trouble.message).not.toMatch(/site settings/);
  });

  it("says of one that ended how to get it back", () => {
    expect(ENDED).toMatch(/unplugged.*press Microphone again.*Type your message/);
  });

  it("takes anything that was thrown", () => {
    expect(troubleOf("odd").message).toContain("odd");
    const trouble = troubleOf(new DOMException("", "NotFoundError"));
    expect(troubleOf(trouble)).toBe(trouble);
  });

  it("may ask where the browser has devices", () => {
    expect(troubleWith(page({}))).toBeNull();
  });

  it.each([
    [
      { isSecureContext: false, location: { protocol: "http:", host: "lab:8888" }, navigator: {} },
      "InsecureContext",
      /http:\/\/lab:8888/,
    ],
    [
      { location: { protocol: "vscode-webview:", host: "x" }, navigator: {} },
      "NoMediaDevices",
      /Visual Studio Code/,
    ],
    [{ navigator: { mediaDevices: undefined } }, "NoMediaDevices", /no access to microphones/],
  ])("%j", (surroundings, name, words) => {
    const trouble = troubleWith(page(surroundings));
    expect(trouble?.name).toBe(name);
    expect(trouble?.message).toMatch(words);
    expect(trouble?.message).toMatch(/Type your message.*chat\.listen/);
  });
});
