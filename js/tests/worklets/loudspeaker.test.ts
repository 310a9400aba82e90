import { describe, expect, it } from "vitest";
import { Loudspeaker } from "../../src/worklets/loudspeaker.js";
import { Player } from "../../src/worklets/player.js";

const QUANTUM = 128;
const HZ = 440;

function sine(seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * 24_000 }, (_, i) =>
    Math.round(16_000 * Math.sin((2 * Math.PI * HZ * i) / 24_000)),
  );
}

function play(loudspeaker: Loudspeaker, quanta: number): number[] {
  const heard: number[] = [];
  for (let i = 0; i < quanta; i++) {
    const out = new Float32Array(QUANTUM);
    loudspeaker.render(out);
    heard.push(...out);
  }
  return heard;
}

describe("Loudspeaker", () => {
  it("hands samples on untouched at 24 kHz", () => {
    const player = new Player();
    player.push(1, 0, sine(0.5));
    const heard = play(new Loudspeaker(player, 24_000), 90);
    expect(heard).toEqual(Array.from(sine(0.5).subarray(0, 90 * QUANTUM), (s) => s / 32768));
  });

  it.each([44_100, 48_000, 16_000])("keeps pitch, level and length at %d Hz", (rate) => {
    const player = new Player();
    player.push(1, 0, sine(1));
    player.end(1);
    const heard = play(new Loudspeaker(player, rate), Math.ceil((1.1 * rate) / QUANTUM));
    const start = Math.round(0.1 * rate);
    // Against the sine itself at this rate: whatever delay fits best, to a fiftieth of a sample.
    const delays = Array.from({ length: 2000 }, (_, i) => i / 50 + (48 * rate) / 24_000 - 10);
    const worst = delays.map((delay) => {
      let error = 0;
      for (let i = start; i < start + 2000; i++) {
        const wanted = (16_000 / 32768) * Math.sin((2 * Math.PI * HZ * (i - delay)) / rate);
        error = Math.max(error, Math.abs((heard[i] ?? 0) - wanted));
      }
      return error;
    });
    expect(Math.min(...worst)).toBeLessThan(3e-3);
    expect(player.takeDrained()).toEqual([{ stream: 1, samples: 24_000 }]);
    const lastLoud = heard.findLastIndex((sample) => Math.abs(sample) > 0.05);
    expect(lastLoud / rate).toBeGreaterThan(0.99);
    expect(lastLoud / rate).toBeLessThan(1.01);
  });

  it.each([24_000, 48_000])("is silent right after a clear at %d Hz", (rate) => {
    const player = new Player();
    player.push(1, 0, sine(1));
    const loudspeaker = new Loudspeaker(player, rate);
    play(loudspeaker, 50);
    player.clear();
    loudspeaker.clear();
    expect(play(loudspeaker, 4).every((sample) => sample === 0)).toBe(true);
    player.push(2, 0, sine(1));
    expect(play(loudspeaker, 50).some((sample) => Math.abs(sample) > 0.4)).toBe(true);
  });

  it("tells how loud it was since it was last asked", () => {
    const player = new Player();
    const loudspeaker = new Loudspeaker(player, 24_000);
    expect(loudspeaker.takeLevel()).toBe(0);
    player.push(1, 0, sine(1));
    play(loudspeaker, 60);
    expect(loudspeaker.takeLevel()).toBeCloseTo(16_000 / 32768 / Math.SQRT2, 2);
    player.clear();
    play(loudspeaker, 2);
    expect(loudspeaker.takeLevel()).toBe(0);
  });
});
