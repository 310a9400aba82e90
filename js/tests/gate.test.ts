import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MicrophoneGate, RELEASE_MS, ROOM_MS } from "../src/gate.js";

let told: (string | number)[];
let gate: MicrophoneGate;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  gate = new MicrophoneGate({
    begin: () => void told.push("begin"),
    end: (ms) => void told.push(ms),
    changed: () => undefined,
  });
});
afterEach(() => vi.useRealTimers());

/** A press with the microphone open, and `frames` that went out. */
function press(frames: number) {
  gate.hold(true);
  for (let i = 0; i < frames; i++) gate.sent();
}

describe("push-to-talk", () => {
  beforeEach(() => {
    gate.mode("push_to_talk", false);
    gate.live(true);
  });

  it("lets out what is said while the key is held, and a little more", () => {
    expect(gate.state).toBe("closed");
    press(10);
    expect([gate.state, gate.talking]).toEqual(["open", true]);
    gate.hold(false);
    expect([gate.state, gate.talking]).toEqual(["open", false]);
    gate.sent();
    vi.advanceTimersByTime(RELEASE_MS);
    expect(gate.state).toBe("closed");
    expect(told).toEqual(["begin", 400]);
  });

  it("takes a key that bounces for held, and counts each turn anew", () => {
    press(5);
    gate.hold(false);
    vi.advanceTimersByTime(RELEASE_MS / 2);
    press(5);
    vi.advanceTimersByTime(2 * RELEASE_MS);
    gate.hold(false);
    vi.advanceTimersByTime(RELEASE_MS);
    press(1);
    gate.hold(false);
    vi.advanceTimersByTime(RELEASE_MS);
    expect(told).toEqual(["begin", 400, "begin", 40]);
  });

  it("begins when the microphone comes, if the key is still held", () => {
    gate.live(false);
    gate.hold(true);
    expect(told).toEqual([]);
    gate.live(true);
    expect(told).toEqual(["begin"]);
    gate.live(false);
    vi.advanceTimersByTime(RELEASE_MS);
    expect([gate.state, told]).toEqual(["closed", ["begin"]]);
  });

  it("forgets a key released before the microphone came", () => {
    gate.live(false);
    gate.hold(true);
    gate.hold(false);
    gate.live(true);
    expect([gate.state, told]).toEqual(["closed", []]);
  });

  it("ends nothing when the mode changes under the key", () => {
    press(10);
    gate.mode("server_vad", false);
    gate.hold(false);
    vi.advanceTimersByTime(RELEASE_MS);
    expect([gate.state, told]).toEqual(["open", ["begin"]]);
  });
});

describe("half-duplex", () => {
  it("sends silence while the loudspeaker plays and until the room is silent", () => {
    gate.mode("server_vad", true);
    gate.live(true);
    expect(gate.state).toBe("open");
    gate.playing(true, 40);
    expect([gate.state, gate.deaf]).toEqual(["silent", true]);
    gate.playing(false, 40);
    vi.advanceTimersByTime(ROOM_MS + 39);
    expect(gate.state).toBe("silent");
    vi.advanceTimersByTime(1);
    expect([gate.state, gate.deaf]).toEqual(["open", false]);
  });

  it("stays mute between two answers that follow one another", () => {
    gate.mode("manual", true);
    gate.playing(true, 0);
    gate.playing(false, 0);
    vi.advanceTimersByTime(ROOM_MS / 2);
    gate.playing(true, 0);
    vi.advanceTimersByTime(2 * ROOM_MS);
    expect(gate.state).toBe("silent");
  });

  it("can be switched off while an answer plays, and is not asked of a key that is held", () => {
    gate.mode("server_vad", true);
    gate.playing(true, 0);
    gate.mode("server_vad", false);
    expect([gate.state, gate.deaf]).toEqual(["open", false]);
    gate.mode("push_to_talk", true);
    gate.live(true);
    gate.hold(true);
    expect([gate.state, gate.deaf]).toEqual(["open", false]);
  });
});
