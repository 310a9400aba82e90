// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
// src/ids.ts
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// src/table/answers.ts
var KINDS = ["rows", "event", "event_sound"];
function readAnswer(value) {
  const kind = KINDS.find((known) => known === value.kind);
  if (kind === void 0 || typeof value.id !== "number") return null;
  return { kind, id: value.id, fields: value };
}

// src/table/rows.ts
var EVERYTHING = { dir: "", kind: "", item: "", response: "", text: "" };
var isFields = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
var text = (value) => typeof value === "string" ? value : "";
var number = (value) => typeof value === "number" && Number.isFinite(value) ? value : 0;
var isIndex = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
var indexOrNull = (value) => isIndex(value) ? value : null;
var direction = (value) => value === "sent" ? "sent" : "received";
function readRow(value) {
  if (!isFields(value) || !isIndex(value.seq)) return null;
  return {
    seq: value.seq,
    tMs: number(value.t_ms),
    sinceMs: typeof value.since_ms === "number" ? value.since_ms : null,
    spanMs: number(value.span_ms),
    dir: direction(value.dir),
    type: text(value.type),
    item: text(value.item),
    response: text(value.response),
    summary: text(value.summary),
    size: number(value.size),
    audio: number(value.audio),
    count: Math.max(1, number(value.count)),
    bad: value.bad === true,
    open: value.open === true,
    of: indexOrNull(value.of)
  };
}
function readKind(value) {
  if (!Array.isArray(value) || typeof value[0] !== "string") return null;
  return [value[0], number(value[1])];
}
function readAll(value, read) {
  return Array.isArray(value) ? value.map(read).filter((one) => one !== null) : [];
}
function readPage(value) {
  const fields = isFields(value) ? value : {};
  return {
    log: text(fields.log),
    start: indexOrNull(fields.start) ?? 0,
    total: indexOrNull(fields.total) ?? 0,
    rows: readAll(fields.rows, readRow),
    at: indexOrNull(fields.at),
    events: number(fields.events),
    dropped: number(fields.dropped),
    behind: fields.behind === true,
    kinds: readAll(fields.kinds, readKind)
  };
}
function readDetail(value) {
  if (!isFields(value) || !isIndex(value.seq)) return null;
  return {
    seq: value.seq,
    type: text(value.type),
    dir: direction(value.dir),
    tMs: number(value.t_ms),
    size: number(value.size),
    json: text(value.json),
    cut: value.cut === true,
    python: text(value.python),
    answers: indexOrNull(value.answers),
    error: indexOrNull(value.error),
    sound: number(value.sound)
  };
}

// src/table/source.ts
var ANSWER_MS = 2e4;
var MessageSource = class {
  name = "chat";
  log = "";
  events = 0;
  /** Sends a question; false when there is nobody. */
  send = () => false;
  #waiting = /* @__PURE__ */ new Map();
  #listeners = /* @__PURE__ */ new Set();
  #next = 0;
  async page(query, unfolded, span) {
    const [fields] = await this.#ask("rows", { filter: query, unfolded, ...span });
    const page = readPage(fields);
    this.events = page.events;
    this.log = page.log;
    return page;
  }
  async event(seq, how) {
    const [fields] = await this.#ask("event", { seq, ...how });
    return readDetail(fields);
  }
  async sound(seq, alone) {
    const [fields, buffers] = await this.#ask("event_sound", { seq, alone });
    const wav = buffers[0];
    if (wav === void 0) return null;
    const whole = fields.whole !== false;
    return { wav, whole };
  }
  onChange(listener, signal) {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }
  /** The kernel has answered. */
  receive({ id, fields }, buffers) {
    const waiting = this.#take(id);
    const { failed } = fields;
    if (typeof failed === "string") waiting?.failed(new Error(failed));
    else waiting?.done(fields, buffers);
  }
  /** There are `events` now. */
  grown(events) {
    this.events = events;
    this.#tell(false);
  }
  /** The log is another one from now on: nothing that is known of it holds. */
  renew(name, events) {
    this.name = name;
    this.log = "";
    this.events = events;
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.failed(new Error("asked anew"));
    this.#tell(true);
  }
  #tell(anew) {
    for (const listener of this.#listeners) listener(anew);
  }
  #ask(kind, what) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const late = () => this.#take(id)?.failed(new Error("the kernel does not answer"));
      const timer = setTimeout(late, ANSWER_MS);
      const done = (fields, buffers) => resolve([fields, buffers]);
      this.#waiting.set(id, { done, failed: reject, timer });
      if (!this.send({ ...what, kind, id })) {
        this.#take(id)?.failed(new Error("there is no kernel to ask"));
      }
    });
  }
  #take(id) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== void 0) clearTimeout(waiting.timer);
    return waiting;
  }
};

// src/timeline/link.ts
var SELECT = "rnb-select";
function tellSelected(shown, seq, by) {
  const detail = { chat: shown.name, log: shown.log, seq, by };
  document.dispatchEvent(new CustomEvent(SELECT, { detail }));
}
function onSelected(shown, self, selected, signal) {
  const hear = (event) => {
    const detail = event instanceof CustomEvent ? event.detail : null;
    if (typeof detail !== "object" || detail === null) return;
    const fields = detail;
    const { name, log } = shown();
    const known = log !== "" && typeof fields.log === "string" && fields.log !== "";
    const same = known ? fields.log === log : fields.chat === name;
    if (fields.by === self || !same) return;
    const { seq } = fields;
    if (Number.isInteger(seq) && seq >= 0) selected(seq);
  };
  document.addEventListener(SELECT, hear, { signal });
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

// src/table/words.ts
function clockText(tMs) {
  const total = Math.max(0, Math.round(tMs));
  const minutes = Math.floor(total / 6e4);
  const seconds = (total % 6e4 / 1e3).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds}`;
}
function spanText(ms) {
  const value = Math.max(0, ms);
  if (value < 1e3) return `${Math.round(value)} ms`;
  if (value < 6e4) return `${(value / 1e3).toFixed(2)} s`;
  const seconds = Math.round(value / 1e3);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
function sizeText(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
function countText(count) {
  return count.toLocaleString("en-US");
}
var UNSEEN = (
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones meant
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/g
);
function visible(text2) {
  return text2.replace(
    UNSEEN,
    (mark) => `⟨${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`
  );
}
function bareId(id) {
  return id.replace(/^(?:item|resp|event)_(?=.)/, "");
}
var PARTS = /(?<=[._])(?=[^._])/u;
var JOINED = /^[\p{M}\u200d]+/u;
function cutFront(text2, room) {
  const signs = Array.from(text2);
  if (signs.length <= room) return text2;
  const kept = Math.max(1, room - 1);
  const end = signs.slice(-kept).join("").replace(JOINED, "");
  const before = signs[signs.length - kept - 1] ?? "";
  const part = /[._]/.test(before) && /^[^._]/.test(end) ? 0 : end.search(PARTS);
  return `…${part > 0 && part <= kept / 2 ? end.slice(part) : end}`;
}
var LEAST_HEAD = 3;
function cutName(text2, room) {
  const tail = cutFront(text2, room);
  const left = room - Array.from(tail).length;
  if (tail === text2 || left < LEAST_HEAD) return tail;
  const head = Array.from(text2).slice(0, left).join("");
  const part = head.indexOf(".") + 1;
  return `${part > 0 ? head.slice(0, part) : head}${tail}`;
}

// src/table/detail.ts
var SAID_MS = 1500;
function createButton(words, name, act, signal) {
  const rest = () => typeof words === "string" ? words : words();
  const label = h("span", { class: "rnb-label" }, rest());
  const node = h("button", { type: "button", class: "rnb-button" });
  if (name !== null) node.append(icon(name));
  node.append(label);
  let timer;
  node.addEventListener(
    "click",
    async () => {
      clearTimeout(timer);
      try {
        setText(label, await act() || rest());
      } catch (error) {
        setText(label, error instanceof Error ? error.message : String(error));
      }
      timer = setTimeout(() => setText(label, rest()), SAID_MS);
    },
    { signal }
  );
  signal.addEventListener("abort", () => clearTimeout(timer));
  return node;
}
var Player = class {
  #changed;
  #audio = null;
  #url = "";
  /** `changed` is called when it begins and when it ends. */
  constructor(changed) {
    this.#changed = changed;
  }
  get playing() {
    return this.#audio !== null;
  }
  async play(wav) {
    this.stop();
    this.#url = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
    const audio = new Audio(this.#url);
    this.#audio = audio;
    audio.addEventListener("ended", () => {
      if (this.#audio === audio) this.stop();
    });
    try {
      await audio.play();
    } catch (error) {
      if (this.#audio !== audio) return;
      this.stop();
      throw error;
    }
    if (this.#audio === audio) this.#changed();
  }
  stop() {
    this.#audio?.pause();
    this.#audio = null;
    if (this.#url !== "") URL.revokeObjectURL(this.#url);
    this.#url = "";
    this.#changed();
  }
};
var Detail = class {
  node;
  #model;
  #source;
  #title = h("span", { class: "rnb-detail-title" });
  #json = h("pre", { class: "rnb-json", tabindex: "0", "aria-label": "Event as JSON" });
  #note = h("p", { class: "rnb-note" });
  #player = new Player(() => this.#drawPlay());
  #play;
  #item;
  #response;
  #fold;
  #cause;
  #shown = null;
  #detail = null;
  constructor(source, model, jump, signal) {
    this.#model = model;
    this.#source = source;
    const button = (words, act) => createButton(words, null, async () => act(), signal);
    this.#play = createButton(
      () => this.#playWords,
      "speaker",
      () => this.#toggleSound(),
      signal
    );
    this.#item = button("Only this item", () => this.#only("item"));
    this.#response = button("Only this response", () => this.#only("response"));
    this.#fold = createButton(
      () => this.#shown?.open === true ? "Hide its events" : "Show its events",
      null,
      async () => {
        if (this.#shown !== null) model.toggle(this.#shown);
        return "";
      },
      signal
    );
    this.#cause = h("button", { type: "button", class: "rnb-button rnb-cause" });
    this.#cause.addEventListener(
      "click",
      () => {
        const to = this.#detail?.answers ?? this.#detail?.error;
        if (to != null) jump(to);
      },
      { signal }
    );
    const close = h(
      "button",
      { type: "button", class: "rnb-dismiss", "aria-label": "Close the event" },
      icon("close")
    );
    close.addEventListener("click", () => model.select(null), { signal });
    const json = createButton("Copy as JSON", "copy", () => this.#copy("json"), signal);
    const python = createButton("Copy as Python", "copy", () => this.#copy("python"), signal);
    this.node = h(
      "section",
      { class: "rnb-detail", "aria-label": "Selected event", hidden: true },
      h("div", { class: "rnb-detail-head" }, this.#title, close),
      h(
        "div",
        { class: "rnb-detail-tools" },
        this.#cause,
        this.#play,
        json,
        python,
        this.#fold,
        this.#item,
        this.#response
      ),
      this.#json,
      this.#note
    );
    signal.addEventListener("abort", () => this.#player.stop());
  }
  /** Show what is selected. */
  update() {
    const row = this.#model.selectedRow;
    if (row === this.#shown) return;
    const same = row !== null && row.seq === this.#shown?.seq && row.of === this.#shown.of;
    this.#shown = row;
    this.node.hidden = row === null;
    if (row !== null) this.#head(row);
    if (same) {
      if (this.#detail !== null) this.#tell(noteFor(row, this.#detail));
      return;
    }
    this.#detail = null;
    this.#player.stop();
    setText(this.#json, "");
    this.#tell("");
    this.#answered();
    if (row !== null) void this.#fetch(row);
  }
  #head(row) {
    const sent = row.dir === "sent" ? "↑ sent" : "↓ received";
    const facts = [`#${row.seq}`, sent, clockText(row.tMs), sizeText(row.size)];
    this.#title.replaceChildren(h("bdi", {}, visible(row.type)), ` ${facts.join(" · ")}`);
    this.#play.hidden = row.audio === 0;
    this.#item.hidden = row.item === "" || this.#model.query.item === row.item;
    this.#response.hidden = row.response === "" || this.#model.query.response === row.response;
    this.#fold.hidden = row.count < 2;
    setText(labelOf(this.#fold), row.open ? "Hide its events" : "Show its events");
  }
  get #playWords() {
    return this.#player.playing ? "Stop" : "Play";
  }
  #drawPlay() {
    setText(labelOf(this.#play), this.#playWords);
  }
  async #fetch(row) {
    const current = () => this.#shown?.seq === row.seq && this.#shown.of === row.of;
    try {
      const detail = await this.#source.event(row.seq, { whole: false, alone: row.of !== null });
      if (!current()) return;
      this.#detail = detail;
      setText(this.#json, detail === null ? "" : visible(detail.json));
      this.#tell(noteFor(this.#shown ?? row, detail));
      this.#answered();
    } catch (error) {
      if (current()) this.#tell(error instanceof Error ? error.message : String(error));
    }
  }
  #answered() {
    const detail = this.#detail;
    const to = detail?.answers ?? detail?.error ?? null;
    this.#cause.hidden = to === null;
    const words = detail?.answers == null ? "Show the error" : "Show the event it answers";
    setText(this.#cause, to === null ? "" : `${words} (#${to})`);
  }
  #tell(note) {
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }
  #only(name) {
    const row = this.#shown;
    if (row !== null) this.#model.set({ [name]: row[name] });
    return "";
  }
  async #copy(what) {
    const row = this.#shown;
    if (row === null) return "";
    const detail = await this.#source.event(row.seq, { whole: true, alone: true });
    if (detail === null) return "It has gone";
    if (await copyText(detail[what])) return "Copied";
    return "This browser lets nothing be copied here";
  }
  async #toggleSound() {
    const row = this.#shown;
    if (row === null || this.#player.playing) {
      this.#player.stop();
      return "";
    }
    const sound = await this.#source.sound(row.seq, row.of !== null);
    if (this.#shown?.seq !== row.seq || this.#shown.of !== row.of || this.#player.playing)
      return "";
    if (sound === null || sound.wav.byteLength <= 44) return "The sound has gone";
    if (!sound.whole) this.#tell("Only its first minute is played.");
    await this.#player.play(sound.wav);
    return "";
  }
};
var labelOf = (button) => button.querySelector(".rnb-label") ?? button;
function noteFor(row, detail) {
  if (detail === null) return "The log has let go of this event.";
  const notes = [];
  if (row.count > 1) notes.push(`The first of ${countText(row.count)} events.`);
  if (detail.cut) notes.push("Long texts are cut here; a copy has all of them.");
  return notes.join(" ");
}

// src/table/filters.ts
var SEARCH_MS = 200;
var ERRORS = "errors";
function option(value, words) {
  return h("option", { value }, words);
}
function familiesOf(kinds) {
  const families = kinds.filter((kind) => kind.includes(".")).map((kind) => kind.split(".")[0]);
  return [...new Set(families)].filter((name) => name !== void 0).sort();
}
function createChip(words, clear, signal) {
  const value = h("bdi");
  const remove = h(
    "button",
    { type: "button", class: "rnb-dismiss", "aria-label": `All ${words}s` },
    icon("close")
  );
  remove.addEventListener("click", clear, { signal });
  const node = h("span", { class: "rnb-chip rnb-only" }, `${words} `, value, remove);
  return {
    node,
    show(id) {
      node.hidden = id === "";
      setText(value, visible(id));
    }
  };
}
function createFilters(model, signal) {
  const direction2 = h(
    "select",
    { class: "rnb-select", "aria-label": "Direction" },
    option("", "Both ways"),
    option("sent", "↑ Sent"),
    option("received", "↓ Received")
  );
  const kind = h("select", { class: "rnb-select rnb-kinds", "aria-label": "Kind" });
  const search = h("input", {
    type: "search",
    class: "rnb-box rnb-search",
    placeholder: "Search",
    "aria-label": "Search events",
    autocomplete: "off",
    spellcheck: "false"
  });
  const item = createChip("item", () => model.set({ item: "" }), signal);
  const response = createChip("response", () => model.set({ response: "" }), signal);
  const count = h("span", { class: "rnb-total" });
  const follow = h("button", { type: "button", class: "rnb-button rnb-follow" }, "Follow");
  follow.title = "Keep the newest event in view";
  direction2.addEventListener("change", () => model.set({ dir: direction2.value }), {
    signal
  });
  kind.addEventListener("change", () => model.set({ kind: kind.value }), { signal });
  let typing;
  const look = () => {
    clearTimeout(typing);
    if (search.value !== model.query.text) model.set({ text: search.value });
  };
  search.addEventListener(
    "input",
    () => {
      clearTimeout(typing);
      typing = setTimeout(look, SEARCH_MS);
    },
    { signal }
  );
  search.addEventListener("keydown", (event) => event.key === "Enter" && look(), { signal });
  signal.addEventListener("abort", () => clearTimeout(typing));
  follow.addEventListener("click", () => model.hold(!model.follow), { signal });
  let known = "none";
  const drawKinds = () => {
    const kinds = model.kinds.map(([name]) => name).sort();
    const now = JSON.stringify([kinds, model.query.kind]);
    if (now === known || document.activeElement === kind) return;
    known = now;
    const wanted = model.query.kind;
    const families = familiesOf(kinds);
    const types = [...new Set(wanted === "" || wanted === ERRORS ? kinds : [...kinds, wanted])];
    const groups = h("optgroup", { label: "Families" });
    groups.append(...families.map((name) => option(name, `${visible(name)}.*`)));
    const each = h("optgroup", { label: "Types" });
    const plain = types.filter((name) => !families.includes(name));
    each.append(...plain.map((name) => option(name, visible(name))));
    kind.replaceChildren(option("", "All kinds"), option(ERRORS, "Errors"), groups, each);
    kind.value = wanted;
  };
  const update = () => {
    drawKinds();
    const { query } = model;
    if (direction2.value !== query.dir) direction2.value = query.dir;
    if (document.activeElement !== search && search.value !== query.text) search.value = query.text;
    item.show(query.item);
    response.show(query.response);
    setText(count, totalWords(model));
    follow.setAttribute("aria-pressed", String(model.follow));
  };
  const node = h(
    "div",
    { class: "rnb-filters", role: "search", "aria-label": "Filter events" },
    search,
    direction2,
    kind,
    item.node,
    response.node,
    count,
    follow
  );
  return { node, search, update };
}
function totalWords(model) {
  if (model.trouble !== "") return model.trouble;
  const rows = model.total === 1 ? "1 row" : `${countText(model.total)} rows`;
  const of = `${rows} of ${countText(model.events)} events`;
  return model.dropped > 0 ? `${of}; ${countText(model.dropped)} earlier ones let go of` : of;
}

// src/table/room.ts
var NO_ROOM = {
  type: Number.POSITIVE_INFINITY,
  child: Number.POSITIVE_INFINITY,
  item: Number.POSITIVE_INFINITY,
  response: Number.POSITIVE_INFINITY
};
var FOLD_PX = 16;
var CHILD_PX = 20;
var PROBE = "0".repeat(40);
function roomOf(within, heads) {
  const probe = h("span", { class: "rnb-probe", "aria-hidden": "true" }, PROBE);
  within.append(probe);
  const letterPx = probe.getBoundingClientRect().width / PROBE.length;
  probe.remove();
  const fits = (head, lessPx = 0) => {
    const px = head?.getBoundingClientRect().width ?? 0;
    if (px === 0 || letterPx === 0) return Number.POSITIVE_INFINITY;
    return Math.max(2, Math.floor((px - lessPx + 0.5) / letterPx));
  };
  return {
    type: fits(heads.type, FOLD_PX),
    child: fits(heads.type, FOLD_PX + CHILD_PX),
    item: fits(heads.item),
    response: fits(heads.response)
  };
}

// src/table/slot.ts
var cell = (name, column) => h("span", {
  class: `rnb-cell rnb-c-${name}`,
  role: "gridcell",
  "aria-colindex": String(column)
});
function createSlot(id) {
  const fold = h("span", { class: "rnb-fold", "aria-hidden": "true" });
  const type = h("bdi");
  const count = h("span", { class: "rnb-count" });
  const event = cell("type", 4);
  event.append(fold, type);
  const said = cell("summary", 7);
  const summary = h("bdi");
  const span = h("span", { class: "rnb-span" });
  said.append(count, span, " ", summary);
  const [time, since, direction2] = [cell("time", 1), cell("since", 2), cell("dir", 3)];
  const [item, response, size] = [cell("item", 5), cell("response", 6), cell("size", 8)];
  const node = h(
    "div",
    { role: "row", class: "rnb-row", id },
    time,
    since,
    direction2,
    event,
    item,
    response,
    said,
    size
  );
  return {
    node,
    time,
    since,
    direction: direction2,
    fold,
    type,
    count,
    span,
    item,
    response,
    summary,
    size,
    place: -1,
    row: void 0
  };
}
var WORDS = ["time", "since", "fold", "count", "span", "size"];
function wordsOf(row) {
  const run = row.count > 1;
  return {
    time: clockText(row.tMs),
    since: row.sinceMs === null ? "" : `+${spanText(row.sinceMs)}`,
    fold: run ? row.open ? "▾" : "▸" : "",
    count: run ? `×${countText(row.count)}` : "",
    span: run ? ` in ${spanText(row.spanMs)}` : "",
    size: sizeText(row.size)
  };
}
var COMING = { time: "…", since: "", fold: "", count: "", span: "", size: "" };
function fill(slot, row, room) {
  const { node } = slot;
  const words = row === void 0 ? COMING : wordsOf(row);
  for (const name of WORDS) setText(slot[name], words[name]);
  setText(slot.summary, visible(row?.summary ?? ""));
  slot.summary.title = slot.summary.textContent;
  const type = visible(row?.type ?? "");
  const fits = row === void 0 || row.of === null ? room.type : room.child;
  setWhole(slot.type, type, cutName(type, fits));
  for (const name of ["item", "response"]) {
    const id = visible(row?.[name] ?? "");
    setWhole(slot[name], id, cutFront(bareId(id), room[name]));
  }
  drawDirection(slot, row?.dir);
  node.toggleAttribute("data-bad", row?.bad === true);
  node.toggleAttribute("data-child", row !== void 0 && row.of !== null);
  if (words.fold === "" || row === void 0) node.removeAttribute("aria-expanded");
  else node.setAttribute("aria-expanded", String(row.open));
}
function setWhole(node, whole, shown) {
  setText(node, shown);
  node.title = whole;
  const cell2 = node.closest(".rnb-cell");
  if (whole === shown) cell2?.removeAttribute("aria-label");
  else cell2?.setAttribute("aria-label", whole);
}
function drawDirection(slot, dir) {
  if (slot.node.dataset.dir === (dir ?? "")) return;
  slot.node.dataset.dir = dir ?? "";
  if (dir === void 0) slot.direction.replaceChildren();
  else slot.direction.replaceChildren(dir === "sent" ? "↑" : "↓", spoken(dir));
}

// src/table/grid.ts
var ROW_PX = 22;
var MOST_PX = 8e6;
var ROWS_UNMEASURED = 12;
var HEADS = ["Time", "Since", "", "Event", "Item", "Response", "Summary", "Size"];
var grids = 0;
var Grid = class {
  node;
  #model;
  #box;
  #canvas;
  #layer;
  #id = `rnb-grid-${++grids}`;
  #heads;
  #slots = [];
  #room = NO_ROOM;
  #height = 0;
  /** Where we scrolled to ourselves. */
  #scrolledTo = -1;
  constructor(model, events, draw, signal) {
    this.#model = model;
    const heads = HEADS.map(
      (title, i) => h(
        "span",
        { role: "columnheader", class: `rnb-cell rnb-head-${i}`, "aria-colindex": String(i + 1) },
        title || spoken("Direction")
      )
    );
    this.#heads = heads;
    this.#layer = h("div", { class: "rnb-layer", role: "presentation" });
    this.#canvas = h("div", { class: "rnb-canvas", role: "presentation" }, this.#layer);
    this.#box = h("div", { class: "rnb-scroll", role: "rowgroup", tabindex: "-1" }, this.#canvas);
    this.#box.addEventListener("focus", () => this.node.focus({ preventScroll: true }), { signal });
    this.node = h(
      "div",
      {
        class: "rnb-grid",
        role: "grid",
        tabindex: "0",
        "aria-label": "Events",
        "aria-colcount": String(HEADS.length)
      },
      h(
        "div",
        { role: "rowgroup", class: "rnb-heads" },
        h("div", { role: "row", class: "rnb-row", "aria-rowindex": "1" }, ...heads)
      ),
      this.#box
    );
    this.#box.addEventListener("scroll", () => this.#scrolled(draw), { signal, passive: true });
    this.#layer.addEventListener("click", (event) => this.#clicked(event, events), { signal });
    this.node.addEventListener("keydown", (event) => this.#key(event, events), { signal });
  }
  get box() {
    return this.#box;
  }
  get #boxPx() {
    return this.#box.clientHeight || ROWS_UNMEASURED * ROW_PX;
  }
  /** How many rows fit. */
  get #fits() {
    return Math.ceil(this.#boxPx / ROW_PX);
  }
  /** Pixels of a box in which all rows would be. */
  get #wanted() {
    return Math.min(MOST_PX, this.#model.total * ROW_PX);
  }
  get #reach() {
    return Math.max(1, this.#height - this.#boxPx);
  }
  get #scaled() {
    return this.#model.total * ROW_PX > MOST_PX;
  }
  /** The columns have other widths, perhaps: what was cut for the ones before is cut anew. */
  resized() {
    const [type, item, response] = [this.#heads[3], this.#heads[4], this.#heads[5]];
    const room = roomOf(this.#layer, { type, item, response });
    const names = ["type", "child", "item", "response"];
    if (names.every((name) => room[name] === this.#room[name])) return;
    this.#room = room;
    for (const slot of this.#slots) slot.place = -1;
  }
  /** Draw what is in view. */
  draw() {
    const model = this.#model;
    if (this.#height !== this.#wanted) {
      this.#height = this.#wanted;
      this.#canvas.style.height = `${this.#height}px`;
    }
    this.node.setAttribute("aria-rowcount", String(model.total + 1));
    if (model.moved !== 0) this.#move(model.moved);
    model.moved = 0;
    if (model.scrollTo !== null) {
      this.#reveal(model.scrollTo);
      model.scrollTo = null;
    } else if (model.follow) {
      this.#scroll(this.#height);
    }
    const fits = this.#fits;
    const first = this.#first(fits);
    const last = Math.min(model.total, first + fits + 1);
    model.show(first, Math.max(last, first + fits));
    const top = this.#scaled ? this.#box.scrollTop : first * ROW_PX;
    this.#layer.style.transform = `translateY(${top}px)`;
    this.#fill(first, last);
  }
  #fill(first, last) {
    const model = this.#model;
    while (this.#slots.length < last - first) {
      const slot = createSlot(`${this.#id}-${this.#slots.length}`);
      this.#slots.push(slot);
      this.#layer.append(slot.node);
    }
    let active = "";
    this.#slots.forEach((slot, i) => {
      const place = first + i;
      const shown = place < last;
      slot.node.hidden = !shown;
      if (!shown) return;
      const row = model.row(place);
      if (slot.row !== row || slot.place !== place) {
        fill(slot, row, this.#room);
        slot.row = row;
        slot.place = place;
        slot.node.setAttribute("aria-rowindex", String(place + 2));
      }
      const selected = row !== void 0 && model.isSelected(row);
      slot.node.setAttribute("aria-selected", String(selected));
      if (selected) active = slot.node.id;
    });
    if (active === "") this.node.removeAttribute("aria-activedescendant");
    else this.node.setAttribute("aria-activedescendant", active);
  }
  #first(fits) {
    const { total } = this.#model;
    const top = this.#box.scrollTop;
    if (this.#scaled) return Math.round(Math.min(1, top / this.#reach) * (total - fits + 1) | 0);
    return Math.max(0, Math.min(Math.floor(top / ROW_PX), total - fits));
  }
  #scroll(top) {
    this.#box.scrollTop = Math.max(0, Math.min(top, this.#height - this.#boxPx));
    this.#scrolledTo = this.#box.scrollTop;
  }
  /** Scroll by so many rows. */
  #move(by) {
    const top = this.#box.scrollTop;
    if (!this.#scaled) this.#scroll(top + by * ROW_PX);
    else this.#scroll(top + by / (this.#model.total - this.#fits + 1) * this.#reach);
  }
  /** Bring a place into view. */
  #reveal(place) {
    const fits = Math.max(1, this.#fits - 1);
    if (this.#scaled) {
      const first = this.#first(this.#fits);
      if (place >= first && place < first + fits) return;
      const target = Math.max(0, place - Math.floor(fits / 2));
      this.#scroll(target / (this.#model.total - fits) * this.#reach);
      return;
    }
    const top = place * ROW_PX;
    const seen = this.#box.scrollTop;
    const height = this.#boxPx;
    if (top >= seen && top + ROW_PX <= seen + height) return;
    const far = top < seen - height || top > seen + 2 * height;
    if (far) this.#scroll(Math.max(0, top - height / 2));
    else this.#scroll(top < seen ? top : top + ROW_PX - height);
  }
  #scrolled(draw) {
    const top = this.#box.scrollTop;
    if (Math.abs(top - this.#scrolledTo) < 1) return;
    this.#scrolledTo = -1;
    this.#model.hold(this.#height - top - this.#boxPx < ROW_PX);
    draw();
  }
  #clicked(event, events) {
    const target = event.target instanceof Element ? event.target : null;
    const slot = this.#slots.find(({ node }) => target !== null && node.contains(target));
    if (slot?.row === void 0) return;
    if (target === slot.fold && slot.row.count > 1) events.toggle(slot.row);
    else events.select(slot.row, slot.place);
  }
  #key(event, events) {
    if (event.target !== this.node || event.ctrlKey || event.metaKey || event.altKey) return;
    const model = this.#model;
    const row = model.selectedRow;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      if (row !== null && foldable(row, event.key === "ArrowRight")) {
        event.preventDefault();
        events.toggle(row);
      }
      return;
    }
    const to = this.#target(event.key);
    if (to === null || model.total === 0) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(model.total - 1, to));
    model.follow = false;
    this.#reveal(place);
    const known = model.row(place);
    if (known !== void 0) events.select(known, place);
    else this.#pending(place, events);
  }
  /** Select a row once it is here. */
  #pending(place, events) {
    const fits = this.#fits;
    const first = this.#first(fits);
    this.#model.show(first, first + fits);
    let tries = 120;
    const look = () => {
      const row = this.#model.row(place);
      if (row !== void 0) events.select(row, place);
      else if (--tries > 0) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }
  #target(key) {
    const model = this.#model;
    const here = model.selectedPlace ?? (key === "ArrowUp" ? model.total : -1);
    const step = Math.max(1, this.#fits - 1);
    switch (key) {
      case "ArrowDown":
        return here + 1;
      case "ArrowUp":
        return here - 1;
      case "PageDown":
        return here + step;
      case "PageUp":
        return here - step;
      case "Home":
        return 0;
      case "End":
        return model.total - 1;
      default:
        return null;
    }
  }
};
function foldable(row, unfold) {
  if (unfold) return row.count > 1 && !row.open;
  return row.of !== null || row.count > 1 && row.open;
}

// src/table/model.ts
var BEYOND = 20;
var KEPT = 2e3;
var MOST_UNFOLDED = 100;
var AGAIN_MS = 2e3;
var TableModel = class {
  query = EVERYTHING;
  /** Rows in all. */
  total = 0;
  /** Events the log has, and how many it has let go of. */
  events = 0;
  dropped = 0;
  kinds = [];
  /** The newest row stays in view. */
  follow = true;
  /** Number of the event that is selected, and its row as far as it is known. */
  selected = null;
  selectedRow = null;
  /** Where to scroll to once it is drawn. */
  scrollTo = null;
  /** By how many places what is in view has moved since it was drawn. */
  moved = 0;
  /** Why there are no rows. */
  trouble = "";
  #source;
  #changed;
  #signal;
  #unfolded = /* @__PURE__ */ new Set();
  #rows = /* @__PURE__ */ new Map();
  #first = 0;
  #last = 0;
  #watched = false;
  /** Nobody answered: nothing is asked for a while. */
  #resting = false;
  #stale = true;
  /** The rows here are of another query. */
  #outdated = false;
  #asking = false;
  /** Counts what makes an answer on its way worthless. */
  #version = 0;
  #around = null;
  /** Where the row stood that the last question has for its anchor. */
  #anchored = 0;
  /** The view that rows were last asked for. */
  #lacked = "";
  #retry;
  constructor(source, changed, signal) {
    this.#source = source;
    this.#changed = changed;
    this.#signal = signal;
    source.onChange((anew) => {
      if (anew) this.#renew();
      else this.#grown();
    }, signal);
    signal.addEventListener("abort", () => clearTimeout(this.#retry));
  }
  /** The row at a place; undefined while it is not here. */
  row(place) {
    return this.#rows.get(place);
  }
  /** Somebody looks at the table, or nobody does. */
  set watched(watched) {
    this.#watched = watched;
    this.#pump();
  }
  /** The places in view. */
  show(first, last) {
    this.#first = first;
    this.#last = last;
    this.#pump();
  }
  /** Ask again for what is in view: there may be more. */
  refresh() {
    this.#stale = true;
    this.#pump();
  }
  set(query) {
    this.query = { ...this.query, ...query };
    if (!this.follow) {
      this.scrollTo = 0;
      this.#last -= this.#first;
      this.#first = 0;
    }
    this.#reset();
  }
  hold(follow) {
    if (this.follow === follow) return;
    this.follow = follow;
    if (follow) this.#stale = true;
    this.#changed();
    this.#pump();
  }
  /** Show the events of a run, or no longer. */
  toggle(row) {
    const seq = row.of ?? row.seq;
    if (!this.#unfolded.delete(seq)) this.#unfolded.add(seq);
    if (this.#unfolded.size > MOST_UNFOLDED) {
      for (const oldest of this.#unfolded) {
        this.#unfolded.delete(oldest);
        break;
      }
    }
    this.follow = false;
    this.#reset();
  }
  select(row) {
    this.selected = row?.seq ?? null;
    this.selectedRow = row;
    this.#changed();
  }
  /** Select an event wherever it is, and bring it into view. */
  jump(seq) {
    this.selected = seq;
    this.selectedRow = null;
    this.follow = false;
    this.#around = seq;
    this.#version++;
    this.#changed();
    this.#pump();
  }
  /** The place of the selected row, if it is here. */
  get selectedPlace() {
    for (const [place, row] of this.#rows) if (this.isSelected(row)) return place;
    return null;
  }
  isSelected(row) {
    const known = this.selectedRow;
    if (row.seq !== this.selected) return false;
    return known === null || known.of === row.of;
  }
  #renew() {
    clearTimeout(this.#retry);
    this.#resting = false;
    this.selected = null;
    this.selectedRow = null;
    this.#unfolded.clear();
    this.total = 0;
    this.follow = true;
    this.#around = null;
    this.#reset();
  }
  #grown() {
    this.#stale = true;
    this.events = this.#source.events;
    this.#changed();
    this.#pump();
  }
  #reset() {
    this.#version++;
    this.#outdated = true;
    this.#stale = true;
    this.#changed();
    this.#pump();
  }
  /** Whether there is a row in view that is not here and was not asked for just now. */
  #lacking() {
    const last = Math.min(this.#last, this.total);
    const view = `${this.#version} ${this.#first} ${last}`;
    if (view === this.#lacked) return false;
    for (let place = this.#first; place < last; place++) {
      if (this.#rows.has(place)) continue;
      this.#lacked = view;
      return true;
    }
    return false;
  }
  #span() {
    const count = this.#last - this.#first + 2 * BEYOND;
    if (this.#around !== null) return { around: this.#around, count };
    if (this.follow) return { start: this.#first - this.#last - 2, stop: null };
    const anchor = this.#findAnchor();
    const span = { start: Math.max(0, this.#first - BEYOND), stop: this.#last + BEYOND };
    return anchor === null ? span : { ...span, anchor };
  }
  /** Remember where a row in view stands, and return its number. */
  #findAnchor() {
    for (let place = this.#first; place < this.#last; place++) {
      const row = this.#rows.get(place);
      if (row === void 0 || row.open) continue;
      this.#anchored = place;
      return row.seq;
    }
    return null;
  }
  #pump() {
    if (!this.#watched || this.#resting || this.#asking) return;
    if (this.#last <= this.#first || this.#signal.aborted) return;
    if (!this.#stale && this.#around === null && !this.#lacking()) return;
    this.#stale = false;
    void this.#ask(this.#span(), this.#version);
  }
  async #ask(span, version) {
    this.#asking = true;
    try {
      const page = await this.#source.page(this.query, [...this.#unfolded], span);
      if (version === this.#version) this.#take(page, span);
      else this.#stale = true;
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#later();
      return;
    } finally {
      this.#asking = false;
    }
    if (this.#signal.aborted) return;
    this.#changed();
    if (this.#stale || this.#around !== null) this.#pump();
  }
  #later() {
    this.#stale = true;
    if (this.#signal.aborted) return;
    this.#changed();
    clearTimeout(this.#retry);
    this.#resting = true;
    this.#retry = setTimeout(() => {
      this.#resting = false;
      this.#pump();
    }, AGAIN_MS);
  }
  #take(page, span) {
    if ("around" in span && !this.#found(page, span.around)) return;
    const fewer = page.dropped !== this.dropped;
    const kept = fewer ? this.#keepInView(page, span) : [];
    const grew = page.events !== this.events || page.total !== this.total;
    if (grew || fewer || this.#outdated || this.#rows.size > KEPT) this.#rows = new Map(kept);
    this.#outdated = false;
    page.rows.forEach((row, i) => {
      this.#rows.set(page.start + i, row);
      if (this.isSelected(row)) this.selectedRow = row;
    });
    this.total = page.total;
    this.events = page.events;
    this.dropped = page.dropped;
    this.kinds = page.kinds;
    if (page.behind) this.#stale = true;
  }
  /** The log has let go of its oldest: what is in view stays there; returns it, at its places. */
  #keepInView(page, span) {
    if (this.follow || this.#outdated || "around" in span || span.anchor === void 0) return [];
    const by = (page.at ?? 0) - this.#anchored;
    const kept = [];
    for (let place = this.#first; place < this.#last; place++) {
      const row = this.#rows.get(place);
      if (row !== void 0 && place + by >= 0) kept.push([place + by, row]);
    }
    this.moved += by;
    this.#first = Math.max(0, this.#first + by);
    this.#last = Math.max(0, this.#last + by);
    this.#lacked = "";
    return page.at === null ? [] : kept;
  }
  /** Whether the event that was looked for is there; what hides it is taken away. */
  #found(page, seq) {
    if (page.at === null && page.behind) {
      this.#stale = true;
      return false;
    }
    if (page.at === null && this.query !== EVERYTHING) {
      this.query = EVERYTHING;
      this.#outdated = true;
      return false;
    }
    this.#around = null;
    const row = page.rows[(page.at ?? 0) - page.start];
    if (page.at === null || row === void 0) {
      this.#stale = true;
      return false;
    }
    this.selected = row.seq;
    this.selectedRow = row;
    this.scrollTo = page.at;
    return seq >= 0;
  }
};

// src/table/table.ts
function createTable(source, signal) {
  let frame = 0;
  let seen = typeof IntersectionObserver === "undefined";
  const draw = () => {
    frame = 0;
    if (!seen || signal.aborted) return;
    grid.draw();
    filters.update();
    detail.update();
  };
  const schedule = () => {
    if (frame === 0 && seen && !signal.aborted) frame = requestAnimationFrame(draw);
  };
  const model = new TableModel(source, schedule, signal);
  const tell = (seq) => tellSelected(source, seq, node);
  const select = (row) => {
    model.follow = false;
    model.select(row);
    tell(row.seq);
  };
  const jump = (seq) => {
    model.jump(seq);
    tell(seq);
  };
  const filters = createFilters(model, signal);
  const grid = new Grid(model, { select, toggle: (row) => model.toggle(row) }, schedule, signal);
  const detail = new Detail(source, model, jump, signal);
  const node = h("div", { class: "rnb-event-table" }, filters.node, grid.node, detail.node);
  const look = (visible2) => {
    seen = visible2;
    model.watched = visible2;
    schedule();
  };
  if (typeof IntersectionObserver === "undefined") {
    look(true);
  } else {
    const watch = new IntersectionObserver((entries) => {
      look(entries[entries.length - 1]?.isIntersecting === true);
    });
    watch.observe(grid.node);
    signal.addEventListener("abort", () => watch.disconnect());
  }
  if (typeof ResizeObserver !== "undefined") {
    const sized = new ResizeObserver(() => {
      grid.resized();
      schedule();
    });
    sized.observe(grid.box);
    signal.addEventListener("abort", () => sized.disconnect());
  }
  const jumpTo = (seq) => {
    if (seq !== model.selected) model.jump(seq);
  };
  onSelected(() => source, node, jumpTo, signal);
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  return { node, model };
}

// src/events.ts
var POLL_MS = 1e3;
var POLL_MOST_MS = 8e3;
var events_default = (() => ({
  render({ model, el, signal }) {
    const root = h("section", { class: "rnb rnb-log-table", "aria-label": "Event log" });
    const source = connect(model, signal);
    const table = createTable(source, signal);
    root.append(table.node);
    el.append(root);
    keepKeys(root, signal);
    poll(
      () => table.model.refresh(),
      // At its bound a log that grows is no longer: it lets go of as many as come.
      () => source.events + table.model.dropped,
      signal
    );
    signal.addEventListener("abort", () => root.remove());
  }
}));
function connect(model, signal) {
  const source = new MessageSource();
  const client = randomId();
  const name = model.get("_chat");
  source.name = typeof name === "string" ? name : "chat";
  source.send = (question) => {
    try {
      model.send({ ...question, client });
      return true;
    } catch {
      return false;
    }
  };
  const receive = (message, buffers) => {
    if (typeof message !== "object" || message === null) return;
    const fields = message;
    const answer = fields.to === client ? readAnswer(fields) : null;
    if (answer !== null) source.receive(answer, buffers ?? []);
  };
  model.on("msg:custom", receive);
  signal.addEventListener("abort", () => model.off("msg:custom", receive));
  return source;
}
function poll(look, events, signal) {
  let wait = POLL_MS;
  let known = -1;
  let timer;
  const next = () => {
    wait = events() === known ? Math.min(POLL_MOST_MS, 2 * wait) : POLL_MS;
    known = events();
    look();
    timer = setTimeout(next, wait);
  };
  timer = setTimeout(next, wait);
  signal.addEventListener("abort", () => clearTimeout(timer));
}
function keepKeys(root, signal) {
  const decide = (event) => {
    root.toggleAttribute("data-lm-suppress-shortcuts", !event.ctrlKey && !event.metaKey);
  };
  window.addEventListener("keydown", decide, { signal, capture: true });
}
export {
  events_default as default
};
