// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../../src/chat.js";
import type { Edited, EditMessage } from "../../src/edits.js";
import { type Incoming, type Item, readIncoming } from "../../src/messages.js";
import { drawPanel } from "../../src/ui/panel.js";
import { recorded } from "../fakes.js";

let chat: Chat;
let life: AbortController;
let asked: EditMessage[];
const done: string[] = [];

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const settled = () => new Promise((resolve) => setTimeout(resolve));
const all = <T extends HTMLElement = HTMLElement>(selector: string) =>
  Array.from(document.querySelectorAll<T>(selector));
const one = <T extends HTMLElement = HTMLElement>(selector: string): T => {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const action = (words: string): HTMLButtonElement => {
  const found = all<HTMLButtonElement>(".rnb-menu button").find((b) => b.textContent === words);
  if (found === undefined) throw new Error(`no action ${words}`);
  return found;
};
const more = (at: number): HTMLElement => {
  const found = all(".rnb-more")[at];
  if (found === undefined) throw new Error("no such item");
  return found;
};
const key = (name: string) => {
  const event = new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true });
  document.activeElement?.dispatchEvent(event);
};
const answer = async (more: Partial<Edited>, buffers: DataView[] = []) => {
  const id = asked.at(-1)?.id ?? 0;
  const edited = { id, error: "", text: "", status: "", ms: 0, type: "", ...more };
  chat.history.receive(edited, buffers);
  await settled();
};

/** An item as the kernel tells it. */
function told(fields: object): Item {
  const message = readIncoming({ kind: "items", items: [fields], gone: [] }) as Extract<
    Incoming,
    { kind: "items" }
  >;
  return message.items[0] as Item;
}

const ANSWER = { id: "b", role: "assistant", text: "One two three four", audio_ms: 4000 };

beforeEach(async () => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has none and complains
  life?.abort();
  life = new AbortController();
  asked = [];
  done.length = 0;
  chat = new Chat();
  chat.history.send = (message) => asked.push(message) > 0;
  drawPanel(chat, recorded(done), document.body, life.signal);
  chat.set("status", { link: "live", session: "open", owner: true });
  chat.resetItems([told({ id: "a", role: "user", text: "<b>hi</b>" }), told(ANSWER)]);
  await frame();
});

describe("the menu of an item", () => {
  it("opens and closes, one at a time, and is gone through by key", () => {
    more(0).click();
    expect(all(".rnb-menu button").map((b) => b.textContent)).toEqual([
      "Copy",
      "Insert after…",
      "Retrieve",
      "Delete",
    ]);
    expect(document.activeElement).toBe(action("Copy"));
    key("ArrowRight");
    expect(document.activeElement).toBe(action("Insert after…"));
    key("ArrowUp");
    key("ArrowLeft");
    expect(document.activeElement).toBe(action("Delete"));
    key("Home");
    expect(document.activeElement).toBe(action("Copy"));
    more(1).click();
    expect(all(".rnb-menu")).toHaveLength(1);
    expect(all(".rnb-menu button")).toHaveLength(5);
    expect(more(0).getAttribute("aria-expanded")).toBe("false");
    key("Escape");
    expect(all(".rnb-menu")).toHaveLength(0);
    expect(document.activeElement).toBe(more(1));
    expect(done).toEqual([]);
  });

  it("deletes at the second press, and says why not", async () => {
    more(0).click();
    action("Delete").click();
    expect(asked).toEqual([]);
    action("Really delete").click();
    expect(asked[0]).toMatchObject({ kind: "edit", op: "delete", item_id: "a" });
    await answer({ error: "there is no item <i>'a'</i>" });
    expect(one(".rnb-problem").textContent).toBe("there is no item <i>'a'</i>");
    expect(all(".rnb-problem i")).toHaveLength(0);
    chat.upsertItems([], ["a"]);
    await frame();
    expect(all(".rnb-more")).toHaveLength(1);
  });

  it("inserts behind an item, and keeps what one wrote until it was taken", async () => {
    more(1).click();
    action("Insert after…").click();
    const words = one<HTMLTextAreaElement>(".rnb-item-form textarea");
    expect(document.activeElement).toBe(words);
    key("Enter");
    expect(one(".rnb-problem").textContent).toContain("Write what");
    words.value = " Speak French. ";
    one<HTMLSelectElement>(".rnb-item-form select").value = "system";
    key("Enter");
    expect(asked).toEqual([
      { kind: "edit", id: 1, op: "insert", item_id: "b", role: "system", text: "Speak French." },
    ]);
    await answer({ error: "refused" });
    expect(words.value).toBe(" Speak French. ");
    one<HTMLButtonElement>(".rnb-item-form button").click();
    await answer({});
    expect(all(".rnb-item-actions")).toHaveLength(0);
  });

  it("cuts where the words are selected", async () => {
    const words = one(".rnb-assistant .rnb-text");
    const range = document.createRange();
    const text = Array.from(words.childNodes).find((n) => n.textContent === ANSWER.text) as Text;
    range.setStart(text, ANSWER.text.length / 2);
    document.getSelection()?.removeAllRanges();
    document.getSelection()?.addRange(range);
    more(1).click();
    action("Cut here…").click();
    const seconds = one<HTMLInputElement>(".rnb-item-form input");
    expect(seconds.value).toBe("2");
    seconds.value = "9";
    key("Enter");
    expect(one(".rnb-problem").textContent).toBe("Write a number of seconds from 0 to 4.");
    expect(asked).toEqual([]);
    seconds.value = "1.25";
    one<HTMLButtonElement>(".rnb-item-form button").click();
    expect(asked[0]).toMatchObject({ op: "cut", item_id: "b", ms: 1250 });
    document.getSelection()?.removeAllRanges();
  });

  it("shows an item as the service has it, with its sound", async () => {
    URL.createObjectURL = () => "blob:sound";
    const revoked = vi.fn();
    URL.revokeObjectURL = revoked;
    more(1).click();
    action("Retrieve").click();
    const sound = new DataView(new ArrayBuffer(44));
    await answer({ text: "<b>told</b>", status: "completed", ms: 1500 }, [sound]);
    expect(one(".rnb-retrieved").textContent).toBe("<b>told</b>");
    expect(one(".rnb-item-form .rnb-note").textContent).toContain("completed, 0:01.5");
    expect(one<HTMLAudioElement>(".rnb-item-form audio").getAttribute("src")).toBe("blob:sound");
    key("Escape");
    more(1).click();
    expect(revoked).toHaveBeenCalledWith("blob:sound");
  });

  it("can only copy once the chat has ended", async () => {
    chat.set("status", { session: "closed" });
    await frame();
    more(1).click();
    const usable = all<HTMLButtonElement>(".rnb-menu button").filter((b) => !b.disabled);
    expect(usable.map((b) => b.textContent)).toEqual(["Copy"]);
  });
});

describe("what a page asks of the conversation", () => {
  it("always ends: with the kernel, or after a while", async () => {
    const first = chat.history.edit({ op: "delete", item_id: "a" });
    chat.history.gone();
    expect((await first).error).toContain("run the cell again");
    chat.history.send = () => false;
    expect((await chat.history.edit({ op: "delete", item_id: "a" })).error).toContain("gone");
    vi.useFakeTimers();
    chat.history.send = () => true;
    const third = chat.history.edit({ op: "delete", item_id: "a" });
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    expect((await third).error).toContain("did not answer");
  });
});

describe("the pictures of an item", () => {
  const picture = (held: boolean) => ({
    id: "p",
    role: "user",
    text: "look",
    pictures: [{ index: 1, facts: "2×1 PNG, 70 bytes", width: 560, height: 280, held }, "nonsense"],
  });

  it("are asked for, and shown as images with what they are", async () => {
    chat.upsertItems([told(picture(true))], []);
    await frame();
    expect(asked).toMatchObject([{ op: "picture", item_id: "p", index: 1 }]);
    expect(one(".rnb-frame").style.width).toBe("280px");
    await answer({ type: "image/png" }, [new DataView(new Uint8Array([1, 2, 3]).buffer)]);
    const image = one<HTMLImageElement>(".rnb-picture img");
    expect(image.getAttribute("src")).toBe("data:image/png;base64,AQID");
    expect(image.alt).toBe("Picture, 2×1 PNG, 70 bytes");
    expect(all(".rnb-picture")).toHaveLength(1);
  });

  it("are never markup, whatever is sent in their place", async () => {
    chat.upsertItems([told(picture(true))], []);
    await frame();
    await answer({ type: "image/svg+xml" }, [new DataView(new ArrayBuffer(3))]);
    expect(all(".rnb-picture img")).toHaveLength(0);
    expect(one("figcaption").textContent).toBe("2×1 PNG, 70 bytes, no longer kept");
  });

  it("are told of when they are no longer kept", async () => {
    chat.upsertItems([told(picture(false))], []);
    await frame();
    expect(asked).toEqual([]);
    expect(one("figcaption").textContent).toContain("no longer kept");
  });
});
