// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
// src/ids.ts
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// src/kernel_end.ts
var ENDED = /* @__PURE__ */ new Set(["autorestarting", "restarting", "dead"]);
function onKernelEnd(model, ended, signal) {
  const told = kernelOf(model)?.statusChanged;
  if (typeof told?.connect !== "function") return;
  const slot = (_sender, status) => {
    if (ENDED.has(status)) ended();
  };
  told.connect(slot);
  signal.addEventListener("abort", () => void told.disconnect(slot));
}
function kernelOf(model) {
  try {
    const manager = model.widget_manager;
    return manager?.kernel;
  } catch {
    return void 0;
  }
}

// src/phone/wire.ts
var STATES = /* @__PURE__ */ new Set([
  "ringing",
  "accepting",
  "active",
  "rejected",
  "referred",
  "ended",
  "failed"
]);
var OVER = /* @__PURE__ */ new Set([
  "rejected",
  "referred",
  "ended",
  "failed"
]);
var isFields = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
var text = (value) => typeof value === "string" ? value : "";
var number = (value) => typeof value === "number" && Number.isFinite(value) ? value : 0;
var list = (value) => Array.isArray(value) ? value : [];
function readHeader(value) {
  const [name, said] = list(value);
  return [text(name), text(said)];
}
function readCall(fields, nowMs) {
  return {
    id: text(fields.id),
    number: number(fields.number),
    caller: text(fields.caller),
    called: text(fields.called),
    state: STATES.has(text(fields.state)) ? fields.state : "failed",
    sinceMs: nowMs - Math.max(0, number(fields.age_ms)),
    talkedMs: Math.max(0, number(fields.talked_ms)),
    dtmf: text(fields.dtmf),
    media: text(fields.media),
    problem: text(fields.problem),
    chat: text(fields.chat),
    headers: list(fields.headers).map(readHeader)
  };
}
function readLine(fields, nowMs) {
  return {
    name: text(fields.name),
    url: text(fields.url),
    service: text(fields.service),
    practice: fields.practice === true,
    closed: fields.closed === true,
    notices: list(fields.notices).map(text),
    before: number(fields.before),
    calls: list(fields.calls).filter(isFields).map((call) => readCall(call, nowMs)).filter(({ id }) => id !== "")
  };
}
var readFailure = (fields) => ({
  id: text(fields.id),
  reason: text(fields.reason)
});

// src/phone/exchange.ts
var RESTARTED = "not live: the kernel restarted: run the cell again";
var GONE = "not live: the kernel's side of this line is gone: run the cell again";
var UNANSWERED = "not live: the kernel is busy, or the notebook was only saved";
var UNANSWERED_MS = 3e3;
var Exchange = class {
  #model;
  #signal;
  #link = "asking";
  /** What the last hello is known by. */
  #asked = "";
  online = () => void 0;
  onfailed = () => void 0;
  /** Nobody is there, or not yet; in words, for people. */
  onaway = () => void 0;
  constructor(model, signal) {
    this.#model = model;
    this.#signal = signal;
    const receive = (message) => this.#receive(message);
    const restarted = () => this.#lost(RESTARTED);
    model.on("msg:custom", receive);
    model.on("comm_live_update", restarted);
    onKernelEnd(model, restarted, signal);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      model.off("comm_live_update", restarted);
    });
  }
  get link() {
    return this.#link;
  }
  /** Ask for what there is. */
  open() {
    this.#hello();
    const timer = setTimeout(() => {
      if (this.#link === "asking") this.onaway(UNANSWERED);
    }, UNANSWERED_MS);
    this.#signal.addEventListener("abort", () => clearTimeout(timer));
  }
  /** Ask for something to be done with a call; whether it could be asked. */
  act(id, action, target = "") {
    if (this.#link !== "live") return false;
    if (this.#send({ kind: "do", id, action, target })) return true;
    this.#lost(GONE);
    return false;
  }
  #hello() {
    this.#asked = randomId();
    if (!this.#send({ kind: "hello", id: this.#asked })) this.#set("gone", GONE);
  }
  #lost(words) {
    if (this.#link === "gone") return;
    this.#set("gone", words);
    this.#asked = randomId();
    this.#send({ kind: "hello", id: this.#asked });
  }
  #set(link, words) {
    if (this.#signal.aborted) return;
    this.#link = link;
    this.onaway(words);
  }
  #send(message) {
    try {
      this.#model.send(message);
      return true;
    } catch {
      return false;
    }
  }
  #receive(message) {
    if (!isFields(message)) return;
    if (this.#link === "gone" && message.asked !== this.#asked) return;
    if (message.kind === "line") {
      this.#link = "live";
      this.online(readLine(message, performance.now()));
    }
    if (message.kind === "failed") this.onfailed(readFailure(message));
  }
};

// src/ui/clipboard.ts
async function copyText(text2) {
  try {
    await navigator.clipboard.writeText(text2);
    return true;
  } catch {
    return copyBySelection(text2);
  }
}
function copyBySelection(text2) {
  const box = document.createElement("textarea");
  box.value = text2;
  box.style.position = "fixed";
  box.style.opacity = "0";
  const before = document.activeElement;
  document.body.append(box);
  box.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    box.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}

// src/ui/dom.ts
var SVG = "http://www.w3.org/2000/svg";
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
function spoken(words) {
  return h("span", { class: "rnb-sr" }, words);
}
function setText(node, text2) {
  if (node.textContent !== text2) node.textContent = text2;
}
var PATHS = {
  microphone: [
    "M12 14.5a3.5 3.5 0 0 0 3.5-3.5V6a3.5 3.5 0 0 0-7 0v5a3.5 3.5 0 0 0 3.5 3.5Z",
    "M18.5 10.5a.75.75 0 0 0-.75.75 5.75 5.75 0 0 1-11.5 0 .75.75 0 0 0-1.5 0 7.26 7.26 0 0 0 6.5 7.2v2.3h-2.5a.75.75 0 0 0 0 1.5h6.5a.75.75 0 0 0 0-1.5h-2.5v-2.3a7.26 7.26 0 0 0 6.5-7.2.75.75 0 0 0-.75-.75Z"
  ],
  send: [
    "M4.4 3.6 20.6 11a1.1 1.1 0 0 1 0 2L4.4 20.4a1.1 1.1 0 0 1-1.5-1.4L5.6 13l7.9-1-7.9-1-2.7-6a1.1 1.1 0 0 1 1.5-1.4Z"
  ],
  stop: [
    "M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z"
  ],
  speaker: [
    "M4 9.5v5a1 1 0 0 0 1 1h2.6l4 3.4a.85.85 0 0 0 1.4-.65V5.75a.85.85 0 0 0-1.4-.65l-4 3.4H5a1 1 0 0 0-1 1Z",
    "M16 8.3a.75.75 0 0 0-.3 1 5.8 5.8 0 0 1 0 5.4.75.75 0 1 0 1.3.7 7.3 7.3 0 0 0 0-6.8.75.75 0 0 0-1-.3Z"
  ],
  chevron: [
    "M9.3 6.7a.9.9 0 0 1 1.3 0l4.6 4.7a.9.9 0 0 1 0 1.2l-4.6 4.7a.9.9 0 1 1-1.3-1.2l4-4.1-4-4.1a.9.9 0 0 1 0-1.2Z"
  ],
  copy: [
    "M9 3.5h8A2.5 2.5 0 0 1 19.5 6v9.5a.75.75 0 0 1-1.5 0V6a1 1 0 0 0-1-1H9a.75.75 0 0 1 0-1.5Z",
    "M6 7h7.5A1.5 1.5 0 0 1 15 8.5v10a1.5 1.5 0 0 1-1.5 1.5H6a1.5 1.5 0 0 1-1.5-1.5v-10A1.5 1.5 0 0 1 6 7Zm0 1.5v10h7.5v-10Z"
  ],
  check: [
    "M9.6 17.3a1 1 0 0 1-.7-.3l-4.2-4.2a1 1 0 0 1 1.4-1.4l3.5 3.5 8.3-8.3a1 1 0 0 1 1.4 1.4l-9 9a1 1 0 0 1-.7.3Z"
  ],
  close: [
    "M6.7 5.6 12 10.9l5.3-5.3a.78.78 0 0 1 1.1 1.1L13.1 12l5.3 5.3a.78.78 0 0 1-1.1 1.1L12 13.1l-5.3 5.3a.78.78 0 0 1-1.1-1.1l5.3-5.3-5.3-5.3a.78.78 0 0 1 1.1-1.1Z"
  ]
};
function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `rnb-icon rnb-icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

// src/phone/words.ts
var STATE_WORDS = {
  ringing: "rings",
  accepting: "is being accepted",
  active: "talks",
  rejected: "rejected",
  referred: "referred",
  ended: "ended",
  failed: "failed"
};
var LOST_WORDS = {
  ...STATE_WORDS,
  ringing: "rang",
  accepting: "was being accepted",
  active: "talked"
};
function lasted(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1e3));
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
var callerOf = ({ caller }) => caller === "" ? "unknown caller" : caller;
function emptyText({ closed, practice, name }) {
  if (closed) return "Nobody has called.";
  const hint = practice ? ` ${name}.ring("hello.wav") calls it.` : "";
  return `Nobody has called yet.${hint}`;
}
function ringingText(calls) {
  const call = calls.findLast(({ state }) => state === "ringing");
  return call === void 0 ? "" : `A call of ${callerOf(call)} rings.`;
}

// src/phone/row.ts
var PATIENCE_MS = 3e4;
var BUTTONS = [
  ["accept", "Accept", ({ state }) => state === "ringing"],
  ["reject", "Reject", ({ state }) => state === "ringing"],
  ["referring", "Refer…", ({ state }) => state === "active"],
  ["hang_up", "Hang up", ({ state }) => ["active", "accepting", "failed"].includes(state)]
];
var Row = class {
  // Roles are said: narrow rows are no table rows to the style sheet.
  node = h("tr", { class: "rnb-call", role: "row" });
  #act;
  #who = h("bdi", { class: "rnb-call-who", dir: "auto" });
  #called = h("bdi", { class: "rnb-call-called", dir: "auto" });
  #headers = h("dl", { class: "rnb-call-headers" });
  #more;
  #state = h("span", { class: "rnb-call-state" });
  #time = h("td", { class: "rnb-call-time", role: "cell" });
  #keys = h("td", { class: "rnb-call-keys", role: "cell" });
  #chat = h("span", { class: "rnb-call-chat" });
  #problem = h("p", { class: "rnb-call-problem", role: "status" });
  #buttons = /* @__PURE__ */ new Map();
  #target = h("input", {
    class: "rnb-call-target",
    type: "text",
    maxlength: "200",
    placeholder: "tel:+15550100",
    "aria-label": "Where the caller is referred to: tel:+… or sip:…"
  });
  #form = h("div", { class: "rnb-call-form", role: "group", hidden: true });
  #call;
  /** The kernel is gone: its clock stands, and nothing can be done. */
  #lostMs = null;
  #asked = null;
  constructor(call, act) {
    this.#call = call;
    this.#act = act;
    this.#more = h(
      "details",
      { class: "rnb-call-more" },
      h("summary", {}, icon("chevron"), "SIP headers"),
      this.#headers
    );
    const doing = h("div", { class: "rnb-call-doing" });
    for (const [deed, words] of BUTTONS) {
      const button = h("button", { type: "button", class: `rnb-button rnb-call-${deed}` }, words);
      button.addEventListener("click", () => this.#press(deed));
      this.#buttons.set(deed, button);
      doing.append(button);
    }
    this.#buildForm();
    this.node.dataset.call = call.id;
    this.node.append(
      h("th", { scope: "row", role: "rowheader" }, this.#who, this.#called, this.#more),
      h("td", { class: "rnb-call-what", role: "cell" }, this.#state, this.#chat, this.#problem),
      this.#time,
      this.#keys,
      h("td", { class: "rnb-call-do", role: "cell" }, doing, this.#form)
    );
    this.take(call);
  }
  /** Something may be done with the call. */
  get open() {
    return this.#lostMs === null && BUTTONS.some(([, , allowed]) => allowed(this.#call));
  }
  /** Show what the kernel says now. */
  take(call) {
    const changed = call.state !== this.#call.state;
    this.#call = call;
    this.#lostMs = null;
    this.node.dataset.state = call.state;
    const who = callerOf(call);
    setText(this.#who, who);
    setText(this.#called, call.called === "" ? "" : `to ${call.called}`);
    setText(this.#state, STATE_WORDS[call.state]);
    setText(this.#keys, call.dtmf);
    setText(this.#chat, call.chat);
    this.#takeHeaders(call);
    if (call.problem !== "" || changed) setText(this.#problem, call.problem);
    if (changed) {
      this.#asked = null;
      this.#form.hidden = true;
    }
    for (const [deed, words, allowed] of BUTTONS) {
      const button = this.#buttons.get(deed);
      if (button === void 0) continue;
      button.hidden = !allowed(call);
      button.setAttribute("aria-label", `${words.replace("…", "")}: call of ${who}`);
    }
    this.tick();
  }
  /** The kernel is gone: nobody knows what becomes of the call. */
  lose() {
    this.#lostMs ??= performance.now();
    this.#asked = null;
    this.#form.hidden = true;
    const { state } = this.#call;
    setText(this.#state, LOST_WORDS[state]);
    if (!OVER.has(state)) this.node.dataset.state = "lost";
    for (const button of this.#buttons.values()) button.hidden = true;
    this.tick();
  }
  /** It could not be done. */
  fail(reason) {
    this.#asked = null;
    setText(this.#problem, reason);
    this.tick();
  }
  /** A second has gone by. */
  tick() {
    const now = this.#lostMs ?? performance.now();
    const { sinceMs, talkedMs } = this.#call;
    const over = OVER.has(this.#call.state);
    const ms = over ? talkedMs : now - sinceMs;
    setText(this.#time, over && talkedMs === 0 ? "" : lasted(ms));
    if (this.#asked !== null && now >= this.#asked.untilMs) {
      this.#asked = null;
      setText(
        this.#problem,
        "The kernel has not answered yet; press again, or run the cell again."
      );
    }
    for (const button of this.#buttons.values()) button.disabled = this.#asked !== null;
  }
  #takeHeaders({ headers, media }) {
    const all = media === "" ? headers : [["media", media], ...headers];
    this.#more.hidden = all.length === 0;
    const shown = JSON.stringify(all);
    if (this.#headers.dataset.shown === shown) return;
    this.#headers.dataset.shown = shown;
    this.#headers.replaceChildren(
      ...all.flatMap(([name, value]) => [
        h("dt", { dir: "auto" }, name),
        h("dd", { dir: "auto" }, value)
      ])
    );
  }
  #buildForm() {
    const send = h("button", { type: "button", class: "rnb-button rnb-call-refer" }, "Refer");
    const cancel = h("button", { type: "button", class: "rnb-button" }, "Cancel");
    this.#form.append(this.#target, send, cancel);
    const refer = () => {
      const target = this.#target.value.trim();
      if (target !== "") this.#ask("refer", target);
    };
    send.addEventListener("click", refer);
    this.#target.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !event.repeat) refer();
    });
    const close = () => {
      this.#form.hidden = true;
      this.#buttons.get("referring")?.focus();
    };
    cancel.addEventListener("click", close);
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }
  #press(deed) {
    if (deed !== "referring") {
      this.#ask(deed);
      return;
    }
    this.#form.hidden = !this.#form.hidden;
    if (!this.#form.hidden) this.#target.focus();
  }
  #ask(action, target = "") {
    if (this.#asked !== null) return;
    setText(this.#problem, "");
    if (!this.#act(this.#call.id, action, target)) return;
    this.#asked = { state: this.#call.state, untilMs: performance.now() + PATIENCE_MS };
    this.tick();
  }
};

// src/phone/panel.ts
var PAUSE_MS = 400;
var HEADS = ["Caller", "State", "Time", "Keys", ""];
var Panel = class {
  #exchange;
  #rows = /* @__PURE__ */ new Map();
  #name = h("span", { class: "rnb-phone-name" });
  #service = h("span", { class: "rnb-phone-service" });
  #url = h("code", { class: "rnb-phone-url" });
  #address;
  #copy = h("button", { type: "button", class: "rnb-button rnb-phone-copy" }, "Copy");
  #body = h("tbody", { role: "rowgroup" });
  #table = h("table", { class: "rnb-calls", role: "table" });
  #empty = h("p", { class: "rnb-phone-empty" });
  #before = h("p", { class: "rnb-phone-before" });
  #notices = h("ul", { class: "rnb-phone-notices" });
  #status = h("p", { class: "rnb-phone-status", role: "status" });
  #said = h("div", { class: "rnb-sr", role: "alert" });
  #root = h("section", { class: "rnb rnb-phone", "aria-label": "Phone line" });
  #movedMs = Number.NEGATIVE_INFINITY;
  constructor(exchange, el, signal) {
    this.#exchange = exchange;
    this.#address = h("span", { class: "rnb-phone-address" }, "webhooks: ", this.#url, this.#copy);
    this.#build(signal);
    el.append(this.#root);
    exchange.online = (line) => this.#take(line);
    exchange.onfailed = ({ id, reason }) => this.#rows.get(id)?.fail(reason);
    exchange.onaway = (words) => this.#away(words);
    const timer = setInterval(() => this.#tick(), 1e3);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#root.remove();
    });
    exchange.open();
  }
  #build(signal) {
    const heads = HEADS.map(
      (words) => h(
        "th",
        { scope: "col", role: "columnheader" },
        words === "" ? spoken("What may be done") : words
      )
    );
    this.#table.append(
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads)),
      this.#body
    );
    this.#copy.addEventListener("click", () => void this.#copyUrl(), { signal });
    this.#address.hidden = true;
    this.#table.hidden = true;
    this.#empty.hidden = true;
    this.#notices.hidden = true;
    this.#root.setAttribute("data-lm-suppress-shortcuts", "true");
    this.#root.append(
      h("div", { class: "rnb-phone-head" }, this.#name, this.#service, this.#address),
      this.#before,
      this.#table,
      this.#empty,
      this.#notices,
      this.#status,
      this.#said
    );
  }
  #take(line) {
    this.#root.toggleAttribute("data-closed", line.closed);
    this.#root.toggleAttribute("data-gone", false);
    this.#address.hidden = line.closed;
    setText(this.#name, line.closed ? `${line.name} (closed)` : line.name);
    setText(this.#service, line.service);
    setText(this.#url, line.url);
    setText(this.#before, line.before > 0 ? `${line.before} calls before these` : "");
    setText(this.#empty, emptyText(line));
    this.#table.hidden = line.calls.length === 0;
    this.#empty.hidden = line.calls.length > 0;
    setText(this.#status, "");
    this.#notices.replaceChildren(...line.notices.map((words) => h("li", { dir: "auto" }, words)));
    this.#notices.hidden = line.notices.length === 0;
    this.#takeCalls(line);
  }
  #takeCalls({ calls }) {
    const known = new Set(calls.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (known.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
      this.#movedMs = performance.now();
    }
    for (const call of calls) {
      const row = this.#rows.get(call.id);
      if (row !== void 0) {
        row.take(call);
        continue;
      }
      const made = new Row(call, (id, action, target) => this.#act(id, action, target));
      this.#rows.set(call.id, made);
      this.#body.append(made.node);
    }
    this.#table.toggleAttribute(
      "data-keys",
      calls.some(({ dtmf }) => dtmf !== "")
    );
    this.#settle();
    setText(this.#said, ringingText(calls));
  }
  /** Without the kernel nothing rings, and nothing can be done. */
  #away(words) {
    setText(this.#status, words);
    if (this.#exchange.link !== "gone") return;
    this.#root.toggleAttribute("data-gone", true);
    this.#address.hidden = true;
    this.#empty.hidden = true;
    setText(this.#said, "");
    for (const row of this.#rows.values()) row.lose();
    this.#settle();
  }
  /** Buttons have a column of their own where there are any. */
  #settle() {
    const doing = [...this.#rows.values()].some(({ open }) => open);
    this.#table.toggleAttribute("data-doing", doing);
  }
  #act(...[id, action, target]) {
    if (performance.now() - this.#movedMs < PAUSE_MS) return false;
    return this.#exchange.act(id, action, target);
  }
  #tick() {
    for (const row of this.#rows.values()) row.tick();
  }
  async #copyUrl() {
    const done = await copyText(this.#url.textContent ?? "");
    setText(this.#status, done ? "The address is copied." : "The page may not copy: select it.");
  }
};
function drawLine(exchange, el, signal) {
  new Panel(exchange, el, signal);
}

// src/phone.ts
var phone_default = (() => ({
  render({ model, el, signal }) {
    drawLine(new Exchange(model, signal), el, signal);
  }
}));
export {
  phone_default as default
};
