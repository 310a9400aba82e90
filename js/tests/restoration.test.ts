import { describe, expect, it } from "vitest";
import { readIncoming } from "../src/messages.js";
import {
  keptWords,
  type Restoration,
  readRestoration,
  restorationWords,
} from "../src/restoration.js";

const told = (more: Partial<Restoration> = {}): Restoration => ({
  reason: "lost",
  tries: 2,
  nextS: 4,
  awayS: 2,
  detail: "",
  ...more,
});

describe("a connection that is mended", () => {
  it("counts down to the next try, and says which one it is", () => {
    expect(restorationWords(told(), 0)).toBe("Reconnecting… try 2, next in 4 s");
    expect(restorationWords(told(), 2.5)).toBe("Reconnecting… try 2, next in 2 s");
    expect(restorationWords(told(), 9)).toBe("Reconnecting… try 2");
  });

  it("says that it is trying", () => {
    expect(restorationWords(told({ nextS: 0, tries: 3 }), 5)).toBe("Reconnecting… try 3");
  });

  it("is quiet about a session that is renewed in time", () => {
    const renewal = told({ reason: "renewal", nextS: 0 });
    expect(restorationWords(renewal, 0)).toContain("Renewing");
    expect(keptWords(renewal, 0, true)).toBe("");
  });

  it("says what becomes of what is said, and for how long", () => {
    expect(keptWords(told(), 0, true)).toContain("what you say is kept for 30 s");
    expect(keptWords(told(), 0, false)).toBe("What you type is sent when it is back.");
    expect(keptWords(told(), 29, true)).toContain("will not be answered");
    expect(keptWords(told(), 29, false)).toBe("");
  });

  it("is read from whatever a kernel sends", () => {
    expect(readRestoration(null)).toBeNull();
    expect(readRestoration("soon")).toBeNull();
    expect(readRestoration({ reason: "?", tries: -1, next_s: "x", away_s: Number.NaN })).toEqual({
      reason: "lost",
      tries: 1,
      nextS: 0,
      awayS: 0,
      detail: "",
    });
    const state = readIncoming({
      kind: "state",
      state: "restoring",
      restoration: { reason: "expired", tries: 2, next_s: 0.5, away_s: 3.2, detail: "gone" },
    });
    expect(state).toMatchObject({
      state: "restoring",
      restoration: { reason: "expired", tries: 2, nextS: 0.5, awayS: 3.2, detail: "gone" },
    });
  });
});

describe("a line between the items", () => {
  it("is read with its level, and what may be asked again", () => {
    const message = readIncoming({
      kind: "items",
      items: [
        { id: "m", role: "mark", text: "Restored", level: "warning", again: true },
        { id: "a", role: "assistant", text: "Hello", level: "error", again: "yes" },
      ],
    });
    if (message?.kind !== "items") throw new Error("no items");
    expect(message.items[0]).toMatchObject({ role: "mark", level: "warning", again: true });
    expect(message.items[1]?.level).toBeUndefined();
    expect(message.items[1]?.again).toBeUndefined();
  });
});
