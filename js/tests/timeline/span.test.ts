import { describe, expect, it } from "vitest";
import {
  CLOSEST_MS,
  lengthOf,
  nearest,
  niceStep,
  pan,
  placeOf,
  reveal,
  timeText,
  within,
  zoom,
} from "../../src/timeline/span.js";
import type { Mark } from "../../src/timeline/wire.js";

const mark = (tMs: number, side: Mark["side"] = "user"): Mark => ({
  tMs,
  kind: "error",
  side,
  seq: tMs,
  label: "",
});
const MARKS = [10, 20, 20, 30, 500].map((tMs) => mark(tMs, tMs === 30 ? "assistant" : "user"));

describe("the stretch in view", () => {
  it("never leaves the conversation, nor comes closer than there is to see", () => {
    expect(within({ fromMs: -50, toMs: 50 }, 1000)).toEqual({ fromMs: 0, toMs: 100 });
    expect(within({ fromMs: 950, toMs: 1050 }, 1000)).toEqual({ fromMs: 900, toMs: 1000 });
    expect(within({ fromMs: 0, toMs: 9999 }, 1000)).toEqual({ fromMs: 0, toMs: 1000 });
    expect(lengthOf(within({ fromMs: 500, toMs: 500 }, 1000))).toBe(CLOSEST_MS);
    expect(lengthOf(within({ fromMs: 0, toMs: 1 }, 0))).toBe(CLOSEST_MS);
  });

  it("keeps what is under the pointer there while it zooms", () => {
    for (const at of [100, 433, 900]) {
      const before = { fromMs: 0, toMs: 1000 };
      const after = zoom(before, 0.5, at, 1000);
      expect(lengthOf(after)).toBeCloseTo(500);
      expect((at - after.fromMs) / lengthOf(after)).toBeCloseTo(at / 1000);
      expect(zoom(after, 8, at, 1000)).toEqual(before);
    }
  });

  it("is moved and brought where something is", () => {
    expect(pan({ fromMs: 100, toMs: 200 }, -500, 1000)).toEqual({ fromMs: 0, toMs: 100 });
    const span = { fromMs: 100, toMs: 200 };
    expect(reveal(span, 150, 1000)).toBe(span);
    expect(reveal(span, 800, 1000)).toEqual({ fromMs: 750, toMs: 850 });
    expect(reveal(span, 999, 1000)).toEqual({ fromMs: 900, toMs: 1000 });
  });
});

describe("marks", () => {
  it("are found by time", () => {
    expect(placeOf(MARKS, 20)).toBe(1);
    expect(placeOf(MARKS, 501)).toBe(5);
    expect(placeOf([], 5)).toBe(0);
    expect(nearest(MARKS, 27, 5)?.tMs).toBe(30);
    expect(nearest(MARKS, 27, 5, "user")).toBeNull();
    expect(nearest(MARKS, 27, 8, "user")?.tMs).toBe(20);
    expect(nearest(MARKS, 300, 50)).toBeNull();
  });
});

describe("times for people", () => {
  it("are as exact as the step wants", () => {
    expect(timeText(1234.5)).toBe("1.234 s");
    expect(timeText(1234.5, 100)).toBe("1.2 s");
    expect(timeText(61_005, 10)).toBe("1:01.00");
    expect(timeText(3_600_000, 1000)).toBe("60:00");
  });

  it("stand at round steps", () => {
    expect([0.7, 1, 3, 120, 9000].map(niceStep)).toEqual([1, 1, 5, 200, 10_000]);
    expect([55_000, 400_000].map(niceStep)).toEqual([60_000, 600_000]);
    expect(niceStep(4_000_000)).toBe(5_000_000);
  });
});
