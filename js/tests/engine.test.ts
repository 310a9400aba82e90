// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/chat.js";
import { Engine } from "../src/engine.js";
import { stateWords } from "../src/ui/header.js";
import { asModel, FakeModel } from "./fakes.js";

const SOON_MS = 3000;

function setUp() {
  const model = new FakeModel();
  const life = new AbortController();
  const chat = new Chat();
  const engine = new Engine(asModel(model), chat, life.signal);
  model.welcome();
  const view = () => {
    const signal = new AbortController();
    engine.attach(signal.signal);
    return signal;
  };
  const told = () => model.kinds().filter((kind) => kind !== "probe");
  return { model, life, chat, view, told };
}

describe("Engine", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says that it was left when its last view is gone and none comes back", () => {
    const { model, view } = setUp();
    const first = view();
    const second = view();
    first.abort();
    vi.advanceTimersByTime(SOON_MS);
    expect(model.of("leave")).toEqual([]);
    second.abort();
    vi.advanceTimersByTime(SOON_MS - 1);
    const third = view(); // redrawn
    vi.advanceTimersByTime(SOON_MS);
    expect(model.of("leave")).toEqual([]);
    third.abort();
    vi.advanceTimersByTime(SOON_MS);
    expect(model.of("leave").length).toBe(1);
  });

  it("says hello again to be seen again, and leaves again", () => {
    const { model, view, told } = setUp();
    view().abort();
    vi.advanceTimersByTime(SOON_MS);
    expect(told()).toEqual(["hello", "leave"]);
    const again = view();
    expect(told()).toEqual(["hello", "leave", "hello"]);
    model.welcome();
    again.abort();
    vi.advanceTimersByTime(SOON_MS);
    expect(told()).toEqual(["hello", "leave", "hello", "mic", "leave"]);
  });

  it("says at once that its notebook was closed, or its page, and only once", () => {
    const closed = setUp();
    closed.view();
    closed.life.abort();
    expect(closed.model.kinds()).toEqual(["hello", "leave"]);
    const unloaded = setUp();
    unloaded.view();
    window.dispatchEvent(new Event("pagehide"));
    unloaded.life.abort();
    expect(unloaded.model.kinds()).toEqual(["hello", "leave"]);
  });

  it("comes back with a page that the browser had kept", () => {
    const { model, life } = setUp();
    window.dispatchEvent(new Event("pagehide"));
    window.dispatchEvent(new Event("pageshow"));
    expect(model.kinds()).toEqual(["hello", "leave", "hello"]);
    life.abort();
  });

  it("says of what had ended before its kernel how it ended", () => {
    for (const [state, words] of [
      ["closed", "closed: the call has ended"],
      ["failed", "failed: the call has ended"],
      ["open", "not live: the kernel restarted: run the cell again"],
    ] as const) {
      const { model, chat } = setUp();
      model.tell({ kind: "state", state, detail: "the call has ended" });
      model.emit("comm_live_update");
      expect(stateWords(chat).words).toBe(words);
      expect(chat.link).toBe("gone");
    }
  });

  it("says once that it has ended, and for which reason", () => {
    const { model, chat } = setUp();
    model.tell({ kind: "mic_off", to: model.client, reason: "the budget is spent" });
    expect(chat.notices.map(({ text }) => text)).toEqual(["the budget is spent"]);
    model.tell({ kind: "state", state: "closed", detail: "the call has ended" });
    model.tell({ kind: "mic_off", to: model.client, reason: "the chat was closed" });
    expect(stateWords(chat).words).toBe("closed: the call has ended");
    expect(chat.notices.map(({ text }) => text)).toEqual(["the budget is spent"]);
  });
});
