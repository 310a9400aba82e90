import { describe, expect, it } from "vitest";
import { Floor, type Voice } from "../../src/player/floor.js";

/** Voices that write down what happens to them. */
function setUp() {
  const done: string[] = [];
  const voice = (name: string): Voice => ({
    begin: () => void done.push(`${name} begins`),
    halt: (returns) => void done.push(`${name} ${returns ? "waits" : "is silent"}`),
  });
  const floor = new Floor();
  const [a, b, c] = [voice("a"), voice("b"), voice("c")] as const;
  const since = () => done.splice(0);
  return { floor, a, b, c, since };
}

describe("cells' sounds on one page", () => {
  it("follow one another in the order in which they asked", () => {
    const { floor, a, b, c, since } = setUp();
    for (const voice of [a, b, c, b]) floor.ask(voice);
    expect(since()).toEqual(["a begins"]);
    floor.leave(b);
    expect(since()).toEqual([]);
    floor.leave(a);
    floor.leave(a);
    expect(since()).toEqual(["c begins"]);
  });

  it("give way to what a person starts, and the others wait on", () => {
    const { floor, a, b, c, since } = setUp();
    for (const voice of [a, b, c]) floor.ask(voice);
    floor.take(c);
    expect(since()).toEqual(["a begins", "a is silent", "c begins"]);
    floor.leave(c);
    expect(since()).toEqual(["b begins"]);
  });

  it("pause while a conversation speaks, one that comes meanwhile too", () => {
    const { floor, a, b, since } = setUp();
    const [chat, other] = [{}, {}];
    floor.ask(a);
    floor.talk(chat, true);
    floor.talk(other, true);
    floor.ask(b);
    floor.talk(chat, false);
    floor.leave(a);
    expect(since()).toEqual(["a begins", "a waits"]);
    floor.talk(other, false);
    expect(since()).toEqual(["b begins"]);
  });

  it("do not wait for one that has nothing to say", () => {
    const { floor, a, b, since } = setUp();
    floor.ask(a);
    floor.pass(a);
    floor.ask(b);
    floor.pass(b);
    expect(since()).toEqual(["a begins"]);
    floor.pass(a);
    expect(since()).toEqual(["a waits", "b begins"]);
    floor.leave(b);
    expect(since()).toEqual(["a begins"]);
  });

  it("begin no more where silence was wanted", () => {
    const { floor, a, b, c, since } = setUp();
    for (const voice of [a, b]) floor.ask(voice);
    floor.clear();
    expect(since()).toEqual(["a begins", "a is silent", "b is silent"]);
    floor.ask(c);
    expect(since()).toEqual(["c begins"]);
  });

  it("share the page's one floor, whatever copy of this code they have", () => {
    expect(Floor.shared).toBe(Floor.shared);
    const page = globalThis as unknown as Record<symbol, unknown>;
    expect(page[Symbol.for("realtime_nb.floor.1")]).toBe(Floor.shared);
  });
});
