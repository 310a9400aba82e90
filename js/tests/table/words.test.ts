import { describe, expect, it } from "vitest";
import {
  bareId,
  clockText,
  cutFront,
  cutName,
  sizeText,
  spanText,
  visible,
} from "../../src/table/words.js";

describe("words of a table", () => {
  it("tells times and sizes shortly", () => {
    expect(clockText(61_234)).toBe("1:01.234");
    expect([spanText(0), spanText(999), spanText(1500), spanText(70_000)]).toEqual([
      "0 ms",
      "999 ms",
      "1.50 s",
      "1:10",
    ]);
    expect([sizeText(5), sizeText(1500), sizeText(2_500_000)]).toEqual(["5 B", "1.5 kB", "2.5 MB"]);
  });

  it("hides nothing in a text", () => {
    expect(visible("a\u0007b\u202ec\u2066d\u200be")).toBe("a⟨0007⟩b⟨202E⟩c⟨2066⟩d⟨200B⟩e");
    expect(visible("tab\tand\nline, ü and 語")).toBe("tab\tand\nline, ü and 語");
  });
});

describe("cutFront", () => {
  it("leaves alone what fits", () => {
    expect(cutFront("response.done", 13)).toBe("response.done");
    expect(cutFront("response.done", Number.POSITIVE_INFINITY)).toBe("response.done");
    expect(cutFront("", 2)).toBe("");
  });

  it("goes on with a whole part of the name", () => {
    expect(cutFront("input_audio_buffer.append", 12)).toBe("…append");
    expect(cutFront("input_audio_buffer.append", 20)).toBe("…audio_buffer.append");
    expect(cutFront("response.output_audio_transcript.delta", 19)).toBe("…transcript.delta");
  });

  it("keeps half of the room filled where no part fits", () => {
    expect(cutFront("CDkq3mHZabcdef", 6)).toBe("…bcdef");
    expect(cutFront("aaaaaaaaaaaaaaaaaaaa.b", 8)).toBe("…aaaaa.b");
    expect(cutFront("ends_in_dots....", 4)).toBe("…...");
    expect(cutFront("anything", 0)).toBe("…g");
  });

  it("never takes more than the room, nor halves a sign", () => {
    for (const text of [
      "response.output_item.added",
      "😀😀😀😀😀",
      "e\u0301e\u0301e\u0301e\u0301",
    ]) {
      for (let room = 2; room < 30; room++) {
        const cut = cutFront(text, room);
        expect(Array.from(cut).length).toBeLessThanOrEqual(Math.max(room, 2));
        expect(cut).not.toMatch(/^…[\p{M}\udc00-\udfff]/u);
        expect(text.endsWith(cut.replace(/^…/, ""))).toBe(true);
      }
    }
  });

  it("cuts what is written from the right in the order it is read", () => {
    expect(cutFront("אבגד.הוזח", 6)).toBe("…הוזח");
  });
});

describe("bareId", () => {
  it("drops what a column's ids begin with, once, and never all of an id", () => {
    expect(bareId("item_item_1")).toBe("item_1");
    expect(bareId("resp_Ab")).toBe("Ab");
    expect(bareId("event_9")).toBe("9");
    for (const id of ["item_", "call_1", "my_item_1", ""]) expect(bareId(id)).toBe(id);
  });
});

describe("cutName", () => {
  it("keeps what tells names apart at both ends", () => {
    expect(cutName("session.updated", 15)).toBe("session.updated");
    expect(cutName("session.updated", 13)).toBe("sessi…updated");
    expect(cutName("input_audio_buffer.append", 12)).toBe("input…append");
  });

  it("leaves the beginning out where it would be a letter or two", () => {
    expect(cutName("response.output_audio_transcript.delta", 19)).toBe("…transcript.delta");
    expect(cutName("session.updated", 9)).toBe("…updated");
  });

  it("is never longer than its room", () => {
    const name = "conversation.item.input_audio_transcription.completed";
    for (let room = 2; room < 60; room++) {
      const cut = cutName(name, room);
      expect(cut.length).toBeLessThanOrEqual(room);
      expect(name.endsWith(cut.slice(cut.indexOf("…") + 1))).toBe(true);
      expect(name.startsWith(cut.slice(0, Math.max(0, cut.indexOf("…"))))).toBe(true);
    }
  });
});
