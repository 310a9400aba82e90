// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Listener, PIECE_MS } from "../../src/timeline/listener.js";

const RATE = 24_000;
let now = 0;
let started: { at: number; seconds: number }[] = [];
let stopped = 0;

class FakeContext {
  destination = {};
  get currentTime() {
    return now;
  }
  async resume() {}
  async suspend() {}
  async close() {}
  createBuffer(_channels: number, count: number, rate: number) {
    return { seconds: count / rate, getChannelData: () => new Float32Array(count) };
  }
}

class FakeNode {
  onended: (() => void) | null = null;
  readonly #buffer: { seconds: number };
  constructor(_context: unknown, { buffer }: { buffer: { seconds: number } }) {
    this.#buffer = buffer;
  }
  connect() {}
  start(at: number) {
    started.push({ at, seconds: this.#buffer.seconds });
  }
  stop() {
    stopped++;
  }
}

const life = { controller: new AbortController() };
let moves: [number, boolean][] = [];
let asked: [number, number][] = [];

const source = {
  async sound(fromMs: number, toMs: number) {
    asked.push([fromMs, toMs]);
    const samples = new Int16Array(2 * Math.round(((toMs - fromMs) * RATE) / 1000));
    return { rate: RATE, samples };
  },
};

const make = () =>
  new Listener(
    source,
    { moved: (tMs, on) => void moves.push([tMs, on]), failed: (why) => expect(why).toBe("") },
    life.controller.signal,
  );
const pass = async (seconds: number) => {
  for (let i = 0; i < seconds * 20; i++) {
    now += 0.05;
    await vi.advanceTimersByTimeAsync(50);
  }
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("AudioBufferSourceNode", FakeNode);
  vi.stubGlobal("requestAnimationFrame", (call: () => void) => setTimeout(call, 16));
  life.controller = new AbortController();
  [now, started, stopped, moves, asked] = [0, [], 0, [], []];
});

afterEach(() => {
  life.controller.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("listening from a place", () => {
  it("asks for pieces as they are needed and lays them end to end", async () => {
    const listener = make();
    void listener.play(1000, 60_000);
    await pass(0.1);
    expect(asked).toEqual([[1000, 1000 + PIECE_MS]]);
    await pass(5);
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(asked[1]).toEqual([1000 + PIECE_MS, 1000 + 2 * PIECE_MS]);
    for (const [index, one] of started.entries()) {
      const before = started[index - 1];
      if (before !== undefined) expect(one.at).toBeCloseTo(before.at + before.seconds, 6);
    }
    const [tMs, playing] = moves.at(-1) ?? [0, false];
    expect(playing).toBe(true);
    expect(tMs).toBeGreaterThan(5500);
    expect(tMs).toBeLessThan(6200);
  });

  it("ends where the sound does, and says so once", async () => {
    const listener = make();
    void listener.play(0, 3000);
    await pass(4);
    expect(asked).toEqual([
      [0, 2000],
      [2000, 3000],
    ]);
    expect(listener.playing).toBe(false);
    expect(moves.filter(([, on]) => !on)).toEqual([[3000, false]]);
  });

  it("is silent at once when it is stopped, and asks for nothing more", async () => {
    const listener = make();
    void listener.play(0, 60_000);
    await pass(1);
    const at = listener.stop();
    expect(at).toBeGreaterThan(800);
    expect(stopped).toBeGreaterThan(0);
    const before = asked.length;
    await pass(5);
    expect(asked.length).toBe(before);
    expect(listener.stop()).toBeNull();
  });
});
