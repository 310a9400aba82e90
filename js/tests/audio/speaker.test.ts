import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Played, Speaker } from "../../src/audio/speaker.js";
import type { PlaybackCommand, PlaybackReport } from "../../src/worklets/wire.js";

const samples = () => new Int16Array(960);

function setUp({ starts = true, opens = true } = {}) {
  const commands: PlaybackCommand[] = [];
  const told: unknown[] = [];
  const states: string[] = [];
  const rested: string[] = [];
  let report: (report: PlaybackReport) => void = () => undefined;
  const shared = { latencyMs: 12, start: async () => starts, rest: () => void rested.push("rest") };
  const open = async (listener: (report: PlaybackReport) => void) => {
    if (!opens) throw new Error("no worklets here");
    report = listener;
    return { send: (command: PlaybackCommand) => void commands.push(command) };
  };
  const speaker = new Speaker(shared, open, {
    played: (played: Played) => void told.push(played),
    started: (stream) => void told.push({ started: stream }),
    drained: (stream) => void told.push({ drained: stream }),
    changed: (active, muted) =>
      void states.push(`${active ? "active" : "idle"}${muted ? " muted" : ""}`),
    level: (rms) => void told.push({ level: rms }),
    failed: (message) => void told.push({ failed: message }),
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return {
    speaker,
    commands,
    told,
    states,
    rested,
    settle,
    report: (one: PlaybackReport) => report(one),
  };
}

describe("Speaker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("passes sound on in order, also what came before the worklet was there", async () => {
    const { speaker, commands, settle } = setUp();
    speaker.push(1, 0, samples());
    speaker.push(1, 960, samples());
    speaker.end(1);
    await settle();
    expect(commands.map((command) => command.kind)).toEqual(["push", "push", "end"]);
  });

  it("is active from the first sample to the last", async () => {
    const { speaker, states, settle, report, told, rested } = setUp();
    speaker.push(1, 0, samples());
    await settle();
    expect(speaker.active).toBe(true);
    report({ kind: "started", stream: 1 });
    report({
      kind: "played",
      streams: [{ stream: 1, samples: 960 }],
      buffered: 0,
      underruns: 1,
      refused: 2,
      lost: 0,
      prebuffer: 1920,
    });
    report({ kind: "drained", stream: 1 });
    expect(told).toEqual([
      { started: 1 },
      {
        streams: [{ stream: 1, samples: 960 }],
        latencyMs: 12,
        buffered: 0,
        underruns: 1,
        refused: 2,
        prebufferMs: 80,
      },
      { drained: 1 },
    ]);
    expect(states).toEqual(["active", "idle"]);
    expect(rested).toEqual(["rest"]);
  });

  it("answers a clear with the worklet's counts, and drops late frames", async () => {
    const { speaker, commands, settle, report } = setUp();
    speaker.push(1, 0, samples());
    speaker.push(2, 0, samples());
    await settle();
    const cleared = speaker.clear();
    expect(speaker.active).toBe(false);
    speaker.push(1, 960, samples());
    speaker.push(2, 960, samples());
    await settle();
    expect(commands.filter((command) => command.kind === "push").length).toBe(2);
    report({
      kind: "cleared",
      id: 1,
      streams: [
        { stream: 1, samples: 700 },
        { stream: 2, samples: 0 },
      ],
    });
    expect(await cleared).toEqual([
      { stream: 1, samples: 700 },
      { stream: 2, samples: 0 },
    ]);
    speaker.push(3, 0, samples());
    expect(speaker.active).toBe(true);
  });

  it("answers a clear from the last report when the worklet is silent", async () => {
    const { speaker, settle, report } = setUp();
    speaker.push(1, 0, samples());
    await settle();
    report({
      kind: "played",
      streams: [{ stream: 1, samples: 480 }],
      buffered: 480,
      underruns: 0,
      refused: 0,
      lost: 0,
      prebuffer: 1920,
    });
    const cleared = speaker.clear();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await cleared).toEqual([{ stream: 1, samples: 480 }]);
  });

  it("has nothing to clear or to end before it ever played", async () => {
    const { speaker, told, commands } = setUp();
    expect(await speaker.clear()).toEqual([]);
    speaker.end(5);
    expect(told).toEqual([{ drained: 5 }]);
    expect(commands).toEqual([]);
  });

  it("asks for a click when the browser keeps it silent, once", async () => {
    const { speaker, states, settle } = setUp({ starts: false });
    speaker.push(1, 0, samples());
    await settle();
    expect(states).toEqual(["active", "active muted"]);
    speaker.unlocked();
    expect(states.at(-1)).toBe("active");
    expect(speaker.muted).toBe(false);
  });

  it("is not muted any more when what waited was cleared", async () => {
    const { speaker, states, settle } = setUp({ starts: false });
    speaker.push(1, 0, samples());
    await settle();
    void speaker.clear();
    expect(states.at(-1)).toBe("idle");
  });

  it("says when the browser cannot play", async () => {
    const { speaker, told, settle } = setUp({ opens: false });
    speaker.push(1, 0, samples());
    speaker.push(1, 960, samples());
    await settle();
    expect(told).toEqual([{ failed: expect.stringContaining("no worklets here") }]);
    expect(speaker.active).toBe(false);
  });
});
