// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SharedContext } from "../src/audio/context.js";
import { loadPreferences, NO_PREFERENCES, readPreferences } from "../src/audio/preferences.js";
import { Chat } from "../src/chat.js";
import { SoundSetup } from "../src/sound.js";

const MICROPHONES = [
  { kind: "audioinput", deviceId: "default", label: "Default" },
  { kind: "audioinput", deviceId: "m1", label: "Headset" },
  { kind: "audioinput", deviceId: "m2", label: "" },
  { kind: "audiooutput", deviceId: "s1", label: "Desk" },
  { kind: "videoinput", deviceId: "v1", label: "Camera" },
];

let chat: Chat;
let chosen: string[];
let plays: boolean;
let life: AbortController;
const plugged = new EventTarget();

function setUp(asked: MediaTrackConstraints = {}): SoundSetup {
  const context = {
    rate: 24_000,
    choose: async (sink: string) => {
      chosen.push(sink);
      return plays;
    },
  };
  return new SoundSetup(chat, context as SharedContext, true, () => asked, life.signal);
}

beforeEach(() => {
  chat = new Chat();
  chosen = [];
  plays = true;
  life = new AbortController();
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
  const enumerateDevices = async () => MICROPHONES;
  const addEventListener = plugged.addEventListener.bind(plugged);
  vi.stubGlobal("navigator", { mediaDevices: { enumerateDevices, addEventListener } });
});
afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
});

describe("what the microphone is asked for", () => {
  it("is what makes people sound good, unless the kernel or the person says otherwise", () => {
    const setup = setUp({ echoCancellation: false, autoGainControl: false });
    expect(setup.constraints()).toEqual({
      echoCancellation: false,
      noiseSuppression: true,
      autoGainControl: false,
    });
    setup.setProcessing("autoGainControl", true);
    setup.chooseInput("m1");
    expect(setup.constraints()).toEqual({
      echoCancellation: false,
      noiseSuppression: true,
      autoGainControl: true,
      deviceId: { exact: "m1" },
    });
    expect(chat.sound.processing).toEqual({
      echoCancellation: false,
      noiseSuppression: true,
      autoGainControl: true,
    });
    setup.forgetInput();
    expect(setup.constraints().deviceId).toBeUndefined();
  });

  it("is remembered by the browser", async () => {
    const setup = setUp();
    setup.chooseInput("m1");
    await setup.chooseOutput("s1");
    setup.setProcessing("noiseSuppression", false);
    chat = new Chat();
    expect(setUp().constraints()).toMatchObject({
      noiseSuppression: false,
      deviceId: { exact: "m1" },
    });
    expect(chat.sound).toMatchObject({ input: "m1", output: "s1" });
    expect(chosen.at(-1)).toBe("s1");
  });
});

describe("devices", () => {
  it("have names, and stand for themselves only", async () => {
    await setUp().refresh();
    expect(chat.sound.devices).toEqual({
      inputs: [
        { id: "m1", name: "Headset" },
        { id: "m2", name: "Microphone 2" },
      ],
      outputs: [{ id: "s1", name: "Desk" }],
    });
  });

  it("are looked at again when one is plugged in, as long as somebody is there", async () => {
    setUp();
    plugged.dispatchEvent(new Event("devicechange"));
    await vi.waitFor(() => expect(chat.sound.devices.inputs.length).toBe(2));
    life.abort();
    chat.setSound({ devices: { inputs: [], outputs: [] } });
    plugged.dispatchEvent(new Event("devicechange"));
    await Promise.resolve();
    expect(chat.sound.devices.inputs).toEqual([]);
  });

  it("are none where the browser tells none", async () => {
    vi.stubGlobal("navigator", {});
    await setUp().refresh();
    expect(chat.sound.devices).toEqual({ inputs: [], outputs: [] });
  });

  it("give way to the system's own loudspeaker where they cannot be used", async () => {
    const setup = setUp();
    plays = false;
    await setup.chooseOutput("s1");
    expect(chat.sound.output).toBe("");
    expect(chat.notices[0]?.text).toMatch(/loudspeaker cannot be used/);
  });
});

describe("preferences", () => {
  it.each([
    null,
    5,
    "x",
    [],
    { input: 3, output: null, processing: "all" },
  ])("are none where %j was stored", (value) => {
    expect(readPreferences(value)).toEqual(NO_PREFERENCES);
  });

  it("are none where the browser keeps nothing", () => {
    vi.stubGlobal("localStorage", undefined);
    expect(loadPreferences()).toEqual(NO_PREFERENCES);
    const setup = setUp();
    setup.chooseInput("m1");
    expect(setup.constraints()).toMatchObject({ deviceId: { exact: "m1" } });
  });
});

describe("how the sound goes", () => {
  it("is told only when it changed", () => {
    const setup = setUp();
    const played = { streams: [], latencyMs: 0, buffered: 0, underruns: 0, refused: 0 };
    const told = vi.fn();
    setup.played({ ...played, prebufferMs: 80 });
    chat.subscribe(told, life.signal);
    setup.played({ ...played, prebufferMs: 80 });
    expect(told).not.toHaveBeenCalled();
    setup.played({ ...played, underruns: 2, prebufferMs: 160 });
    expect(told).toHaveBeenCalledWith("sound");
    expect(chat.sound).toMatchObject({ underruns: 2, prebufferMs: 160, outputRate: 24_000 });
  });
});
