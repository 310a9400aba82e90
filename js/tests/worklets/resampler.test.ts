import { describe, expect, it } from "vitest";
import { Resampler } from "../../src/worklets/resampler.js";

const TO = 24_000;
const BLOCK = 128;

/** One second of a sine through the resampler in blocks of a render quantum. */
function convert(from: number, frequency: number, to = TO): { out: number[]; delay: number } {
  const resampler = new Resampler(from, to, BLOCK);
  const output = new Float32Array(resampler.capacity(BLOCK));
  const out: number[] = [];
  for (let at = 0; at < from; at += BLOCK) {
    const block = Float32Array.from({ length: BLOCK }, (_, i) =>
      Math.sin((2 * Math.PI * frequency * (at + i)) / from),
    );
    const made = resampler.process(block, BLOCK, output);
    expect(made).toBeLessThanOrEqual(output.length);
    out.push(...output.subarray(0, made));
  }
  return { out, delay: resampler.delay / from };
}

/** Signal to noise in dB of the middle part against the sine it should be. */
function snr(out: number[], rate: number, frequency: number, delay: number): number {
  let signal = 0;
  let noise = 0;
  for (let i = 2000; i < out.length - 2000; i++) {
    const wanted = Math.sin(2 * Math.PI * frequency * (i / rate - delay));
    signal += wanted ** 2;
    noise += ((out[i] ?? 0) - wanted) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function power(out: number[]): number {
  const middle = out.slice(2000, -2000);
  return 10 * Math.log10(middle.reduce((sum, x) => sum + x * x, 0) / middle.length + 1e-30);
}

describe("Resampler", () => {
  it.each([48_000, 44_100, 32_000, 96_000, 16_000, 22_050])("from %i Hz: clean tones", (from) => {
    for (const frequency of [100, 440, 1000, 3000, 6000]) {
      const { out, delay } = convert(from, frequency);
      expect(snr(out, TO, frequency, delay)).toBeGreaterThan(90);
    }
  });

  it("is flat to 10 kHz", () => {
    const { out, delay } = convert(48_000, 10_000);
    expect(snr(out, TO, 10_000, delay)).toBeGreaterThan(70);
  });

  it.each([48_000, 44_100])("from %i Hz: nothing above Nyquist folds back", (from) => {
    for (const frequency of [12_100, 13_000, 15_000, 20_000]) {
      expect(power(convert(from, frequency).out)).toBeLessThan(-85);
    }
  });

  it("gives the right number of samples over a long time", () => {
    for (const from of [48_000, 44_100, 11_025]) {
      const blocks = Math.ceil(from / BLOCK);
      const expected = (blocks * BLOCK * TO) / from;
      expect(Math.abs(convert(from, 100).out.length - expected)).toBeLessThan(200);
    }
  });

  it("gives the same samples whatever the blocks", () => {
    const input = Float32Array.from({ length: 4410 }, (_, i) => Math.sin(i * i * 1e-4));
    const whole = new Resampler(44_100, TO, input.length);
    const expected = new Float32Array(whole.capacity(input.length));
    const count = whole.process(input, input.length, expected);
    const piecewise = new Resampler(44_100, TO, 441);
    const part = new Float32Array(piecewise.capacity(441));
    const out: number[] = [];
    for (let at = 0, size = 1; at < input.length; at += size, size = (size * 7) % 439) {
      const block = input.subarray(at, at + size);
      const made = piecewise.process(block, block.length, part);
      out.push(...part.subarray(0, made));
    }
    expect(out).toEqual(Array.from(expected.subarray(0, count)));
  });
});
