import { describe, expect, it } from "vitest";
import { readIncoming } from "../src/messages.js";

const welcome = {
  kind: "welcome",
  to: "me",
  version: 1,
  state: "open",
  detail: "",
  told: false,
  restoration: null,
  session: "translation",
  model: null,
  voice: "marin",
  language: "fr",
  turns: "push_to_talk",
  costs: true,
  transport: "webrtc",
  endpoint: { name: "OpenAI", model: "gpt-realtime", practice: false, url: "https://x/v1" },
  owner: true,
  name: "chat",
  items: [
    {
      id: "item_1",
      role: "assistant",
      text: "Hello",
      status: "incomplete",
      after: null,
      heard_chars: 3,
      pending: false,
      note: "cut",
    },
  ],
  events: 12,
  phrases: ["Hello"],
};

describe("readIncoming", () => {
  it("reads a welcome whole", () => {
    expect(readIncoming({ ...welcome, half_duplex: true })).toEqual({
      ...welcome,
      halfDuplex: true,
      items: [
        {
          id: "item_1",
          role: "assistant",
          text: "Hello",
          status: "incomplete",
          after: null,
          heardChars: 3,
          pending: false,
          final: true,
          note: "cut",
          tool: null,
        },
      ],
    });
  });

  it.each([
    null,
    undefined,
    "welcome",
    7,
    [],
    {},
    { kind: "sing" },
    { kind: 3 },
    { kind: "welcome" },
    { kind: "audio", to: "me" },
    { kind: "audio", to: "me", stream: -1 },
    { kind: "audio", to: "me", stream: 1.5 },
    { kind: "audio", stream: 1 },
    { kind: "end", to: "me", stream: "1" },
    { kind: "clear", to: "me" },
    { kind: "mic_off" },
    { kind: "owner" },
  ])("ignores %j", (message) => {
    expect(readIncoming(message)).toBeNull();
  });

  it.each([
    { kind: "audio", to: "me", stream: 0 },
    { kind: "end", to: "me", stream: 4 },
    { kind: "clear", to: "me", id: 0 },
    { kind: "owner", client: "other" },
    { kind: "mic_off", to: "me", reason: "closed" },
    { kind: "notice", level: "warning", text: "hm" },
    {
      kind: "state",
      state: "failed",
      detail: "why",
      told: false,
      restoration: null,
      session: "transcription",
      model: "gpt-realtime",
      voice: "marin",
      language: "",
      turns: "manual",
      halfDuplex: false,
      costs: false,
      transport: "websocket",
    },
  ])("reads %j", (message) => {
    expect(readIncoming({ ...message, unknown: 1 })).toEqual(message);
  });

  it("drops items it cannot use and keeps the rest", () => {
    const items = [{ id: 5 }, null, { id: "item_1" }, "x"];
    const plain = {
      id: "item_1",
      role: "system",
      text: "",
      status: "completed",
      after: null,
      heardChars: null,
      pending: false,
      final: true,
      note: null,
      tool: null,
    };
    expect(readIncoming({ kind: "items", items, gone: ["item_0", 3] })).toEqual({
      kind: "items",
      items: [plain],
      gone: ["item_0"],
    });
    expect(readIncoming({ kind: "items", items: "none" })).toEqual({
      kind: "items",
      items: [],
      gone: [],
    });
  });

  it("passes a table's answers on, unread, and no other message of that kind", () => {
    const told = { kind: "rows", to: "page", id: 3, rows: [1] };
    expect(readIncoming(told)).toEqual({
      kind: "answer",
      to: "page",
      answer: { kind: "rows", id: 3, fields: told },
    });
    expect(readIncoming({ ...told, id: "3" })).toBeNull();
    expect(readIncoming({ ...told, to: undefined })).toBeNull();
    expect(readIncoming({ kind: "events", events: 7 })).toEqual({ kind: "events", events: 7 });
  });

  it("takes a kernel without turn modes at its word on manual turns", () => {
    const read = readIncoming({ kind: "state", manual: true });
    expect(read?.kind === "state" && read.turns).toBe("manual");
  });

  it("takes a kernel that knows no kinds for one of conversations", () => {
    expect(readIncoming({ kind: "state", state: "open" })).toEqual({
      kind: "state",
      state: "open",
      detail: "",
      told: false,
      restoration: null,
      session: "realtime",
      model: null,
      voice: "",
      language: "",
      turns: "server_vad",
      halfDuplex: false,
      costs: false,
      transport: "websocket",
    });
  });

  it("takes values it does not know for harmless ones", () => {
    const item = { id: "a", role: "wizard", status: "dreaming", heard_chars: -3 };
    const read = readIncoming({ kind: "items", items: [item] });
    expect(read?.kind === "items" && read.items[0]).toMatchObject({
      role: "system",
      status: "completed",
      heardChars: null,
    });
    expect(readIncoming({ kind: "state", state: "odd" })).toMatchObject({ state: "connecting" });
    expect(readIncoming({ kind: "state", session: "opera" })).toMatchObject({
      session: "realtime",
    });
    expect(readIncoming({ kind: "notice", level: "odd", text: 3 })).toMatchObject({
      level: "info",
      text: "",
    });
  });
});
