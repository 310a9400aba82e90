import { describe, expect, it } from "vitest";
import { BATCH_SAMPLES, Outbox, WINDOW_SAMPLES } from "../../src/recorder/outbox.js";

const FRAME = 960;

/** A kernel that takes what it is sent, in order, when it is told to. */
function setUp(max = 100 * FRAME) {
  const waiting: { offset: number; samples: Int16Array }[] = [];
  const got: number[] = [];
  let there = true;
  const outbox = new Outbox(max, (offset, samples) => {
    if (there) waiting.push({ offset, samples });
    return there;
  });
  let count = 0;
  return {
    outbox,
    waiting,
    got,
    record: (frames: number) => {
      for (let i = 0; i < frames; i++) {
        outbox.add(Int16Array.from({ length: FRAME }, () => count++ % 30_000));
      }
    },
    /** The kernel comes to what waits, and says so. */
    works: () => {
      for (const { offset, samples } of waiting.splice(0)) {
        if (offset <= got.length) got.push(...samples.slice(got.length - offset));
        outbox.acked(got.length);
      }
    },
    drop: () => void waiting.splice(0),
    gone: (is: boolean) => {
      there = !is;
    },
  };
}
const wanted = (count: number) => Array.from({ length: count }, (_, i) => i % 30_000);

describe("a recording on its way", () => {
  it("goes in batches, and at the end with what is left", () => {
    const { outbox, waiting, record, works, got } = setUp();
    record(12);
    expect(waiting.map(({ samples }) => samples.length)).toEqual([BATCH_SAMPLES, BATCH_SAMPLES]);
    outbox.flush();
    expect(outbox.allSent).toBe(true);
    works();
    expect(got).toEqual(wanted(12 * FRAME));
    expect(outbox.waiting).toBe(0);
  });

  it("keeps what a busy kernel does not take, and sends no more than its window", () => {
    const { outbox, waiting, record, works, got } = setUp(1000 * FRAME);
    record(600);
    const underWay = waiting.reduce((sum, { samples }) => sum + samples.length, 0);
    expect(underWay).toBeLessThanOrEqual(WINDOW_SAMPLES);
    expect(outbox.waiting).toBe(600 * FRAME);
    for (let round = 0; round < 9; round++) {
      works();
      outbox.flush();
    }
    expect(got).toEqual(wanted(600 * FRAME));
  });

  it("sends again what was lost under way", () => {
    const { outbox, record, works, drop, got } = setUp();
    record(10);
    works();
    record(10);
    drop();
    record(10); // leaves a hole: the kernel says twice that it has no more than before
    works();
    outbox.flush();
    works();
    expect(got).toEqual(wanted(30 * FRAME));
    record(5);
    drop();
    outbox.again();
    outbox.flush();
    works();
    expect(got).toEqual(wanted(35 * FRAME));
  });

  it("holds what it cannot send, and ends at the longest recording", () => {
    const { outbox, record, works, gone, got } = setUp(20 * FRAME - 100);
    gone(true);
    record(30);
    expect([outbox.full, outbox.total]).toEqual([true, 20 * FRAME - 100]);
    gone(false);
    outbox.flush();
    works();
    expect(got).toEqual(wanted(20 * FRAME - 100));
  });
});
