import { describe, expect, it } from "vitest";
import { Store } from "../../src/player/store.js";

/** Samples that say where they stand. */
const samples = (from: number, count: number) =>
  Int16Array.from({ length: count }, (_, i) => (from + i) % 30_000);

describe("the sound a page holds", () => {
  it("gives back what was put in, across pieces of any size", () => {
    const store = new Store();
    for (const [from, count] of [
      [0, 7],
      [7, 1],
      [8, 100],
      [108, 3],
    ] as const) {
      expect(store.push(from, samples(from, count))).toBe(true);
    }
    expect([store.first, store.end]).toEqual([0, 111]);
    expect(store.read(5, 50)).toEqual(samples(5, 50));
    expect(store.read(100, 50)).toEqual(samples(100, 11));
    expect(store.read(111, 5)).toEqual(new Int16Array(0));
  });

  it("takes what overlaps once, and nothing that would leave a hole", () => {
    const store = new Store();
    store.push(0, samples(0, 10));
    expect(store.push(4, samples(4, 10))).toBe(true);
    expect(store.push(2, samples(2, 3))).toBe(true);
    expect(store.push(15, samples(15, 5))).toBe(false);
    expect(store.end).toBe(14);
    expect(store.read(0, 99)).toEqual(samples(0, 14));
  });

  it("begins anew inside the sound", () => {
    const store = new Store();
    store.reset(1000);
    expect(store.holds(999)).toBe(false);
    expect(store.holds(1000)).toBe(true);
    expect(store.push(1000, samples(1000, 5))).toBe(true);
    expect(store.read(1002, 9)).toEqual(samples(1002, 3));
  });

  it("drops the oldest past its bound, never what is still to be played", () => {
    const store = new Store(100);
    for (let at = 0; at < 300; at += 10) {
      store.push(at, samples(at, 10));
      store.bound(at < 150 ? 0 : at);
    }
    expect(store.end - store.first).toBe(100);
    expect(store.read(store.first, 999)).toEqual(samples(200, 100));
    const waiting = new Store(20);
    for (let at = 0; at < 300; at += 10) waiting.push(at, samples(at, 10));
    waiting.bound(0);
    expect(waiting.first).toBe(0);
  });
});
