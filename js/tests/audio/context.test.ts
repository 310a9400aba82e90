import { afterEach, describe, expect, it, vi } from "vitest";
import { SharedContext } from "../../src/audio/context.js";

class FakeContext {
  static made: FakeContext[] = [];
  static refuses24 = false;
  static sinks = ["", "desk"];
  readonly sampleRate: number;
  sink = "";
  state = "running";
  onstatechange: (() => void) | null = null;
  constructor(options: { sampleRate?: number } = {}) {
    if (FakeContext.refuses24 && options.sampleRate !== undefined) {
      throw new DOMException("", "NotSupportedError");
    }
    this.sampleRate = options.sampleRate ?? 48_000;
    FakeContext.made.push(this);
  }
  async setSinkId(id: string): Promise<void> {
    if (!FakeContext.sinks.includes(id)) throw new DOMException("", "NotFoundError");
    this.sink = id;
  }
}

function setUp({ refuses24 = false, context = FakeContext as unknown } = {}): SharedContext {
  FakeContext.made = [];
  FakeContext.refuses24 = refuses24;
  vi.stubGlobal("AudioContext", context);
  return new SharedContext();
}
afterEach(() => vi.unstubAllGlobals());

describe("SharedContext", () => {
  it("is one, at 24 kHz, made when first needed", () => {
    const shared = setUp();
    expect([shared.rate, FakeContext.made.length]).toEqual([null, 0]);
    expect(shared.get()).toBe(shared.get());
    expect(shared.rate).toBe(24_000);
  });

  it("takes the device's own rate where the browser refuses 24 kHz", () => {
    const shared = setUp({ refuses24: true });
    shared.get();
    expect(shared.rate).toBe(48_000);
  });

  it("plays on the chosen loudspeaker, also when it is made later", async () => {
    const shared = setUp();
    expect(await shared.choose("desk")).toBe(true);
    shared.get();
    await Promise.resolve();
    expect(FakeContext.made[0]?.sink).toBe("desk");
    expect(await shared.choose("")).toBe(true);
    expect(FakeContext.made[0]?.sink).toBe("");
  });

  it("says when the chosen one is not to be had, and stays where it was", async () => {
    const shared = setUp();
    shared.get();
    expect(await shared.choose("gone")).toBe(false);
    expect(FakeContext.made[0]?.sink).toBe("");
  });

  it("lets nothing be chosen in a browser that cannot", async () => {
    expect(SharedContext.choosable).toBe(false);
    const shared = setUp({ context: class {} });
    shared.get();
    expect(SharedContext.choosable).toBe(false);
    expect(await shared.choose("desk")).toBe(true);
    setUp();
    expect(SharedContext.choosable).toBe(true);
  });
});
