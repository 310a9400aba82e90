// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Exchange, GONE, RESTARTED, UNANSWERED, UNANSWERED_MS } from "../../src/phone/exchange.js";
import { drawLine, PAUSE_MS } from "../../src/phone/panel.js";
import { PATIENCE_MS } from "../../src/phone/row.js";
import { lasted } from "../../src/phone/words.js";
import { asModel, FakeModel } from "../fakes.js";

const EVIL = '<img src=x onerror="alert(1)">';
const CALL = {
  id: "rtc_1",
  number: 1,
  caller: "+15550100",
  called: "proj_1",
  state: "ringing",
  age_ms: 5000,
  dtmf: "",
  media: "rtp",
  problem: "",
  chat: "",
  headers: [["From", "<sip:+15550100@x>"]],
};
const LINE = {
  kind: "line",
  name: "line",
  url: "http://127.0.0.1:1/webhook",
  service: "local practice server",
  practice: true,
  closed: false,
  notices: [],
  before: 0,
  calls: [],
};

let model: FakeModel;
let life: AbortController;

const find = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const shown = (selector: string): string => find(selector).textContent ?? "";
const tell = (...calls: object[]) => model.tell({ ...LINE, calls });
const call = (fields: object = {}) => ({ ...CALL, ...fields });
/** The buttons that may be seen, by their words. */
const buttons = (id = "rtc_1") =>
  [...document.querySelectorAll<HTMLButtonElement>(`[data-call="${id}"] .rnb-call-doing button`)]
    .filter(({ hidden }) => !hidden)
    .map(({ textContent }) => textContent);
const done = () => model.sent.map(({ content }) => content).filter(({ kind }) => kind === "do");
const past = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  life = new AbortController();
  drawLine(new Exchange(asModel(model), life.signal), document.body, life.signal);
});
afterEach(() => {
  life.abort();
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("a phone line", () => {
  it("asks for what there is, and says how it is called", () => {
    expect(model.sent.map(({ content }) => content.kind)).toEqual(["hello"]);
    tell();
    expect(shown(".rnb-phone-url")).toBe(LINE.url);
    expect(shown(".rnb-phone-empty")).toContain('line.ring("hello.wav")');
    expect(find(".rnb-calls").hidden).toBe(true);
  });

  it("offers what the state of a call allows, and nothing else", () => {
    tell(call());
    expect(buttons()).toEqual(["Accept", "Reject"]);
    tell(call({ state: "accepting" }));
    expect(buttons()).toEqual(["Hang up"]);
    tell(call({ state: "active", chat: "line_1" }));
    expect(buttons()).toEqual(["Refer…", "Hang up"]);
    expect(shown(".rnb-call-chat")).toBe("line_1");
    for (const state of ["rejected", "referred", "ended"]) {
      tell(call({ state }));
      expect(buttons()).toEqual([]);
    }
    // The service may have it still.
    for (const state of ["failed", "a state of tomorrow"]) {
      tell(call({ state }));
      expect(buttons()).toEqual(["Hang up"]);
    }
  });

  it("shows a call's time as it goes by", () => {
    tell(call());
    expect(shown(".rnb-call-time")).toBe("0:05");
    past(61_000);
    expect(shown(".rnb-call-time")).toBe("1:06");
    tell(call({ state: "active", age_ms: 0 }));
    expect(shown(".rnb-call-time")).toBe("0:00");
    tell(call({ state: "ended", age_ms: 9000, talked_ms: 4200 }));
    past(3000);
    expect(shown(".rnb-call-time")).toBe("0:04"); // how long it was talked
    tell(call({ state: "rejected", age_ms: 9000 }));
    expect(shown(".rnb-call-time")).toBe("");
    expect(lasted(3_723_000)).toBe("1:02:03");
  });

  it("asks for a call to be accepted once, however often it is pressed", () => {
    tell(call());
    const accept = find(".rnb-call-accept") as HTMLButtonElement;
    accept.click();
    accept.click();
    expect(done()).toEqual([{ kind: "do", id: "rtc_1", action: "accept", target: "" }]);
    expect(accept.disabled).toBe(true);
    tell(call({ state: "active" }));
    expect((find(".rnb-call-hang_up") as HTMLButtonElement).disabled).toBe(false);
    find(".rnb-call-hang_up").click();
    expect(done().at(-1)?.action).toBe("hang_up");
  });

  it("says why something could not be done, and lets it be tried again", () => {
    tell(call());
    const reject = find(".rnb-call-reject") as HTMLButtonElement;
    reject.click();
    model.tell({ kind: "failed", id: "rtc_1", reason: "the service was not reached" });
    expect(shown(".rnb-call-problem")).toBe("the service was not reached");
    expect(reject.disabled).toBe(false);
    reject.click();
    expect(shown(".rnb-call-problem")).toBe("");
    past(PATIENCE_MS + 1000);
    expect(shown(".rnb-call-problem")).toContain("not answered");
    expect(reject.disabled).toBe(false);
  });

  it("refers a call to where somebody writes", () => {
    tell(call({ state: "active" }));
    const form = find(".rnb-call-form");
    expect(form.hidden).toBe(true);
    find(".rnb-call-referring").click();
    const target = find(".rnb-call-target") as HTMLInputElement;
    expect(form.hidden).toBe(false);
    expect(document.activeElement).toBe(target);
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(done()).toEqual([]); // nothing is written yet
    target.value = " tel:+15550199 ";
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(done()).toEqual([{ kind: "do", id: "rtc_1", action: "refer", target: "tel:+15550199" }]);
    tell(call({ state: "referred" }));
    expect(form.hidden).toBe(true);
  });

  it("keeps rows where they are, and a form that is being filled in", () => {
    tell(call({ state: "active" }));
    find(".rnb-call-referring").click();
    const row = find('[data-call="rtc_1"]');
    tell(call({ state: "active", dtmf: "12#" }), call({ id: "rtc_2" }));
    expect(find('[data-call="rtc_1"]')).toBe(row);
    expect(shown(".rnb-call-keys")).toBe("12#");
    expect(find(".rnb-call-form").hidden).toBe(false);
    expect(document.activeElement).toBe(find(".rnb-call-target"));
  });

  it("takes no press while rows have just moved", () => {
    tell(call(), call({ id: "rtc_2" }));
    tell(call({ id: "rtc_2" }));
    find('[data-call="rtc_2"] .rnb-call-accept').click();
    expect(done()).toEqual([]);
    past(PAUSE_MS);
    find('[data-call="rtc_2"] .rnb-call-accept').click();
    expect(done().map(({ id }) => id)).toEqual(["rtc_2"]);
  });

  it("announces what rings, and only that", () => {
    tell(call({ caller: "" }));
    expect(shown('[role="alert"]')).toBe("A call of unknown caller rings.");
    tell(call({ caller: "" }), call({ id: "rtc_2", caller: "+1", state: "ended" }));
    expect(shown('[role="alert"]')).toBe("A call of unknown caller rings.");
  });

  it("announces no call that rings no longer", () => {
    const alert = () => shown('[role="alert"]');
    tell(call({ caller: "Ann" }), call({ id: "rtc_2", caller: "Bob" }));
    expect(alert()).toBe("A call of Bob rings.");
    tell(call({ caller: "Ann" }), call({ id: "rtc_2", caller: "Bob", state: "rejected" }));
    expect(alert()).toBe("A call of Ann rings.");
    tell(call({ caller: "Ann", state: "active" }));
    expect(alert()).toBe("");
  });

  it("has room for buttons and keys only where there are any", () => {
    const has = (name: string) => find(".rnb-calls").hasAttribute(name);
    tell(call());
    expect([has("data-doing"), has("data-keys")]).toEqual([true, false]);
    tell(call({ state: "ended", dtmf: "12#" }));
    expect([has("data-doing"), has("data-keys")]).toEqual([false, true]);
  });

  it("shows what callers say as text", () => {
    model.tell({
      ...LINE,
      name: EVIL,
      notices: [EVIL],
      calls: [call({ caller: EVIL, called: EVIL, problem: EVIL, headers: [[EVIL, EVIL]] })],
    });
    expect(document.querySelector("img")).toBeNull();
    expect(shown(".rnb-call-who")).toBe(EVIL);
    expect(shown(".rnb-call-headers")).toContain(EVIL);
    expect(shown(".rnb-phone-notices")).toBe(EVIL);
  });

  it("says that a closed line is closed, and offers its address no longer", () => {
    tell();
    expect(find(".rnb-phone-address").hidden).toBe(false);
    model.tell({ ...LINE, closed: true, calls: [call({ state: "ended" })] });
    expect(shown(".rnb-phone-name")).toBe("line (closed)");
    expect(find(".rnb-phone-address").hidden).toBe(true);
  });

  it("says at once that the kernel restarted, and offers nothing then", () => {
    tell(call(), call({ id: "rtc_2", state: "active" }), call({ id: "rtc_3", state: "ended" }));
    find('[data-call="rtc_2"] .rnb-call-referring').click();
    model.emit("comm_live_update");
    expect(shown(".rnb-phone-status")).toBe(RESTARTED);
    expect(RESTARTED).toBe("not live: the kernel restarted: run the cell again");
    expect(["rtc_1", "rtc_2", "rtc_3"].flatMap(buttons)).toEqual([]);
    expect(find('[data-call="rtc_2"] .rnb-call-form').hidden).toBe(true);
    expect(find(".rnb-phone-address").hidden).toBe(true);
    expect(shown('[role="alert"]')).toBe("");
    expect(find(".rnb-calls").hasAttribute("data-doing")).toBe(false);
    const states = [...document.querySelectorAll(".rnb-call-state")].map(
      (node) => node.textContent,
    );
    expect(states).toEqual(["rang", "talked", "ended"]);
    const lasted = shown(".rnb-call-time");
    past(61_000);
    expect(shown(".rnb-call-time")).toBe(lasted);
  });

  it("takes no late word of a kernel that restarted, and its answer where it is there", () => {
    tell(call());
    model.emit("comm_live_update");
    tell(call());
    expect([shown(".rnb-phone-status"), ...buttons()]).toEqual([RESTARTED]);
    const hello = model.sent.map(({ content }) => content).findLast(({ kind }) => kind === "hello");
    model.tell({ ...LINE, calls: [call()], asked: hello?.id });
    expect([shown(".rnb-phone-status"), ...buttons()]).toEqual(["", "Accept", "Reject"]);
    expect(shown(".rnb-call-state")).toBe("rings");
    expect(find(".rnb-phone-address").hidden).toBe(false);
  });

  it("says so where nothing can be sent any more", () => {
    tell(call());
    model.broken = true;
    find(".rnb-call-accept").click();
    expect(shown(".rnb-phone-status")).toBe(GONE);
    expect(buttons()).toEqual([]);
  });

  it("says that nobody answers, and no longer when somebody does", () => {
    expect(find(".rnb-phone-address").hidden).toBe(true);
    past(UNANSWERED_MS);
    expect(shown(".rnb-phone-status")).toBe(UNANSWERED);
    tell(call());
    expect(shown(".rnb-phone-status")).toBe("");
  });

  it.each([
    [null],
    [{ kind: "line", calls: [null, 3, {}, { id: 7 }], notices: 5 }],
    [{ kind: "failed", id: "none" }],
  ])("holds against %j", (message) => {
    model.tell(message as Record<string, unknown>);
    expect(document.querySelectorAll(".rnb-call")).toHaveLength(0);
  });
});
