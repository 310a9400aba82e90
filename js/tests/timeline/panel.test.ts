// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SELECT } from "../../src/timeline/link.js";
import { drawTimeline } from "../../src/timeline/panel.js";
import { ANSWER_MS, Source } from "../../src/timeline/source.js";
import { readWhole } from "../../src/timeline/wire.js";
import { asModel, FakeModel } from "../fakes.js";

const EVIL = '<img src=x onerror="alert(1)">';
const WHOLE = {
  kind: "timeline",
  chat: "a talk",
  duration_ms: 10_000,
  kinds: {
    committed: { name: "committed", colour: "#9a8a10" },
    error: { name: EVIL, colour: "url(evil)" },
  },
  sides: { user: "#3a8f6a", assistant: "#4a7fc1" },
  stages: [{ name: "→ committed", colour: "#9a8a10" }],
  marks: [
    { t_ms: 1000, kind: "committed", side: "user", seq: 7, label: "" },
    { t_ms: 2000, kind: "error", side: "assistant", seq: 9, label: EVIL },
  ],
  regions: [{ from_ms: 0, to_ms: 900, side: "user", text: EVIL }],
  turns: [
    {
      number: 1,
      kind: "voice",
      begin_ms: 4000,
      end_ms: 5000,
      interrupted: true,
      legs: [{ name: "→ committed", from_ms: 0, to_ms: 120.4, colour: "#9a8a10" }],
    },
  ],
};

let model: FakeModel;
let life: AbortController;
let resized: () => void;

const find = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const status = () => find(".rnb-tl-status").textContent;
const settle = () => vi.advanceTimersByTimeAsync(200);
const last = (kind: string) => model.sent.filter(({ content }) => content.kind === kind).at(-1);
/** The kernel answers the last question of a kind. */
const answer = async (kind: string, fields: Record<string, unknown>, buffers: DataView[] = []) => {
  const { client, id } = last(kind)?.content ?? {};
  model.tell({ ...fields, to: client, id }, buffers);
  await settle();
};
const press = async (key: string) => {
  find(".rnb-tl-stage").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await settle();
};
const pairs = () => new DataView(new Int16Array([-5, 5]).buffer);
const selections = () => {
  const heard: unknown[] = [];
  const hear = (event: Event) => heard.push((event as CustomEvent).detail);
  document.addEventListener(SELECT, hear, { signal: life.signal });
  return heard;
};

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(call: () => void) {
        resized = call;
      }
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("requestAnimationFrame", (call: () => void) => setTimeout(call, 16));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(500);
  model = new FakeModel();
  life = new AbortController();
  drawTimeline(new Source(asModel(model), life.signal), document.body, life.signal);
  resized();
  await answer("hello", WHOLE);
  await answer("peaks", { kind: "peaks" }, [pairs(), pairs()]);
});

afterEach(() => {
  life.abort();
  expect(document.querySelector(".rnb-timeline")).toBeNull();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the timeline's panel", () => {
  it("asks for one pair a column of what is in view, and no more often than needed", async () => {
    const asked = () => model.sent.filter(({ content }) => content.kind === "peaks").length;
    expect(last("peaks")?.content).toMatchObject({ from_ms: 0, to_ms: 10_000, columns: 500 });
    const before = asked();
    for (let i = 0; i < 5; i++) find("[aria-label='Zoom in']").click();
    await settle();
    expect(asked()).toBe(before + 1);
    expect(last("peaks")?.content).toMatchObject({ from_ms: 0, to_ms: 312.5 });
  });

  it("says when there is nothing to see", async () => {
    find(".rnb-tl-bar button:last-of-type").click();
    await answer("refresh", { ...WHOLE, duration_ms: 0, marks: [], regions: [], turns: [] });
    expect(status()).toBe("There is no sound yet, and no mark");
  });

  it("goes from mark to mark by keys and tells the page which event", async () => {
    const heard = selections();
    await press("n");
    expect(status()).toBe("committed at 1.000 s, event 7");
    await press("n");
    await press("p");
    expect(heard).toMatchObject([
      { chat: "a talk", seq: 7 },
      { chat: "a talk", seq: 9 },
      { chat: "a talk", seq: 7 },
    ]);
    expect(find(".rnb-tl-stage").getAttribute("aria-valuenow")).toBe("1000");
  });

  it("shows nothing of the kernel as markup, and takes only colours for colours", async () => {
    await press("End");
    await press("p");
    expect(status()).toContain(EVIL);
    expect(document.querySelector("img")).toBeNull();
    expect(readWhole(WHOLE).kinds.get("error")?.colour).toBe("#8c8c8c");
  });

  it("shows an event that was chosen elsewhere, with a mark or without one", async () => {
    const heard = selections();
    const choose = async (detail: unknown) => {
      document.dispatchEvent(new CustomEvent(SELECT, { detail }));
      await settle();
    };
    await choose({ chat: "a talk", seq: 9 });
    expect(status()).toContain("event 9");
    await choose({ chat: "another", seq: 7 });
    await choose(null);
    await choose({ chat: "a talk", seq: "7" });
    expect(status()).toContain("event 9");
    await choose({ chat: "a talk", seq: 8 });
    expect(last("place")?.content.seq).toBe(8);
    await answer("place", { kind: "place", t_ms: 1500 });
    expect(status()).toBe("event 8 at 1.500 s");
    // What it hears it does not say again.
    expect(heard.length).toBe(5);
  });

  it("goes to a turn, whose legs can be read without seeing", async () => {
    const turn = find(".rnb-tl-turn");
    expect(turn.getAttribute("aria-label")).toBe("turn 1 · voice · cut: → committed 120 ms");
    turn.click();
    await settle();
    expect(find(".rnb-tl-stage").dataset).toMatchObject({ from: "3800.0", to: "5200.0" });
  });

  it("leaves keys with Ctrl to the notebook", async () => {
    await press("n");
    const before = status();
    const event = new KeyboardEvent("keydown", { key: "n", ctrlKey: true, bubbles: true });
    find(".rnb-tl-stage").dispatchEvent(event);
    expect(status()).toBe(before);
    expect(find(".rnb-timeline").hasAttribute("data-lm-suppress-shortcuts")).toBe(false);
    await press("Home");
    expect(find(".rnb-timeline").hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
  });

  it("takes in what has come since, and keeps its place", async () => {
    find(".rnb-tl-turn").click();
    await settle();
    find("[aria-label^='Take in']").click();
    await answer("refresh", { ...WHOLE, duration_ms: 20_000 });
    expect(find(".rnb-tl-stage").dataset).toMatchObject({ from: "3800.0", to: "5200.0" });
    expect(find(".rnb-tl-time").textContent).toContain("of 20.00 s");
    model.tell({ ...WHOLE, to: null, duration_ms: 30_000 });
    await settle();
    expect(find(".rnb-tl-time").textContent).toContain("of 30.00 s");
  });

  it("says when the kernel is gone", async () => {
    find("[aria-label^='Take in']").click();
    await vi.advanceTimersByTimeAsync(ANSWER_MS);
    expect(status()).toContain("run the cell again");
    model.broken = true;
    find("[aria-label^='Take in']").click();
    await settle();
    expect(status()).toContain("run the cell again");
  });
});
