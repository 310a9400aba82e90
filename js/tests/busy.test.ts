// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AGAIN_MS, BusyWatch, FIRST_MS, STILL_MS, sayOnce, waitsWords } from "../src/busy.js";

function setUp() {
  const found: boolean[] = [];
  let asked = 0;
  const watch = new BusyWatch(
    () => void asked++,
    (waits) => void found.push(waits),
  );
  return { watch, found, asked: () => asked };
}

describe("BusyWatch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("believes only a second answer that the comm waits for cells", () => {
    const { watch, found, asked } = setUp();
    watch.start();
    vi.advanceTimersByTime(FIRST_MS);
    expect(asked()).toBe(1);
    watch.answer(true);
    expect(found).toEqual([]);
    vi.advanceTimersByTime(AGAIN_MS);
    expect(asked()).toBe(2);
    watch.answer(true);
    expect(found).toEqual([true]);
    // And takes it back when it is not true any more.
    vi.advanceTimersByTime(STILL_MS);
    expect(asked()).toBe(3);
    watch.answer(false);
    expect(found).toEqual([true, false]);
    vi.advanceTimersByTime(10 * STILL_MS);
    expect(asked()).toBe(3);
  });

  it("finds nothing where the first answer came from the main thread only", () => {
    const { watch, found } = setUp();
    watch.start();
    vi.advanceTimersByTime(FIRST_MS);
    watch.answer(true);
    vi.advanceTimersByTime(AGAIN_MS);
    watch.answer(false);
    expect(found).toEqual([false]);
  });

  it("asks nothing once the fast path is in use", () => {
    const { watch, asked } = setUp();
    watch.start();
    watch.stop();
    vi.advanceTimersByTime(60_000);
    expect(asked()).toBe(0);
  });
});

describe("what is said of it", () => {
  it("is said once in a tab, with what helps there", () => {
    sessionStorage.clear();
    expect([sayOnce(), sayOnce()]).toEqual([true, false]);
    expect(waitsWords(true)).toContain("install realtime-nb");
    expect(waitsWords(false)).not.toContain("install");
  });
});
