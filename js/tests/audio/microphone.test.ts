import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SharedContext } from "../../src/audio/context.js";
import { Microphone } from "../../src/audio/microphone.js";
import { decodeFrame } from "../../src/frames.js";

class FakeTrack extends EventTarget {
  readonly label = "Headset";
  readyState = "live";
  muted = false;
  stop(): void {
    this.readyState = "ended";
  }
}

class FakePort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: unknown[] = [];
  postMessage(message: unknown): void {
    this.sent.push(message);
  }
}

class FakeNode {
  readonly port = new FakePort();
  connect<T>(next: T): T {
    return next;
  }
  disconnect(): void {}
}

/** A context at one rate; refuses the microphone when that is not the device's. */
class FakeContext {
  static deviceRate = 24_000;
  static made: FakeContext[] = [];
  readonly sampleRate: number;
  readonly destination = new FakeNode();
  readonly audioWorklet = { addModule: async () => undefined };
  closed = false;
  constructor(options: { sampleRate?: number } = {}) {
    this.sampleRate = options.sampleRate ?? FakeContext.deviceRate;
    FakeContext.made.push(this);
  }
  createMediaStreamSource(): FakeNode {
    if (this.sampleRate !== FakeContext.deviceRate) throw new DOMException("", "NotSupportedError");
    return new FakeNode();
  }
  async resume(): Promise<void> {}
  async close(): Promise<void> {
    this.closed = true;
  }
}

function setUp() {
  const track = new FakeTrack();
  const stream = { getTracks: () => [track], getAudioTracks: () => [track] };
  const asked: unknown[] = [];
  let answer: (stream: unknown) => void = () => undefined;
  let refuse: (error: unknown) => void = () => undefined;
  const getUserMedia = (constraints: unknown) => {
    asked.push(constraints);
    return new Promise((resolve, reject) => {
      answer = resolve;
      refuse = reject;
    });
  };
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  const context = new FakeContext({ sampleRate: 24_000 });
  const shared = { get: () => context, start: async () => true, rest: () => undefined };
  const frames: ArrayBuffer[] = [];
  const levels: number[] = [];
  const muted: boolean[] = [];
  let lost = 0;
  const microphone = new Microphone(shared as unknown as SharedContext, {
    frame: (bytes, rms) => {
      levels.push(rms);
      if (bytes !== null) frames.push(bytes);
    },
    lost: () => void lost++,
    muted: (now) => void muted.push(now),
  });
  return {
    microphone,
    track,
    frames,
    levels,
    muted,
    asked,
    lost: () => lost,
    allow: () => {
      track.readyState = "live";
      answer(stream);
    },
    refuse: (error: unknown) => refuse(error),
  };
}

const nodes: FakeNode[] = [];

describe("Microphone", () => {
  beforeEach(() => {
    FakeContext.deviceRate = 24_000;
    FakeContext.made = [];
    nodes.length = 0;
    vi.stubGlobal("AudioContext", FakeContext);
    vi.stubGlobal(
      "AudioWorkletNode",
      class extends FakeNode {
        constructor() {
          super();
          nodes.push(this);
        }
      },
    );
    vi.stubGlobal("URL", { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("asks for what it is told to ask for", async () => {
    const { microphone, allow, asked } = setUp();
    const started = microphone.start({ echoCancellation: false });
    allow();
    expect(await started).toEqual({ rate: 24_000, deviceLabel: "Headset" });
    expect(asked).toEqual([{ audio: { echoCancellation: false } }]);
    expect(microphone.on).toBe(true);
  });

  it("numbers and times its frames, and gives the buffers back", async () => {
    const { microphone, allow, frames } = setUp();
    const started = microphone.start();
    allow();
    await started;
    const port = nodes[0]?.port;
    for (let i = 0; i < 3; i++) {
      const samples = new Int16Array(960).fill(i);
      port?.onmessage?.({ data: { samples, time: 5 + 0.04 * i, rms: 0.5 } });
    }
    const read = frames.map((bytes) => decodeFrame(new DataView(bytes)));
    expect(read.map(({ stream, seq, offset }) => [stream, seq, offset])).toEqual([
      [1, 0, 0],
      [1, 1, 960],
      [1, 2, 1920],
    ]);
    expect(read[2]?.samples[0]).toBe(2);
    const [first, , third] = read.map(({ tMs }) => tMs);
    expect((third ?? 0) - (first ?? 0)).toBeGreaterThan(0);
    expect(port?.sent.length).toBe(3);
  });

  it("sends silence or nothing as its gate says, and numbers without a gap", async () => {
    const { microphone, allow, frames, levels } = setUp();
    const started = microphone.start();
    allow();
    await started;
    for (const gate of ["open", "closed", "silent", "open"] as const) {
      microphone.gate = gate;
      const samples = new Int16Array(960).fill(7);
      nodes[0]?.port.onmessage?.({ data: { samples, time: 5, rms: 0.5 } });
    }
    const read = frames.map((bytes) => decodeFrame(new DataView(bytes)));
    expect(read.map(({ seq, offset, samples }) => [seq, offset, samples[0]])).toEqual([
      [0, 0, 7],
      [1, 1920, 0],
      [2, 2880, 7],
    ]);
    expect(levels.length).toBe(4);
  });

  it("goes on with the open one until another is there, and also when there is none", async () => {
    const { microphone, allow, refuse, track } = setUp();
    const opened = microphone.start();
    allow();
    await opened;
    const refused = microphone.start({ deviceId: { exact: "gone" } });
    expect(microphone.on).toBe(true);
    refuse(new DOMException("", "OverconstrainedError"));
    await expect(refused).rejects.toMatchObject({ isOfDevice: true });
    expect([microphone.on, track.readyState]).toEqual([true, "live"]);
    const again = microphone.start();
    allow();
    await again;
    expect(microphone.on).toBe(true);
    expect(nodes[0]?.port.onmessage).toBeNull();
    expect(nodes[1]?.port.onmessage).not.toBeNull();
  });

  it("lets go at once a microphone that is allowed after it was given up", async () => {
    const { microphone, allow, track } = setUp();
    const started = microphone.start();
    microphone.stop();
    allow();
    expect(await started).toBeNull();
    expect(track.readyState).toBe("ended");
    expect(microphone.on).toBe(false);
  });

  it("says nothing of a refusal after it was given up", async () => {
    const { microphone, refuse } = setUp();
    const started = microphone.start();
    microphone.stop();
    refuse(new DOMException("", "NotAllowedError"));
    expect(await started).toBeNull();
  });

  it("explains a refusal", async () => {
    const { microphone, refuse } = setUp();
    const started = microphone.start();
    refuse(new DOMException("", "NotFoundError"));
    await expect(started).rejects.toThrow(/No microphone is connected/);
  });

  it("takes a context of its own where the shared one is refused, and closes it", async () => {
    const { microphone, allow, track } = setUp();
    FakeContext.deviceRate = 48_000;
    const started = microphone.start();
    allow();
    expect((await started)?.rate).toBe(48_000);
    microphone.stop();
    expect(track.readyState).toBe("ended");
    expect(FakeContext.made.map((context) => [context.sampleRate, context.closed])).toEqual([
      [24_000, false],
      [48_000, true],
    ]);
  });

  it("notices that the device went away, but not its own stop", async () => {
    const { microphone, allow, track, lost } = setUp();
    const started = microphone.start();
    allow();
    await started;
    track.dispatchEvent(new Event("ended"));
    expect(lost()).toBe(1);
    expect(microphone.on).toBe(false);
    track.dispatchEvent(new Event("ended"));
    expect(lost()).toBe(1);
  });

  it("says that it is muted outside the page, from its opening until it is let go", async () => {
    const { microphone, allow, track, muted } = setUp();
    track.muted = true;
    const started = microphone.start();
    allow();
    await started;
    track.muted = false;
    track.dispatchEvent(new Event("unmute"));
    track.muted = true;
    track.dispatchEvent(new Event("mute"));
    microphone.stop();
    track.dispatchEvent(new Event("unmute"));
    expect(muted).toEqual([true, false, true]);
  });

  it("counts a new stream each time it is opened", async () => {
    const { microphone, allow, frames } = setUp();
    for (let turn = 0; turn < 2; turn++) {
      const started = microphone.start();
      allow();
      await started;
      nodes[turn]?.port.onmessage?.({ data: { samples: new Int16Array(960), time: 0, rms: 0 } });
      microphone.stop();
    }
    expect(frames.map((bytes) => decodeFrame(new DataView(bytes)).stream)).toEqual([1, 2]);
  });

  it("does not ask where there is no microphone to be had", async () => {
    const { microphone, asked } = setUp();
    vi.stubGlobal("navigator", {});
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("location", { protocol: "vscode-webview:", host: "x" });
    await expect(microphone.start()).rejects.toThrow(/Visual Studio Code/);
    expect(asked).toEqual([]);
  });
});
