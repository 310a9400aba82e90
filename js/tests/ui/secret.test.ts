// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drawSecret, leftText, SHOWN_MS } from "../../src/ui/secret.js";
import { ANSWER_MS, Vault } from "../../src/vault.js";
import { asModel, FakeModel } from "../fakes.js";

const KEY = "ek_thiskeyissecret3f9a";
const MASKED = "ek_…3f9a";

let model: FakeModel;
let life: AbortController;

const find = (selector: string): HTMLButtonElement => {
  const found = document.querySelector<HTMLButtonElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const shown = () => find(".rnb-key").textContent;
const trouble = () => find(".rnb-note");
/** The kernel answers what was asked last. */
const answer = async (more: Record<string, unknown> = { kind: "key", value: KEY }) => {
  model.tell({ to: model.sent.at(-1)?.content.client, ...more });
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000_000 });
  model = new FakeModel();
  model.traits = { _masked: MASKED, _expires_at: 1_000_000_600 };
  life = new AbortController();
  drawSecret(new Vault(asModel(model), life.signal), document.body, life.signal);
});

afterEach(() => {
  life.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("an ephemeral key", () => {
  it("is masked, and asked for only when somebody wants to see it", async () => {
    expect(shown()).toBe(MASKED);
    expect(model.sent).toEqual([]);
    find(".rnb-show").click();
    expect(model.kinds()).toEqual(["reveal"]);
    expect(shown()).toBe(MASKED);
    await answer();
    expect(shown()).toBe(KEY);
    expect(find(".rnb-show").textContent).toBe("Hide");
    find(".rnb-show").click();
    expect(shown()).toBe(MASKED);
    expect(document.documentElement.outerHTML).not.toContain(KEY);
  });

  it("hides again by itself", async () => {
    find(".rnb-show").click();
    await answer();
    await vi.advanceTimersByTimeAsync(SHOWN_MS);
    expect(shown()).toBe(MASKED);
  });

  it("is never in an attribute or the model", async () => {
    find(".rnb-show").click();
    await answer();
    const attributes = Array.from(document.querySelectorAll("*"), (node) =>
      Array.from(node.attributes, (one) => one.value),
    ).flat();
    expect(attributes.join(" ")).not.toContain(KEY);
    expect(JSON.stringify(model.traits)).not.toContain(KEY);
  });

  it("is copied without being shown", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", {
      clipboard: { writeText: async (text: string) => void copied.push(text) },
    });
    find(".rnb-copy-key").click();
    await answer();
    expect(copied).toEqual([KEY]);
    expect(shown()).toBe(MASKED);
    expect(find(".rnb-copy-key").textContent).toBe("Copied");
    await vi.advanceTimersByTimeAsync(2000);
    expect(find(".rnb-copy-key").textContent).toBe("Copy");
  });

  it("is not taken from answers to another page", async () => {
    find(".rnb-show").click();
    await answer({ kind: "key", value: KEY, to: "another" });
    expect(shown()).toBe(MASKED);
    await answer({ kind: "key", value: 7 });
    expect(shown()).toBe(MASKED);
  });

  it("counts down, and cannot be had once it has expired", async () => {
    expect(find(".rnb-left").textContent).toBe("valid for 10:00");
    find(".rnb-show").click();
    await answer();
    model.traits._expires_at = 1_000_000_003;
    await vi.advanceTimersByTimeAsync(2000);
    expect(find(".rnb-left").textContent).toBe("valid for 0:01");
    await vi.advanceTimersByTimeAsync(1000);
    expect(find(".rnb-left").textContent).toBe("expired");
    expect(shown()).toBe(MASKED);
    expect(find(".rnb-show").disabled).toBe(true);
    expect(find(".rnb-copy-key").disabled).toBe(true);
  });

  it("says why it cannot be had", async () => {
    expect(trouble().hidden).toBe(true);
    find(".rnb-show").click();
    await answer({ kind: "no_key", reason: "The key is forgotten." });
    expect(trouble().textContent).toBe("The key is forgotten.");
    expect(trouble().hidden).toBe(false);
  });

  it("says that the kernel is gone when nobody answers, or nothing can be sent", async () => {
    find(".rnb-show").click();
    await vi.advanceTimersByTimeAsync(ANSWER_MS);
    expect(trouble().textContent).toMatch(/gone: run the cell again/);
    model.broken = true;
    find(".rnb-copy-key").click();
    await vi.advanceTimersByTimeAsync(0);
    expect(trouble().textContent).toMatch(/gone: run the cell again/);
  });

  it("goes away with its view, also while it is asked for", async () => {
    find(".rnb-show").click();
    life.abort();
    await answer();
    expect(document.querySelector(".rnb-key")).toBeNull();
    expect(document.documentElement.outerHTML).not.toContain(KEY);
    expect(model.handlers).toEqual([]);
  });
});

describe("what is left of its time", () => {
  it.each([
    [600_000, "10:00"],
    [59_001, "1:00"],
    [9_000, "0:09"],
    [-5, "0:00"],
  ])("%d ms reads %s", (ms, text) => expect(leftText(ms)).toBe(text));
});
