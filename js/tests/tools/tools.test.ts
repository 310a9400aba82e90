// @vitest-environment jsdom

import { afterEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../../src/chat.js";
import type { Item } from "../../src/messages.js";
import { readIncoming } from "../../src/messages.js";
import { createApprovals } from "../../src/tools/approvals.js";
import { CallCard } from "../../src/tools/card.js";
import { mountWith } from "../../src/tools/display.js";
import { fold } from "../../src/tools/fold.js";
import type { Display, Tool } from "../../src/tools/wire.js";
import { callText, durationText, stateWords, wholeText } from "../../src/tools/words.js";

const CALL: Tool = {
  kind: "call",
  callId: "c1",
  name: "pay",
  server: "",
  arguments: '{"to": "Ada", "euros": 5}',
  state: "ok",
  ms: 12,
  output: "",
  error: "",
};

function item(id: string, tool: Partial<Tool> | null): Item {
  return {
    id,
    role: "tool",
    text: "",
    status: "completed",
    after: null,
    heardChars: null,
    pending: false,
    final: true,
    note: null,
    tool: tool === null ? null : { ...CALL, ...tool },
  };
}

afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("words", () => {
  it("writes a call as Python would", () => {
    expect(callText(CALL)).toBe('pay(to="Ada", euros=5)');
    expect(callText({ name: "", arguments: '{"to": "A' })).toBe('…({"to": "A)');
    expect(callText({ name: "f", arguments: "[1]" })).toBe("f([1])");
  });

  it("hides nothing of what a model writes", () => {
    expect(callText({ name: "f\u202e", arguments: '{"a": "\u202eb"}' })).toBe(
      'f⟨202E⟩(a="⟨202E⟩b")',
    );
    expect(wholeText('{"a":"\u202e"}')).toBe('{\n  "a": "⟨202E⟩"\n}');
    expect(wholeText("not JSON")).toBe("not JSON");
  });

  it("knows times and states, and shows a state it does not know", () => {
    expect([90.4, 1234, 185_000].map(durationText)).toEqual(["90 ms", "1.2 s", "3 min 5 s"]);
    expect(stateWords({ ...CALL, state: "denied" })).toBe("denied");
    expect(stateWords({ ...CALL, kind: "mcp_list", state: "running" })).toBe("listing its tools");
    expect(stateWords({ ...CALL, state: "new" })).toBe("new");
  });
});

describe("fold", () => {
  it("puts an output into its call's card, wherever it stands", () => {
    const said = item("said", null);
    const output = item("o", { kind: "output", output: "paid", state: "ok" });
    const items = [item("c", { state: "yours" }), said, output];
    const folded = fold(items);
    expect(folded.map(({ id }) => id)).toEqual(["c", "said"]);
    expect(folded[0]?.tool).toMatchObject({ state: "ok", output: "paid", kind: "call" });
  });

  it("keeps an output whose call is not there, and what the kernel says of the call", () => {
    const lone = [item("o", { kind: "output", output: "paid" })];
    expect(fold(lone)).toEqual(lone);
    const denied = [item("c", { state: "denied", output: "no" }), item("o", { kind: "output" })];
    expect(fold(denied)[0]?.tool).toMatchObject({ state: "denied", output: "no" });
  });

  it("puts an answer into the question it answers", () => {
    const asked = item("q", { kind: "mcp_approval", callId: "q", state: "waiting" });
    const answer = item("a", { kind: "mcp_approval", callId: "q", state: "denied" });
    expect(fold([asked, answer]).map(({ tool }) => tool?.state)).toEqual(["denied"]);
  });
});

describe("messages", () => {
  it("reads questions and displays, and drops what is none", () => {
    const read = readIncoming({
      kind: "approvals",
      to: "me",
      open: [{ id: "a", kind: "odd", name: "pay", left_s: "soon" }, { name: "no id" }, 5],
    });
    expect(read).toMatchObject({ to: "me", open: [{ id: "a", kind: "function", name: "pay" }] });
    expect(readIncoming({ kind: "approvals", open: "all" })).toBeNull();
    expect(readIncoming({ kind: "call_output", call_id: "c", model: "", text: 5 })).toEqual({
      kind: "call_output",
      to: null,
      display: { callId: "c", model: null, text: "" },
    });
    expect(readIncoming({ kind: "call_output" })).toBeNull();
  });
});

describe("a card", () => {
  const shown = new Map<string, Display>();
  const unmounted: string[] = [];
  let mounts = async (model: string, box: HTMLElement) => {
    box.append(`view of ${model}`);
    return () => void unmounted.push(model);
  };
  const displays = {
    mount: (model: string, box: HTMLElement) => mounts(model, box),
    of: (id: string) => shown.get(id),
  };
  const text = (card: CallCard, part: string) => card.node.querySelector(part)?.textContent;

  it("shows markup of a model's as text", () => {
    const card = new CallCard(displays);
    card.show(item("c", { arguments: '{"a": "<img src=x>"}', error: "<b>", output: "<i>x</i>" }));
    expect(card.node.querySelector("img, b, i")).toBeNull();
    expect(text(card, ".rnb-card-title")).toBe('pay(a="<img src=x>")');
    expect(text(card, ".rnb-card-error")).toBe("<b>");
  });

  it("is written anew only where its call changed: hundreds are shown again for each word", () => {
    const card = new CallCard(displays);
    const parse = vi.spyOn(JSON, "parse");
    card.show(item("c", { output: '{"a": 1}' }));
    const parsed = parse.mock.calls.length;
    card.show(item("c", { output: '{"a": 1}' }));
    expect(parse.mock.calls.length).toBe(parsed);
    card.show(item("c", { output: '{"a": 2}' }));
    expect(text(card, "summary code")).toBe('{ "a": 2 }');
    parse.mockRestore();
  });

  it("counts while it runs, from when it began, and then tells what it took", () => {
    vi.useFakeTimers();
    const card = new CallCard(displays);
    card.show(item("c", { state: "running", ms: 500 }));
    vi.advanceTimersByTime(700);
    expect(card.tick()).toBe(true);
    expect(text(card, ".rnb-card-time")).toBe("1.2 s");
    card.show(item("c", { state: "ok", ms: 1300 }));
    expect(card.tick()).toBe(false);
    expect(text(card, ".rnb-card-time")).toBe("1.3 s");
    card.show(item("c", { state: "denied", ms: 0 }));
    expect(text(card, ".rnb-card-time")).toBe("");
  });

  it("shows the text of a display until its view is there, and where there is none", async () => {
    shown.set("c1", { callId: "c1", model: "m1", text: "a table" });
    const card = new CallCard(displays);
    document.body.append(card.node);
    const pre = card.node.querySelector<HTMLElement>(".rnb-display pre");
    card.show(item("c", {}));
    expect(pre?.textContent).toBe("a table");
    await vi.waitFor(() => expect(pre?.hidden).toBe(true));
    expect(text(card, ".rnb-display-inside")).toBe("view of m1");
    shown.set("c1", { callId: "c1", model: null, text: "a table" });
    card.show(item("c", {}));
    expect(unmounted).toEqual(["m1"]);
    expect(pre?.hidden).toBe(false);
    mounts = () => Promise.reject(new Error("no manager"));
    shown.set("c1", { callId: "c1", model: "m2", text: "another" });
    card.show(item("c", {}));
    await Promise.resolve();
    expect([pre?.hidden, pre?.textContent]).toEqual([false, "another"]);
  });
});

describe("displays", () => {
  it("are as many as the kernel keeps", () => {
    const chat = new Chat();
    for (let at = 0; at < 1200; at++) {
      chat.showDisplay({ callId: `c${at}`, model: null, text: "" });
    }
    chat.showDisplay({ callId: "c300", model: null, text: "anew" });
    expect(chat.displays.size).toBe(1000);
    expect([...chat.displays.keys()].at(-1)).toBe("c300");
    expect(chat.displays.has("c199")).toBe(false);
  });
});

describe("mountWith", () => {
  it("waits for a model that comes later, and attaches as JupyterLab does", async () => {
    vi.useFakeTimers();
    const attached: unknown[] = [];
    // As Lumino's own class: `attach` is found at the widget's constructor.
    const attach = (widget: unknown, host: HTMLElement) => void attached.push(widget, host);
    const luminoWidget = { constructor: { attach } };
    const remove = vi.fn();
    const view = { el: document.createElement("div"), luminoWidget, remove };
    let tries = 0;
    const manager = {
      get_model: async () => {
        if (++tries < 3) throw new Error("not found");
        return {};
      },
      create_view: async () => view,
    };
    const box = document.createElement("div");
    document.body.append(box);
    const mounting = mountWith({ widget_manager: manager })("m", box);
    await vi.advanceTimersByTimeAsync(1000);
    const unmount = await mounting;
    expect(attached).toEqual([view.luminoWidget, box]);
    unmount();
    expect(remove).toHaveBeenCalledOnce();
  });

  it("fails where there is no widget manager", async () => {
    await expect(mountWith({})("m", document.createElement("div"))).rejects.toThrow("no widget");
  });
});

describe("questions", () => {
  function room() {
    const chat = new Chat();
    chat.set("status", { link: "live", session: "open" });
    const answers: string[] = [];
    const panel = createApprovals(
      chat,
      (...given) => void answers.push(given.join("|")),
      new AbortController().signal,
    );
    document.body.append(panel.node);
    const ask = (...ids: string[]) => {
      const open = ids.map((id) => ({
        id,
        kind: "function" as const,
        name: "pay",
        server: "",
        arguments: '{"to": "<b>"}',
        endMs: performance.now() + 60_000,
      }));
      chat.set("approvals", { approvals: open });
      panel.update();
    };
    const cards = () => [...panel.node.querySelectorAll<HTMLElement>(".rnb-approval")];
    const press = (key: string, target: Element | undefined = cards()[0]) =>
      target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    return { chat, answers, panel, ask, cards, press };
  }

  it("are answered by a click, once", () => {
    const { answers, ask, cards, panel } = room();
    expect(panel.node.hidden).toBe(true);
    ask("a");
    expect(cards()[0]?.querySelector("b")).toBeNull();
    const button = cards()[0]?.querySelector<HTMLButtonElement>(".rnb-approval-always");
    button?.click();
    button?.click();
    expect(answers).toEqual(["a|always|"]);
  });

  it("take no click that was meant for what stood there before", () => {
    vi.useFakeTimers();
    const { answers, ask, cards } = room();
    const click = () =>
      cards()[0]
        ?.querySelector("button")
        ?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    ask("a", "b");
    click();
    expect(answers).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(cards()[0]?.dataset.moved).toBeUndefined();
    click();
    // The second click of two comes when the next question has moved to where the first was.
    ask("b");
    expect(cards()[0]?.dataset.moved).toBe("");
    click();
    expect(answers).toEqual(["a|once|"]);
    vi.advanceTimersByTime(500);
    click();
    expect(answers).toEqual(["a|once|", "b|once|"]);
  });

  it("are answered by a key, and by none that is not meant", () => {
    const { answers, ask, press } = room();
    ask("a");
    for (const key of ["Escape", "Enter", "x"]) press(key);
    expect(answers).toEqual([]);
    press("O");
    expect(answers).toEqual(["a|once|"]);
  });

  it("are denied with a reason, in which letters are letters", () => {
    const { answers, ask, cards, press } = room();
    ask("a");
    const reason = cards()[0]?.querySelector("input");
    if (reason instanceof HTMLInputElement) reason.value = " too much ";
    press("o", reason ?? undefined);
    expect(answers).toEqual([]);
    press("Enter", reason ?? undefined);
    expect(answers).toEqual(["a|deny|too much"]);
  });

  it("take no focus, but pass it on; and the same key twice answers one", () => {
    const { answers, ask, cards, press } = room();
    ask("a", "b");
    expect(document.activeElement).toBe(document.body);
    cards()[0]?.focus();
    press("o");
    ask("b");
    expect(document.activeElement).toBe(cards()[0]);
    press("o");
    expect(answers).toEqual(["a|once|"]);
  });

  it("cannot be answered where nobody hears it", () => {
    const { answers, ask, cards, chat, panel } = room();
    ask("a");
    chat.set("status", { link: "gone" });
    panel.update();
    cards()[0]?.querySelector<HTMLButtonElement>("button")?.click();
    expect(answers).toEqual([]);
  });
});
