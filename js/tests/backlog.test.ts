import { describe, expect, it } from "vitest";
import { Backlog, MOST_FRAMES, MOST_MESSAGES, TAIL_FRAMES } from "../src/backlog.js";

const frame = (number: number) => new Uint32Array([number]).buffer;
const numbers = (backlog: Backlog) =>
  backlog
    .drain()
    .filter(({ message }) => message.kind === "audio")
    .map(({ buffers }) => new Uint32Array(buffers[0] ?? frame(-1))[0]);

describe("Backlog", () => {
  it("keeps what was said in its order", () => {
    const backlog = new Backlog();
    backlog.add({ kind: "talk", on: true }, []);
    backlog.add({ kind: "audio" }, [frame(0)]);
    backlog.add({ kind: "text", text: "typed" }, []);
    backlog.add({ kind: "audio" }, [frame(1)]);
    expect(backlog.drain().map(({ message }) => message.kind)).toEqual([
      "talk",
      "audio",
      "text",
      "audio",
    ]);
    expect(backlog.size).toBe(0);
  });

  it("holds half a minute of sound whole", () => {
    const backlog = new Backlog();
    for (let at = 0; at < MOST_FRAMES; at++) backlog.add({ kind: "audio" }, [frame(at)]);
    expect(backlog.dropped).toBe(0);
    expect(numbers(backlog)).toEqual(Array.from({ length: MOST_FRAMES }, (_, at) => at));
  });

  it("lets the sound of a longer absence go, all but its end, and nothing else", () => {
    const backlog = new Backlog();
    backlog.add({ kind: "text", text: "typed first" }, []);
    const said = 20 * MOST_FRAMES;
    for (let at = 0; at < said; at++) {
      backlog.add({ kind: "audio" }, [frame(at)]);
      expect(backlog.size).toBeLessThanOrEqual(MOST_FRAMES + 1);
    }
    expect(backlog.dropped).toBe(said - MOST_FRAMES);
    expect(backlog.lostMs).toBe(40 * (said - TAIL_FRAMES));
    const waiting = backlog.drain();
    expect(waiting[0]?.message).toEqual({ kind: "text", text: "typed first" });
    expect(waiting.length).toBe(1 + TAIL_FRAMES);
    expect(new Uint32Array(waiting.at(-1)?.buffers[0] ?? frame(-1))[0]).toBe(said - 1);
    expect(backlog.dropped).toBe(0);
  });

  it("ends no turn of which nothing is left, and the others as they were", () => {
    const backlog = new Backlog();
    const say = (frames: number) => {
      for (let at = 0; at < frames; at++) backlog.add({ kind: "audio" }, [frame(at)]);
    };
    const turn = (frames: number) => {
      backlog.add({ kind: "talk", on: true }, []);
      say(frames);
      backlog.add({ kind: "talk", on: false, ms: 40 * frames }, []);
    };
    backlog.add({ kind: "talk", on: false, ms: 1000 }, []); // it began before
    for (let at = 0; at < 4; at++) {
      turn(MOST_FRAMES / 3);
      backlog.add({ kind: "text", text: `typed ${at}` }, []);
    }
    const told = backlog.drain().map(({ message }) => message);
    const spoken = told.filter((message) => message.kind === "audio").length;
    expect(spoken).toBe(TAIL_FRAMES);
    expect(told.filter((message) => message.kind !== "audio")).toEqual([
      { kind: "talk", on: false, ms: 1000 },
      { kind: "text", text: "typed 0" },
      { kind: "text", text: "typed 1" },
      { kind: "text", text: "typed 2" },
      { kind: "talk", on: true },
      { kind: "talk", on: false, ms: 10_000 },
      { kind: "text", text: "typed 3" },
    ]);
  });

  it("ends no turn by the button behind one that is gone whole", () => {
    const backlog = new Backlog();
    for (let at = 0; at < 3; at++) {
      for (let i = 0; i < MOST_FRAMES; i++) backlog.add({ kind: "audio" }, [frame(i)]);
      backlog.add({ kind: "commit" }, []);
    }
    const ends = backlog.drain().filter(({ message }) => message.kind === "commit");
    expect(ends.length).toBe(2); // of the first, the kernel may have a part
  });

  it("keeps the newest report of what was played, and refuses what is too much", () => {
    const backlog = new Backlog();
    const played = { latency_ms: 0, buffered: 0, underruns: 0, refused: 0 };
    for (let at = 0; at < 1000; at++) {
      const streams = [{ stream: 1, samples: at }];
      expect(backlog.add({ kind: "played", streams, ...played }, [])).toBe(true);
    }
    expect(backlog.size).toBe(1);
    for (let at = 1; at < MOST_MESSAGES; at++) {
      expect(backlog.add({ kind: "stop" }, [])).toBe(true);
    }
    expect(backlog.add({ kind: "text", text: "too much" }, [])).toBe(false);
    expect(backlog.add({ kind: "audio" }, [frame(0)])).toBe(true);
  });
});
