// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { captionText } from "../../src/captions.js";
import { Chat } from "../../src/chat.js";
import type { Item } from "../../src/messages.js";
import { drawPanel } from "../../src/ui/panel.js";
import { recorded } from "../fakes.js";

const done: string[] = [];
const actions = recorded(done);

let chat: Chat;
let life: AbortController;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const one = <T extends HTMLElement = HTMLElement>(selector: string): T => {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const captions = () => Array.from(one(".rnb-captions [role=log]").children) as HTMLElement[];

function heard(id: string, text: string, more: Partial<Item> = {}): Item {
  return {
    id,
    role: "user",
    text,
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

beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has none and complains
  done.length = 0;
  life?.abort();
  life = new AbortController();
  chat = new Chat();
  drawPanel(chat, actions, document.body, life.signal);
  chat.set("status", { link: "live", session: "open", owner: true, kind: "transcription" });
});

describe("a transcription", () => {
  it("has captions, a microphone and nothing to type into or to stop", async () => {
    await frame();
    expect(one("textarea").hidden).toBe(true);
    expect(one(".rnb-send").hidden).toBe(true);
    expect(one(".rnb-stop").hidden).toBe(true);
    expect(one(".rnb-microphone").hidden).toBe(false);
    expect(one(".rnb-transcript").hidden).toBe(true);
    expect(one(".rnb-captions [role=log]").getAttribute("aria-label")).toBe("Captions");
    expect(one(".rnb-captions .rnb-empty").textContent).toMatch(/^Press the microphone/);
  });

  it("shows words as they come, lighter until they stay", async () => {
    chat.upsertItems([heard("a", "Good mor", { final: false })], []);
    await frame();
    const [node] = captions();
    expect(node?.textContent).toContain("Good mor");
    expect(node?.hasAttribute("data-partial")).toBe(true);
    expect(node?.getAttribute("aria-busy")).toBe("true");
    chat.upsertItems([heard("a", "Good morning.")], []);
    await frame();
    expect(captions()[0]).toBe(node);
    expect(node?.querySelector(".rnb-words")?.firstChild?.textContent).toBe("Good morning.");
    expect(node?.hasAttribute("data-partial")).toBe(false);
    expect(node?.getAttribute("aria-busy")).toBe("false");
  });

  it("keeps the order of speech when words are completed in another", async () => {
    const waiting = { final: false, pending: true };
    chat.upsertItems(
      [
        heard("a", "", waiting),
        heard("b", "", { ...waiting, after: "a" }),
        heard("c", "", { ...waiting, after: "b" }),
      ],
      [],
    );
    await frame();
    expect(captions().map((node) => node.querySelector<HTMLElement>(".rnb-dots")?.hidden)).toEqual([
      false,
      false,
      false,
    ]);
    chat.upsertItems([heard("c", "three", { after: "b" })], []);
    chat.upsertItems([heard("a", "one")], []);
    chat.upsertItems([heard("b", "two", { after: "a" })], []);
    await frame();
    expect(captionText(chat.transcript.items)).toBe("one\ntwo\nthree\n");
    expect(
      captions().map((node) => node.querySelector(".rnb-words")?.firstChild?.nodeValue),
    ).toEqual(["one", "two", "three"]);
  });

  it("says why words did not come, and that there were none", async () => {
    const failed = { status: "failed", note: "not transcribed: too noisy" } as const;
    chat.upsertItems([heard("a", "", failed), heard("b", "", { after: "a" })], []);
    await frame();
    expect(captions().map((node) => node.querySelector(".rnb-note")?.textContent)).toEqual([
      "not transcribed: too noisy",
      "no words",
    ]);
    expect(captions()[0]?.dataset.status).toBe("failed");
  });

  it("shows words as words, never as markup", async () => {
    chat.upsertItems([heard("a", "<img src=x onerror=alert(1)>")], []);
    await frame();
    expect(document.querySelector("img")).toBeNull();
    expect(captions()[0]?.textContent).toContain("<img src=x onerror=alert(1)>");
  });

  it("is finished by a button where the service finds no ends", async () => {
    await frame();
    expect(one(".rnb-finish").hidden).toBe(true);
    chat.set("status", { turns: "manual" });
    await frame();
    expect(one(".rnb-finish").hidden).toBe(false);
    expect(one(".rnb-captions .rnb-empty").textContent).toMatch(/Finish ends a caption/);
    one(".rnb-finish").click();
    expect(done).toEqual(["commit"]);
  });

  it("shows what the practice server hears best, with nothing to press", async () => {
    chat.set("phrases", { phrases: ["Goodbye"] });
    await frame();
    expect(one(".rnb-chip").tagName).toBe("SPAN");
    one(".rnb-chip").click();
    expect(one<HTMLTextAreaElement>("textarea").value).toBe("");
    chat.set("status", { kind: "realtime" });
    await frame();
    expect(one(".rnb-chip").tagName).toBe("BUTTON");
  });

  it("is copied as text", async () => {
    const copied: string[] = [];
    const writeText = async (text: string) => void copied.push(text);
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    await frame();
    const copy = one<HTMLButtonElement>(".rnb-copy");
    expect(copy.disabled).toBe(true);
    chat.upsertItems([heard("a", " One. "), heard("b", "", { after: "a" })], []);
    await frame();
    expect(copy.disabled).toBe(false);
    copy.click();
    await vi.waitFor(() => expect(copy.textContent).toBe("Copied"));
    expect(copied).toEqual(["One.\n"]);
    vi.unstubAllGlobals();
  });

  it("says so where the browser lets nothing be copied", async () => {
    vi.stubGlobal("navigator", {});
    chat.upsertItems([heard("a", "One.")], []);
    await frame();
    one(".rnb-copy").click(); // jsdom has no execCommand either
    await vi.waitFor(() => expect(chat.notices[0]?.text).toMatch(/select the captions/));
    vi.unstubAllGlobals();
  });
});

describe("a translation", () => {
  const french = { role: "assistant", after: "s" } as const;

  beforeEach(() => chat.set("status", { kind: "translation", language: "fr" }));

  it("stands beside what is said, in its own language", async () => {
    chat.upsertItems([heard("s", "Good morning."), heard("t", " Bonjour.", french)], []);
    await frame();
    expect(one(".rnb-columns").hidden).toBe(false);
    expect(one(".rnb-columns").textContent).toContain("Translation (fr)");
    expect(one(".rnb-caption.rnb-assistant [lang=fr]").textContent).toContain("Bonjour.");
    expect(captionText(chat.transcript.items)).toBe("Good morning.\n→ Bonjour.\n");
  });

  it("stands alone where the words that are said were not asked for", async () => {
    chat.upsertItems([heard("t", "Bonjour.", { ...french, after: null })], []);
    await frame();
    expect(one(".rnb-columns").hidden).toBe(true);
    expect(document.querySelector("[data-both]")).toBeNull();
  });

  it("is never finished by hand, and has nothing to stop", async () => {
    chat.set("status", { turns: "manual" });
    chat.upsertItems([heard("t", "Bon", { ...french, status: "in_progress" })], []);
    await frame();
    expect(one(".rnb-finish").hidden).toBe(true);
    expect(one(".rnb-stop").hidden).toBe(true);
    expect(captions()[0]?.getAttribute("aria-busy")).toBe("true");
  });

  it("follows a language that changes", async () => {
    chat.upsertItems([heard("s", "Good morning."), heard("t", "Bonjour.", french)], []);
    chat.set("status", { language: "de" });
    await frame();
    expect(one(".rnb-columns").textContent).toContain("Translation (de)");
  });
});
