import { describe, expect, it } from "vitest";
import { LANE, Painter } from "../../src/timeline/draw.js";
import { readWhole } from "../../src/timeline/wire.js";

const WHOLE = readWhole({
  duration_ms: 10_000,
  aways: [
    { from_ms: 2_000, to_ms: 6_000, text: "no session, 4.0 s" },
    { from_ms: 9_000, to_ms: 9_010, text: "no session, 0.0 s" },
  ],
});

/** What is drawn of it between two times, in 1000 pixels. */
function drawn(fromMs: number, toMs: number) {
  const rects: number[][] = [];
  const words: [string, number][] = [];
  const paint = {
    clearRect: () => undefined,
    beginPath: () => undefined,
    moveTo: () => undefined,
    lineTo: () => undefined,
    stroke: () => undefined,
    setLineDash: () => undefined,
    measureText: (text: string) => ({ width: 6 * text.length }),
    fillRect: (...rect: number[]) => rects.push(rect),
    fillText: (text: string, x: number) => words.push([text, x]),
  };
  const scene = {
    whole: WHOLE,
    span: { fromMs, toMs },
    peaks: null,
    cursorMs: -1,
    selected: null,
    placeMs: null,
  };
  new Painter(paint as unknown as CanvasRenderingContext2D, scene, 1000, "#000").draw();
  return { rects: rects.filter((rect) => rect[3] === 2 * LANE), words };
}

describe("a stretch without a session", () => {
  it("lies over both lanes, and is named where there is room", () => {
    const { rects, words } = drawn(0, 10_000);
    expect(rects).toEqual([
      [200, 0, 400, 2 * LANE],
      [900, 0, 1, 2 * LANE],
    ]);
    expect(words.filter(([text]) => text.startsWith("no session"))).toEqual([
      ["no session, 4.0 s", 400],
    ]);
  });

  it("is drawn as far as it is in view", () => {
    expect(drawn(5_000, 7_000).rects).toEqual([[0, 0, 500, 2 * LANE]]);
    expect(drawn(7_000, 8_000).rects).toEqual([]);
  });
});
