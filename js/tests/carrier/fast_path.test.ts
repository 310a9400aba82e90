import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FastPath } from "../../src/carrier/fast_path.js";
import { MAX_EARLY } from "../../src/carrier/order.js";
import { type Packet, packPacket, unpackPacket } from "../../src/carrier/packet.js";

const ADDRESS = "ws://server/relay/1";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  binaryType = "";
  readyState = 0;
  sent: Packet[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: ArrayBuffer }) => void = () => undefined;
  onclose: () => void = () => undefined;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  send(data: ArrayBuffer) {
    const packet = unpackPacket(data);
    if (packet !== null) this.sent.push(packet);
  }
  tell(n: number, message: object, got = 0) {
    this.onmessage({ data: packPacket(n, got, message, []) });
  }
  close() {
    this.readyState = 3;
  }
  /** The other end, or something on the way, hangs up. */
  die() {
    this.readyState = 3;
    this.onclose();
  }
}

function setUp() {
  const comm: Record<string, unknown>[] = [];
  const got: unknown[] = [];
  const used: boolean[] = [];
  const broken = vi.fn();
  const path = new FastPath("me", {
    comm: (message) => {
      comm.push(message as Record<string, unknown>);
      return true;
    },
    message: (value) => void got.push((value as { text?: string }).text),
    changed: () => void used.push(path.used),
    broken,
  });
  return { path, comm, got, used, broken };
}

/** The socket opened last. */
const socket = () => FakeSocket.all.at(-1) as FakeSocket;

function joined() {
  const room = setUp();
  room.path.offer(ADDRESS);
  socket().open();
  socket().tell(0, { kind: "joined" });
  room.path.take({ kind: "moved", e: 1, n: 1 }, []);
  return room;
}

const text = (words: string) => ({ kind: "text", text: words }) as const;

describe("FastPath", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    FakeSocket.all = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("leaves messages to the comm until the kernel has acknowledged", () => {
    const { path, comm, used } = setUp();
    expect(path.send(text("a"), [])).toBeNull();
    path.offer(ADDRESS);
    expect(socket().url).toBe(ADDRESS);
    socket().open();
    expect(socket().sent[0]?.message).toEqual({ kind: "join", client: "me", e: 1 });
    expect(path.send(text("b"), [])).toBeNull();
    expect(path.take({ kind: "state" }, [])).toBe(false);
    socket().tell(0, { kind: "joined" });
    expect(used).toEqual([true]);
    expect(comm).toEqual([{ kind: "moved", e: 1, n: 1 }]);
    expect(path.send(text("c"), [])).toBe(true);
    expect(socket().sent[1]).toMatchObject({ n: 2, message: { text: "c" } });
  });

  it("delivers by number, whichever way a message came", () => {
    const { path, got } = setUp();
    path.offer(ADDRESS);
    socket().open();
    socket().tell(0, { kind: "joined" });
    socket().tell(2, text("b"));
    expect(got).toEqual([]);
    expect(path.take({ kind: "moved", e: 1, n: 1 }, [])).toBe(true);
    expect(got).toEqual([undefined, "b"]);
    path.take({ ...text("b"), e: 1, n: 2 }, []);
    path.take({ ...text("c"), e: 1, n: 3 }, []);
    path.take({ ...text("of another joining"), e: 0, n: 4 }, []);
    expect(got).toEqual([undefined, "b", "c"]);
  });

  it("takes what came over the comm before the acknowledgement did", () => {
    const { path, got } = setUp();
    path.offer(ADDRESS);
    socket().open();
    path.take({ kind: "moved", e: 1, n: 1 }, []);
    socket().tell(0, { kind: "joined" });
    socket().tell(2, text("b"));
    expect(got).toEqual([undefined, "b"]);
  });

  it("ignores what the comm carries for pages without a fast path", () => {
    const { path } = joined();
    expect(path.take({ kind: "state" }, [])).toBe(true);
  });

  it("sends what was not confirmed again over the comm, and comes back", () => {
    const { path, comm, used } = joined();
    for (const words of ["a", "b", "c"]) path.send(text(words), []);
    socket().tell(0, { kind: "got" }, 2);
    socket().die();
    expect(used).toEqual([true, false]);
    expect(comm.slice(1)).toEqual([
      { ...text("b"), e: 1, n: 3 },
      { ...text("c"), e: 1, n: 4 },
      { kind: "back", e: 1, n: 5 },
    ]);
    path.send(text("d"), []);
    expect(comm.at(-1)).toEqual({ ...text("d"), e: 1, n: 6 });
    vi.advanceTimersByTime(1000);
    expect(FakeSocket.all.length).toBe(2);
    socket().open();
    expect(socket().sent[0]?.message).toEqual({ kind: "join", client: "me", e: 1 });
    expect(socket().sent[0]?.got).toBe(1);
    socket().tell(0, { kind: "joined" });
    path.send(text("e"), []);
    expect(socket().sent[1]?.n).toBe(7);
    expect(used).toEqual([true, false, true]);
  });

  it("leaves a fast path on which nothing is confirmed", () => {
    const { path, used, comm } = joined();
    path.send(text("a"), []);
    vi.advanceTimersByTime(10_000);
    expect(used).toEqual([true, false]);
    expect(comm).toContainEqual({ ...text("a"), e: 1, n: 2 });
  });

  it("stays on a fast path with nothing to say", () => {
    const { used } = joined();
    vi.advanceTimersByTime(600_000);
    expect(used).toEqual([true]);
  });

  it("confirms what it was sent", () => {
    joined();
    socket().tell(2, text("a"));
    socket().tell(3, text("b"));
    vi.advanceTimersByTime(500);
    expect(socket().sent.slice(1)).toMatchObject([{ n: 0, got: 3, message: { kind: "got" } }]);
  });

  it("gives up where there is no relay", () => {
    const { path, used } = setUp();
    path.offer(ADDRESS);
    for (let attempt = 0; attempt < 10; attempt++) {
      socket().die();
      vi.advanceTimersByTime(60_000);
    }
    expect(FakeSocket.all.length).toBe(3);
    expect(used).toEqual([]);
    expect(path.send(text("a"), [])).toBeNull();
  });

  it("goes no more where the offer was taken back", () => {
    const { path } = joined();
    path.offer("");
    socket().die();
    vi.advanceTimersByTime(600_000);
    expect(FakeSocket.all.length).toBe(1);
  });

  it("begins anew when a message is missing for good", () => {
    const many = joined();
    for (let n = 3; n <= MAX_EARLY + 3; n++) socket().tell(n, text("x"));
    expect(many.broken).toHaveBeenCalledOnce();
    expect(many.path.send(text("a"), [])).toBeNull();
    const late = joined();
    socket().tell(3, text("x"));
    vi.advanceTimersByTime(10_000);
    expect(late.broken).toHaveBeenCalledOnce();
  });

  it("begins a new joining after it was dropped", () => {
    const { path } = joined();
    const first = socket();
    path.drop();
    expect(first.readyState).toBe(3);
    path.offer(ADDRESS);
    socket().open();
    expect(socket().sent[0]?.message).toEqual({ kind: "join", client: "me", e: 2 });
  });

  it("is silent once the page goes", () => {
    const { path, comm } = joined();
    path.send(text("a"), []);
    path.close();
    socket().onclose();
    vi.advanceTimersByTime(600_000);
    expect(comm.length).toBe(1);
    expect(FakeSocket.all.length).toBe(1);
  });
});
