// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import widget from "../../src/stream_player.js";
import { asModel, FakeModel } from "../fakes.js";

let model: FakeModel;
let life: AbortController;
let el: HTMLElement;
/** Whether the browser lets sound out without a click. */
let lets = true;

/** A browser's audio, as far as the widget looks at it. */
class FakeContext {
  sampleRate = 24_000;
  destination = {};
  onstatechange: (() => void) | null = null;
  get state() {
    return lets ? "running" : "suspended";
  }
  async resume() {
    if (!lets) await new Promise(() => undefined);
  }
  async suspend() {}
  async close() {}
  createScriptProcessor() {
    return { connect: () => undefined, disconnect: () => undefined };
  }
}

const button = (name: string) =>
  [...el.querySelectorAll("button")].find((one) => !one.hidden && one.textContent === name);
const now = () => el.querySelector(".rnb-sp-now")?.textContent;
const trait = (name: string, value: unknown) => {
  model.traits[name] = value;
  model.emit(`change:${name}`);
};
const welcome = (more: object = {}) =>
  model.tell({ kind: "welcome", to: model.client, plays: true, second: false, at: 0, ...more });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal(
    "GainNode",
    class {
      gain = { value: 1 };
      connect() {}
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  lets = true;
  model = new FakeModel();
  model.traits = { _label: "speech", _text: "", _status: "", _total: -1, _autoplay: true };
  life = new AbortController();
  el = document.createElement("div");
  document.body.append(el);
  const made = widget();
  const props = { model: asModel(model), signal: life.signal, el };
  made.initialize?.(props as never);
  made.render?.(props as never);
});

afterEach(() => {
  life.abort();
  el.remove();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a player's view", () => {
  it("plays when the kernel answers, and shows words as words", () => {
    expect(button("Play")?.disabled).toBe(true);
    trait("_text", "<img src=x> said");
    trait("_status", "2 s so far");
    expect(el.querySelector("img")).toBeNull();
    expect(el.querySelector(".rnb-sp-text")?.textContent).toBe("<img src=x> said");
    expect(el.querySelector("section")?.getAttribute("aria-label")).toBe("speech");
    welcome({ at: 480 });
    expect(model.of("want")).toMatchObject([{ run: 1, from: 480 }]);
    expect(button("Pause")?.disabled).toBe(false);
  });

  it("asks for a click where the browser wants one", async () => {
    lets = false;
    welcome();
    model.tell({ kind: "sound", to: model.client, run: 1, offset: 0 }, [
      new DataView(new ArrayBuffer(9600)),
    ]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(now()).toContain("wants a click");
    expect(model.of("ack")[0]).toMatchObject({ got: 4800, played: 0 });
    lets = true;
    button("Click to hear")?.click();
    await vi.advanceTimersByTimeAsync(1000);
    expect(now()).not.toContain("wants a click");
    expect(button("Click to hear")).toBeUndefined();
  });

  it("waits to be asked where another tab plays, or where it came late", () => {
    welcome({ plays: false, second: true });
    expect(now()).toBe("Plays in another tab.");
    welcome({ plays: false, second: false });
    trait("_total", 48_000);
    expect(now()).toBe("ready");
    expect(model.of("want")).toEqual([]);
    button("Play")?.click();
    expect(model.of("want")).toMatchObject([{ from: 0 }]);
  });

  it("says that nobody answers, and plays what is here when the kernel goes", async () => {
    await vi.advanceTimersByTimeAsync(3100);
    expect(now()).toContain("Not live");
    welcome();
    model.emit("comm_live_update");
    await vi.advanceTimersByTimeAsync(0);
    expect(now()).toBe("played");
  });

  it("falls silent when its last view goes: nobody could press Pause", async () => {
    const view = new AbortController();
    const second = document.createElement("div");
    life.abort();
    const made = widget();
    const fresh = new FakeModel();
    fresh.traits = { ...model.traits };
    const whole = new AbortController();
    made.initialize?.({ model: asModel(fresh), signal: whole.signal } as never);
    made.render?.({ model: asModel(fresh), el: second, signal: view.signal } as never);
    fresh.tell({ kind: "welcome", to: fresh.client, plays: true, second: false, at: 0 });
    expect(second.textContent).toContain("Pause");
    view.abort();
    expect(second.childElementCount).toBe(0);
    await vi.advanceTimersByTimeAsync(4000);
    const last = fresh.of("ack").length;
    expect(fresh.of("ack").at(-1)).toMatchObject({ playing: false });
    await vi.advanceTimersByTimeAsync(4000);
    expect(fresh.of("ack").length).toBe(last);
    whole.abort();
  });

  describe("beside another", () => {
    let other: FakeModel;
    let second: HTMLElement;
    let gone: AbortController;

    beforeEach(() => {
      other = new FakeModel();
      other.traits = { ...model.traits };
      second = document.createElement("div");
      gone = new AbortController();
      const made = widget();
      const props = { model: asModel(other), signal: gone.signal, el: second };
      made.initialize?.(props as never);
      made.render?.(props as never);
      welcome();
      other.tell({ kind: "welcome", to: other.client, plays: true, second: false, at: 0 });
    });
    afterEach(() => gone.abort());
    const words = () => second.querySelector(".rnb-sp-now")?.textContent;
    const press = (name: string) =>
      [...second.querySelectorAll("button")].find((one) => one.textContent === name)?.click();

    it("waits, says so to its kernel, and begins when the first is stopped", async () => {
      expect(words()).toContain("waits until");
      await vi.advanceTimersByTimeAsync(1100);
      expect(other.of("waits")).toMatchObject([{ played: 0 }]);
      expect(other.of("want")).toEqual([]);
      button("Stop")?.click();
      expect(other.of("want")).toHaveLength(1);
      expect(words()).toBe("waiting for sound");
    });

    it("plays at once when it is asked to, and the first pauses", () => {
      press("Play");
      expect(other.of("want")).toHaveLength(1);
      expect(now()).toBe("paused");
    });

    it("stays silent behind one that was paused, also when that is taken away", () => {
      button("Pause")?.click();
      expect(words()).toContain("waits until");
      life.abort();
      expect(other.of("want")).toEqual([]);
      expect(words()).toBe("under way");
    });

    it("is not kept waiting by one that has no sound", async () => {
      await vi.advanceTimersByTimeAsync(8000);
      expect(other.of("want")).toHaveLength(1);
      expect(now()).toContain("waits until");
    });
  });
});
