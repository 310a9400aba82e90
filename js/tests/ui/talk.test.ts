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
const key = (node: EventTarget, type: string, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent(type, { key: " ", bubbles: true, cancelable: true, ...more });
  node.dispatchEvent(event);
  return event.defaultPrevented;
};

beforeEach(async () => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has none and complains
  done.length = 0;
  life?.abort();
  life = new AbortController();
  chat = new Chat();
  drawPanel(chat, recorded(done), document.body, life.signal);
  chat.set("status", { link: "live", session: "open", owner: true, turns: "push_to_talk" });
  await frame();
});

describe("the talk key", () => {
  it("is there only for push-to-talk", async () => {
    expect(one(".rnb-talk-key").hidden).toBe(false);
    expect(one(".rnb-finish").hidden).toBe(true);
    chat.set("status", { turns: "server_vad" });
    await frame();
    expect(one(".rnb-talk-key").hidden).toBe(true);
    expect(key(one(".rnb-log"), "keydown")).toBe(false);
    expect(done).toEqual([]);
  });

  it("is held by pointer", () => {
    one(".rnb-talk-key").dispatchEvent(new MouseEvent("pointerdown", { button: 0 }));
    one(".rnb-talk-key").dispatchEvent(new MouseEvent("pointerup"));
    expect(done).toEqual(["hold", "release"]);
  });

  it("is let go with the window, whether or not it had the focus", () => {
    one(".rnb-talk-key").dispatchEvent(new MouseEvent("pointerdown", { button: 0 }));
    window.dispatchEvent(new Event("blur"));
    expect(done).toEqual(["hold", "release"]);
  });

  it("is held by its own keys, once however they repeat", () => {
    const node = one(".rnb-talk-key");
    for (const name of [" ", "Enter"]) {
      key(node, "keydown", { key: name });
      key(node, "keydown", { key: name, repeat: true });
      key(node, "keyup", { key: name });
    }
    expect(done).toEqual(["hold", "release", "hold", "release"]);
  });

  it("is pressed on and off where a screen reader clicks", async () => {
    one(".rnb-talk-key").dispatchEvent(new MouseEvent("click", { detail: 0 }));
    chat.set("microphone", { talking: true });
    await frame();
    expect(one(".rnb-talk-key").getAttribute("aria-pressed")).toBe("true");
    expect(one(".rnb-talk-key").textContent).toBe("Listening");
    one(".rnb-talk-key").dispatchEvent(new MouseEvent("click", { detail: 0 }));
    expect(done).toEqual(["hold", "release"]);
  });
});

describe("the hint", () => {
  it("names the key, in a conversation and in a transcription", async () => {
    expect(one(".rnb-transcript .rnb-empty").textContent).toMatch(/Hold .* space bar/);
    chat.set("status", { kind: "transcription" });
    await frame();
    expect(one(".rnb-captions .rnb-empty").textContent).toMatch(/Hold .* space bar/);
  });
});

describe("the space bar", () => {
  it("talks while the focus is in the widget, also on the microphone", () => {
    for (const selector of [".rnb", ".rnb-log", ".rnb-microphone"]) {
      expect(key(one(selector), "keydown")).toBe(true);
      key(one(selector), "keydown", { repeat: true });
      expect(key(window, "keyup")).toBe(true);
    }
    expect(done).toEqual(["hold", "release", "hold", "release", "hold", "release"]);
  });

  it("writes and presses where it always does", () => {
    for (const selector of [".rnb-box", ".rnb-stop", ".rnb summary", ".rnb-select", "input"]) {
      expect(key(one(selector), "keydown")).toBe(false);
    }
    expect(done).toEqual([]);
  });

  it("writes no spaces where the focus went while it was held", () => {
    key(one(".rnb"), "keydown");
    expect(key(one(".rnb-box"), "keydown", { repeat: true })).toBe(true);
    expect(key(document.body, "keydown", { repeat: true })).toBe(true);
    expect(key(one(".rnb-box"), "keyup")).toBe(true);
    expect(key(one(".rnb-box"), "keydown")).toBe(false);
    expect(done).toEqual(["hold", "release"]);
  });

  it("is let go when the window is left, and when the view closes", () => {
    key(one(".rnb"), "keydown");
    window.dispatchEvent(new Event("blur"));
    expect(done).toEqual(["hold", "release"]);
    expect(key(window, "keyup")).toBe(false);
    key(one(".rnb"), "keydown");
    life.abort();
    expect(done).toEqual(["hold", "release", "hold", "release"]);
  });

  it("is a space again when nobody is there", async () => {
    chat.set("status", { session: "closed" });
    await frame();
    expect(key(one(".rnb"), "keydown")).toBe(false);
    expect(done).toEqual([]);
  });
});

describe("settings of turns", () => {
  const turns = () => one<HTMLSelectElement>(".rnb-settings select");
  const halfDuplex = () => one<HTMLInputElement>(".rnb-settings input");

  it("ask the kernel, and show what is in force", async () => {
    expect(turns().value).toBe("push_to_talk");
    turns().value = "semantic_vad";
    turns().dispatchEvent(new Event("change"));
    halfDuplex().click();
    expect(done).toEqual(["turns semantic_vad", "half-duplex true"]);
    chat.set("status", { turns: "server_vad", halfDuplex: true });
    await frame();
    expect(turns().value).toBe("server_vad");
    expect(halfDuplex().checked).toBe(true);
  });

  it("are not for sessions that know no turns, or nobody", async () => {
    chat.set("status", { kind: "transcription" });
    await frame();
    expect(turns().closest("label")?.hidden).toBe(false);
    expect(halfDuplex().closest("label")?.hidden).toBe(true);
    chat.set("status", { kind: "translation", session: "closed" });
    await frame();
    expect(turns().closest("label")?.hidden).toBe(true);
    expect(turns().disabled).toBe(true);
  });
});

describe("settings of sound", () => {
  const select = (words: string) => {
    const label = Array.from(document.querySelectorAll("label")).find(
      (node) => node.firstElementChild?.textContent === words,
    );
    const found = label?.querySelector("select");
    if (!found) throw new Error(`no ${words}`);
    return found;
  };
  const open = async () => {
    one<HTMLDetailsElement>(".rnb-settings").open = true;
    await frame();
    await frame();
  };
  const devices = {
    inputs: [{ id: "m1", name: "Headset" }],
    outputs: [{ id: "s1", name: "Desk <b>" }],
  };

  it("look for devices when they are opened, and let one be chosen", async () => {
    chat.setSound({ devices, choosable: true, input: "m1" });
    await open();
    expect(done).toContain("look");
    expect(select("Microphone device").value).toBe("m1");
    expect(Array.from(select("Loudspeaker").options, (option) => option.text)).toEqual([
      "System default",
      "Desk <b>",
    ]);
    select("Loudspeaker").value = "s1";
    select("Loudspeaker").dispatchEvent(new Event("change"));
    select("Microphone device").value = "";
    select("Microphone device").dispatchEvent(new Event("change"));
    expect(done.slice(-2)).toEqual(["output s1", "input "]);
  });

  it("offer no loudspeakers where the browser lets none be chosen", async () => {
    await open();
    expect(select("Loudspeaker").closest("label")?.hidden).toBe(true);
  });

  it("keep a chosen microphone that is not connected in sight", async () => {
    chat.setSound({ devices, input: "gone" });
    await open();
    expect(select("Microphone device").selectedOptions[0]?.text).toMatch(/not connected/);
  });

  it("switch what is done to the microphone", async () => {
    await open();
    const boxes = document.querySelectorAll<HTMLInputElement>(".rnb-switches input");
    expect(Array.from(boxes, (box) => box.checked)).toEqual([true, true, true]);
    boxes[1]?.click();
    expect(done.at(-1)).toBe("noiseSuppression false");
  });

  it("tell rates and gaps, and gaps also when closed", async () => {
    chat.setSound({ underruns: 2, prebufferMs: 160, inputRate: 24_000, outputRate: 44_100 });
    await frame();
    expect(one(".rnb-gaps").textContent).toBe("2 gaps in the sound");
    await open();
    expect(one(".rnb-facts").textContent).toBe(
      "microphone at 24 kHz · loudspeaker at 44.1 kHz · answers held back 160 ms · 2 gaps in the sound",
    );
  });
});
