// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Question } from "../../src/table/answers.js";
import { ROW_PX } from "../../src/table/grid.js";
import { MessageSource } from "../../src/table/source.js";
import { createTable } from "../../src/table/table.js";
import { SELECT as SELECT_EVENT } from "../../src/timeline/link.js";

/** A kernel with rows of its own; it answers at once, or when `hold` is let go of. */
class Kernel {
  readonly asked: Question[] = [];
  rows: Record<string, unknown>[];
  held: (() => void)[] | null = null;
  detail: Record<string, unknown> = {};
  /** How many of its oldest have gone. */
  dropped = 0;
  readonly source = new MessageSource();

  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, seq) => wire(seq));
    this.source.send = (question) => {
      this.asked.push(question);
      const answer = () => this.#answer(question);
      if (this.held !== null) this.held.push(answer);
      else queueMicrotask(answer);
      return true;
    };
  }

  pages(): Question[] {
    return this.asked.filter(({ kind }) => kind === "rows");
  }

  #answer(question: Question): void {
    const fields = question.kind === "rows" ? this.#page(question) : this.detail;
    const { kind, id } = question;
    const sound = [new DataView(new ArrayBuffer(100))];
    this.source.receive({ kind, id, fields }, kind === "event_sound" ? sound : []);
  }

  #page(question: Question): Record<string, unknown> {
    const query = question.filter as { kind: string; text: string };
    const fits = (row: Record<string, unknown>) =>
      (query.kind === "" || row.type === query.kind) &&
      (query.text === "" || String(row.summary).includes(query.text));
    const rows = this.rows.filter(fits);
    const { around, count } = question as unknown as { around?: number; count: number };
    let { start, stop } = question as unknown as { start: number; stop: number | null };
    let at: number | null = null;
    if (around !== undefined) {
      at = rows.findIndex((row) => row.seq === around);
      if (at < 0) at = null;
      start = Math.max(0, (at ?? 0) - Math.floor(count / 2));
      stop = start + count;
    }
    const { anchor } = question as unknown as { anchor?: number };
    if (anchor !== undefined) {
      at = rows.findIndex((row) => row.seq === anchor);
      if (at < 0) at = null;
    }
    const first = start < 0 ? Math.max(0, rows.length + start) : start;
    const kinds = [...new Set(rows.map((row) => row.type))].map((type) => [type, 1]);
    const { dropped } = this;
    const all = { total: rows.length, events: this.rows.length, dropped, kinds, at, log: "a log" };
    return { ...all, start: first, rows: rows.slice(first, stop ?? undefined) };
  }
}

function wire(seq: number, more: object = {}): Record<string, unknown> {
  const type = seq % 10 === 0 ? "response.done" : "response.output_text.delta";
  const row = { seq, t_ms: 10 * seq, since_ms: 10, dir: "received", type };
  return { ...row, item: "item_1", response: "resp_1", summary: `says ${seq}`, size: 9, ...more };
}

let life: AbortController;
let kernel: Kernel;
const frames = async (count = 4) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
};
const one = <T extends HTMLElement>(selector: string): T => {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const rows = () =>
  Array.from(document.querySelectorAll<HTMLElement>(".rnb-scroll .rnb-row:not([hidden])"));
const summaries = () => rows().map((row) => row.querySelector(".rnb-c-summary bdi")?.textContent);
const button = (words: string) => {
  const all = Array.from(document.querySelectorAll<HTMLButtonElement>("button:not([hidden])"));
  const found = all.find((node) => node.textContent === words);
  if (found === undefined) throw new Error(`no button ${words}`);
  return found;
};
const key = (name: string) =>
  one(".rnb-grid").dispatchEvent(new KeyboardEvent("keydown", { key: name, cancelable: true }));

async function open(count: number): Promise<void> {
  kernel = new Kernel(count);
  document.body.replaceChildren(createTable(kernel.source, life.signal).node);
  await frames();
}

beforeEach(() => {
  life = new AbortController();
});
afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the event table", () => {
  it("shows the newest rows of many with few nodes and one question", async () => {
    await open(100_000);
    expect(summaries().at(-1)).toBe("says 99999");
    expect(rows().length).toBeLessThan(60);
    expect(kernel.pages().length).toBe(1);
    expect(one(".rnb-grid").getAttribute("aria-rowcount")).toBe("100001");
    expect(rows().at(-1)?.getAttribute("aria-rowindex")).toBe("100001");
    expect(one(".rnb-filters .rnb-total").textContent).toBe("100,000 rows of 100,000 events");
  });

  it("shows ids without what all begin with, and of a long type both ends; whole when asked", async () => {
    // Ten pixels a letter, and every column has room for fifteen.
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (
      this: Element,
    ) {
      const width = this.className === "rnb-probe" ? 400 : 166;
      return new DOMRect(0, 0, width, 10);
    });
    let measure = () => {};
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(told: () => void) {
          measure = told;
        }
        observe() {}
        disconnect() {}
      },
    );
    await open(10);
    measure();
    await frames();
    const row = rows()[1];
    const type = row?.querySelector<HTMLElement>(".rnb-c-type bdi");
    expect([type?.textContent, type?.title]).toEqual([
      "resp…text.delta",
      "response.output_text.delta",
    ]);
    expect(type?.parentElement?.getAttribute("aria-label")).toBe("response.output_text.delta");
    const item = row?.querySelector<HTMLElement>(".rnb-c-item");
    expect([item?.textContent, item?.title]).toEqual(["1", "item_1"]);
    expect(rows()[0]?.querySelector(".rnb-c-type")?.hasAttribute("aria-label")).toBe(false);
  });

  it("follows what comes, and asks no more often than it is answered", async () => {
    await open(50);
    kernel.held = [];
    for (let i = 50; i < 90; i++) {
      kernel.rows.push(wire(i));
      kernel.source.grown(i + 1);
    }
    await frames();
    expect(kernel.pages().length).toBe(2);
    for (const answer of kernel.held) answer();
    kernel.held = null;
    await frames();
    expect(summaries().at(-1)).toBe("says 89");
  });

  it("keeps its place when it is held", async () => {
    await open(50);
    button("Follow").click();
    await frames();
    const before = summaries();
    kernel.rows.push(wire(50));
    kernel.source.grown(51);
    await frames();
    expect(summaries().slice(0, before.length)).toEqual(before);
    button("Follow").click();
    await frames();
    expect(summaries().at(-1)).toBe("says 50");
  });

  it("keeps what is seen in view while the log lets go of its oldest", async () => {
    await open(1000);
    one(".rnb-scroll").scrollTop = 500 * ROW_PX;
    one(".rnb-scroll").dispatchEvent(new Event("scroll"));
    await frames();
    const before = summaries();
    expect(before[0]).toBe("says 500");
    // As many come as go, and more than are asked for beyond what is seen.
    for (let i = 1000; i < 1100; i++) kernel.rows.push(wire(i));
    kernel.rows.splice(0, 100);
    kernel.dropped = 100;
    kernel.source.grown(1000);
    for (let i = 0; i < 8; i++) {
      await frames(1);
      expect(summaries()).toEqual(before);
    }
    expect(one(".rnb-scroll").scrollTop).toBe(400 * ROW_PX);
    // What was in view has gone as well: the oldest that is left.
    kernel.rows.splice(0, 600);
    kernel.dropped = 700;
    kernel.source.grown(400);
    await frames(8);
    expect(summaries()[0]).toBe("says 700");
  });

  it("has no row left of before when as many went as came", async () => {
    await open(1000);
    kernel.rows.push(wire(1000));
    kernel.rows.splice(0, 1);
    kernel.dropped = 1;
    kernel.source.grown(1000);
    await frames();
    button("Follow").click();
    one(".rnb-scroll").scrollTop = 970 * ROW_PX;
    one(".rnb-scroll").dispatchEvent(new Event("scroll"));
    await frames(8);
    const said = summaries().map((words) => Number(words?.slice(5)));
    expect(said).toEqual(said.map((_, i) => (said[0] ?? 0) + i));
  });

  it("is one place to tab to", async () => {
    await open(5);
    expect(one(".rnb-scroll").tabIndex).toBe(-1);
    one(".rnb-scroll").focus();
    expect(document.activeElement).toBe(one(".rnb-grid"));
    expect(rows()[0]?.querySelector(".rnb-c-size")?.getAttribute("aria-colindex")).toBe("8");
  });

  it("says why a question could not be answered", async () => {
    await open(5);
    kernel.held = [];
    kernel.source.grown(6);
    await frames();
    const { kind, id } = kernel.pages().at(-1) as Question;
    kernel.source.receive({ kind, id, fields: { failed: "it is broken" } }, []);
    await frames();
    expect(one(".rnb-filters .rnb-total").textContent).toBe("it is broken");
  });

  it("says Stop as long as it plays, and no longer", async () => {
    const players: FakeAudio[] = [];
    class FakeAudio extends EventTarget {
      pause = vi.fn();
      play = vi.fn(async () => undefined);
      constructor() {
        super();
        players.push(this);
      }
    }
    vi.stubGlobal("Audio", FakeAudio);
    vi.stubGlobal("URL", { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined });
    await open(3);
    kernel.rows[2] = wire(2, { audio: 900 });
    kernel.source.grown(3);
    await frames();
    rows()[2]?.click();
    await frames();
    button("Play").click();
    await frames();
    // Longer than a button says what it has done.
    await new Promise((resolve) => setTimeout(resolve, 1700));
    expect(button("Stop").hidden).toBe(false);
    players[0]?.dispatchEvent(new Event("ended"));
    expect(button("Play").hidden).toBe(false);
    // A sound that comes when another row is chosen is not played.
    kernel.held = [];
    button("Play").click();
    const [come] = kernel.held;
    kernel.held = null;
    rows()[1]?.click();
    await frames();
    come?.();
    await frames();
    expect(players.length).toBe(1);
  });

  it("asks nothing while nobody sees it", async () => {
    let look: (entries: { isIntersecting: boolean }[]) => void = () => undefined;
    const Observer = class {
      constructor(callback: typeof look) {
        look = callback;
      }
      observe() {}
      disconnect() {}
    };
    vi.stubGlobal("IntersectionObserver", Observer);
    await open(50);
    kernel.source.grown(51);
    await frames();
    expect(kernel.asked).toEqual([]);
    look([{ isIntersecting: true }]);
    await frames();
    expect(summaries().at(-1)).toBe("says 49");
    look([{ isIntersecting: false }]);
    kernel.source.grown(52);
    await frames();
    expect(kernel.pages().length).toBe(1);
  });

  it("filters by kind and by text, and says how many", async () => {
    await open(100);
    const kind = one<HTMLSelectElement>("select[aria-label=Kind]");
    kind.value = "response.done";
    kind.dispatchEvent(new Event("change"));
    await frames();
    expect(one(".rnb-filters .rnb-total").textContent).toBe("10 rows of 100 events");
    const search = one<HTMLInputElement>("input[type=search]");
    search.value = "says 90";
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    await frames();
    expect(summaries()).toEqual(["says 90"]);
  });

  it("is walked with keys, and tells the page what is selected", async () => {
    await open(1000);
    const told: unknown[] = [];
    const listen = (event: Event) => told.push((event as CustomEvent).detail);
    document.addEventListener(SELECT_EVENT, listen, { signal: life.signal });
    key("End");
    await frames();
    key("ArrowUp");
    await frames();
    const active = one(".rnb-grid").getAttribute("aria-activedescendant");
    const selected = rows().find((row) => row.getAttribute("aria-selected") === "true");
    expect(selected?.id).toBe(active);
    expect(selected?.querySelector(".rnb-c-summary bdi")?.textContent).toBe("says 998");
    expect(told).toMatchObject([
      { chat: "chat", seq: 999 },
      { chat: "chat", seq: 998 },
    ]);
    key("Home");
    await frames(8);
    expect(summaries()[0]).toBe("says 0");
    expect(told.at(-1)).toMatchObject({ chat: "chat", log: "a log", seq: 0 });
  });

  it("goes to what something else selects, past the filter that hides it", async () => {
    await open(1000);
    const search = one<HTMLInputElement>("input[type=search]");
    search.value = "says 5";
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    await frames();
    const say = (detail: unknown) =>
      document.dispatchEvent(new CustomEvent(SELECT_EVENT, { detail }));
    say({ chat: "other", seq: 300 });
    say({ chat: "chat", log: "another log of that name", seq: 300 });
    say({ chat: "chat", seq: -1 });
    say("nonsense");
    await frames();
    expect(one(".rnb-detail").hidden).toBe(true);
    say({ chat: "a name it was shown by", log: "a log", seq: 300 });
    await frames(10);
    expect(summaries()).toContain("says 300");
    expect(one(".rnb-detail-title").textContent).toMatch(/#300/);
    expect(search.value).toBe("");
  });

  it("shows an event as text, and what is hidden in it by its name", async () => {
    await open(3);
    kernel.detail = { seq: 2, json: '"<img src=x>\u202e"', type: "x", cut: true, sound: 0 };
    rows()[2]?.click();
    await frames();
    expect(one(".rnb-json").textContent).toBe('"<img src=x>⟨202E⟩"');
    expect(document.querySelector("img")).toBeNull();
    expect(one(".rnb-note").textContent).toMatch(/cut/);
    expect(button("Copy as Python").hidden).toBe(false);
  });

  it("says of a run that grows how long it is now", async () => {
    await open(3);
    kernel.rows[2] = wire(2, { count: 12 });
    kernel.source.grown(3);
    await frames();
    kernel.detail = { seq: 2, json: "{}", type: "x" };
    rows()[2]?.click();
    await frames();
    expect(one(".rnb-note").textContent).toBe("The first of 12 events.");
    kernel.rows[2] = wire(2, { count: 20 });
    kernel.source.grown(3);
    await frames();
    expect(one(".rnb-note").textContent).toBe("The first of 20 events.");
  });

  it("leads from an error to the event it answers", async () => {
    await open(400);
    kernel.rows[399] = wire(399, { type: "error", bad: true });
    kernel.source.grown(400);
    await frames();
    kernel.detail = { seq: 399, json: "{}", type: "error", answers: 7 };
    rows().at(-1)?.click();
    await frames();
    expect(rows().at(-1)?.hasAttribute("data-bad")).toBe(true);
    button("Show the event it answers (#7)").click();
    await frames(8);
    expect(summaries()).toContain("says 7");
    expect(one(".rnb-detail-title").textContent).toMatch(/#7/);
  });

  it("unfolds a run where it is asked to", async () => {
    await open(3);
    kernel.rows[1] = wire(1, { count: 12, span_ms: 600 });
    kernel.source.grown(3);
    await frames();
    expect(rows()[1]?.getAttribute("aria-expanded")).toBe("false");
    expect(rows()[1]?.querySelector(".rnb-c-summary")?.textContent).toBe("×12 in 600 ms says 1");
    rows()[1]?.querySelector<HTMLElement>(".rnb-fold")?.click();
    await frames();
    expect(kernel.pages().at(-1)?.unfolded).toEqual([1]);
  });

  it("begins anew with another log", async () => {
    await open(30);
    rows()[3]?.click();
    await frames();
    kernel.rows = [wire(0), wire(1)];
    kernel.source.renew("chat", 2);
    await frames();
    expect(summaries()).toEqual(["says 0", "says 1"]);
    expect(one(".rnb-detail").hidden).toBe(true);
  });

  it("says when nobody answers", async () => {
    kernel = new Kernel(3);
    kernel.source.send = () => false;
    document.body.replaceChildren(createTable(kernel.source, life.signal).node);
    await frames();
    expect(one(".rnb-filters .rnb-total").textContent).toBe("there is no kernel to ask");
  });
});
