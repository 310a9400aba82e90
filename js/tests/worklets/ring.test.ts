import { describe, expect, it } from "vitest";
import { CHUNK_SAMPLES, ChunkPool, Ring } from "../../src/worklets/ring.js";

const CHUNK_BYTES = CHUNK_SAMPLES * 2;

/** Samples that tell their own place. */
const ramp = (from: number, count: number): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => ((from + i) % 60_000) - 30_000);
const asFloats = (samples: Int16Array): Float32Array =>
  Float32Array.from(samples, (sample) => sample / 32768);

function readAll(ring: Ring, count: number): Float32Array {
  const out = new Float32Array(count);
  expect(ring.read(out, 0, count)).toBe(count);
  return out;
}

describe("Ring", () => {
  it("gives back exactly what was written, in order, whatever the sizes", () => {
    const ring = new Ring(new ChunkPool(16 * CHUNK_BYTES));
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    let written = 0;
    let read = 0;
    for (let turn = 0; turn < 200; turn++) {
      const count = random(3000);
      if (ring.write(ramp(written, count))) written += count;
      const wanted = random(3000);
      const out = new Float32Array(wanted);
      const got = ring.read(out, 0, wanted);
      expect(got).toBe(Math.min(wanted, written - read));
      expect(out.subarray(0, got)).toEqual(asFloats(ramp(read, got)));
      read += got;
      expect(ring.length).toBe(written - read);
    }
    expect(written).toBeGreaterThan(5 * CHUNK_SAMPLES);
  });

  it("refuses what does not fit, whole, and takes it once there is room", () => {
    const ring = new Ring(new ChunkPool(2 * CHUNK_BYTES));
    expect(ring.write(ramp(0, 2 * CHUNK_SAMPLES))).toBe(true);
    expect(ring.write(ramp(0, 1))).toBe(false);
    expect(ring.length).toBe(2 * CHUNK_SAMPLES);
    readAll(ring, CHUNK_SAMPLES);
    expect(ring.write(ramp(0, CHUNK_SAMPLES + 1))).toBe(false);
    expect(ring.length).toBe(CHUNK_SAMPLES);
    expect(ring.write(ramp(0, CHUNK_SAMPLES))).toBe(true);
  });

  it("shares its pool with other rings and gives chunks back on clear", () => {
    const pool = new ChunkPool(2 * CHUNK_BYTES);
    const [one, two] = [new Ring(pool), new Ring(pool)];
    expect(one.write(ramp(0, 2 * CHUNK_SAMPLES))).toBe(true);
    expect(two.write(ramp(0, 1))).toBe(false);
    one.clear();
    expect(one.length).toBe(0);
    expect(two.write(ramp(5, 2 * CHUNK_SAMPLES))).toBe(true);
    expect(readAll(two, 9)).toEqual(asFloats(ramp(5, 9)));
  });

  it("starts clean after it was cleared in the middle of a chunk", () => {
    const ring = new Ring(new ChunkPool(2 * CHUNK_BYTES));
    ring.write(ramp(0, 100));
    readAll(ring, 40);
    ring.clear();
    ring.write(ramp(500, 100));
    expect(readAll(ring, 100)).toEqual(asFloats(ramp(500, 100)));
  });

  it("allocates no chunk while reading, and none twice", () => {
    const pool = new ChunkPool(3 * CHUNK_BYTES);
    const ring = new Ring(pool);
    for (let turn = 0; turn < 50; turn++) {
      expect(ring.write(ramp(0, CHUNK_SAMPLES))).toBe(true);
      readAll(ring, CHUNK_SAMPLES);
      expect(pool.available).toBe(3);
    }
  });
});
