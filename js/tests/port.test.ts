import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Incoming } from "../src/messages.js";
import { type Gone, HELLO_EVERY_MS, HELLOS_AFTER_RESTART, Port } from "../src/port.js";
import { asModel, FakeModel } from "./fakes.js";

function setUp() {
  const model = new FakeModel();
  const life = new AbortController();
  const got: Incoming[] = [];
  const gone: Gone[] = [];
  const away: boolean[] = [];
  const handlers = {
    message: (message: Incoming) => void got.push(message),
    gone: (why: Gone) => void gone.push(why),
    carrier: () => undefined,
    away: (is: boolean) => void away.push(is),
  };
  const port = new Port(asModel(model), handlers, life.signal);
  return { model, life, got, gone, away, port };
}

describe("Port", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says hello until welcomed, then no more", () => {
    const { model, port, got } = setUp();
    port.open();
    expect(model.sent[0]?.content).toEqual({ kind: "hello", version: 1, client: port.client });
    vi.advanceTimersByTime(2 * HELLO_EVERY_MS);
    expect(model.kinds()).toEqual(["hello", "hello", "hello"]);
    expect(port.live).toBe(false);
    model.welcome();
    expect(port.live).toBe(true);
    expect(got.map((message) => message.kind)).toEqual(["welcome"]);
    vi.advanceTimersByTime(10 * HELLO_EVERY_MS);
    expect(model.kinds().length).toBe(3);
  });

  it("sends nothing but hello before it is welcomed", () => {
    const { model, port } = setUp();
    expect(port.send({ kind: "text", text: "early" })).toBe(false);
    expect(model.sent).toEqual([]);
  });

  it("sends messages under its own client id, with buffers", () => {
    const { model, port } = setUp();
    port.open();
    model.welcome();
    const bytes = new ArrayBuffer(8);
    expect(port.send({ kind: "audio" }, [bytes])).toBe(true);
    expect(model.sent[1]).toEqual({
      content: { kind: "audio", client: port.client },
      buffers: [bytes],
    });
  });

  it("hears only what is for everybody or for this page", () => {
    const { model, port, got } = setUp();
    port.open();
    model.welcome({ to: "somebody else" });
    expect(port.live).toBe(false);
    model.welcome();
    model.tell({ kind: "clear", to: "somebody else", id: 1 });
    model.tell({ kind: "clear", to: port.client, id: 2 });
    model.tell({ kind: "state", state: "closed" });
    model.tell({ kind: "unheard of" });
    expect(got.map((message) => message.kind)).toEqual(["welcome", "clear", "state"]);
  });

  it("takes a failed send for the end, and asks a few times more", () => {
    const { model, port, gone } = setUp();
    port.open();
    model.welcome();
    model.broken = true;
    expect(port.send({ kind: "stop" })).toBe(false);
    expect(gone).toEqual(["send"]);
    expect(port.send({ kind: "stop" })).toBe(false);
    expect(gone).toEqual(["send"]);
    model.broken = false;
    const before = model.sent.length;
    vi.advanceTimersByTime(100 * HELLO_EVERY_MS);
    expect(model.sent.length - before).toBe(HELLOS_AFTER_RESTART - 1);
  });

  it("is not live after a kernel restart, until a kernel welcomes it again", () => {
    const { model, port, gone } = setUp();
    port.open();
    model.welcome();
    model.emit("comm_live_update");
    expect(gone).toEqual(["restart"]);
    expect(port.live).toBe(false);
    model.welcome();
    expect(port.live).toBe(true);
  });

  it("lets go of the model when its life ends", () => {
    const { model, life, port } = setUp();
    port.open();
    life.abort();
    expect(model.handlers).toEqual([]);
    vi.advanceTimersByTime(10 * HELLO_EVERY_MS);
    expect(model.kinds()).toEqual(["hello"]);
  });

  it("keeps what is said while nothing comes through, and hands it over in order", () => {
    const { model, port, away } = setUp();
    port.open();
    model.welcome({ pulse: true });
    const pulses = () =>
      model.sent.map(({ content }) => content).filter(({ kind }) => kind === "pulse");
    const answer = (id: unknown) => model.tell({ kind: "pulse", to: port.client, id });
    const frames = (count: number) => {
      for (let at = 0; at < count; at++) {
        port.send({ kind: "audio" }, [new ArrayBuffer(4)]);
        vi.advanceTimersByTime(40);
      }
    };
    frames(30);
    answer(pulses().at(-1)?.id);
    frames(120);
    expect(away).toEqual([true]);
    const before = model.kinds().filter((kind) => kind === "audio").length;
    expect(before).toBeLessThan(150);
    port.send({ kind: "text", text: "typed meanwhile" });
    frames(10);
    expect(model.kinds().filter((kind) => kind === "audio").length).toBe(before);
    for (const { id } of pulses().slice(1)) answer(id);
    expect(away).toEqual([true, false]);
    const kinds = model.kinds().filter((kind) => kind === "audio" || kind === "text");
    expect(kinds.length).toBe(161);
    expect(kinds.indexOf("text")).toBe(150);
  });

  it("begins anew where something was lost, and what was said meanwhile follows the welcome", () => {
    const { model, port } = setUp();
    port.open();
    model.welcome({ pulse: true });
    const last = () => model.sent.filter(({ content }) => content.kind === "pulse").at(-1);
    port.send({ kind: "stop" });
    vi.advanceTimersByTime(1000);
    model.tell({ kind: "pulse", to: port.client, id: last()?.content.id });
    port.send({ kind: "stop" });
    vi.advanceTimersByTime(10_000);
    port.send({ kind: "text", text: "typed meanwhile" });
    model.tell({ kind: "pulse", to: port.client, id: last()?.content.id });
    expect(port.live).toBe(false);
    expect(model.kinds().at(-1)).toBe("hello");
    expect(port.send({ kind: "text", text: "and then" })).toBe(true);
    model.welcome();
    const typed = model.sent.filter(({ content }) => content.kind === "text");
    expect(typed.map(({ content }) => content.text)).toEqual(["typed meanwhile", "and then"]);
  });

  it("never takes a kernel of an older version for gone", () => {
    const { model, port, away } = setUp();
    port.open();
    model.welcome();
    for (let at = 0; at < 500; at++) {
      port.send({ kind: "audio" }, [new ArrayBuffer(4)]);
      vi.advanceTimersByTime(40);
    }
    expect(away).toEqual([]);
    expect(model.of("pulse")).toEqual([]);
  });
});
