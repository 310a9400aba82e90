// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { Chat } from "../../src/chat.js";
import { costWords, readCost, usdText } from "../../src/cost.js";
import { readIncoming } from "../../src/messages.js";
import { createHeader } from "../../src/ui/header.js";

const told = (more: Record<string, unknown> = {}) =>
  readCost({ usd: 0.0072056, unknown: 0, charges: 1, free: false, as_of: "2026", ...more });
const service = { name: "OpenAI", model: "gpt-realtime-2.1", practice: false, url: "" };

describe("amounts", () => {
  it("are whole cents, and finer below a dollar", () => {
    expect([0, 0.00001, 0.0072056, 0.5, 2.2264].map(usdText)).toEqual([
      "$0.00",
      "<$0.0001",
      "$0.0072",
      "$0.50",
      "$2.23",
    ]);
  });

  it("are said with the budget, and never as nought where nothing is known", () => {
    expect(costWords(told())).toBe("$0.0072");
    expect(costWords(told({ budget: 0.5 }))).toBe("$0.0072 of $0.50");
    expect(costWords(told({ charges: 2, unknown: 1 }))).toBe("$0.0072 + unknown");
    expect(costWords(told({ usd: 0, unknown: 1 }))).toBe("unknown");
    expect(costWords(told({ free: true }))).toBe("free");
  });
});

describe("the message", () => {
  it("is read, and junk in it counts as nothing", () => {
    const junk = { kind: "cost", usd: "much", unknown: -1, as_of: 3, budget: "all", spent: 1 };
    expect(readIncoming(junk)).toEqual({
      kind: "cost",
      cost: {
        usd: 0,
        unknown: 0,
        charges: 0,
        free: false,
        asOf: "",
        budget: null,
        spent: false,
      },
    });
  });
});

describe("the header", () => {
  let chat: Chat;
  let header: ReturnType<typeof createHeader>;
  const badge = () => {
    header.update();
    const found = header.node.querySelector<HTMLElement>(".rnb-costs");
    if (found === null) throw new Error("no badge");
    return found;
  };

  beforeEach(() => {
    chat = new Chat();
    header = createHeader(chat);
    chat.set("status", { link: "live", session: "open", costs: true, endpoint: service });
  });

  it("says that it costs money until there is a bill, and then how much", () => {
    expect(badge().textContent).toBe("costs money");
    chat.set("status", { cost: told({ charges: 0, usd: 0 }) });
    expect(badge().textContent).toBe("costs money");
    chat.set("status", { cost: told() });
    expect(badge().textContent).toBe("$0.0072");
    expect(badge().title).toContain("as of 2026");
    expect(badge().hasAttribute("data-spent")).toBe(false);
  });

  it("shows the budget from the start, and that it is spent", () => {
    chat.set("status", { cost: told({ charges: 0, usd: 0, budget: 0.5 }) });
    expect(badge().textContent).toBe("$0.00 of $0.50");
    chat.set("status", { cost: told({ usd: 0.51, budget: 0.5, spent: true }) });
    expect(badge().hasAttribute("data-spent")).toBe(true);
    expect(badge().title).toContain("nothing more is asked for");
  });

  it("bills nothing to who practises", () => {
    const endpoint = { ...service, practice: true, url: "http://127.0.0.1:1/v1" };
    chat.set("status", { costs: false, endpoint, cost: told({ free: true }) });
    expect(badge().hidden).toBe(true);
    const practice = header.node.querySelector<HTMLElement>(".rnb-badge:not(.rnb-costs)");
    expect(practice?.title).toContain("free of charge");
  });
});
