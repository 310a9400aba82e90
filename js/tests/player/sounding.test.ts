import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlaybackPort } from "../../src/audio/playback.js";
import { Sounding } from "../../src/player/sounding.js";
import { AHEAD_SAMPLES, HELD_SAMPLES, Store } from "../../src/player/store.js";
import { Playback } from "../../src/worklets/playback.js";
import type { PlaybackReport } from "../../src/worklets/wire.js";

const RATE = 24_000;
const QUANTUM = 128;

interface Want {
  kind: string;
  run: number;
  from: number;
  until: number;
  got: number;
  played: number;
}

/** A loudspeaker that runs as fast as the test does, and writes down what it let out. */
function setUp({ starts = true, keep = true, quantum = QUANTUM, store = new Store() } = {}) {
  const heard: number[] = [];
  const sent: Want[] = [];
  let playback: Playback | null = null;
  let time = 0;
  const reports: ((report: PlaybackReport) => void)[] = [];
  const open = async (report: (report: PlaybackReport) => void): Promise<PlaybackPort> => {
    reports.push(report);
    playback = new Playback(RATE, report);
    return { send: (command) => playback?.obey(command) };
  };
  const shared = { latencyMs: 0, start: async () => starts, rest: () => undefined };
  const sounding = new Sounding(
    (message) => sent.push(message as Want) > 0,
    () => undefined,
    shared,
    open,
    store,
  );
  const out = new Float32Array(quantum);
  const run = async (seconds: number) => {
    await vi.advanceTimersByTimeAsync(0);
    for (let left = seconds * RATE; left > 0; left -= quantum) {
      playback?.render(out, time);
      time += quantum / RATE;
      if (keep) for (const sample of out) heard.push(Math.round(sample * 32768));
    }
    await vi.advanceTimersByTimeAsync(0);
  };
  return {
    sounding,
    sent,
    heard,
    reports,
    run,
    store,
    settle: () => vi.advanceTimersByTimeAsync(0),
  };
}

const value = (at: number) => 1 + (at % 20_000);
const bytes = (from: number, count: number) => {
  const view = new DataView(new ArrayBuffer(2 * count));
  for (let i = 0; i < count; i++) view.setInt16(2 * i, value(from + i), true);
  return view;
};
const exactly = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => value(from + i));
const sounded = (heard: readonly number[]) => heard.filter((sample) => sample !== 0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("sound that grows", () => {
  it("is asked for, and plays before it is whole, sample by sample", async () => {
    const { sounding, sent, heard, run, settle } = setUp();
    sounding.play();
    expect(sent).toEqual([{ kind: "want", run: 1, from: 0, until: AHEAD_SAMPLES }]);
    sounding.take(1, 0, bytes(0, RATE));
    await settle();
    await run(0.5);
    const half = sounded(heard);
    expect(half.length).toBeGreaterThan(RATE / 3);
    expect(half).toEqual(exactly(0, half.length));
    sounding.take(1, RATE, bytes(RATE, RATE / 3));
    sounding.setTotal(RATE + RATE / 3);
    await run(1.5);
    expect(sounded(heard)).toEqual(exactly(0, RATE + RATE / 3));
    expect(sounding.state).toBe("ended");
    expect(sounding.underruns).toBe(0);
  });

  it("says that it ran dry, and loses nothing by it", async () => {
    const { sounding, heard, run, settle } = setUp();
    sounding.play();
    sounding.take(1, 0, bytes(0, 5000));
    await settle();
    await run(1);
    sounding.take(1, 5000, bytes(5000, 5000));
    sounding.setTotal(10_000);
    await run(1);
    expect(sounding.underruns).toBe(1);
    expect(sounded(heard)).toEqual(exactly(0, 10_000));
  });

  it("stops and goes on at a sample, and plays again from its beginning", async () => {
    const { sounding, sent, heard, run, settle } = setUp();
    sounding.play();
    sounding.take(1, 0, bytes(0, 2 * RATE));
    sounding.setTotal(2 * RATE);
    await settle();
    await run(0.7);
    await sounding.pause();
    await run(0.5);
    const at = sounding.position;
    expect(sounded(heard)).toEqual(exactly(0, at));
    sounding.play();
    await settle();
    await run(2);
    expect(sounded(heard)).toEqual(exactly(0, 2 * RATE));
    expect(sounding.state).toBe("ended");
    const wants = sent.filter(({ kind }) => kind === "want").length;
    heard.length = 0;
    sounding.play();
    await settle();
    await run(3);
    expect(sounded(heard)).toEqual(exactly(0, 2 * RATE));
    // All of it was here: nothing had to come again.
    expect(sent.filter(({ kind }) => kind === "want").slice(wants)).toEqual([
      { kind: "want", run: 3, from: 2 * RATE, until: AHEAD_SAMPLES },
    ]);
  });

  it("asks again for what came with a hole, and takes no answer to an older wish", async () => {
    const { sounding, sent, store } = setUp();
    sounding.play();
    sounding.take(1, 0, bytes(0, 100));
    sounding.take(1, 300, bytes(300, 100));
    expect(sent.at(-1)).toMatchObject({ kind: "want", run: 2, from: 100 });
    sounding.take(1, 100, bytes(100, 100));
    expect(store.end).toBe(100);
    sounding.take(2, 100, bytes(100, 100));
    expect(store.end).toBe(200);
  });

  it("waits for a click where the browser wants one", async () => {
    const { sounding, settle } = setUp({ starts: false });
    sounding.play();
    sounding.take(1, 0, bytes(0, 5000));
    await settle();
    expect(sounding.asks).toBe(true);
    sounding.unlocked();
    expect(sounding.asks).toBe(false);
  });

  it("has another sound to play once it is told so", async () => {
    const { sounding, heard, run, settle } = setUp();
    sounding.setTotal(100_000);
    sounding.play();
    sounding.take(1, 0, bytes(0, RATE));
    await settle();
    await run(0.2);
    sounding.renew(500);
    await run(1);
    const before = sounded(heard).length;
    expect(before).toBeLessThan(RATE);
    expect([sounding.state, sounding.position]).toEqual(["idle", 0]);
    sounding.play();
    sounding.take(1, RATE, bytes(RATE, RATE));
    sounding.take(3, 0, bytes(7, 500));
    await settle();
    await run(1);
    expect(sounded(heard).slice(before)).toEqual(exactly(7, 507));
    expect(sounding.state).toBe("ended");
  });

  it("stays silent once it was closed, though the loudspeaker reports late", async () => {
    const { sounding, reports, run, settle } = setUp();
    sounding.play();
    sounding.take(1, 0, bytes(0, 10 * RATE));
    await settle();
    await run(0.2);
    sounding.close();
    const counts = { buffered: 0, underruns: 0, refused: 0, lost: 0, prebuffer: 0 };
    reports[0]?.({ kind: "played", streams: [{ stream: 1, samples: 4 * RATE }], ...counts });
    await settle();
    expect(reports).toHaveLength(1);
  });

  // As an hour is to the ten minutes a page holds, in a sixth of the time.
  it("holds no more of a long sound than its bound, and plays it to its end", async () => {
    const bound = HELD_SAMPLES / 6;
    const { sounding, sent, run, store, settle } = setUp({
      keep: false,
      quantum: RATE,
      store: new Store(bound),
    });
    const total = 6 * bound;
    const piece = 10 * RATE;
    const silent = new DataView(new ArrayBuffer(2 * piece));
    sounding.setTotal(total);
    sounding.play();
    await settle();
    let most = 0;
    let given = 0;
    while (sounding.state !== "ended") {
      const until = sent.at(-1)?.until ?? 0;
      while (given < Math.min(until, total)) {
        sounding.take(1, given, silent);
        given += piece;
        await settle();
      }
      most = Math.max(most, store.end - store.first);
      await run(20);
    }
    expect(given).toBe(total);
    expect(most).toBeLessThanOrEqual(bound + piece);
    expect(most).toBeGreaterThan(bound / 2);
    expect(sounding.position).toBe(total);
    // What it dropped it asks for again.
    sounding.play();
    expect(sent.at(-1)).toMatchObject({ kind: "want", from: 0 });
  });
});
