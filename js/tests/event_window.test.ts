import { describe, expect, it } from "vitest";
import { EventWindow, WINDOW_ROWS } from "../src/event_window.js";
import type { EventRow } from "../src/messages.js";

const row = (seq: number, count = 1): EventRow => ({
  seq,
  count,
  tMs: seq,
  dir: "sent",
  type: "x",
  ref: "",
  summary: "",
  size: 1,
});
const seqs = (window: EventWindow): number[] => window.rows.map((one) => one.seq);

describe("EventWindow", () => {
  it("keeps rows in order of seq, and one of each", () => {
    const window = new EventWindow();
    window.upsert([row(1), row(4)]);
    window.upsert([row(3), row(2), row(4, 9)]);
    expect(seqs(window)).toEqual([1, 2, 3, 4]);
    expect(window.rows[3]?.count).toBe(9);
    expect(window.trimmed).toBe(false);
  });

  it("keeps only the last rows, and ignores updates of those that left", () => {
    const window = new EventWindow(3);
    for (let seq = 0; seq < 10; seq++) window.upsert([row(seq)]);
    window.upsert([row(2, 50), row(8, 7)]);
    expect(seqs(window)).toEqual([7, 8, 9]);
    expect(window.rows[1]?.count).toBe(7);
    expect(window.trimmed).toBe(true);
    window.clear();
    window.upsert([row(0)]);
    expect(seqs(window)).toEqual([0]);
    expect(window.trimmed).toBe(false);
  });

  it("is bounded by default", () => {
    const window = new EventWindow();
    window.upsert(Array.from({ length: 3 * WINDOW_ROWS }, (_, seq) => row(seq)));
    expect(window.rows.length).toBe(WINDOW_ROWS);
  });
});
