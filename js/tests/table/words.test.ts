import { describe, expect, it } from "vitest";
import { clockText, sizeText, spanText, visible } from "../../src/table/words.js";

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
