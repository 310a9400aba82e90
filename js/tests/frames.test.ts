import { describe, expect, it } from "vitest";
import vectors from "../../tests/vectors/frames.json" with { type: "json" };
import { decodeFrame, encodeFrame, FrameError, type FrameKind } from "../src/frames.js";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

const good = vectors.filter((vector) => vector.error !== true);
const bad = vectors.filter((vector) => vector.error === true);

describe("frames shared with the kernel", () => {
  it("has both kinds of vector", () => {
    expect(good.length).toBeGreaterThan(3);
    expect(bad.length).toBeGreaterThan(3);
  });

  it.each(good)("encodes $name", (vector) => {
    const buffer = encodeFrame({
      kind: vector.kind as FrameKind,
      stream: vector.stream ?? -1,
      seq: vector.seq ?? -1,
      offset: vector.offset ?? -1,
      tMs: vector.t_ms ?? -1,
      samples: Int16Array.from(vector.samples ?? []),
    });
    expect(hexOf(buffer)).toBe(vector.hex);
  });

  it.each(good)("decodes $name, wherever it lies in a buffer", (vector) => {
    const bytes = bytesOf(vector.hex);
    for (const shift of [0, 1, 3]) {
      const buffer = new ArrayBuffer(bytes.length + shift + 5);
      new Uint8Array(buffer).set(bytes, shift);
      const frame = decodeFrame(new DataView(buffer, shift, bytes.length));
      expect(frame).toEqual({
        kind: vector.kind,
        stream: vector.stream,
        seq: vector.seq,
        offset: vector.offset,
        tMs: vector.t_ms,
        samples: Int16Array.from(vector.samples ?? []),
      });
    }
  });

  it.each(bad)("refuses $name", (vector) => {
    const bytes = bytesOf(vector.hex);
    expect(() => decodeFrame(new DataView(bytes.buffer as ArrayBuffer))).toThrow(FrameError);
  });
});
