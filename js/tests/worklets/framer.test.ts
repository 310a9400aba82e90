import { describe, expect, it } from "vitest";
import { FRAME_SAMPLES, Framer } from "../../src/worklets/framer.js";

function frames(samples: Float32Array, block: number): { frames: Int16Array[]; levels: number[] } {
  const framer = new Framer(new Int16Array(FRAME_SAMPLES));
  const done: Int16Array[] = [];
  const levels: number[] = [];
  for (let start = 0; start < samples.length; start += block) {
    const part = samples.subarray(start, start + block);
    let at = 0;
    while (at < part.length) {
      at += framer.push(part, at, part.length);
      if (!framer.full) continue;
      done.push(framer.exchange(new Int16Array(FRAME_SAMPLES)));
      levels.push(framer.rms);
    }
  }
  return { frames: done, levels };
}

describe("Framer", () => {
  it("cuts 40 ms frames across quanta and loses no sample", () => {
    const samples = Float32Array.from({ length: 4 * FRAME_SAMPLES }, (_, i) => i / 32768);
    const { frames: cut } = frames(samples, 128);
    expect(cut.length).toBe(4);
    expect(cut.flatMap((frame) => Array.from(frame))).toEqual(
      Array.from({ length: 4 * FRAME_SAMPLES }, (_, i) => i),
    );
  });

  it("clips instead of wrapping around", () => {
    const samples = new Float32Array(FRAME_SAMPLES).fill(1.5).fill(-1.5, 480).fill(1, 0, 1);
    const frame = frames(samples, 960).frames[0];
    expect(frame?.[0]).toBe(32767);
    expect(frame?.[1]).toBe(32767);
    expect(frame?.[959]).toBe(-32768);
  });

  it("measures each frame's own level", () => {
    const samples = new Float32Array(3 * FRAME_SAMPLES);
    for (let i = 0; i < FRAME_SAMPLES; i++) samples[FRAME_SAMPLES + i] = i % 2 === 0 ? 0.5 : -0.5;
    expect(frames(samples, 128).levels).toEqual([0, 0.5, 0]);
  });
});
