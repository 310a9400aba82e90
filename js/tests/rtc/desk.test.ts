import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SharedContext } from "../../src/audio/context.js";
import { decodeFrame, FrameKind } from "../../src/frames.js";
import { CONNECT_MS } from "../../src/rtc/call.js";
import { RtcDesk } from "../../src/rtc/desk.js";
import { type RtcAsked, type RtcSaid, readRtc, readSounding } from "../../src/rtc/wire.js";
import { FakeConnection, FakeTrack, room } from "./fakes.js";

function setUp() {
  const { shared, ...rest } = room();
  const said: RtcSaid[] = [];
  const heard: ArrayBuffer[] = [];
  const states: [boolean, boolean][] = [];
  const calling: boolean[] = [];
  const desk = new RtcDesk(shared as unknown as SharedContext, {
    say: (message) => void said.push(message),
    heard: (bytes) => void heard.push(bytes),
    level: () => undefined,
    changed: (playing, muted) => void states.push([playing, muted]),
    calling: (on) => void calling.push(on),
  });
  const ask = async (op: string, fields: object = {}, call = 1) => {
    desk.receive({ kind: "rtc", to: "me", call, op, ...fields } as RtcAsked);
    await vi.advanceTimersByTimeAsync(0);
  };
  const connection = () => FakeConnection.made.at(-1) as FakeConnection;
  const call = async () => {
    await ask("offer");
    await ask("answer", { sdp: "v=0 answer" });
    connection().up();
    await vi.advanceTimersByTimeAsync(0);
  };
  const event = (type: string) => connection().channel?.onmessage?.({ data: `{"type":"${type}"}` });
  return { ...rest, shared, desk, said, heard, states, calling, ask, connection, call, event };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a call", () => {
  it("is offered without the microphone, with the data channel the service knows", async () => {
    const { ask, said, connection, silence } = setUp();
    await ask("offer");
    expect(said).toEqual([{ kind: "rtc", call: 1, op: "offer", sdp: "v=0 offer" }]);
    expect(connection().sending).toBe(silence);
    expect(connection().channel?.label).toBe("oai-events");
  });

  it("is up when connection and channel are", async () => {
    const { ask, said, calling, connection } = setUp();
    await ask("offer");
    await ask("answer", { sdp: "v=0" });
    connection().become("connected");
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toHaveLength(1);
    connection().channel?.open();
    await vi.advanceTimersByTimeAsync(0);
    const up = { kind: "rtc", call: 1, op: "state", state: "connected", call_id: null };
    expect(said[1]).toEqual(up);
    expect(calling).toEqual([true]);
  });

  it.each([
    ["ICE", "new", "checking"],
    ["DTLS", "connecting", "connected"],
    ["data channel", "connected", "connected"],
  ])("that is not up in time names its stage: %s", async (stage, state, ice) => {
    const { ask, said, connection } = setUp();
    await ask("offer");
    await ask("answer", { sdp: "v=0" });
    connection().become(state, ice);
    await vi.advanceTimersByTimeAsync(CONNECT_MS);
    expect(said.at(-1)).toMatchObject({ op: "failed", stage });
    expect(connection().closed).toBe(true);
  });

  it("says when the service's SDP is none, or the browser has no WebRTC", async () => {
    const { ask, said } = setUp();
    await ask("offer");
    FakeConnection.refusesSdp = true;
    await ask("answer", { sdp: "nonsense" });
    expect(said.at(-1)).toMatchObject({ op: "failed", stage: "SDP", why: "no SDP: nonsense" });
    vi.stubGlobal("RTCPeerConnection", undefined);
    await ask("offer", {}, 2);
    expect(said.at(-1)).toMatchObject({ call: 2, op: "failed", stage: "page" });
  });

  it("that the service ends says so once", async () => {
    const { call, said, connection, calling, held } = setUp();
    await call();
    connection().channel?.close();
    connection().become("failed");
    await vi.advanceTimersByTimeAsync(10_000);
    const closed = said.filter((message) => message.op === "state" && message.state === "closed");
    expect(closed).toHaveLength(1);
    expect(closed[0]).toMatchObject({ why: "the service ended the WebRTC call" });
    expect(calling).toEqual([true, false]);
    expect(held).toEqual([]);
  });

  it("that is shaken goes on, and is lost when it does not come back", async () => {
    const { call, said, connection } = setUp();
    await call();
    connection().become("disconnected");
    await vi.advanceTimersByTimeAsync(5_000);
    connection().become("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toHaveLength(2);
    connection().become("disconnected");
    await vi.advanceTimersByTimeAsync(31_000);
    expect(said.at(-1)).toMatchObject({ state: "closed" });
  });

  it("is hung up without a word, and another may begin", async () => {
    const { call, ask, said, connection } = setUp();
    await call();
    const first = connection();
    await ask("hang_up", {}, 7);
    expect(first.closed).toBe(false);
    await ask("hang_up");
    expect(first.closed).toBe(true);
    await ask("offer", {}, 2);
    expect(said.at(-1)).toMatchObject({ call: 2, op: "offer" });
    expect(said.filter((message) => message.op === "state")).toHaveLength(1);
  });
});

describe("the microphone on a call", () => {
  it("takes the place of silence, and gives it back", async () => {
    const { call, desk, connection, silence } = setUp();
    const track = new FakeTrack("microphone");
    await call();
    desk.speak(track as unknown as MediaStreamTrack);
    await vi.advanceTimersByTimeAsync(0);
    const sent = connection().sending;
    expect(sent).toBe(track.clones[0]);
    desk.gate("closed");
    expect([sent?.enabled, track.enabled]).toEqual([false, true]);
    desk.gate("open");
    expect(sent?.enabled).toBe(true);
    desk.gate("silent");
    expect(sent?.enabled).toBe(false);
    desk.speak(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(sent?.stopped).toBe(true);
    expect(connection().sending).toBe(silence);
  });

  it("that was open before the call is sent from its beginning, as its gate is", async () => {
    const { call, desk, connection } = setUp();
    const track = new FakeTrack("microphone");
    desk.speak(track as unknown as MediaStreamTrack);
    desk.gate("closed");
    await call();
    expect(connection().sending).toBe(track.clones[0]);
    expect(connection().sending?.enabled).toBe(false);
  });
});

describe("what is heard on a call", () => {
  const talk = async () => {
    const all = setUp();
    await all.call();
    all.connection().ontrack?.({ track: {}, streams: [{}] });
    await vi.advanceTimersByTimeAsync(0);
    return all;
  };

  it("is framed for the kernel while it is no silence, and a little longer", async () => {
    const { hear, heard } = await talk();
    for (let i = 0; i < 3; i++) hear(0);
    expect(heard).toHaveLength(0);
    hear(0.1);
    for (let i = 0; i < 40; i++) hear(0);
    expect(heard).toHaveLength(16);
    const frame = decodeFrame(new DataView(heard[0] as ArrayBuffer));
    expect([frame.kind, frame.offset, frame.samples[0]]).toEqual([FrameKind.answer, 2880, 3277]);
  });

  it("plays from the service's word, or its sound, to the end of both", async () => {
    const { event, hear, states } = await talk();
    event("output_audio_buffer.started");
    expect(states.at(-1)).toEqual([true, false]);
    hear(0.1);
    event("output_audio_buffer.stopped");
    expect(states.at(-1)).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(states.at(-1)).toEqual([false, false]);
    hear(0.1);
    expect(states.at(-1)).toEqual([true, false]);
  });

  it("falls silent when it is cleared, until it begins again", async () => {
    const { event, hear, states, gain } = await talk();
    event("output_audio_buffer.started");
    hear(0.1);
    event("output_audio_buffer.cleared");
    expect([gain.gain.value, states.at(-1)?.[0]]).toEqual([0, false]);
    event("output_audio_buffer.started");
    expect([gain.gain.value, states.at(-1)?.[0]]).toEqual([1, true]);
  });

  it("is hushed until what was on its way is over, and kept as it was heard", async () => {
    const { ask, hear, heard, gain } = await talk();
    hear(0.1);
    await ask("hush");
    for (let i = 0; i < 10; i++) hear(0.1);
    // A busy machine lets it out in pieces.
    for (let i = 0; i < 30; i++) hear(0);
    hear(0.1);
    for (let i = 0; i < 49; i++) hear(0);
    expect(gain.gain.value).toBe(0);
    const loudest = heard.map((bytes) => decodeFrame(new DataView(bytes)).samples[0]);
    expect(loudest.slice(0, 2)).toEqual([3277, 0]);
    expect(new Set(loudest.slice(1))).toEqual(new Set([0]));
    hear(0);
    expect(gain.gain.value).toBe(1);
    hear(0.1);
    const last = heard.at(-1) as ArrayBuffer;
    expect(decodeFrame(new DataView(last)).samples[0]).toBe(3277);
  });

  it("waits for a click where the browser wants one", async () => {
    const { ask, shared, desk, states } = setUp();
    shared.running = false;
    await ask("offer");
    expect(states.at(-1)).toEqual([true, true]);
    desk.unlocked();
    expect(states.at(-1)).toEqual([false, false]);
  });
});

describe("a call that the page makes by itself", () => {
  const URL_OF_CALLS = "http://127.0.0.1:1/v1/realtime/calls";
  const direct = async (response: Partial<Response> | Error) => {
    const all = setUp();
    const fetched = vi.fn(async (_url: string, _request: RequestInit) => {
      if (response instanceof Error) throw response;
      return response as Response;
    });
    vi.stubGlobal("fetch", fetched);
    await all.ask("direct", { url: URL_OF_CALLS, key: "ek_1" });
    return { ...all, fetched };
  };
  const created = (location: string | null) => ({
    ok: true,
    text: async () => "v=0 answer",
    headers: { get: () => location } as unknown as Headers,
  });

  it.each([
    ["/v1/realtime/calls/rtc_1", "rtc_1"],
    [null, null],
  ])("is told with its id where Location is %s", async (location, call_id) => {
    const { said, fetched, connection } = await direct(created(location));
    connection().up();
    await vi.advanceTimersByTimeAsync(0);
    expect(said.at(-1)).toMatchObject({ op: "state", state: "connected", call_id });
    const [url, request] = fetched.mock.calls[0] ?? [];
    expect(url).toBe(URL_OF_CALLS);
    expect(request).toMatchObject({ method: "POST", body: "v=0 offer", redirect: "error" });
    const headers = { Authorization: "Bearer ek_1", "Content-Type": "application/sdp" };
    expect(request?.headers).toEqual(headers);
  });

  it("relays the data channel both ways", async () => {
    const { said, event, ask, connection } = await direct(created(null));
    connection().up();
    await vi.advanceTimersByTimeAsync(0);
    event("session.created");
    const text = '{"type":"session.created"}';
    expect(said.at(-1)).toEqual({ kind: "rtc", call: 1, op: "message", text });
    await ask("send", { text: "up" });
    expect(connection().channel?.sent).toEqual(["up"]);
  });

  it.each([
    [
      { ok: false, status: 401, json: async () => ({ error: { message: "expired" } }) },
      "status 401: expired",
    ],
    [{ ok: false, status: 500, json: async () => "x" }, "status 500"],
    [new TypeError("Failed to fetch"), "Failed to fetch"],
  ])("says what the service said", async (response, why) => {
    const { said } = await direct(response as unknown as Partial<Response>);
    expect(said).toEqual([{ kind: "rtc", call: 1, op: "failed", stage: "HTTP", why }]);
  });
});

describe("what comes over the wires", () => {
  const head = { kind: "rtc", to: "me", call: 1 };
  it.each([
    { ...head, op: "offer" },
    { ...head, op: "answer", sdp: "v=0" },
    { ...head, op: "direct", url: "u", key: "k" },
    { ...head, op: "send", text: "t" },
  ])("is read: %j", (message) => {
    expect(readRtc({ ...message, more: 1 })).toEqual(message);
  });
  it.each([
    { ...head, op: "answer" },
    { ...head, op: "direct", url: "u" },
    { ...head, op: "send", text: 1 },
    { ...head, op: "dance" },
    { kind: "rtc", op: "offer", call: 1 },
    { kind: "rtc", op: "offer", to: "me" },
  ])("is none: %j", (message) => expect(readRtc(message)).toBeNull());
  it.each([
    ['{"type":"output_audio_buffer.started"}', "started"],
    ['{"type":"output_audio_buffer.other"}', null],
    ['{"type":"response.done","x":"\\"output_audio_buffer.started"}', null],
    ['not JSON "output_audio_buffer.started', null],
    ["null", null],
  ])("%s says %s of the sound", (text, sounding) => expect(readSounding(text)).toBe(sounding));
});
