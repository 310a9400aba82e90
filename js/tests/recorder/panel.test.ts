// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import widget from "../../src/recorder.js";
import { asModel, FakeModel } from "../fakes.js";

const STANDING = {
  state: "ready",
  by: "",
  take: "",
  got: 0,
  max: 24_000 * 60,
  takes: 0,
  trims: true,
  trimmed: false,
  number: 0,
  samples: 0,
  bars: [],
};

let model: FakeModel;
let life: AbortController;
let el: HTMLElement;

const buttons = () =>
  [...el.querySelectorAll("button")].filter((one) => !one.hidden && !one.closest("[hidden]"));
const names = () => buttons().map((one) => one.textContent);
const button = (name: string) => buttons().find((one) => one.textContent === name);
const status = () => el.querySelector(".rnb-rec-state")?.textContent;
const stands = (more: object = {}, kind = "state") =>
  model.tell({ ...STANDING, ...more, kind, ...(kind === "welcome" ? { to: model.client } : {}) });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  model = new FakeModel();
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

describe("a recorder's view", () => {
  it("is not live before the kernel answered, and says so when it does not", async () => {
    expect(status()).toBe("connecting");
    expect(button("Record")?.disabled).toBe(true);
    await vi.advanceTimersByTimeAsync(3100);
    expect(status()).toContain("not live");
    expect(model.of("hello").length).toBe(2);
    stands({}, "welcome");
    expect(status()).toBe("nothing recorded yet");
    expect(button("Record")?.disabled).toBe(false);
  });

  it("offers what can be done with a recording", () => {
    stands({}, "welcome");
    expect(names()).toEqual(["Record"]);
    stands({ state: "recorded", number: 1, samples: 48_000, takes: 1, bars: [0.1, 7, "x"] });
    expect(names()).toEqual(["Record another", "Play", "Retake", "Trim silence"]);
    expect(el.querySelector(".rnb-rec-time")?.textContent).toBe("0:00 of 0:02");
    button("Trim silence")?.click();
    expect(model.of("trim")).toMatchObject([{ on: true }]);
    stands({ state: "recorded", number: 2, samples: 24_000, takes: 1, trimmed: true });
    expect(button("Trim silence")?.getAttribute("aria-pressed")).toBe("true");
    expect(status()).toBe("recorded, silence cut off");
    stands({ state: "recorded", number: 2, samples: 24_000, takes: 1, trims: false });
    expect(names()).not.toContain("Trim silence");
  });

  it("shows that another tab records, for how long, and opens nothing here", () => {
    stands({ state: "recording", by: "other", take: "t", got: 0 }, "welcome");
    model.tell({ kind: "ack", take: "t", got: 24_000 * 5 });
    expect(status()).toBe("another tab records");
    expect(el.querySelector(".rnb-rec-time")?.textContent).toBe("0:05 of 1:00 at most");
    expect(button("Record")?.disabled).toBe(true);
  });

  it("says in one line why there is no microphone, and can be tried again", async () => {
    stands({}, "welcome");
    button("Record")?.click(); // jsdom has no microphone at all
    await vi.advanceTimersByTimeAsync(0);
    const notice = el.querySelector(".rnb-rec-notices")?.textContent ?? "";
    expect(notice).toContain("Browsers give the microphone only to https");
    expect(notice).toContain('AudioClip.read("clip.wav")');
    expect(notice).not.toContain("chat.listen");
    expect(button("Record")?.disabled).toBe(false);
  });

  it("shows what the kernel says as words, never as markup", () => {
    stands({}, "welcome");
    model.tell({ kind: "notice", level: "error", text: "<img src=x onerror=alert(1)>" });
    expect(el.querySelector("img")).toBeNull();
    expect(el.querySelector(".rnb-notice")?.textContent).toContain("<img src=x");
    el.querySelector<HTMLButtonElement>("[aria-label=Dismiss]")?.click();
    expect(el.querySelector(".rnb-notice")).toBeNull();
  });

  it("says that its kernel is gone, and asks whether it is back", async () => {
    stands({}, "welcome");
    model.emit("comm_live_update");
    expect(status()).toBe("not live: run the cell again");
    expect(button("Record")?.disabled).toBe(true);
    const asked = model.of("hello").length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.of("hello").length).toBe(asked + 2);
    stands({ state: "recorded", samples: 5, number: 1, takes: 1 }, "welcome");
    expect(status()).toBe("recorded");
  });
});
