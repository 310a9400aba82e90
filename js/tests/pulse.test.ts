import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AGAIN_MS, EVERY_MS, Pulse, STALLED_MS } from "../src/pulse.js";

function setUp() {
  const asked: number[] = [];
  const told: string[] = [];
  const pulse = new Pulse({
    ask: (id) => void asked.push(id),
    stalled: () => void told.push("stalled"),
    back: (lost) => void told.push(lost ? "lost" : "back"),
  });
  const answerAll = () => {
    for (const id of asked.splice(0)) pulse.answer(id);
  };
  return { asked, told, pulse, answerAll };
}

/** Send for so long, each 40 ms, and have all questions answered or none. */
function send(pulse: Pulse, ms: number, each: () => void = () => undefined): void {
  for (let at = 0; at < ms; at += 40) {
    pulse.sent();
    vi.advanceTimersByTime(40);
    each();
  }
}

describe("Pulse", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks once a second while something is sent, and not otherwise", () => {
    const { pulse, asked, answerAll, told } = setUp();
    let count = 0;
    pulse.start();
    send(pulse, 10_000, () => {
      count += asked.length;
      answerAll();
    });
    expect(count).toBeGreaterThanOrEqual(8);
    expect(count).toBeLessThanOrEqual(12);
    vi.advanceTimersByTime(EVERY_MS);
    answerAll();
    vi.advanceTimersByTime(60_000);
    expect(asked).toEqual([]);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("finds that nothing comes through, and that it does again", () => {
    const { pulse, answerAll, told, asked } = setUp();
    pulse.start();
    send(pulse, 2000, answerAll);
    send(pulse, STALLED_MS + 2 * EVERY_MS + 80);
    expect(told).toEqual(["stalled"]);
    expect(pulse.stalled).toBe(true);
    vi.advanceTimersByTime(AGAIN_MS[0] ?? 0);
    answerAll(); // all of them, in order: they only waited
    expect(told).toEqual(["stalled", "back"]);
    expect(asked).toEqual([]);
  });

  it("notices that something was lost: a later question is answered, an earlier one is not", () => {
    const { pulse, told, asked, answerAll } = setUp();
    pulse.start();
    send(pulse, 2000, answerAll);
    send(pulse, STALLED_MS + 2 * EVERY_MS + 80);
    pulse.answer(asked.at(-1) ?? 0);
    expect(told).toEqual(["stalled", "lost"]);
    send(pulse, 5000, answerAll);
    expect(told).toEqual(["stalled", "lost"]);
  });

  it("asks ever more rarely, and keeps little of a long absence", () => {
    const { pulse, asked, answerAll, told } = setUp();
    pulse.start();
    send(pulse, 2000, answerAll);
    pulse.sent();
    vi.advanceTimersByTime(8 * 3600_000);
    expect(told).toEqual(["stalled"]);
    expect(asked.length).toBeLessThan((8 * 3600) / 15 + 10);
    pulse.answer(asked.at(-1) ?? 0);
    expect(told).toEqual(["stalled", "lost"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for nothing while the comm is not in use", () => {
    const { pulse, told, answerAll } = setUp();
    pulse.start();
    send(pulse, 2000, answerAll);
    pulse.stop();
    send(pulse, 60_000);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
