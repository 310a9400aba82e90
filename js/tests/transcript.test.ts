import { describe, expect, it } from "vitest";
import type { Item } from "../src/messages.js";
import { splitAt, splitHeard, Transcript } from "../src/transcript.js";

function item(id: string, after: string | null, more: Partial<Item> = {}): Item {
  return {
    id,
    after,
    role: "user",
    text: id,
    status: "completed",
    heardChars: null,
    pending: false,
    final: true,
    note: null,
    tool: null,
    ...more,
  };
}

const ids = (transcript: Transcript): string => transcript.items.map((one) => one.id).join("");

describe("Transcript", () => {
  it("keeps items behind the one they name, whatever the order of arrival", () => {
    const chain = [item("a", null), item("b", "a"), item("c", "b"), item("d", "c")];
    for (const order of permutations([0, 1, 2, 3])) {
      const transcript = new Transcript();
      for (const index of order) transcript.upsert([chain[index] ?? item("?", null)]);
      expect(ids(transcript)).toBe("abcd");
    }
  });

  it("puts an item that was squeezed in before the one that followed", () => {
    const transcript = new Transcript();
    transcript.upsert([item("a", null), item("b", "a"), item("c", "a")]);
    expect(ids(transcript)).toBe("acb");
    transcript.upsert([item("z", null)]);
    expect(ids(transcript)).toBe("zacb");
  });

  it("fills in a late transcript in place", () => {
    const transcript = new Transcript();
    transcript.upsert([item("u", null, { pending: true, text: "" }), item("a", "u")]);
    transcript.upsert([item("u", null, { text: "late words" })]);
    expect(transcript.items.map((one) => one.text)).toEqual(["late words", "a"]);
  });

  it("moves an item whose predecessor changed", () => {
    const transcript = new Transcript();
    transcript.upsert([item("a", null), item("b", "a"), item("c", "b")]);
    transcript.upsert([item("b", "c")]);
    expect(ids(transcript)).toBe("acb");
  });

  it("survives items that name one another", () => {
    const transcript = new Transcript();
    transcript.upsert([item("a", "c"), item("b", "a"), item("c", "b")]);
    expect(ids(transcript).length).toBe(3);
  });

  it("shows items whose predecessor never comes, at the end", () => {
    const transcript = new Transcript();
    transcript.upsert([item("a", null), item("x", "lost"), item("y", "y")]);
    expect(ids(transcript)).toBe("axy");
  });

  it("drops what is gone and starts again from a full list in its order", () => {
    const transcript = new Transcript();
    transcript.upsert([item("a", null), item("b", "a"), item("c", "b")]);
    transcript.upsert([], ["b", "unknown"]);
    expect(ids(transcript)).toBe("ac");
    transcript.reset([item("q", null), item("p", "q"), item("q", null)]);
    expect(ids(transcript)).toBe("qp");
  });

  it("knows whether an answer is being written", () => {
    const transcript = new Transcript();
    transcript.upsert([item("u", null, { status: "in_progress" })]);
    expect(transcript.answering).toBe(false);
    transcript.upsert([item("a", "u", { role: "assistant", status: "in_progress" })]);
    expect(transcript.answering).toBe(true);
    transcript.upsert([item("a", "u", { role: "assistant" })]);
    expect(transcript.answering).toBe(false);
  });
});

describe("splitAt", () => {
  it("counts as the kernel does: code points", () => {
    expect(splitAt("a😀b", 2)).toEqual(["a😀", "b"]);
    expect(splitAt("abc", 0)).toEqual(["", "abc"]);
    expect(splitAt("abc", 9)).toEqual(["abc", ""]);
  });
});

function permutations(values: number[]): number[][] {
  if (values.length <= 1) return [values];
  return values.flatMap((value) =>
    permutations(values.filter((other) => other !== value)).map((rest) => [value, ...rest]),
  );
}

describe("splitHeard", () => {
  it("leaves the space before what was not heard with what was", () => {
    expect(splitHeard("one two", 3)).toEqual(["one ", "two"]);
    expect(splitHeard("one two", 4)).toEqual(["one ", "two"]);
    expect(splitHeard("one two ", 7)).toEqual(["one two ", ""]);
  });
});
