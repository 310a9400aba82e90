// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
// src/audio/devices.ts
var NO_DEVICES = { inputs: [], outputs: [] };
var ALIASES = ["", "default", "communications"];
async function listDevices() {
  try {
    const all = await navigator.mediaDevices.enumerateDevices();
    return { inputs: ofKind(all, "audioinput"), outputs: ofKind(all, "audiooutput") };
  } catch {
    return NO_DEVICES;
  }
}
function watchDevices(changed, signal) {
  globalThis.navigator?.mediaDevices?.addEventListener?.("devicechange", changed, { signal });
}
var WORDS = { audioinput: "Microphone", audiooutput: "Loudspeaker" };
function ofKind(all, kind) {
  return all.filter((device) => device.kind === kind && !ALIASES.includes(device.deviceId)).map((device, index) => ({
    id: device.deviceId,
    name: device.label || `${WORDS[kind]} ${index + 1}`
  }));
}

// src/history.ts
var PATIENCE_MS = 15e3;
var GONE = "the kernel is gone: run the cell again";
var SILENT = "the kernel did not answer";
var KINDS = ["image/png", "image/jpeg"];
var History = class {
  /** Sends a question; false when there is nobody to hear it. */
  send = () => false;
  #waiting = /* @__PURE__ */ new Map();
  #asked = 0;
  /** Ask for an edit; it never rejects: `error` says what went wrong. */
  edit(edit) {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(failed(id, SILENT)), PATIENCE_MS);
      const settle = (outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, settle);
      if (!this.send({ kind: "edit", id, ...edit })) settle(failed(id, GONE));
    });
  }
  /** A picture as a `data:` URL, null when it cannot be had. */
  async picture(item_id, index) {
    const { error, type, bytes } = await this.edit({ op: "picture", item_id, index });
    return error === "" && bytes !== null && KINDS.includes(type) ? dataUrl(type, bytes) : null;
  }
  receive(edited, buffers) {
    this.#waiting.get(edited.id)?.({ ...edited, bytes: buffers[0] ?? null });
  }
  /** Nobody will answer any more. */
  gone() {
    for (const [id, settle] of [...this.#waiting]) settle(failed(id, GONE));
  }
};
function failed(id, error) {
  return { id, error, text: "", status: "", ms: 0, type: "", bytes: null };
}
var PIECE = 32768;
function dataUrl(type, bytes) {
  const all = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text4 = "";
  for (let at = 0; at < all.length; at += PIECE) {
    text4 += String.fromCharCode(...all.subarray(at, at + PIECE));
  }
  return `data:${type};base64,${btoa(text4)}`;
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
    const { failed: failed2 } = fields;
    if (typeof failed2 === "string") waiting?.failed(new Error(failed2));
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

// src/transcript.ts
var Transcript = class {
  #items = /* @__PURE__ */ new Map();
  #order = [];
  get items() {
    return this.#order.map((id) => this.#items.get(id)).filter((item) => item !== void 0);
  }
  /** Start again from a full list, already in order. */
  reset(items) {
    this.#items.clear();
    this.#order.length = 0;
    for (const item of items) {
      if (!this.#items.has(item.id)) this.#order.push(item.id);
      this.#items.set(item.id, item);
    }
  }
  /** Add or replace items by id, and drop those that are gone. */
  upsert(items, gone = []) {
    for (const id of gone) this.#remove(id);
    for (const item of items) {
      const known2 = this.#items.get(item.id);
      this.#items.set(item.id, item);
      if (known2 === void 0) {
        this.#order.push(item.id);
        this.#place(item);
      } else if (known2.after !== item.after) {
        this.#moveBehind(item);
      }
    }
  }
  /** An answer is being written. */
  get answering() {
    for (const item of this.#items.values()) {
      if (item.role === "assistant" && item.status === "in_progress") return true;
    }
    return false;
  }
  /** A function of the notebook runs for an answer. */
  get calling() {
    for (const { tool } of this.#items.values()) {
      if (tool?.kind === "call" && (tool.state === "running" || tool.state === "queued"))
        return true;
    }
    return false;
  }
  /** Move a new item right behind the one it names, and those that waited for it with it. */
  #place(item, placed = /* @__PURE__ */ new Set()) {
    if (placed.has(item.id)) return;
    placed.add(item.id);
    this.#moveBehind(item);
    for (const id of [...this.#order].reverse()) {
      const other = this.#items.get(id);
      if (other?.after === item.id) this.#place(other, placed);
    }
  }
  /** An item whose predecessor is not here (yet) stays where it is: a new one, at the end. */
  #moveBehind(item) {
    if (item.after !== null && (item.after === item.id || !this.#items.has(item.after))) return;
    this.#order.splice(this.#order.indexOf(item.id), 1);
    const at = item.after === null ? 0 : this.#order.indexOf(item.after) + 1;
    this.#order.splice(at, 0, item.id);
  }
  #remove(id) {
    if (this.#items.delete(id)) this.#order.splice(this.#order.indexOf(id), 1);
  }
};
function splitAt(text4, count2) {
  const characters = Array.from(text4);
  return [characters.slice(0, count2).join(""), characters.slice(count2).join("")];
}
function splitHeard(text4, count2) {
  const [heard, unheard] = splitAt(text4, count2);
  const words = unheard.trimStart();
  return [heard + unheard.slice(0, unheard.length - words.length), words];
}

// src/chat.ts
var NOTICES_MAX = 3;
var DISPLAYS_MAX = 1e3;
var SIDEBAND = "The sound of this call runs elsewhere: speak there; here you can read and type.";
var ANOTHER_PAGE = "The call belongs to the page that made it: speak there, or run the cell again with --restart to call from this page.";
var Chat = class {
  link = "asking";
  session = "connecting";
  /** One line about the state, for people. */
  detail = "";
  /** The cell's error says why it failed. */
  told = false;
  /** How a lost connection is mended; null while none is. */
  restoration = null;
  /** What the service's rate limits leave, where that is little. */
  limits = "";
  kind = "realtime";
  /** The voice that answers. */
  voice = "";
  /** The language translated to. */
  language = "";
  /** How a turn of the user ends. */
  turns = "server_vad";
  /** The microphone is mute while an answer plays. */
  halfDuplex = false;
  /** Its use is billed. */
  costs = false;
  /** What it has cost so far; null while the kernel has not said. */
  cost = null;
  endpoint = null;
  /** What the chat is called in the notebook. */
  name = "chat";
  /** What carries sound and messages to the kernel and back. */
  carrier = "comm";
  /** How the session reaches its service. */
  transport = "websocket";
  /** The session's call is made by this page. */
  calling = false;
  /** What it carries waits while a cell runs. */
  waits = false;
  /** This page captures and plays; another tab may instead. */
  owner = false;
  microphone = "off";
  /** The talk key is held, and what is said goes out. */
  talking = false;
  /** The microphone is mute just now, because an answer plays. */
  deaf = false;
  /** Level of the microphone, RMS 0..1. */
  level = 0;
  /** Sound of an answer plays or waits. */
  playing = false;
  /** Sound waits for the user's first click. */
  muted = false;
  phrases = [];
  notices = [];
  /** Calls that wait for the user's leave. */
  approvals = [];
  /** What calls displayed, by call. */
  displays = /* @__PURE__ */ new Map();
  /** Level of what plays, RMS 0..1. */
  outputLevel = 0;
  sound = {
    devices: NO_DEVICES,
    input: "",
    output: "",
    choosable: false,
    processing: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    inputRate: null,
    outputRate: null,
    underruns: 0,
    prebufferMs: 0
  };
  transcript = new Transcript();
  events = new MessageSource();
  history = new History();
  #listeners = /* @__PURE__ */ new Set();
  /** Messages reach a session: at once, or when its connection is mended. */
  get open() {
    return this.link === "live" && (this.session === "open" || this.session === "restoring");
  }
  /** The session has ended, well or badly. */
  get over() {
    return this.session === "closed" || this.session === "failed";
  }
  /** It never began, and the cell says why: there is nothing to show. */
  get void() {
    return this.told && this.session === "failed" && this.transcript.items.length === 0;
  }
  /** What is said here ends by a button: the service does not find the ends itself. */
  get finishable() {
    return this.turns === "manual" && this.kind !== "translation";
  }
  /** What is said here is heard only while a key is held. */
  get pushed() {
    return this.turns === "push_to_talk" && this.kind !== "translation";
  }
  /** Why no microphone can be opened here, where sound runs on a call; "" where one can. */
  get deafness() {
    if (this.transport === "websocket" || this.calling || !this.open) return "";
    return this.transport === "sideband" ? SIDEBAND : ANOTHER_PAGE;
  }
  /** There is an answer that could be stopped, or a call that runs for it. */
  get stoppable() {
    const { answering, calling } = this.transcript;
    const underWay = this.session === "open" && (answering || calling);
    return this.link === "live" && (this.playing || underWay);
  }
  subscribe(listener, signal) {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }
  /** Change fields, then tell the views. */
  set(topic, change) {
    Object.assign(this, change);
    this.#tell(topic);
  }
  setSound(change) {
    this.sound = { ...this.sound, ...change };
    this.#tell("sound");
  }
  resetItems(items) {
    this.transcript.reset(items);
    this.#tell("items");
  }
  upsertItems(items, gone) {
    this.transcript.upsert(items, gone);
    this.#tell("items");
  }
  /** Show under a call what it displayed. */
  showDisplay(display) {
    this.displays.delete(display.callId);
    this.displays.set(display.callId, display);
    const [oldest] = this.displays.keys();
    if (this.displays.size > DISPLAYS_MAX && oldest !== void 0) this.displays.delete(oldest);
    this.#tell("items");
  }
  resetEvents(events) {
    this.events.renew(this.name, events);
    this.#tell("events");
  }
  growEvents(events) {
    this.events.grown(events);
    this.#tell("events");
  }
  /** Show a notice; the same words are not shown twice. */
  notify(level, text4) {
    if (text4 === "" || this.notices.some((notice) => notice.text === text4)) return;
    const notices = [...this.notices, { level, text: text4 }].slice(-NOTICES_MAX);
    this.set("notices", { notices });
  }
  /** Take a notice away by its words. */
  dismiss(text4) {
    const notices = this.notices.filter((notice) => notice.text !== text4);
    if (notices.length < this.notices.length) this.set("notices", { notices });
  }
  #tell(topic) {
    for (const listener of this.#listeners) listener(topic);
  }
};

// src/frames.ts
var FRAME_VERSION = 1;
var HEADER_BYTES = 24;
var RATE = 24e3;
var FrameKind = { microphone: 1, answer: 2 };
var FrameError = class extends Error {
  name = "FrameError";
};
function encodeFrame(frame) {
  const buffer = new ArrayBuffer(HEADER_BYTES + frame.samples.length * 2);
  const view = new DataView(buffer);
  view.setUint8(0, FRAME_VERSION);
  view.setUint8(1, frame.kind);
  view.setUint32(4, frame.stream, true);
  view.setUint32(8, frame.seq, true);
  view.setUint32(12, frame.offset, true);
  view.setFloat64(16, frame.tMs, true);
  let at = HEADER_BYTES;
  for (const sample of frame.samples) {
    view.setInt16(at, sample, true);
    at += 2;
  }
  return buffer;
}
function decodeFrame(view) {
  if (view.byteLength < HEADER_BYTES) {
    throw new FrameError(`a frame has ${HEADER_BYTES} bytes of header, got ${view.byteLength}`);
  }
  const version = view.getUint8(0);
  if (version !== FRAME_VERSION) {
    throw new FrameError(`frame version ${version}, this page reads ${FRAME_VERSION}`);
  }
  const kind = view.getUint8(1);
  if (kind !== FrameKind.microphone && kind !== FrameKind.answer) {
    throw new FrameError(`frame kind ${kind} is neither microphone (1) nor answer (2)`);
  }
  const bytes = view.byteLength - HEADER_BYTES;
  if (bytes % 2 !== 0) {
    throw new FrameError(`16 bit samples need an even number of bytes, got ${bytes}`);
  }
  const samples = new Int16Array(bytes / 2);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = view.getInt16(HEADER_BYTES + 2 * i, true);
  }
  return {
    kind,
    stream: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    offset: view.getUint32(12, true),
    tMs: view.getFloat64(16, true),
    samples
  };
}

// src/audio/context.ts
var START_MS = 400;
var IDLE_MS = 3e4;
async function addWorklet(context, source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
var SharedContext = class _SharedContext {
  #sink = "";
  #holders = /* @__PURE__ */ new Set();
  #context = null;
  #idle;
  /** Called whenever the context begins to run. */
  onrunning = () => void 0;
  get() {
    if (this.#context === null) {
      const context = newContext();
      if (this.#sink !== "") void this.choose(this.#sink, context);
      context.onstatechange = () => {
        if (context.state === "running") this.onrunning();
      };
      this.#context = context;
    }
    return this.#context;
  }
  /** Rate in Hz, null before it is made. */
  get rate() {
    return this.#context?.sampleRate ?? null;
  }
  /** Whether this browser lets a page choose the loudspeaker. */
  static get choosable() {
    return typeof AudioContext === "function" && "setSinkId" in AudioContext.prototype;
  }
  /** Play on this device, "" for the system's own; false when that is not to be had. */
  async choose(sink, context = this.#context) {
    this.#sink = sink;
    if (context === null || !_SharedContext.choosable) return true;
    try {
      await context.setSinkId(sink);
      return true;
    } catch {
      this.#sink = "";
      return false;
    }
  }
  /**
   * Start it; false when the browser wants a click first (a later click may call this again) or
   * has no context to give.
   */
  async start(holder) {
    clearTimeout(this.#idle);
    this.#holders.add(holder);
    let context;
    try {
      context = this.get();
    } catch {
      return false;
    }
    if (context.state !== "running") {
      await Promise.race([context.resume().catch(() => void 0), pause(START_MS)]);
    }
    return isRunning(context);
  }
  /** The holder needs it no more; once nobody does, it goes to sleep soon. */
  rest(holder) {
    this.#holders.delete(holder);
    clearTimeout(this.#idle);
    if (this.#holders.size > 0) return;
    this.#idle = setTimeout(() => void this.#context?.suspend().catch(() => void 0), IDLE_MS);
  }
  /** What still lies between the context and the ear, in ms. */
  get latencyMs() {
    const context = this.#context;
    if (context === null) return 0;
    return 1e3 * (context.outputLatency || context.baseLatency || 0);
  }
  close() {
    clearTimeout(this.#idle);
    void this.#context?.close().catch(() => void 0);
    this.#context = null;
  }
};
function newContext() {
  const latencyHint = "interactive";
  try {
    return new AudioContext({ sampleRate: RATE, latencyHint });
  } catch {
    return new AudioContext({ latencyHint });
  }
}
function isRunning(context) {
  return context.state === "running";
}
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// worklet:src/worklets/playback.worklet.ts
var playback_worklet_default = `"use strict";
(() => {
  // src/worklets/resampler.ts
  var BETA = 10;
  var CUTOFF = 0.93;
  var CROSSINGS = 48;
  var Resampler = class {
    #phases;
    #step;
    #taps;
    #kernel;
    /** Input not used up yet, oldest first; begins with silence. */
    #input;
    #held;
    /** Where the next output stands, in 1/#phases of an input sample. */
    #phase = 0;
    /** How late the output is, in input samples. */
    delay;
    /** \`maxBlock\`: the most input samples given at once. */
    constructor(from, to, maxBlock) {
      const divisor = gcd(from, to);
      this.#phases = to / divisor;
      this.#step = from / divisor;
      const half = Math.ceil(CROSSINGS * Math.max(1, from / to));
      this.#taps = 2 * half;
      this.delay = half;
      this.#kernel = kernel(this.#phases, half, Math.min(1, to / from) * CUTOFF);
      this.#input = new Float32Array(this.#taps + maxBlock);
      this.#held = this.#taps - 1;
    }
    /** The most samples one block of \`count\` can give. */
    capacity(count) {
      return Math.ceil(count * this.#phases / this.#step) + 1;
    }
    /** Begin anew, with silence before. */
    reset() {
      this.#input.fill(0);
      this.#held = this.#taps - 1;
      this.#phase = 0;
    }
    /** Take \`count\` samples in, write what they give to \`output\`; returns how many. */
    process(samples, count, output) {
      const input = this.#input;
      for (let i = 0; i < count; i++) input[this.#held + i] = samples[i] ?? 0;
      this.#held += count;
      let at = 0;
      let made = 0;
      while (at + this.#taps <= this.#held) {
        output[made++] = this.#convolve(at);
        this.#phase += this.#step;
        at += Math.floor(this.#phase / this.#phases);
        this.#phase %= this.#phases;
      }
      const used = Math.min(at, this.#held);
      this.#phase += (at - used) * this.#phases;
      input.copyWithin(0, used, this.#held);
      this.#held -= used;
      return made;
    }
    #convolve(at) {
      const row = this.#phase * this.#taps;
      let sum = 0;
      for (let k = 0; k < this.#taps; k++) {
        sum += (this.#kernel[row + k] ?? 0) * (this.#input[at + k] ?? 0);
      }
      return sum;
    }
  };
  function kernel(phases, half, cutoff) {
    const taps = 2 * half;
    const table = new Float32Array(phases * taps);
    for (let phase = 0; phase < phases; phase++) {
      const row = new Float64Array(taps);
      let sum = 0;
      for (let k = 0; k < taps; k++) {
        const distance = k - (half - 1) - phase / phases;
        const value = sinc(distance * cutoff) * kaiser(distance / half);
        row[k] = value;
        sum += value;
      }
      for (let k = 0; k < taps; k++) table[phase * taps + k] = (row[k] ?? 0) / sum;
    }
    return table;
  }
  function sinc(x) {
    return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }
  function kaiser(x) {
    return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
  }
  function bessel(x) {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > sum * 1e-12; k++) {
      term *= (x / (2 * k)) ** 2;
      sum += term;
    }
    return sum;
  }
  function gcd(a, b) {
    return b === 0 ? a : gcd(b, a % b);
  }

  // src/worklets/loudspeaker.ts
  var RATE = 24e3;
  var BLOCK = 128;
  var Loudspeaker = class {
    #player;
    #resampler;
    #block = new Float32Array(BLOCK);
    #made;
    /** What the resampler made and nobody took yet: [#from, #to) of #made. */
    #from = 0;
    #to = 0;
    #energy = 0;
    #count = 0;
    /** \`rate\`: of the context, in Hz. */
    constructor(player, rate) {
      this.#player = player;
      this.#resampler = rate === RATE ? null : new Resampler(RATE, rate, BLOCK);
      this.#made = new Float32Array(this.#resampler?.capacity(BLOCK) ?? 0);
    }
    /** Fill \`out\` with what is heard next. */
    render(out) {
      if (this.#resampler === null) this.#player.render(out);
      else this.#resample(this.#resampler, out);
      for (const sample of out) this.#energy += sample * sample;
      this.#count += out.length;
    }
    /** Forget what lies between player and ear. */
    clear() {
      this.#from = 0;
      this.#to = 0;
      this.#resampler?.reset();
    }
    /** Level since the last call, RMS, 0..1. */
    takeLevel() {
      const level = this.#count === 0 ? 0 : Math.sqrt(this.#energy / this.#count);
      this.#energy = 0;
      this.#count = 0;
      return level;
    }
    #resample(resampler, out) {
      for (let at = 0; at < out.length; at++) {
        while (this.#from === this.#to) {
          this.#player.render(this.#block);
          this.#from = 0;
          this.#to = resampler.process(this.#block, BLOCK, this.#made);
        }
        out[at] = this.#made[this.#from++] ?? 0;
      }
    }
  };

  // src/worklets/ring.ts
  var CHUNK_SAMPLES = 9600;
  var ChunkPool = class {
    #max;
    #free = null;
    #freeCount = 0;
    #made = 0;
    constructor(maxBytes) {
      this.#max = Math.floor(maxBytes / (CHUNK_SAMPLES * Int16Array.BYTES_PER_ELEMENT));
    }
    /** How many chunks may still be taken. */
    get available() {
      return this.#freeCount + this.#max - this.#made;
    }
    take() {
      const chunk = this.#free;
      if (chunk !== null) {
        this.#free = chunk.next;
        this.#freeCount--;
        chunk.next = null;
        return chunk;
      }
      if (this.#made >= this.#max) return null;
      this.#made++;
      return { samples: new Int16Array(CHUNK_SAMPLES), next: null };
    }
    give(chunk) {
      chunk.next = this.#free;
      this.#free = chunk;
      this.#freeCount++;
    }
  };
  var Ring = class {
    #pool;
    #head = null;
    #tail = null;
    /** Next sample to read in the head chunk. */
    #readAt = 0;
    /** Next free place in the tail chunk. */
    #writeAt = CHUNK_SAMPLES;
    #length = 0;
    constructor(pool) {
      this.#pool = pool;
    }
    /** Samples waiting. */
    get length() {
      return this.#length;
    }
    /** Whether \`count\` more samples fit the pool. */
    fits(count) {
      const beyondTail = count - (CHUNK_SAMPLES - this.#writeAt);
      return Math.ceil(beyondTail / CHUNK_SAMPLES) <= this.#pool.available;
    }
    /** Append all of \`samples\`, or none: false when the pool is used up. */
    write(samples) {
      if (!this.fits(samples.length)) return false;
      let at = 0;
      while (at < samples.length) {
        const chunk = this.#writable();
        if (chunk === null) return false;
        const count = Math.min(CHUNK_SAMPLES - this.#writeAt, samples.length - at);
        chunk.samples.set(samples.subarray(at, at + count), this.#writeAt);
        this.#writeAt += count;
        this.#length += count;
        at += count;
      }
      return true;
    }
    /** Move up to \`count\` samples to \`out\` as floats in -1..1; returns how many there were. */
    read(out, at, count) {
      const total = Math.min(count, this.#length);
      let done = 0;
      while (done < total && this.#head !== null) {
        const samples = this.#head.samples;
        const part = Math.min(CHUNK_SAMPLES - this.#readAt, total - done);
        for (let i = 0; i < part; i++) {
          out[at + done + i] = (samples[this.#readAt + i] ?? 0) / 32768;
        }
        this.#readAt += part;
        this.#length -= part;
        done += part;
        if (this.#readAt === CHUNK_SAMPLES) this.#dropHead();
      }
      return total;
    }
    /** Forget everything waiting. */
    clear() {
      while (this.#head !== null) this.#dropHead();
      this.#length = 0;
    }
    #writable() {
      if (this.#tail !== null && this.#writeAt < CHUNK_SAMPLES) return this.#tail;
      const chunk = this.#pool.take();
      if (chunk === null) return null;
      if (this.#tail === null) this.#head = chunk;
      else this.#tail.next = chunk;
      this.#tail = chunk;
      this.#writeAt = 0;
      return chunk;
    }
    #dropHead() {
      const chunk = this.#head;
      if (chunk === null) return;
      this.#head = chunk.next;
      this.#readAt = 0;
      if (this.#head === null) {
        this.#tail = null;
        this.#writeAt = CHUNK_SAMPLES;
      }
      this.#pool.give(chunk);
    }
  };

  // src/worklets/player.ts
  var PREBUFFER = 1920;
  var PREBUFFER_MAX = 4 * PREBUFFER;
  var TELLING_SAMPLES = 24e3;
  var MAX_BYTES = 6 * 1024 * 1024;
  var STARVED_SAMPLES = 12e3;
  var GAP_MAX = 48e3;
  var FINISHED_MAX = 64;
  var Player = class {
    #pool;
    #order = [];
    #finished = /* @__PURE__ */ new Set();
    #drained = [];
    #prebuffer = PREBUFFER;
    #buffered = 0;
    #underruns = 0;
    #refused = 0;
    #lost = 0;
    constructor(maxBytes = MAX_BYTES) {
      this.#pool = new ChunkPool(maxBytes);
    }
    /** Samples waiting in all streams. */
    get buffered() {
      return this.#buffered;
    }
    /** Samples that must wait before a stream begins. */
    get prebuffer() {
      return this.#prebuffer;
    }
    /** Times a stream ran dry before its end. */
    get underruns() {
      return this.#underruns;
    }
    /** Samples that found the memory full. */
    get refused() {
      return this.#refused;
    }
    /** Samples that never arrived; silence stands in their place. */
    get lost() {
      return this.#lost;
    }
    /** Whether any stream is not yet played to its end. */
    get active() {
      return this.#order.length > 0;
    }
    /** Take in samples that stand at \`offset\` of their stream. */
    push(id, offset, samples) {
      if (this.#finished.has(id)) return "late";
      let stream = this.#find(id);
      const isNew = stream === void 0;
      if (stream === void 0) {
        stream = this.#open(id, offset);
        this.#order.push(stream);
      }
      if (stream.ended) return "late";
      const skip = Math.max(0, stream.expected - offset);
      const fresh = samples.subarray(Math.min(skip, samples.length));
      const gap = Math.max(0, offset - stream.expected);
      if (stream.cut || gap > GAP_MAX || !stream.ring.fits(gap + fresh.length)) {
        stream.cut = true;
        this.#refused += fresh.length;
        return "refused";
      }
      if (gap > 0) {
        stream.ring.write(new Int16Array(gap));
        this.#lost += gap;
      }
      stream.ring.write(fresh);
      stream.expected += gap + fresh.length;
      this.#buffered += gap + fresh.length;
      return isNew ? "started" : "queued";
    }
    /** No more samples will come for this stream; what waits is played at once. */
    end(id) {
      if (this.#finished.has(id)) return;
      const stream = this.#find(id);
      if (stream !== void 0) {
        stream.ended = true;
        return;
      }
      this.#finish(id);
      this.#drained.push({ stream: id, samples: 0 });
    }
    /** Drop everything waiting; returns how far each stream came. Their late frames are dropped. */
    clear() {
      const progress = this.progress();
      for (const stream of this.#order) {
        stream.ring.clear();
        this.#finish(stream.id);
      }
      this.#order.length = 0;
      this.#buffered = 0;
      return progress;
    }
    /** Samples consumed of each stream not yet played to its end. */
    progress() {
      return this.#order.map((stream) => ({ stream: stream.id, samples: stream.position }));
    }
    /** Whether \`takeDrained\` has something to tell. */
    get hasDrained() {
      return this.#drained.length > 0;
    }
    /** Streams played to their end since the last call. */
    takeDrained() {
      return this.#drained.splice(0);
    }
    /** Fill \`out\` with the next samples, and with silence where there are none. */
    render(out) {
      let filled = 0;
      while (filled < out.length) {
        const stream = this.#ready(out.length - filled);
        if (stream === null) break;
        const count = stream.ring.read(out, filled, out.length - filled);
        stream.position += count;
        this.#buffered -= count;
        filled += count;
        if (stream.ended && stream.ring.length === 0) this.#drain(stream);
        else if (filled < out.length) this.#underrun(stream);
      }
      out.fill(0, filled);
    }
    /** The stream to read from now, or null while none may sound. */
    #ready(wanted) {
      const head = this.#order[0];
      if (head === void 0) return null;
      if (!head.playing && (head.ended || head.ring.length >= this.#prebuffer)) head.playing = true;
      if (head.playing) return head;
      head.starved += wanted;
      if (head.starved > STARVED_SAMPLES && this.#order.length > 1) {
        head.starved = 0;
        this.#order.shift();
        this.#order.push(head);
      }
      return null;
    }
    #underrun(stream) {
      this.#underruns++;
      stream.playing = false;
      stream.starved = 0;
      stream.dry = true;
      this.#prebuffer = Math.min(2 * this.#prebuffer, PREBUFFER_MAX);
    }
    #drain(stream) {
      if (!stream.dry && stream.position >= TELLING_SAMPLES) {
        this.#prebuffer = Math.max(PREBUFFER, Math.floor(7 * this.#prebuffer / 8));
      }
      this.#order.shift();
      this.#finish(stream.id);
      this.#drained.push({ stream: stream.id, samples: stream.position });
    }
    #finish(id) {
      this.#finished.add(id);
      if (this.#finished.size <= FINISHED_MAX) return;
      for (const oldest of this.#finished) {
        this.#finished.delete(oldest);
        return;
      }
    }
    #find(id) {
      return this.#order.find((stream) => stream.id === id);
    }
    #open(id, offset) {
      return {
        id,
        ring: new Ring(this.#pool),
        expected: offset,
        position: offset,
        dry: false,
        ended: false,
        playing: false,
        cut: false,
        starved: 0
      };
    }
  };

  // src/worklets/playback.ts
  var REPORT_EVERY_S = 0.2;
  var LEVEL_EVERY_S = 0.05;
  var Playback = class {
    #tell;
    #player = new Player();
    #loudspeaker;
    #nextReport = 0;
    #nextLevel = 0;
    #loud = false;
    #open = true;
    /** \`rate\`: of the context, in Hz. */
    constructor(rate, tell) {
      this.#loudspeaker = new Loudspeaker(this.#player, rate);
      this.#tell = tell;
    }
    /** Fill \`out\`, at \`timeS\` of the context's clock; false when there will be no more sound. */
    render(out, timeS) {
      this.#loudspeaker.render(out);
      if (this.#player.hasDrained) this.#tellDrained();
      if (this.#player.active && timeS >= this.#nextReport) {
        this.#nextReport = timeS + REPORT_EVERY_S;
        this.#tellPlayed();
      }
      if (timeS >= this.#nextLevel) this.#tellLevel(timeS);
      return this.#open;
    }
    obey(command) {
      switch (command.kind) {
        case "push": {
          const pushed = this.#player.push(command.stream, command.offset, command.samples);
          if (pushed === "started") this.#tell({ kind: "started", stream: command.stream });
          break;
        }
        case "end":
          this.#player.end(command.stream);
          break;
        case "clear":
          this.#loudspeaker.clear();
          this.#tell({ kind: "cleared", id: command.id, streams: this.#player.clear() });
          break;
        case "close":
          this.#player.clear();
          this.#open = false;
      }
    }
    /** First the last count of what ended, then that it ended. */
    #tellDrained() {
      const drained = this.#player.takeDrained();
      this.#tellPlayed(drained);
      for (const { stream } of drained) this.#tell({ kind: "drained", stream });
    }
    #tellPlayed(drained = []) {
      const { buffered, underruns, refused, lost, prebuffer } = this.#player;
      const streams = [...drained, ...this.#player.progress()];
      this.#tell({ kind: "played", streams, buffered, underruns, refused, lost, prebuffer });
    }
    /** While something sounds, and once more when it no longer does. */
    #tellLevel(timeS) {
      this.#nextLevel = timeS + LEVEL_EVERY_S;
      const rms = this.#loudspeaker.takeLevel();
      if (rms > 0 || this.#loud) this.#tell({ kind: "level", rms });
      this.#loud = rms > 0;
    }
  };

  // src/worklets/playback.worklet.ts
  var PlaybackProcessor = class extends AudioWorkletProcessor {
    #playback = new Playback(sampleRate, (report) => this.port.postMessage(report));
    #open = true;
    constructor() {
      super();
      this.port.onmessage = (event) => {
        this.#playback.obey(event.data);
        if (event.data.kind === "close") this.#open = false;
      };
    }
    process(_inputs, outputs) {
      const out = outputs[0]?.[0];
      return out === void 0 ? this.#open : this.#playback.render(out, currentTime);
    }
  };
  registerProcessor("realtime-nb-playback", PlaybackProcessor);
})();
`;

// src/worklets/resampler.ts
var BETA = 10;
var CUTOFF = 0.93;
var CROSSINGS = 48;
var Resampler = class {
  #phases;
  #step;
  #taps;
  #kernel;
  /** Input not used up yet, oldest first; begins with silence. */
  #input;
  #held;
  /** Where the next output stands, in 1/#phases of an input sample. */
  #phase = 0;
  /** How late the output is, in input samples. */
  delay;
  /** `maxBlock`: the most input samples given at once. */
  constructor(from, to, maxBlock) {
    const divisor = gcd(from, to);
    this.#phases = to / divisor;
    this.#step = from / divisor;
    const half = Math.ceil(CROSSINGS * Math.max(1, from / to));
    this.#taps = 2 * half;
    this.delay = half;
    this.#kernel = kernel(this.#phases, half, Math.min(1, to / from) * CUTOFF);
    this.#input = new Float32Array(this.#taps + maxBlock);
    this.#held = this.#taps - 1;
  }
  /** The most samples one block of `count` can give. */
  capacity(count2) {
    return Math.ceil(count2 * this.#phases / this.#step) + 1;
  }
  /** Begin anew, with silence before. */
  reset() {
    this.#input.fill(0);
    this.#held = this.#taps - 1;
    this.#phase = 0;
  }
  /** Take `count` samples in, write what they give to `output`; returns how many. */
  process(samples, count2, output) {
    const input = this.#input;
    for (let i = 0; i < count2; i++) input[this.#held + i] = samples[i] ?? 0;
    this.#held += count2;
    let at = 0;
    let made = 0;
    while (at + this.#taps <= this.#held) {
      output[made++] = this.#convolve(at);
      this.#phase += this.#step;
      at += Math.floor(this.#phase / this.#phases);
      this.#phase %= this.#phases;
    }
    const used = Math.min(at, this.#held);
    this.#phase += (at - used) * this.#phases;
    input.copyWithin(0, used, this.#held);
    this.#held -= used;
    return made;
  }
  #convolve(at) {
    const row = this.#phase * this.#taps;
    let sum = 0;
    for (let k = 0; k < this.#taps; k++) {
      sum += (this.#kernel[row + k] ?? 0) * (this.#input[at + k] ?? 0);
    }
    return sum;
  }
};
function kernel(phases, half, cutoff) {
  const taps = 2 * half;
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = new Float64Array(taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const distance = k - (half - 1) - phase / phases;
      const value = sinc(distance * cutoff) * kaiser(distance / half);
      row[k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) table[phase * taps + k] = (row[k] ?? 0) / sum;
  }
  return table;
}
function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
function kaiser(x) {
  return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}
function bessel(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b);
}

// src/worklets/loudspeaker.ts
var RATE2 = 24e3;
var BLOCK = 128;
var Loudspeaker = class {
  #player;
  #resampler;
  #block = new Float32Array(BLOCK);
  #made;
  /** What the resampler made and nobody took yet: [#from, #to) of #made. */
  #from = 0;
  #to = 0;
  #energy = 0;
  #count = 0;
  /** `rate`: of the context, in Hz. */
  constructor(player, rate) {
    this.#player = player;
    this.#resampler = rate === RATE2 ? null : new Resampler(RATE2, rate, BLOCK);
    this.#made = new Float32Array(this.#resampler?.capacity(BLOCK) ?? 0);
  }
  /** Fill `out` with what is heard next. */
  render(out) {
    if (this.#resampler === null) this.#player.render(out);
    else this.#resample(this.#resampler, out);
    for (const sample of out) this.#energy += sample * sample;
    this.#count += out.length;
  }
  /** Forget what lies between player and ear. */
  clear() {
    this.#from = 0;
    this.#to = 0;
    this.#resampler?.reset();
  }
  /** Level since the last call, RMS, 0..1. */
  takeLevel() {
    const level = this.#count === 0 ? 0 : Math.sqrt(this.#energy / this.#count);
    this.#energy = 0;
    this.#count = 0;
    return level;
  }
  #resample(resampler, out) {
    for (let at = 0; at < out.length; at++) {
      while (this.#from === this.#to) {
        this.#player.render(this.#block);
        this.#from = 0;
        this.#to = resampler.process(this.#block, BLOCK, this.#made);
      }
      out[at] = this.#made[this.#from++] ?? 0;
    }
  }
};

// src/worklets/ring.ts
var CHUNK_SAMPLES = 9600;
var ChunkPool = class {
  #max;
  #free = null;
  #freeCount = 0;
  #made = 0;
  constructor(maxBytes) {
    this.#max = Math.floor(maxBytes / (CHUNK_SAMPLES * Int16Array.BYTES_PER_ELEMENT));
  }
  /** How many chunks may still be taken. */
  get available() {
    return this.#freeCount + this.#max - this.#made;
  }
  take() {
    const chunk = this.#free;
    if (chunk !== null) {
      this.#free = chunk.next;
      this.#freeCount--;
      chunk.next = null;
      return chunk;
    }
    if (this.#made >= this.#max) return null;
    this.#made++;
    return { samples: new Int16Array(CHUNK_SAMPLES), next: null };
  }
  give(chunk) {
    chunk.next = this.#free;
    this.#free = chunk;
    this.#freeCount++;
  }
};
var Ring = class {
  #pool;
  #head = null;
  #tail = null;
  /** Next sample to read in the head chunk. */
  #readAt = 0;
  /** Next free place in the tail chunk. */
  #writeAt = CHUNK_SAMPLES;
  #length = 0;
  constructor(pool) {
    this.#pool = pool;
  }
  /** Samples waiting. */
  get length() {
    return this.#length;
  }
  /** Whether `count` more samples fit the pool. */
  fits(count2) {
    const beyondTail = count2 - (CHUNK_SAMPLES - this.#writeAt);
    return Math.ceil(beyondTail / CHUNK_SAMPLES) <= this.#pool.available;
  }
  /** Append all of `samples`, or none: false when the pool is used up. */
  write(samples) {
    if (!this.fits(samples.length)) return false;
    let at = 0;
    while (at < samples.length) {
      const chunk = this.#writable();
      if (chunk === null) return false;
      const count2 = Math.min(CHUNK_SAMPLES - this.#writeAt, samples.length - at);
      chunk.samples.set(samples.subarray(at, at + count2), this.#writeAt);
      this.#writeAt += count2;
      this.#length += count2;
      at += count2;
    }
    return true;
  }
  /** Move up to `count` samples to `out` as floats in -1..1; returns how many there were. */
  read(out, at, count2) {
    const total = Math.min(count2, this.#length);
    let done = 0;
    while (done < total && this.#head !== null) {
      const samples = this.#head.samples;
      const part = Math.min(CHUNK_SAMPLES - this.#readAt, total - done);
      for (let i = 0; i < part; i++) {
        out[at + done + i] = (samples[this.#readAt + i] ?? 0) / 32768;
      }
      this.#readAt += part;
      this.#length -= part;
      done += part;
      if (this.#readAt === CHUNK_SAMPLES) this.#dropHead();
    }
    return total;
  }
  /** Forget everything waiting. */
  clear() {
    while (this.#head !== null) this.#dropHead();
    this.#length = 0;
  }
  #writable() {
    if (this.#tail !== null && this.#writeAt < CHUNK_SAMPLES) return this.#tail;
    const chunk = this.#pool.take();
    if (chunk === null) return null;
    if (this.#tail === null) this.#head = chunk;
    else this.#tail.next = chunk;
    this.#tail = chunk;
    this.#writeAt = 0;
    return chunk;
  }
  #dropHead() {
    const chunk = this.#head;
    if (chunk === null) return;
    this.#head = chunk.next;
    this.#readAt = 0;
    if (this.#head === null) {
      this.#tail = null;
      this.#writeAt = CHUNK_SAMPLES;
    }
    this.#pool.give(chunk);
  }
};

// src/worklets/player.ts
var PREBUFFER = 1920;
var PREBUFFER_MAX = 4 * PREBUFFER;
var TELLING_SAMPLES = 24e3;
var MAX_BYTES = 6 * 1024 * 1024;
var STARVED_SAMPLES = 12e3;
var GAP_MAX = 48e3;
var FINISHED_MAX = 64;
var Player = class {
  #pool;
  #order = [];
  #finished = /* @__PURE__ */ new Set();
  #drained = [];
  #prebuffer = PREBUFFER;
  #buffered = 0;
  #underruns = 0;
  #refused = 0;
  #lost = 0;
  constructor(maxBytes = MAX_BYTES) {
    this.#pool = new ChunkPool(maxBytes);
  }
  /** Samples waiting in all streams. */
  get buffered() {
    return this.#buffered;
  }
  /** Samples that must wait before a stream begins. */
  get prebuffer() {
    return this.#prebuffer;
  }
  /** Times a stream ran dry before its end. */
  get underruns() {
    return this.#underruns;
  }
  /** Samples that found the memory full. */
  get refused() {
    return this.#refused;
  }
  /** Samples that never arrived; silence stands in their place. */
  get lost() {
    return this.#lost;
  }
  /** Whether any stream is not yet played to its end. */
  get active() {
    return this.#order.length > 0;
  }
  /** Take in samples that stand at `offset` of their stream. */
  push(id, offset, samples) {
    if (this.#finished.has(id)) return "late";
    let stream = this.#find(id);
    const isNew = stream === void 0;
    if (stream === void 0) {
      stream = this.#open(id, offset);
      this.#order.push(stream);
    }
    if (stream.ended) return "late";
    const skip = Math.max(0, stream.expected - offset);
    const fresh = samples.subarray(Math.min(skip, samples.length));
    const gap = Math.max(0, offset - stream.expected);
    if (stream.cut || gap > GAP_MAX || !stream.ring.fits(gap + fresh.length)) {
      stream.cut = true;
      this.#refused += fresh.length;
      return "refused";
    }
    if (gap > 0) {
      stream.ring.write(new Int16Array(gap));
      this.#lost += gap;
    }
    stream.ring.write(fresh);
    stream.expected += gap + fresh.length;
    this.#buffered += gap + fresh.length;
    return isNew ? "started" : "queued";
  }
  /** No more samples will come for this stream; what waits is played at once. */
  end(id) {
    if (this.#finished.has(id)) return;
    const stream = this.#find(id);
    if (stream !== void 0) {
      stream.ended = true;
      return;
    }
    this.#finish(id);
    this.#drained.push({ stream: id, samples: 0 });
  }
  /** Drop everything waiting; returns how far each stream came. Their late frames are dropped. */
  clear() {
    const progress = this.progress();
    for (const stream of this.#order) {
      stream.ring.clear();
      this.#finish(stream.id);
    }
    this.#order.length = 0;
    this.#buffered = 0;
    return progress;
  }
  /** Samples consumed of each stream not yet played to its end. */
  progress() {
    return this.#order.map((stream) => ({ stream: stream.id, samples: stream.position }));
  }
  /** Whether `takeDrained` has something to tell. */
  get hasDrained() {
    return this.#drained.length > 0;
  }
  /** Streams played to their end since the last call. */
  takeDrained() {
    return this.#drained.splice(0);
  }
  /** Fill `out` with the next samples, and with silence where there are none. */
  render(out) {
    let filled = 0;
    while (filled < out.length) {
      const stream = this.#ready(out.length - filled);
      if (stream === null) break;
      const count2 = stream.ring.read(out, filled, out.length - filled);
      stream.position += count2;
      this.#buffered -= count2;
      filled += count2;
      if (stream.ended && stream.ring.length === 0) this.#drain(stream);
      else if (filled < out.length) this.#underrun(stream);
    }
    out.fill(0, filled);
  }
  /** The stream to read from now, or null while none may sound. */
  #ready(wanted) {
    const head = this.#order[0];
    if (head === void 0) return null;
    if (!head.playing && (head.ended || head.ring.length >= this.#prebuffer)) head.playing = true;
    if (head.playing) return head;
    head.starved += wanted;
    if (head.starved > STARVED_SAMPLES && this.#order.length > 1) {
      head.starved = 0;
      this.#order.shift();
      this.#order.push(head);
    }
    return null;
  }
  #underrun(stream) {
    this.#underruns++;
    stream.playing = false;
    stream.starved = 0;
    stream.dry = true;
    this.#prebuffer = Math.min(2 * this.#prebuffer, PREBUFFER_MAX);
  }
  #drain(stream) {
    if (!stream.dry && stream.position >= TELLING_SAMPLES) {
      this.#prebuffer = Math.max(PREBUFFER, Math.floor(7 * this.#prebuffer / 8));
    }
    this.#order.shift();
    this.#finish(stream.id);
    this.#drained.push({ stream: stream.id, samples: stream.position });
  }
  #finish(id) {
    this.#finished.add(id);
    if (this.#finished.size <= FINISHED_MAX) return;
    for (const oldest of this.#finished) {
      this.#finished.delete(oldest);
      return;
    }
  }
  #find(id) {
    return this.#order.find((stream) => stream.id === id);
  }
  #open(id, offset) {
    return {
      id,
      ring: new Ring(this.#pool),
      expected: offset,
      position: offset,
      dry: false,
      ended: false,
      playing: false,
      cut: false,
      starved: 0
    };
  }
};

// src/worklets/playback.ts
var REPORT_EVERY_S = 0.2;
var LEVEL_EVERY_S = 0.05;
var Playback = class {
  #tell;
  #player = new Player();
  #loudspeaker;
  #nextReport = 0;
  #nextLevel = 0;
  #loud = false;
  #open = true;
  /** `rate`: of the context, in Hz. */
  constructor(rate, tell) {
    this.#loudspeaker = new Loudspeaker(this.#player, rate);
    this.#tell = tell;
  }
  /** Fill `out`, at `timeS` of the context's clock; false when there will be no more sound. */
  render(out, timeS) {
    this.#loudspeaker.render(out);
    if (this.#player.hasDrained) this.#tellDrained();
    if (this.#player.active && timeS >= this.#nextReport) {
      this.#nextReport = timeS + REPORT_EVERY_S;
      this.#tellPlayed();
    }
    if (timeS >= this.#nextLevel) this.#tellLevel(timeS);
    return this.#open;
  }
  obey(command) {
    switch (command.kind) {
      case "push": {
        const pushed = this.#player.push(command.stream, command.offset, command.samples);
        if (pushed === "started") this.#tell({ kind: "started", stream: command.stream });
        break;
      }
      case "end":
        this.#player.end(command.stream);
        break;
      case "clear":
        this.#loudspeaker.clear();
        this.#tell({ kind: "cleared", id: command.id, streams: this.#player.clear() });
        break;
      case "close":
        this.#player.clear();
        this.#open = false;
    }
  }
  /** First the last count of what ended, then that it ended. */
  #tellDrained() {
    const drained = this.#player.takeDrained();
    this.#tellPlayed(drained);
    for (const { stream } of drained) this.#tell({ kind: "drained", stream });
  }
  #tellPlayed(drained = []) {
    const { buffered, underruns, refused: refused2, lost, prebuffer } = this.#player;
    const streams = [...drained, ...this.#player.progress()];
    this.#tell({ kind: "played", streams, buffered, underruns, refused: refused2, lost, prebuffer });
  }
  /** While something sounds, and once more when it no longer does. */
  #tellLevel(timeS) {
    this.#nextLevel = timeS + LEVEL_EVERY_S;
    const rms = this.#loudspeaker.takeLevel();
    if (rms > 0 || this.#loud) this.#tell({ kind: "level", rms });
    this.#loud = rms > 0;
  }
};

// src/audio/playback.ts
var SCRIPT_SAMPLES = 1024;
var loudspeaker = (context) => context.destination;
function playbackIn(shared, sink = loudspeaker) {
  return async (report) => {
    const context = shared.get();
    if (context.audioWorklet === void 0) {
      return inScript(context, report, sink(context));
    }
    await addWorklet(context, playback_worklet_default);
    const node = new AudioWorkletNode(context, "realtime-nb-playback", {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1]
    });
    node.port.onmessage = (event) => report(event.data);
    node.connect(sink(context));
    return { send: (command, transfer = []) => node.port.postMessage(command, transfer) };
  };
}
function inScript(context, report, sink) {
  const playback = new Playback(context.sampleRate, report);
  const node = context.createScriptProcessor(SCRIPT_SAMPLES, 0, 1);
  node.onaudioprocess = ({ outputBuffer }) => {
    playback.render(outputBuffer.getChannelData(0), context.currentTime);
  };
  node.connect(sink);
  return {
    send(command) {
      playback.obey(command);
      if (command.kind === "close") node.disconnect();
    }
  };
}

// src/audio/clock.ts
var WINDOW = 128;
var Clock = class {
  #differences = [];
  /** The page had the context's `contextMs` in hand at `pageMs`. */
  observe(contextMs, pageMs) {
    this.#differences.push(pageMs - contextMs);
    if (this.#differences.length > WINDOW) this.#differences.shift();
  }
  /** Page time of a context time; NaN before the first observation. */
  pageTime(contextMs) {
    if (this.#differences.length === 0) return Number.NaN;
    return contextMs + Math.min(...this.#differences);
  }
};
function epochMs() {
  return performance.timeOrigin + performance.now();
}

// src/audio/speaker.ts
var FINISHED_MAX2 = 64;
var CLEAR_MS = 500;
var Speaker = class {
  #shared;
  #open;
  #handlers;
  #port = null;
  /** Streams that play or wait, and how far the worklet said they came. */
  #streams = /* @__PURE__ */ new Map();
  #finished = [];
  #clears = /* @__PURE__ */ new Map();
  #clearId = 0;
  #starting = false;
  #muted = false;
  constructor(shared, open, handlers) {
    this.#shared = shared;
    this.#open = open;
    this.#handlers = handlers;
  }
  /** Something plays, or waits to. */
  get active() {
    return this.#streams.size > 0;
  }
  /** Sound is here but the browser wants a click before it lets it out. */
  get muted() {
    return this.#muted;
  }
  /** Call it from a click or a key press: browsers let sound out only after one. */
  async unlock() {
    const started = await this.#shared.start("speaker");
    if (started) this.#setMuted(false);
    if (!this.active) this.#shared.rest("speaker");
  }
  /** The context runs after all. */
  unlocked() {
    this.#setMuted(false);
  }
  push(stream, offset, samples) {
    if (this.#finished.includes(stream)) return;
    if (!this.#streams.has(stream)) {
      this.#streams.set(stream, 0);
      this.#changed();
      void this.#wake();
    }
    this.#send({ kind: "push", stream, offset, samples }, [samples.buffer]);
  }
  end(stream) {
    if (this.#port === null) this.#handlers.drained(stream);
    else this.#send({ kind: "end", stream });
  }
  /**
   * Silence now; resolves to how many samples had been played of each stream that was not drained.
   * Frames of these streams that are still on their way are dropped.
   */
  async clear() {
    const lastKnown = Array.from(this.#streams, ([stream, samples]) => ({ stream, samples }));
    if (this.#port === null) return lastKnown;
    const id = ++this.#clearId;
    const cleared = new Promise((resolve) => {
      this.#clears.set(id, resolve);
      setTimeout(() => resolve(lastKnown), CLEAR_MS);
    });
    this.#send({ kind: "clear", id });
    for (const { stream } of lastKnown) this.#forget(stream);
    const streams = await cleared;
    this.#clears.delete(id);
    return streams;
  }
  close() {
    if (this.#port !== null) this.#send({ kind: "close" });
    this.#port = null;
    this.#streams.clear();
  }
  /** Commands keep their order: each waits for the same promise. */
  #send(command, transfer = []) {
    this.#port ??= this.#open((report) => this.#hear(report));
    this.#port.then(
      (port) => port.send(command, transfer),
      (error) => this.#fail(error)
    );
  }
  #fail(error) {
    if (this.#port === null) return;
    this.#port = null;
    this.#streams.clear();
    this.#muted = false;
    this.#changed();
    this.#handlers.failed(`This browser cannot play the answer aloud (${String(error)}).`);
  }
  #hear(report) {
    switch (report.kind) {
      case "started":
        this.#handlers.started(report.stream, epochMs());
        break;
      case "played":
        this.#tellPlayed(report);
        break;
      case "drained":
        this.#forget(report.stream);
        this.#handlers.drained(report.stream);
        break;
      case "level":
        this.#handlers.level(report.rms);
        break;
      case "cleared":
        this.#clears.get(report.id)?.(report.streams);
    }
  }
  #tellPlayed(report) {
    for (const { stream, samples } of report.streams) {
      if (this.#streams.has(stream)) this.#streams.set(stream, samples);
    }
    const { streams, buffered, underruns, refused: refused2, prebuffer } = report;
    const latencyMs = this.#shared.latencyMs;
    const prebufferMs = 1e3 * prebuffer / RATE;
    this.#handlers.played({ streams, latencyMs, buffered, underruns, refused: refused2, prebufferMs });
  }
  async #wake() {
    if (this.#starting) return;
    this.#starting = true;
    const started = await this.#shared.start("speaker");
    this.#starting = false;
    this.#setMuted(!started && this.active);
  }
  #forget(stream) {
    if (!this.#streams.delete(stream)) return;
    this.#finished.push(stream);
    if (this.#finished.length > FINISHED_MAX2) this.#finished.shift();
    if (!this.active) {
      this.#muted = false;
      this.#shared.rest("speaker");
    }
    this.#changed();
  }
  #setMuted(muted) {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#changed();
  }
  #changed() {
    this.#handlers.changed(this.active, this.#muted);
  }
};

// src/cost.ts
var amount = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
function readCost(fields) {
  return {
    usd: amount(fields.usd),
    unknown: amount(fields.unknown),
    charges: amount(fields.charges),
    free: fields.free === true,
    asOf: typeof fields.as_of === "string" ? fields.as_of : "",
    budget: typeof fields.budget === "number" ? amount(fields.budget) : null,
    spent: fields.spent === true
  };
}
var DIGITS = 4;
var LEAST = 1e-4;
var CENTS_FROM = 0.995;
function usdText(usd) {
  const whole = Math.abs(usd * 100 - Math.round(usd * 100)) < 1e-7;
  if (whole || usd >= CENTS_FROM) return `$${usd.toFixed(2)}`;
  return usd < LEAST / 2 ? `<$${LEAST}` : `$${usd.toFixed(DIGITS)}`;
}
function costWords(cost) {
  const limit = cost.budget === null ? "" : ` of ${usdText(cost.budget)}`;
  if (cost.free) return "free";
  if (cost.unknown === 0) return `${usdText(cost.usd)}${limit}`;
  const known2 = cost.charges > cost.unknown ? `${usdText(cost.usd)} + ` : "";
  return `${known2}unknown${limit}`;
}
function costTitle(cost, service) {
  const billed = `What is said and answered here is billed by ${service || "the service"}`;
  if (cost === null || cost.charges === 0) return billed;
  const lines = [billed];
  if (cost.asOf !== "") lines.push(`List prices as of ${cost.asOf}; a bill may differ.`);
  if (cost.unknown > 0) lines.push(`Of ${cost.unknown} of ${cost.charges} the cost is not known.`);
  if (cost.spent) lines.push("The budget is spent: nothing more is asked for.");
  return lines.join("\n");
}

// src/edits.ts
var word = (value) => typeof value === "string" ? value : "";
var number2 = (value) => typeof value === "number" && Number.isFinite(value) ? value : 0;
function readEdited(fields) {
  const { id } = fields;
  if (typeof id !== "number") return null;
  return {
    id,
    error: word(fields.error),
    text: word(fields.text),
    status: word(fields.status),
    ms: number2(fields.ms),
    type: word(fields.type)
  };
}
function readBeside(fields) {
  const audioMs = number2(fields.audio_ms);
  const pictures = (Array.isArray(fields.pictures) ? fields.pictures : []).filter((one) => typeof one === "object" && one !== null).map((one) => ({
    index: number2(one.index),
    facts: word(one.facts),
    width: number2(one.width),
    height: number2(one.height),
    held: one.held === true
  }));
  return {
    ...audioMs > 0 ? { audioMs } : {},
    ...pictures.length > 0 ? { pictures } : {}
  };
}

// src/restoration.ts
var KEPT_S = 30;
var REASONS = ["lost", "expired", "renewal"];
var seconds = (value) => typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0;
function readRestoration(value) {
  if (typeof value !== "object" || value === null) return null;
  const fields = value;
  return {
    reason: REASONS.find((reason) => reason === fields.reason) ?? "lost",
    tries: Math.max(1, Math.floor(seconds(fields.tries))),
    nextS: seconds(fields.next_s),
    awayS: seconds(fields.away_s),
    detail: typeof fields.detail === "string" ? fields.detail : ""
  };
}
function restorationWords(told, elapsedS) {
  if (told.reason === "renewal") return "Renewing the session before its time is up…";
  const left = Math.ceil(told.nextS - elapsedS);
  return `Reconnecting… try ${told.tries}${left > 0 ? `, next in ${left} s` : ""}`;
}
function keptWords(told, elapsedS, microphone) {
  if (told.reason === "renewal") return "";
  if (told.awayS + elapsedS > KEPT_S) {
    return microphone ? `The microphone is on. Away for more than ${KEPT_S} s: what was said meanwhile will not be answered.` : "";
  }
  const typed = "what you type is sent when it is back";
  return microphone ? `The microphone stays on: what you say is kept for ${KEPT_S} s, ${typed}.` : `${typed[0]?.toUpperCase()}${typed.slice(1)}.`;
}

// src/rtc/wire.ts
function readRtc(fields) {
  const { kind, to, call, op, sdp, url, key, text: text4 } = fields;
  if (kind !== "rtc" || typeof to !== "string" || typeof call !== "number") return null;
  const head = { kind, to, call };
  switch (op) {
    case "offer":
    case "hush":
    case "hang_up":
      return { ...head, op };
    case "answer":
      return typeof sdp === "string" ? { ...head, op, sdp } : null;
    case "direct":
      return typeof url === "string" && typeof key === "string" ? { ...head, op, url, key } : null;
    case "send":
      return typeof text4 === "string" ? { ...head, op, text: text4 } : null;
    default:
      return null;
  }
}
var SOUNDING = {
  "output_audio_buffer.started": "started",
  "output_audio_buffer.stopped": "stopped",
  "output_audio_buffer.cleared": "cleared"
};
function readSounding(text4) {
  if (!text4.includes('"output_audio_buffer.')) return null;
  try {
    const value = JSON.parse(text4);
    const type = value?.type;
    return typeof type === "string" ? SOUNDING[type] ?? null : null;
  } catch {
    return null;
  }
}

// src/table/answers.ts
var KINDS2 = ["rows", "event", "event_sound"];
function readAnswer(value) {
  const kind = KINDS2.find((known2) => known2 === value.kind);
  if (kind === void 0 || typeof value.id !== "number") return null;
  return { kind, id: value.id, fields: value };
}

// src/tools/wire.ts
var FIELDS = [
  "kind",
  "callId",
  "name",
  "server",
  "arguments",
  "state",
  "ms",
  "output",
  "error"
];
function sameTool(one, other) {
  return one === other || FIELDS.every((field) => one[field] === other[field]);
}
var KINDS3 = ["call", "output", "mcp_list", "mcp_call", "mcp_approval"];
var isFields2 = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
var text2 = (value) => typeof value === "string" ? value : "";
var duration = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
function readTool(value) {
  if (!isFields2(value)) return null;
  const kind = KINDS3.find((known2) => known2 === value.kind);
  if (kind === void 0) return null;
  return {
    kind,
    callId: text2(value.call_id),
    name: text2(value.name),
    server: text2(value.server),
    arguments: text2(value.arguments),
    state: text2(value.state),
    ms: duration(value.ms),
    output: text2(value.output),
    error: text2(value.error)
  };
}
function readApproval(value) {
  if (!isFields2(value) || typeof value.id !== "string") return null;
  return {
    id: value.id,
    kind: value.kind === "mcp" ? "mcp" : "function",
    name: text2(value.name),
    server: text2(value.server),
    arguments: text2(value.arguments),
    endMs: performance.now() + (duration(value.left_s) ?? 0) * 1e3
  };
}
function readToolMessage(fields) {
  const to = typeof fields.to === "string" ? fields.to : null;
  if (fields.kind === "approvals" && Array.isArray(fields.open)) {
    const open = fields.open.map(readApproval).filter((approval) => approval !== null);
    return { kind: "approvals", to, open };
  }
  if (fields.kind === "call_output" && typeof fields.call_id === "string") {
    const model = typeof fields.model === "string" && fields.model !== "" ? fields.model : null;
    const display = { callId: fields.call_id, model, text: text2(fields.text) };
    return { kind: "call_output", to, display };
  }
  return null;
}

// src/messages.ts
var PROTOCOL_VERSION = 1;
var STATES = ["connecting", "open", "restoring", "closed", "failed"];
var KINDS4 = ["realtime", "transcription", "translation"];
var TURN_MODES = [
  "server_vad",
  "semantic_vad",
  "push_to_talk",
  "manual"
];
var TRANSPORTS = ["websocket", "webrtc", "webrtc-direct", "sideband"];
var ROLES = ["user", "assistant", "system", "tool", "mark"];
var STATUSES = ["in_progress", "completed", "incomplete", "failed"];
var LEVELS = ["info", "warning", "error"];
var isFields3 = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
var text3 = (value) => typeof value === "string" ? value : "";
var textOrNull = (value) => typeof value === "string" ? value : null;
var count = (value, otherwise) => typeof value === "number" && Number.isFinite(value) ? value : otherwise;
var isIndex2 = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
function oneOf(choices, value, otherwise) {
  return choices.find((choice) => choice === value) ?? otherwise;
}
function listOf(value, read) {
  if (!Array.isArray(value)) return [];
  return value.map(read).filter((entry) => entry !== null);
}
function readItem(value) {
  if (!isFields3(value) || typeof value.id !== "string") return null;
  return {
    id: value.id,
    role: oneOf(ROLES, value.role, "system"),
    text: text3(value.text),
    status: oneOf(STATUSES, value.status, "completed"),
    after: textOrNull(value.after),
    heardChars: isIndex2(value.heard_chars) ? value.heard_chars : null,
    pending: value.pending === true,
    final: value.final !== false,
    note: textOrNull(value.note),
    tool: readTool(value.tool),
    ...value.role === "mark" ? { level: oneOf(LEVELS, value.level, "info") } : {},
    ...value.again === true ? { again: true } : {},
    ...readBeside(value)
  };
}
function readEndpoint(value) {
  const fields = isFields3(value) ? value : {};
  return {
    name: text3(fields.name),
    model: text3(fields.model),
    practice: fields.practice === true,
    url: text3(fields.url)
  };
}
function readStanding(fields) {
  return {
    state: oneOf(STATES, fields.state, "connecting"),
    detail: text3(fields.detail),
    told: fields.told === true,
    restoration: readRestoration(fields.restoration),
    session: oneOf(KINDS4, fields.session, "realtime"),
    model: textOrNull(fields.model),
    voice: text3(fields.voice),
    language: text3(fields.language),
    turns: oneOf(TURN_MODES, fields.turns, fields.manual === true ? "manual" : "server_vad"),
    halfDuplex: fields.half_duplex === true,
    costs: fields.costs === true,
    transport: oneOf(TRANSPORTS, fields.transport, "websocket")
  };
}
function readWelcome(fields) {
  if (typeof fields.to !== "string") return null;
  return {
    kind: "welcome",
    to: fields.to,
    version: count(fields.version, 0),
    ...readStanding(fields),
    endpoint: readEndpoint(fields.endpoint),
    owner: fields.owner === true,
    name: text3(fields.name),
    items: listOf(fields.items, readItem),
    events: count(fields.events, 0),
    phrases: listOf(fields.phrases, textOrNull)
  };
}
function readAddressed(kind, fields) {
  const { to, stream } = fields;
  return typeof to === "string" && isIndex2(stream) ? { kind, to, stream } : null;
}
function readIncoming(value) {
  if (!isFields3(value)) return null;
  const { kind, to, id, client } = value;
  switch (kind) {
    case "welcome":
      return readWelcome(value);
    case "state":
      return { kind, ...readStanding(value) };
    case "owner":
      return typeof client === "string" ? { kind, client } : null;
    case "items":
      return { kind, items: listOf(value.items, readItem), gone: listOf(value.gone, textOrNull) };
    case "events":
      return { kind, events: count(value.events, 0) };
    case "edited":
      return readEditedFor(value);
    case "audio":
    case "end":
      return readAddressed(kind, value);
    case "clear":
      return typeof to === "string" && isIndex2(id) ? { kind, to, id } : null;
    case "mic_off":
      return typeof to === "string" ? { kind, to, reason: text3(value.reason) } : null;
    case "cost":
      return { kind, cost: readCost(value) };
    case "limits":
      return { kind, words: text3(value.words), resetS: count(value.reset_s, 0) };
    case "notice":
      return { kind, level: oneOf(LEVELS, value.level, "info"), text: text3(value.text) };
    case "rtc":
      return readRtc(value);
    case "waits":
      return typeof to === "string" ? { kind, to, cells: value.cells === true } : null;
    default:
      return readToolMessage(value) ?? readTableAnswer(value);
  }
}
function readEditedFor(fields) {
  const edited = readEdited(fields);
  if (edited === null || typeof fields.to !== "string") return null;
  return { kind: "edited", to: fields.to, edited };
}
function readTableAnswer(fields) {
  const answer = readAnswer(fields);
  if (answer === null || typeof fields.to !== "string") return null;
  return { kind: "answer", to: fields.to, answer };
}

// src/inbox.ts
var OTHER_VERSION = "This page and its kernel come from different versions of realtime_nb: reload the page and run the cell again.";
var Inbox = class {
  #chat;
  #parts;
  constructor(chat, parts) {
    this.#chat = chat;
    this.#parts = parts;
  }
  receive(message, buffers) {
    switch (message.kind) {
      case "welcome":
        this.#welcome(message);
        break;
      case "state":
        this.#state(message, this.#chat.endpoint);
        break;
      case "owner":
        this.#owned(message.client === this.#parts.port.client);
        break;
      case "items":
        this.#chat.upsertItems(message.items, message.gone);
        break;
      case "events":
        this.#chat.growEvents(message.events);
        break;
      case "answer":
        this.#chat.events.receive(message.answer, buffers);
        break;
      case "edited":
        this.#chat.history.receive(message.edited, buffers);
        break;
      case "audio":
        this.#audio(message.stream, buffers[0]);
        break;
      case "end":
        this.#parts.speaker.end(message.stream);
        break;
      case "rtc":
        this.#parts.rtc.receive(message);
        break;
      case "clear":
        this.#clear(message.id);
        break;
      case "mic_off":
        this.#parts.listening.release();
        if (!this.#chat.over) this.#chat.notify("info", message.reason);
        break;
      case "cost":
        this.#chat.set("status", { cost: message.cost });
        break;
      case "limits":
        this.#parts.passing.limited(message.words, message.resetS);
        break;
      case "approvals":
        this.#chat.set("approvals", { approvals: message.open });
        break;
      case "call_output":
        this.#chat.showDisplay(message.display);
        break;
      case "notice":
        this.#chat.notify(message.level, message.text);
        break;
      case "waits":
        this.#parts.passing.answer(message.cells);
        break;
    }
  }
  #welcome(message) {
    const { endpoint, name, phrases } = message;
    const again = this.#chat.link === "live";
    this.#chat.set("status", { link: "live", name });
    this.carried(this.#chat.carrier);
    this.#state(message, endpoint);
    this.#owned(message.owner);
    if (again && message.owner) this.#parts.listening.tell();
    this.#chat.set("phrases", { phrases });
    if (message.version !== PROTOCOL_VERSION) this.#chat.notify("warning", OTHER_VERSION);
    this.#chat.set("approvals", { approvals: [] });
    this.#chat.resetItems(message.items);
    this.#chat.resetEvents(message.events);
  }
  #state(standing, known2) {
    const { state: session, session: kind, model, turns, halfDuplex, ...rest } = standing;
    const endpoint = known2 === null || model === null ? known2 : { ...known2, model };
    const { detail, told: cell2, restoration, voice, language, costs, transport } = rest;
    const told = { detail, told: cell2, restoration, voice, language, costs, transport };
    this.#chat.set("status", { ...told, session, kind, turns, halfDuplex, endpoint });
    this.#parts.listening.mode(turns, halfDuplex && kind === "realtime");
    if (session === "closed" || session === "failed") {
      this.#parts.listening.release();
      if (this.#parts.rtc.active) this.#parts.rtc.hangUp();
    }
  }
  /** Messages go another way from now on. */
  carried(carrier) {
    this.#chat.set("status", { carrier });
    this.#parts.passing.watch(carrier === "comm" && this.#parts.port.live);
  }
  #owned(owner) {
    if (!owner) {
      this.#parts.listening.release();
      void this.#parts.speaker.clear();
    }
    this.#chat.set("status", { owner });
  }
  #audio(stream, bytes) {
    if (bytes === void 0) return;
    try {
      const frame = decodeFrame(bytes);
      this.#parts.speaker.push(stream, frame.offset, frame.samples);
    } catch (error) {
      this.#chat.notify("error", `Sound of the answer could not be read: ${String(error)}.`);
    }
  }
  async #clear(id) {
    const streams = await this.#parts.speaker.clear();
    const latency_ms = this.#parts.context.latencyMs;
    this.#parts.port.send({ kind: "cleared", id, streams, latency_ms });
  }
};

// worklet:src/worklets/capture.worklet.ts
var capture_worklet_default = `"use strict";
(() => {
  // src/worklets/framer.ts
  var FRAME_SAMPLES = 960;
  var Framer = class {
    #frame;
    #filled = 0;
    #energy = 0;
    /** RMS of the last full frame, 0..1. */
    rms = 0;
    constructor(first) {
      this.#frame = first;
    }
    /**
     * Take samples from \`from\` on, until \`count\` or until the frame is full; returns how many were
     * taken. A full frame must be taken out by \`exchange\` before the next call.
     */
    push(samples, from, count) {
      const taken = Math.min(count - from, FRAME_SAMPLES - this.#filled);
      for (let i = 0; i < taken; i++) {
        const value = samples[from + i] ?? 0;
        this.#energy += value * value;
        this.#frame[this.#filled + i] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
      }
      this.#filled += taken;
      return taken;
    }
    get full() {
      return this.#filled === FRAME_SAMPLES;
    }
    /** Hand over the full frame, and go on in \`next\`. */
    exchange(next) {
      const frame = this.#frame;
      this.rms = Math.sqrt(this.#energy / FRAME_SAMPLES);
      this.#frame = next;
      this.#filled = 0;
      this.#energy = 0;
      return frame;
    }
  };

  // src/worklets/resampler.ts
  var BETA = 10;
  var CUTOFF = 0.93;
  var CROSSINGS = 48;
  var Resampler = class {
    #phases;
    #step;
    #taps;
    #kernel;
    /** Input not used up yet, oldest first; begins with silence. */
    #input;
    #held;
    /** Where the next output stands, in 1/#phases of an input sample. */
    #phase = 0;
    /** How late the output is, in input samples. */
    delay;
    /** \`maxBlock\`: the most input samples given at once. */
    constructor(from, to, maxBlock) {
      const divisor = gcd(from, to);
      this.#phases = to / divisor;
      this.#step = from / divisor;
      const half = Math.ceil(CROSSINGS * Math.max(1, from / to));
      this.#taps = 2 * half;
      this.delay = half;
      this.#kernel = kernel(this.#phases, half, Math.min(1, to / from) * CUTOFF);
      this.#input = new Float32Array(this.#taps + maxBlock);
      this.#held = this.#taps - 1;
    }
    /** The most samples one block of \`count\` can give. */
    capacity(count) {
      return Math.ceil(count * this.#phases / this.#step) + 1;
    }
    /** Begin anew, with silence before. */
    reset() {
      this.#input.fill(0);
      this.#held = this.#taps - 1;
      this.#phase = 0;
    }
    /** Take \`count\` samples in, write what they give to \`output\`; returns how many. */
    process(samples, count, output) {
      const input = this.#input;
      for (let i = 0; i < count; i++) input[this.#held + i] = samples[i] ?? 0;
      this.#held += count;
      let at = 0;
      let made = 0;
      while (at + this.#taps <= this.#held) {
        output[made++] = this.#convolve(at);
        this.#phase += this.#step;
        at += Math.floor(this.#phase / this.#phases);
        this.#phase %= this.#phases;
      }
      const used = Math.min(at, this.#held);
      this.#phase += (at - used) * this.#phases;
      input.copyWithin(0, used, this.#held);
      this.#held -= used;
      return made;
    }
    #convolve(at) {
      const row = this.#phase * this.#taps;
      let sum = 0;
      for (let k = 0; k < this.#taps; k++) {
        sum += (this.#kernel[row + k] ?? 0) * (this.#input[at + k] ?? 0);
      }
      return sum;
    }
  };
  function kernel(phases, half, cutoff) {
    const taps = 2 * half;
    const table = new Float32Array(phases * taps);
    for (let phase = 0; phase < phases; phase++) {
      const row = new Float64Array(taps);
      let sum = 0;
      for (let k = 0; k < taps; k++) {
        const distance = k - (half - 1) - phase / phases;
        const value = sinc(distance * cutoff) * kaiser(distance / half);
        row[k] = value;
        sum += value;
      }
      for (let k = 0; k < taps; k++) table[phase * taps + k] = (row[k] ?? 0) / sum;
    }
    return table;
  }
  function sinc(x) {
    return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }
  function kaiser(x) {
    return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
  }
  function bessel(x) {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > sum * 1e-12; k++) {
      term *= (x / (2 * k)) ** 2;
      sum += term;
    }
    return sum;
  }
  function gcd(a, b) {
    return b === 0 ? a : gcd(b, a % b);
  }

  // src/worklets/capture.worklet.ts
  var RATE = 24e3;
  var SPARE_FRAMES = 8;
  var MAX_BLOCK = 1024;
  var CaptureProcessor = class extends AudioWorkletProcessor {
    #spare = [];
    #framer = new Framer(new Int16Array(FRAME_SAMPLES));
    #mono = new Float32Array(MAX_BLOCK);
    #resampler = sampleRate === RATE ? null : new Resampler(sampleRate, RATE, MAX_BLOCK);
    #resampled = new Float32Array(this.#resampler?.capacity(MAX_BLOCK) ?? 0);
    /** Where the unbroken run of input began, in frames of the context, and what it has given. */
    #runStart = 0;
    #runEnd = -1;
    #made = 0;
    #open = true;
    constructor() {
      super();
      for (let i = 0; i < SPARE_FRAMES; i++) this.#spare.push(new Int16Array(FRAME_SAMPLES));
      this.port.onmessage = (event) => {
        if (event.data.kind === "close") this.#open = false;
        else this.#spare.push(event.data.samples);
      };
    }
    process(inputs) {
      const channels = inputs[0];
      const length = channels?.[0]?.length ?? 0;
      if (!this.#open || channels === void 0 || length === 0) return this.#open;
      if (currentFrame !== this.#runEnd) {
        this.#runStart = currentFrame;
        this.#made = 0;
      }
      this.#runEnd = currentFrame + length;
      this.#mix(channels, length);
      if (this.#resampler === null) {
        this.#frame(this.#mono, length);
      } else {
        this.#frame(this.#resampled, this.#resampler.process(this.#mono, length, this.#resampled));
      }
      return true;
    }
    #mix(channels, length) {
      const mono = this.#mono;
      mono.fill(0, 0, length);
      for (const channel of channels) {
        for (let i = 0; i < length; i++) mono[i] = (mono[i] ?? 0) + (channel[i] ?? 0);
      }
      for (let i = 0; i < length; i++) mono[i] = (mono[i] ?? 0) / channels.length;
    }
    #frame(samples, count) {
      let at = 0;
      while (at < count) {
        const taken = this.#framer.push(samples, at, count);
        at += taken;
        this.#made += taken;
        if (this.#framer.full) this.#send();
      }
    }
    #send() {
      const samples = this.#framer.exchange(this.#spare.pop() ?? new Int16Array(FRAME_SAMPLES));
      const runTime = (this.#runStart - (this.#resampler?.delay ?? 0)) / sampleRate;
      const time = runTime + (this.#made - FRAME_SAMPLES) / RATE;
      const captured = { samples, time, rms: this.#framer.rms };
      this.port.postMessage(captured, [samples.buffer]);
    }
  };
  registerProcessor("realtime-nb-capture", CaptureProcessor);
})();
`;

// src/audio/capture.ts
var READY = /* @__PURE__ */ new WeakMap();
async function capture(context, source, heard) {
  await addWorkletOnce(context);
  const node = new AudioWorkletNode(context, "realtime-nb-capture", {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    outputChannelCount: [1]
  });
  node.port.onmessage = (event) => {
    heard(event.data);
    const used = { kind: "recycle", samples: event.data.samples };
    node.port.postMessage(used, [event.data.samples.buffer]);
  };
  source.connect(node).connect(context.destination);
  return () => {
    node.disconnect();
    node.port.onmessage = null;
    node.port.postMessage({ kind: "close" });
  };
}
var Framing = class {
  #kind;
  #stream;
  #clock = new Clock();
  #seq = 0;
  #offset = 0;
  constructor(kind, stream) {
    this.#kind = kind;
    this.#stream = stream;
  }
  /** One frame as it goes to the kernel: silence in its place, or null where the gate is closed. */
  encode({ samples, time }, gate = "open") {
    const firstMs = 1e3 * time;
    this.#clock.observe(firstMs + 1e3 * samples.length / RATE, epochMs());
    if (gate === "silent") samples.fill(0);
    const offset = this.#offset;
    this.#offset += samples.length;
    if (gate === "closed") return null;
    const seq = this.#seq++;
    const tMs = this.#clock.pageTime(firstMs);
    return encodeFrame({ kind: this.#kind, stream: this.#stream, seq, offset, tMs, samples });
  }
};
function addWorkletOnce(context) {
  let ready = READY.get(context);
  if (ready === void 0) {
    ready = addWorklet(context, capture_worklet_default);
    READY.set(context, ready);
  }
  return ready;
}

// src/audio/trouble.ts
var MicrophoneTrouble = class extends Error {
  name;
  constructor(name, message) {
    super(message);
    this.name = name;
  }
  /** The message without what a chat offers instead. */
  get reason() {
    const said = [TYPE, UPLOAD].find((instead) => this.message.endsWith(instead)) ?? "";
    return this.message.slice(0, this.message.length - said.length).trimEnd();
  }
  /** This one device is not to be had; another may be. */
  get isOfDevice() {
    return this.name === "OverconstrainedError" || this.name === "NotFoundError";
  }
};
var TYPE = "Type your message below instead; the answer is still spoken.";
var UPLOAD = 'Type your message below instead, or upload a recording and run chat.listen("clip.wav") in a cell.';
var ENDED = `The microphone was unplugged or taken away: plug it in and press Microphone again. ${TYPE}`;
var MUTED = "The microphone is muted by the system or by its own switch: nothing is heard until it is on there.";
var BY_NAME = {
  NotFoundError: `No microphone is connected to this computer: plug one in and press Microphone again. ${UPLOAD}`,
  NotReadableError: `The microphone is there but does not open: another program may be using it. Close that program and try again. ${TYPE}`,
  OverconstrainedError: `No microphone here fits the requested settings: choose another in the settings. ${TYPE}`,
  SecurityError: `The browser forbids the microphone on this page. ${TYPE}`,
  AbortError: `The microphone stopped while it was being opened. Press Microphone again. ${TYPE}`
};
var NOT_ALLOWED = `This page may not use the microphone: allow it in the browser's site settings and press Microphone again. ${TYPE}`;
var UNANSWERED = `The browser's question was closed without an answer: press Microphone again and allow it. ${TYPE}`;
var BY_SYSTEM = `The operating system gives this browser no microphone: allow it in the system's privacy settings and press Microphone again. ${TYPE}`;
var VISUAL_STUDIO_CODE = `Visual Studio Code gives notebook outputs no microphone: open this notebook in JupyterLab to speak. ${UPLOAD}`;
var FRAMED = `This notebook is shown inside another page, which may not pass the microphone on: allow it in the browser's site settings, or open the notebook in a tab of its own. ${UPLOAD}`;
function troubleOf(error) {
  if (error instanceof MicrophoneTrouble) return error;
  const name = nameOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (name === "NotAllowedError") return new MicrophoneTrouble(name, refused(detail));
  return new MicrophoneTrouble(
    name,
    BY_NAME[name] ?? `The microphone could not be opened (${name}: ${detail}). ${TYPE}`
  );
}
function refused(detail) {
  if (/by system/i.test(detail)) return BY_SYSTEM;
  if (isVisualStudioCode(globalThis.location)) return VISUAL_STUDIO_CODE;
  if (isFramed()) return FRAMED;
  return /dismissed/i.test(detail) ? UNANSWERED : NOT_ALLOWED;
}
function isVisualStudioCode(location2) {
  if (location2 === void 0) return false;
  return location2.protocol.startsWith("vscode-") || location2.host.endsWith(".vscode-cdn.net");
}
function troubleWith(page) {
  if (typeof page.navigator.mediaDevices?.getUserMedia === "function") return null;
  if (isVisualStudioCode(page.location)) {
    return new MicrophoneTrouble("NoMediaDevices", VISUAL_STUDIO_CODE);
  }
  if (!page.isSecureContext) {
    return new MicrophoneTrouble(
      "InsecureContext",
      `Browsers give the microphone only to https and localhost pages, and this page is ${page.location.protocol}//${page.location.host}. ${UPLOAD}`
    );
  }
  return new MicrophoneTrouble(
    "NoMediaDevices",
    `This page has no access to microphones. ${UPLOAD}`
  );
}
function isFramed() {
  return typeof window === "object" && window.self !== window.top;
}
function nameOf(error) {
  return error instanceof Error ? error.name : "Error";
}

// src/audio/microphone.ts
var Capture = class {
  #stream;
  #source = null;
  #end = () => void 0;
  #ownContext = null;
  constructor(stream) {
    this.#stream = stream;
  }
  get track() {
    return this.#stream.getAudioTracks()[0];
  }
  /** Connect the stream to a capture worklet; returns the rate it runs at. */
  async connect(shared, heard) {
    const { context, source } = this.#open(shared.get());
    this.#source = source;
    this.#end = await capture(context, source, heard);
    if (this.#ownContext === null) await shared.start("microphone");
    else await this.#ownContext.resume();
    return context.sampleRate;
  }
  /** Firefox wants the context at the device's own rate: then a second one, at that rate. */
  #open(context) {
    try {
      return { context, source: context.createMediaStreamSource(this.#stream) };
    } catch {
      const own = new AudioContext();
      this.#ownContext = own;
      return { context: own, source: own.createMediaStreamSource(this.#stream) };
    }
  }
  close() {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#source?.disconnect();
    this.#end();
    void this.#ownContext?.close().catch(() => void 0);
  }
};
var Microphone = class {
  #shared;
  #handlers;
  #capture = null;
  /** Each press and each stop counts up: what was asked for before that is let go on arrival. */
  #turn = 0;
  #stream = 0;
  /** What of the sound goes out. */
  gate = "open";
  constructor(shared, handlers) {
    this.#shared = shared;
    this.#handlers = handlers;
  }
  get on() {
    return this.#capture !== null;
  }
  /** What is captured; null while it is off. */
  get track() {
    return this.#capture?.track ?? null;
  }
  /**
   * Ask for the microphone and begin to send frames; null when `stop` came in between. One that
   * is open already goes on until the new one is there.
   * Throws MicrophoneTrouble, with a sentence for people.
   */
  async start(audio = {}) {
    const turn = ++this.#turn;
    const trouble = troubleWith(globalThis);
    if (trouble !== null) throw trouble;
    let capture2 = null;
    try {
      capture2 = new Capture(await navigator.mediaDevices.getUserMedia({ audio }));
      if (turn !== this.#turn) return release(capture2);
      const rate = await capture2.connect(this.#shared, this.#framing(++this.#stream));
      if (turn !== this.#turn) return release(capture2);
      return this.#keep(capture2, rate);
    } catch (error) {
      capture2?.close();
      if (turn !== this.#turn) return null;
      throw troubleOf(error);
    }
  }
  /** Let the microphone go: at once, and also one still being asked for. */
  stop() {
    this.#turn++;
    this.#capture?.close();
    this.#capture = null;
    this.#shared.rest("microphone");
  }
  #keep(capture2, rate) {
    const track = capture2.track;
    if (track === void 0 || track.readyState === "ended") {
      throw new DOMException("the microphone ended", "AbortError");
    }
    track.addEventListener("ended", () => {
      if (this.#capture !== capture2) return;
      this.stop();
      this.#handlers.lost();
    });
    const muted = () => {
      if (this.#capture === capture2) this.#handlers.muted(track.muted);
    };
    track.addEventListener("mute", muted);
    track.addEventListener("unmute", muted);
    this.#capture?.close();
    this.#capture = capture2;
    muted();
    return { rate, deviceLabel: track.label };
  }
  #framing(stream) {
    const framing = new Framing(FrameKind.microphone, stream);
    return (captured) => this.#handlers.frame(framing.encode(captured, this.gate), captured.rms);
  }
};
function release(capture2) {
  capture2.close();
  return null;
}

// src/gate.ts
var RELEASE_MS = 160;
var ROOM_MS = 300;
var SHORTEST_MS = 100;
var FRAME_MS = 40;
var MicrophoneGate = class {
  #talk;
  #mode = "server_vad";
  #halfDuplex = false;
  #live = false;
  #held = false;
  /** A turn has begun and is not over. */
  #turn = false;
  #frames = 0;
  #playing = false;
  #deaf = false;
  #release;
  #room;
  constructor(talk) {
    this.#talk = talk;
  }
  get state() {
    if (this.#mode === "push_to_talk") return this.#turn ? "open" : "closed";
    return this.deaf ? "silent" : "open";
  }
  /** The key is held and heard. */
  get talking() {
    return this.#turn && this.#held;
  }
  /** The microphone is mute because the loudspeaker plays. */
  get deaf() {
    return this.#halfDuplex && this.#deaf && this.#mode !== "push_to_talk";
  }
  mode(mode, halfDuplex) {
    if (mode !== this.#mode) this.#drop();
    this.#mode = mode;
    this.#halfDuplex = halfDuplex;
    this.#talk.changed();
  }
  /** The microphone was opened or let go. */
  live(live) {
    this.#live = live;
    if (live) this.#begin();
    else this.#drop();
  }
  hold(held) {
    if (held === this.#held || this.#mode !== "push_to_talk") return;
    this.#held = held;
    clearTimeout(this.#release);
    if (held) this.#begin();
    else if (this.#turn) this.#release = setTimeout(() => this.#end(), RELEASE_MS);
    this.#talk.changed();
  }
  /** A frame went out. What comes after the release does not make a touch a turn. */
  sent() {
    if (this.#held) this.#frames++;
  }
  /** Sound is on its way to the ear, or no longer; what was sent lies `latencyMs` before it. */
  playing(playing, latencyMs) {
    if (playing === this.#playing) return;
    this.#playing = playing;
    clearTimeout(this.#room);
    if (playing) this.#setDeaf(true);
    else this.#room = setTimeout(() => this.#setDeaf(false), ROOM_MS + latencyMs);
  }
  #begin() {
    if (!this.#held || !this.#live || this.#turn) return;
    this.#turn = true;
    this.#frames = 0;
    this.#talk.begin();
    this.#talk.changed();
  }
  #end() {
    this.#turn = false;
    this.#talk.end(FRAME_MS * this.#frames);
    this.#talk.changed();
  }
  /** Nobody finishes this turn any more. */
  #drop() {
    clearTimeout(this.#release);
    this.#held = false;
    this.#turn = false;
    this.#talk.changed();
  }
  #setDeaf(deaf) {
    this.#deaf = deaf;
    this.#talk.changed();
  }
};

// src/listening.ts
var OTHER_MICROPHONE = "The microphone chosen in the settings is not connected: the system's own is used.";
var TOO_SHORT = "Too short to be heard: keep the button or the space bar down while you speak.";
var Listening = class {
  #chat;
  #send;
  #sound;
  #line;
  #microphone;
  #gate;
  /** Why there was no microphone the last time: no longer said once it is tried again. */
  #trouble = "";
  /** The microphone as the kernel is told of it; null while it is off. */
  #opened = null;
  constructor(chat, context, sound, line, send) {
    this.#chat = chat;
    this.#send = send;
    this.#sound = sound;
    this.#line = line;
    this.#microphone = new Microphone(context, {
      frame: (bytes, rms) => this.#frame(bytes, rms),
      lost: () => this.#lost(),
      muted: (muted) => muted ? chat.notify("warning", MUTED) : chat.dismiss(MUTED)
    });
    this.#gate = new MicrophoneGate({
      begin: () => send({ kind: "talk", on: true }),
      end: (ms) => this.#turnEnds(ms),
      changed: () => this.#gateChanged()
    });
  }
  /** Open the microphone; what stands in the way is said. */
  async open() {
    this.#chat.set("microphone", { microphone: "asking" });
    this.#chat.dismiss(this.#trouble);
    try {
      await this.#open();
    } catch (error) {
      this.#chat.set("microphone", { microphone: "off" });
      this.#failed(error);
    }
  }
  /** Take what was chosen into use; until it is there, what was open goes on. */
  async reopen() {
    if (this.#chat.microphone !== "on") return;
    try {
      await this.#open();
    } catch (error) {
      if (!this.#microphone.on) this.release();
      this.#failed(error);
    }
  }
  /** Let the microphone go and say so. */
  release() {
    if (this.#chat.microphone === "off") return;
    const told = this.#chat.microphone === "on";
    this.#microphone.stop();
    this.#line.speak(null);
    this.#gate.live(false);
    this.#chat.dismiss(MUTED);
    this.#chat.set("level", { level: 0 });
    this.#chat.set("microphone", { microphone: "off" });
    this.#opened = null;
    if (told) this.tell();
  }
  /** Tell the kernel whether the microphone is open: also again, where it may have missed it. */
  tell() {
    if (this.#opened === null) {
      this.#send({ kind: "mic", on: false });
      return;
    }
    const { rate, deviceLabel: device_label } = this.#opened;
    this.#send({ kind: "mic", on: true, settings: { rate, device_label } });
  }
  /** Let the microphone go, where nobody is left to be told. */
  close() {
    this.#microphone.stop();
  }
  /** The talk key was pressed or let go. */
  hold(held) {
    if (held) this.#chat.dismiss(TOO_SHORT);
    this.#gate.hold(held);
  }
  /** How turns end, and whether the microphone is mute while an answer plays. */
  mode(mode, halfDuplex) {
    if (mode !== "push_to_talk") this.#chat.dismiss(TOO_SHORT);
    this.#gate.mode(mode, halfDuplex);
  }
  /** Sound is on its way to the ear, or no longer. */
  playing(playing, latencyMs) {
    this.#gate.playing(playing, latencyMs);
  }
  async #open() {
    const settings = await this.#start();
    if (settings === null) return;
    this.#chat.set("microphone", { microphone: "on" });
    this.#sound.opened(settings);
    this.#opened = settings;
    this.#line.speak(this.#microphone.track);
    this.tell();
    this.#gate.live(true);
  }
  /** The chosen microphone, or the system's own where that is gone. */
  async #start() {
    try {
      return await this.#microphone.start(this.#sound.constraints());
    } catch (error) {
      const chosen = this.#chat.sound.input !== "";
      if (!chosen || !(error instanceof MicrophoneTrouble) || !error.isOfDevice) throw error;
      this.#sound.forgetInput();
      this.#chat.notify("info", OTHER_MICROPHONE);
      return await this.#microphone.start(this.#sound.constraints());
    }
  }
  #failed(error) {
    const trouble = error instanceof MicrophoneTrouble ? error : new MicrophoneTrouble("Error", `The microphone could not be opened (${String(error)}).`);
    this.#trouble = trouble.message;
    this.#chat.notify("error", this.#trouble);
    if (this.#microphone.on) return;
    this.#send({ kind: "mic_failed", name: trouble.name, message: trouble.message });
  }
  #lost() {
    this.release();
    this.#trouble = ENDED;
    this.#chat.notify("warning", ENDED);
  }
  #frame(bytes, rms) {
    this.#chat.set("level", { level: rms });
    if (this.#chat.microphone !== "on" || bytes === null) return;
    this.#gate.sent();
    this.#send({ kind: "audio" }, [bytes]);
  }
  #turnEnds(ms) {
    this.#send({ kind: "talk", on: false, ms });
    if (ms < SHORTEST_MS) this.#chat.notify("info", TOO_SHORT);
  }
  #gateChanged() {
    this.#microphone.gate = this.#gate.state;
    this.#line.gate(this.#gate.state);
    const { talking, deaf } = this.#gate;
    if (talking === this.#chat.talking && deaf === this.#chat.deaf) return;
    this.#chat.set("microphone", { talking, deaf });
  }
};

// src/busy.ts
var FIRST_MS = 2e3;
var AGAIN_MS = 3e3;
var STILL_MS = 3e4;
var BusyWatch = class {
  #ask;
  #found;
  #timer;
  #answers = 0;
  constructor(ask, found) {
    this.#ask = ask;
    this.#found = found;
  }
  /** The comm is in use from now on, unless `stop` comes first. */
  start() {
    this.#answers = 0;
    this.#later(FIRST_MS);
  }
  /** It is not in use, or leads nowhere. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = void 0;
    this.#answers = 0;
  }
  /** The kernel has answered: what it was sent had to wait for cells, or not. */
  answer(waits) {
    if (!waits) {
      this.#found(false);
      return;
    }
    if (++this.#answers > 1) this.#found(true);
    this.#later(this.#answers > 1 ? STILL_MS : AGAIN_MS);
  }
  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ask, ms);
  }
};
var SAID = "realtime-nb.waits-said";
function sayOnce() {
  try {
    if (sessionStorage.getItem(SAID) !== null) return false;
    sessionStorage.setItem(SAID, "yes");
  } catch {
  }
  return true;
}
var WAITS = "While a cell runs, sound waits here.";
function waitsWords(server) {
  return server ? `${WAITS} To talk meanwhile, install realtime-nb in the environment that Jupyter itself runs in and restart Jupyter (the fast path), or update to JupyterLab 4.4 and ipykernel 7.` : `${WAITS} To talk meanwhile, open the notebook in JupyterLab.`;
}

// src/carrier/server.ts
function relayAddress(id) {
  const config = readConfig();
  if (config === null || !/^[0-9a-f]{32}$/.test(id)) return "";
  const url = new URL(`${config.base}realtime-nb/relay/${id}`, location.href);
  if (url.origin !== location.origin) return "";
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
function mayHaveRelay() {
  return typeof WebSocket === "function" && readConfig() !== null;
}
function readConfig() {
  const text4 = globalThis.document?.getElementById("jupyter-config-data")?.textContent;
  if (!text4 || !/^https?:$/.test(location.protocol)) return null;
  try {
    const config = JSON.parse(text4);
    if (typeof config !== "object" || config === null) return null;
    const { baseUrl } = config;
    if (typeof baseUrl !== "string" || baseUrl === "") return null;
    const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
    return { base };
  } catch {
    return null;
  }
}

// src/passing.ts
var AWAY = "Nothing comes through to the kernel just now (the network, or a cell that runs): what you say is kept in this page for 30 s, and what you type is sent when it is back.";
var lostWords = (ms) => `Nothing came through to the kernel for too long: ${Math.round(ms / 1e3)} s of what you said were not sent. Say it again.`;
var AWAY_SHOWN_MS = 1e3;
var LONGEST_TIMER_MS = 2 ** 31 - 1;
var Passing = class {
  #chat;
  #busy;
  #awaySoon;
  #limitsOver;
  /** `probe` asks the kernel which cells wait. */
  constructor(chat, probe) {
    this.#chat = chat;
    this.#busy = new BusyWatch(probe, (waits) => this.#waits(waits));
  }
  /** What the service's limits leave is true until they are full again. */
  limited(limits, resetS) {
    clearTimeout(this.#limitsOver);
    this.#chat.set("status", { limits });
    if (limits === "") return;
    const over = () => this.#chat.set("status", { limits: "" });
    this.#limitsOver = setTimeout(over, Math.min(resetS * 1e3, LONGEST_TIMER_MS));
  }
  /** Nothing comes through to the kernel: what is said waits in this page, or does no longer. */
  away(away, lostMs) {
    clearTimeout(this.#awaySoon);
    if (!away) {
      this.#chat.dismiss(AWAY);
      if (lostMs > 0) this.#chat.notify("warning", lostWords(lostMs));
    } else this.#awaySoon = setTimeout(() => this.#chat.notify("warning", AWAY), AWAY_SHOWN_MS);
  }
  /** Whether a running cell could hold up the sound. */
  watch(may) {
    if (may) {
      this.#busy.start();
      return;
    }
    this.#busy.stop();
    this.#waits(false);
  }
  /** The kernel's answer to `probe`. */
  answer(waits) {
    this.#busy.answer(waits);
  }
  /** Ask no more. */
  unwatch() {
    this.#busy.stop();
  }
  close() {
    clearTimeout(this.#limitsOver);
    clearTimeout(this.#awaySoon);
    this.#busy.stop();
  }
  /** A running cell holds up the sound here, or not (any more). */
  #waits(waits) {
    if (waits && this.#chat.transport !== "websocket") return;
    if (waits === this.#chat.waits) return;
    this.#chat.set("status", { waits });
    const words = waitsWords(mayHaveRelay());
    if (!waits) this.#chat.dismiss(words);
    else if (sayOnce()) this.#chat.notify("info", words);
  }
};

// src/player/floor.ts
var Floor = class _Floor {
  /** The first has the floor. */
  #line = [];
  #talks = /* @__PURE__ */ new Set();
  /** The page's own. */
  static get shared() {
    const page = globalThis;
    const here = /* @__PURE__ */ Symbol.for("realtime_nb.floor.1");
    page[here] ??= new _Floor();
    return page[here];
  }
  /** Begin when the others are done. */
  ask(voice) {
    if (this.#line.includes(voice)) return;
    this.#line.push(voice);
    if (this.#line[0] === voice && this.#talks.size === 0) voice.begin();
  }
  /** Begin now, because a person said so. */
  take(voice) {
    const [first] = this.#line;
    const others = this.#line.filter((one) => one !== voice && one !== first);
    this.#line = [voice, ...others];
    if (first !== void 0 && first !== voice) first.halt(false);
    voice.begin();
  }
  /** Whether it is its turn. */
  has(voice) {
    return this.#line[0] === voice;
  }
  /** Let the others go first. */
  pass(voice) {
    if (this.#line[0] !== voice || this.#line.length === 1) return;
    voice.halt(true);
    this.#line.push(...this.#line.splice(0, 1));
    if (this.#talks.size === 0) this.#line[0]?.begin();
  }
  /** It is over: the next begins. */
  leave(voice) {
    const place = this.#line.indexOf(voice);
    if (place < 0) return;
    this.#line.splice(place, 1);
    if (place === 0 && this.#talks.size === 0) this.#line[0]?.begin();
  }
  /** Silence is wanted: nobody in the line begins by itself any more. */
  clear() {
    const line = this.#line;
    this.#line = [];
    for (const voice of line) voice.halt(false);
  }
  /** A conversation speaks, or is silent (again). */
  talk(who, speaks) {
    if (speaks === this.#talks.has(who)) return;
    const free = this.#talks.size === 0;
    if (speaks) this.#talks.add(who);
    else this.#talks.delete(who);
    if (speaks && free) this.#line[0]?.halt(true);
    else if (this.#talks.size === 0) this.#line[0]?.begin();
  }
};

// src/backlog.ts
var MOST_FRAMES = 750;
var TAIL_FRAMES = 13;
var MOST_MESSAGES = 200;
var FRAME_MS2 = 40;
var isSound = ({ message }) => message.kind === "audio" || message.kind === "heard";
var Backlog = class {
  #waiting = [];
  #frames = 0;
  /** Frames that found no room. */
  dropped = 0;
  get size() {
    return this.#waiting.length;
  }
  /** How much of what was said will not go out, in ms. */
  get lostMs() {
    const tail = Math.min(this.#frames, TAIL_FRAMES);
    return this.dropped > 0 ? FRAME_MS2 * (this.dropped + this.#frames - tail) : 0;
  }
  /** Keep a message; false when there is no room for it. */
  add(message, buffers) {
    const entry = { message, buffers };
    if (isSound(entry)) this.#addSound(entry);
    else if (message.kind === "played") {
      this.#remove((other) => other.message.kind === "played");
      this.#waiting.push(entry);
    } else if (this.#waiting.length - this.#frames >= MOST_MESSAGES) return false;
    else this.#waiting.push(entry);
    return true;
  }
  /** Take out what waits, in order. */
  drain() {
    const cut = this.dropped > 0;
    while (cut && this.#frames > TAIL_FRAMES) this.#dropOldest();
    const waiting = this.#waiting;
    this.clear();
    return cut ? withoutEmptyTurns(waiting) : waiting;
  }
  /** Forget all: there is nobody to tell. */
  clear() {
    this.#waiting = [];
    this.#frames = 0;
    this.dropped = 0;
  }
  #addSound(entry) {
    this.#waiting.push(entry);
    this.#frames++;
    if (this.#frames > MOST_FRAMES) this.#dropOldest();
  }
  #dropOldest() {
    if (!this.#remove(isSound)) return;
    this.#frames--;
    this.dropped++;
  }
  #remove(which) {
    const at = this.#waiting.findIndex(which);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }
};
var begins = ({ message }) => message.kind === "talk" && message.on;
var ends = ({ message }) => message.kind === "commit" || message.kind === "talk" && !message.on;
function withoutEmptyTurns(waiting) {
  const gone = /* @__PURE__ */ new Set();
  let begin = null;
  let sound = true;
  for (const entry of waiting) {
    if (begins(entry)) begin = entry;
    else if (ends(entry) && !sound) {
      gone.add(entry);
      if (begin !== null) gone.add(begin);
    }
    sound = isSound(entry) || sound && !begins(entry) && !ends(entry);
  }
  return waiting.filter((entry) => !gone.has(entry));
}

// src/carrier/order.ts
var MAX_EARLY = 2e3;
var MAX_UNCONFIRMED_BYTES = 4 * 2 ** 20;
var Inbox2 = class {
  /** The number of the newest message delivered. */
  last = 0;
  #early = /* @__PURE__ */ new Map();
  /** How many wait for one that has not come. */
  get waiting() {
    return this.#early.size;
  }
  /** Take one message; those that are due now, in order. Null when one is missing for good. */
  take(number3, message) {
    if (number3 <= this.last) return [];
    if (!this.#early.has(number3)) this.#early.set(number3, message);
    const due = [];
    for (let next = this.last + 1; this.#early.has(next); next++) {
      due.push(this.#early.get(next));
      this.#early.delete(next);
      this.last = next;
    }
    return this.#early.size > MAX_EARLY ? null : due;
  }
};
var Outbox = class {
  #last = 0;
  #bytes = 0;
  #kept = [];
  number() {
    this.#last++;
    return this.#last;
  }
  /** Keep a message until it is confirmed; false when there is no room. */
  keep(number3, message, size, sentMs) {
    this.#kept.push({ number: number3, message, size, sentMs });
    this.#bytes += size;
    return this.#bytes <= MAX_UNCONFIRMED_BYTES;
  }
  /** Forget messages up to `number`. */
  confirm(number3) {
    const left = this.#kept.findIndex((kept) => kept.number > number3);
    const gone = this.#kept.splice(0, left < 0 ? this.#kept.length : left);
    for (const kept of gone) this.#bytes -= kept.size;
  }
  /** When the oldest unconfirmed message was sent; null when there is none. */
  get oldestMs() {
    return this.#kept[0]?.sentMs ?? null;
  }
  /** Take out what is not confirmed, in order: it goes another way. */
  drain() {
    const kept = this.#kept;
    this.#kept = [];
    this.#bytes = 0;
    return kept;
  }
};

// src/carrier/packet.ts
var HEADER_BYTES2 = 16;
var WORD = 4;
var encoder = new TextEncoder();
var decoder = new TextDecoder();
function packPacket(n, got, message, buffers) {
  const text4 = encoder.encode(JSON.stringify(message));
  const sizes = buffers.map((buffer) => buffer.byteLength);
  const head = HEADER_BYTES2 + WORD * sizes.length;
  const total = sizes.reduce((sum, size) => sum + size, head + text4.length);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  [n, got, text4.length, sizes.length, ...sizes].forEach((word2, index) => {
    view.setUint32(WORD * index, word2, true);
  });
  bytes.set(text4, head);
  let at = head + text4.length;
  for (const buffer of buffers) {
    bytes.set(new Uint8Array(buffer), at);
    at += buffer.byteLength;
  }
  return bytes.buffer;
}
function unpackPacket(bytes) {
  if (bytes.byteLength < HEADER_BYTES2) return null;
  const view = new DataView(bytes);
  const word2 = (index) => view.getUint32(WORD * index, true);
  const [length, count2] = [word2(2), word2(3)];
  let at = HEADER_BYTES2 + WORD * count2;
  if (bytes.byteLength < at) return null;
  const sizes = Array.from({ length: count2 }, (_, index) => word2(HEADER_BYTES2 / WORD + index));
  if (bytes.byteLength !== sizes.reduce((sum, size) => sum + size, at + length)) return null;
  let message;
  try {
    message = JSON.parse(decoder.decode(new Uint8Array(bytes, at, length)));
  } catch {
    return null;
  }
  at += length;
  const buffers = sizes.map((size) => {
    at += size;
    return new DataView(bytes, at - size, size);
  });
  return { n: word2(0), got: word2(1), message, buffers };
}

// src/carrier/fast_path.ts
var CONFIRM_MS = 500;
var SILENT_MS = 5e3;
var WATCH_MS = 1e3;
var AGAIN_MS2 = [1e3, 3e3, 1e4, 3e4];
var Link = class {
  constructor(epoch) {
    this.epoch = epoch;
  }
  epoch;
  inbox = new Inbox2();
  outbox = new Outbox();
  /** What the kernel last learned that we have. */
  told = 0;
  /** The kernel has acknowledged it: what we say has numbers. */
  agreed = false;
};
var FastPath = class {
  #client;
  #handlers;
  #address = "";
  #epoch = 0;
  #link = null;
  #socket = null;
  /** The kernel has acknowledged the socket: messages go over it. */
  #joined = false;
  #failures = 0;
  #heardMs = 0;
  /** Since when the message after this number is missing: the comm drops some under load. */
  #dueMs = 0;
  #dueAfter = 0;
  #timer;
  #confirming;
  #watch;
  constructor(client, handlers) {
    this.#client = client;
    this.#handlers = handlers;
  }
  /** Messages go over the WebSocket now. */
  get used() {
    return this.#joined;
  }
  /** How many joinings there were, for a hello that may be overtaken by one. */
  get epoch() {
    return this.#epoch;
  }
  /** The kernel can be reached at a WebSocket's address; empty when it no longer can. */
  offer(address) {
    this.#address = address;
    this.#failures = 0;
    clearTimeout(this.#timer);
    if (address !== "" && this.#socket === null) this.#open();
  }
  /** Send one message under its number; null before the first joining. */
  send(message, buffers) {
    const link = this.#link;
    if (link === null || !link.agreed) return null;
    const number3 = link.outbox.number();
    if (this.#socket === null || !this.#joined) return this.#post(link, number3, message, buffers);
    const packet = packPacket(number3, link.inbox.last, message, buffers);
    const room = link.outbox.keep(number3, { message, buffers }, packet.byteLength, now());
    link.told = link.inbox.last;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(packet);
    if (!room) this.#lost();
    return true;
  }
  /** Take a message that came over the comm; true when it was ours to handle. */
  take(value, buffers) {
    const link = this.#link;
    if (typeof value.n !== "number") {
      return link !== null && link.inbox.last > 0;
    }
    if (link !== null && value.e === link.epoch) this.#deliver(link, value.n, value, buffers);
    return true;
  }
  /** Forget everything: the kernel's side is gone, or begins anew. */
  drop() {
    const used = this.#joined;
    this.#link = null;
    this.#hangUp();
    clearTimeout(this.#timer);
    clearTimeout(this.#confirming);
    if (used) this.#handlers.changed();
  }
  /** The page goes: not a sound more. */
  close() {
    this.#address = "";
    this.#link = null;
    this.#hangUp();
    clearTimeout(this.#timer);
    clearTimeout(this.#confirming);
  }
  #open() {
    let socket;
    try {
      socket = new WebSocket(this.#address);
    } catch {
      return;
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#link === null) this.#epoch++;
      this.#link ??= new Link(this.#epoch);
      const join = { kind: "join", client: this.#client, e: this.#link.epoch };
      socket.send(packPacket(0, this.#link.inbox.last, join, []));
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && data instanceof ArrayBuffer) this.#receive(data);
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }
  #receive(data) {
    const packet = unpackPacket(data);
    if (packet === null) {
      this.#lost();
      return;
    }
    const link = this.#link;
    if (link === null) return;
    this.#heardMs = now();
    if (!this.#joined) this.#join(link);
    link.outbox.confirm(packet.got);
    if (packet.n === 0) return;
    this.#deliver(link, packet.n, packet.message, packet.buffers);
    this.#confirming ??= setTimeout(() => this.#confirm(), CONFIRM_MS);
  }
  /** The kernel has acknowledged: from here on by number, the first one over the comm. */
  #join(link) {
    if (!link.agreed) {
      link.agreed = true;
      this.#post(link, link.outbox.number(), { kind: "moved" }, []);
    }
    this.#joined = true;
    this.#failures = 0;
    this.#dueMs = now();
    this.#watch ??= setInterval(() => this.#look(), WATCH_MS);
    this.#handlers.changed();
  }
  #deliver(link, number3, value, buffers) {
    const due = link.inbox.take(number3, [value, buffers]);
    if (due === null) {
      this.drop();
      this.#handlers.broken();
      return;
    }
    for (const [each, sound] of due) this.#handlers.message(each, sound);
  }
  #confirm() {
    this.#confirming = void 0;
    const link = this.#link;
    if (link === null || !this.#joined || link.told === link.inbox.last) return;
    link.told = link.inbox.last;
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(packPacket(0, link.inbox.last, { kind: "got" }, []));
    }
  }
  #look() {
    const { inbox, outbox } = this.#link ?? new Link(0);
    if (inbox.waiting === 0 || inbox.last !== this.#dueAfter) this.#dueMs = now();
    this.#dueAfter = inbox.last;
    if (now() - this.#dueMs > SILENT_MS) {
      this.drop();
      this.#handlers.broken();
      return;
    }
    const oldest = outbox.oldestMs;
    if (oldest !== null && now() - Math.max(oldest, this.#heardMs) > SILENT_MS) this.#lost();
  }
  /** Go on over the comm, with what the kernel may not have, and try again later. */
  #lost() {
    const { used } = this;
    this.#hangUp();
    const link = this.#link;
    if (link !== null && used) {
      for (const { number: number3, message } of link.outbox.drain()) {
        this.#post(link, number3, message.message, message.buffers);
      }
      this.#post(link, link.outbox.number(), { kind: "back" }, []);
    }
    if (used) this.#handlers.changed();
    const wait = AGAIN_MS2[Math.min(this.#failures, AGAIN_MS2.length - 1)];
    this.#failures++;
    const again = link?.agreed || this.#failures < 3;
    if (this.#address !== "" && again) this.#timer = setTimeout(() => this.#retry(), wait);
  }
  #retry() {
    if (this.#address !== "" && this.#socket === null) this.#open();
  }
  #hangUp() {
    const socket = this.#socket;
    this.#socket = null;
    this.#joined = false;
    clearInterval(this.#watch);
    this.#watch = void 0;
    socket?.close();
  }
  #post(link, number3, message, buffers) {
    return this.#handlers.comm({ ...message, e: link.epoch, n: number3 }, buffers);
  }
};
var now = () => performance.now();

// src/ids.ts
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// src/kernel_end.ts
var ENDED2 = /* @__PURE__ */ new Set(["autorestarting", "restarting", "dead"]);
function onKernelEnd(model, ended, signal) {
  const told = kernelOf(model)?.statusChanged;
  if (typeof told?.connect !== "function") return;
  const slot = (_sender, status) => {
    if (ENDED2.has(status)) ended();
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

// src/page_facts.ts
function pageFacts() {
  if (globalThis.location === void 0) return {};
  const page = {
    origin: location.origin,
    secure: globalThis.isSecureContext === true,
    microphone: typeof navigator.mediaDevices?.getUserMedia === "function",
    webrtc: typeof globalThis.RTCPeerConnection === "function"
  };
  return { page };
}

// src/pulse.ts
var EVERY_MS = 1e3;
var STALLED_MS = 3e3;
var AGAIN_MS3 = [2e3, 4e3, 8e3, 15e3];
var MOST_OPEN = 50;
var Pulse = class {
  #handlers;
  #on = false;
  #last = 0;
  #open = [];
  #stalled = false;
  #again = 0;
  #timer;
  constructor(handlers) {
    this.#handlers = handlers;
  }
  get stalled() {
    return this.#stalled;
  }
  /** The comm is in use from now on. */
  start() {
    this.#on = true;
  }
  /** It is not in use, or leads nowhere: what was asked is not waited for. */
  stop() {
    this.#on = false;
    this.#open = [];
    this.#stalled = false;
    this.#again = 0;
    clearTimeout(this.#timer);
    this.#timer = void 0;
  }
  /** Something is sent. */
  sent() {
    if (this.#on && this.#timer === void 0) this.#later(EVERY_MS);
  }
  /** The kernel has answered. */
  answer(id) {
    const oldest = this.#open[0];
    if (!this.#on || oldest === void 0 || !this.#open.some((asked) => asked.id === id)) return;
    this.#open = this.#open.filter((asked) => asked.id > id);
    const lost = oldest.id !== id;
    const was = this.#stalled;
    this.#stalled = false;
    this.#again = 0;
    clearTimeout(this.#timer);
    this.#timer = void 0;
    if (this.#open.length > 0) this.#later(EVERY_MS);
    if (was || lost) this.#handlers.back(lost);
  }
  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms);
  }
  #look() {
    this.#timer = void 0;
    const oldest = this.#open[0];
    const due = oldest !== void 0 && performance.now() - oldest.ms >= STALLED_MS;
    if (due && !this.#stalled) this.#stall();
    else this.#ask();
  }
  #stall() {
    this.#stalled = true;
    this.#ask();
    this.#handlers.stalled();
  }
  #ask() {
    this.#last++;
    this.#open.push({ id: this.#last, ms: performance.now() });
    if (this.#open.length > MOST_OPEN) this.#open.splice(1, 1);
    this.#handlers.ask(this.#last);
    if (!this.#stalled) {
      this.#later(EVERY_MS);
      return;
    }
    this.#later(AGAIN_MS3[Math.min(this.#again, AGAIN_MS3.length - 1)] ?? EVERY_MS);
    this.#again++;
  }
};

// src/tools/display.ts
var TRIES = 40;
var TRY_EVERY_MS = 250;
function mountWith(source) {
  return async (id, box) => {
    const manager = managerOf(source);
    if (manager?.create_view === void 0) throw new Error("there is no widget manager");
    const model = await known(manager, id);
    const view = await manager.create_view(model, {});
    if (!isView(view)) throw new Error("the widget manager made no view");
    attach(view, box);
    return () => view.remove();
  };
}
function managerOf(source) {
  const manager = source?.widget_manager;
  return typeof manager?.get_model === "function" ? manager : null;
}
async function known(manager, id) {
  for (let left = TRIES; ; left--) {
    try {
      return await manager.get_model(id);
    } catch (error) {
      if (left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
    }
  }
}
function isView(value) {
  const view = value;
  return view?.el instanceof HTMLElement && typeof view.remove === "function";
}
function attach(view, box) {
  const kind = view.luminoWidget?.constructor;
  if (typeof kind?.attach === "function" && box.isConnected) kind.attach(view.luminoWidget, box);
  else box.append(view.el);
}

// src/port.ts
var HELLO_EVERY_MS = 2e3;
var HELLOS_AFTER_RESTART = 3;
var Port = class {
  client;
  #model;
  #handlers;
  #fast;
  #pulse;
  #backlog = new Backlog();
  /** The kernel answers the pulse; one of an older version is never taken for gone. */
  #answers = false;
  /** What is said waits in the backlog. */
  #holding = false;
  #timer;
  #live = false;
  #closed = false;
  constructor(model, handlers, signal) {
    this.client = randomId();
    this.#model = model;
    this.#handlers = handlers;
    this.#fast = new FastPath(this.client, {
      comm: (message, buffers) => this.#overComm(message, buffers),
      message: (message, numbered) => this.#deliver(message, numbered),
      changed: () => this.#changed(),
      broken: () => this.#anew()
    });
    this.#pulse = new Pulse({
      ask: (id) => void this.#post({ kind: "pulse", id }, []),
      stalled: () => this.#hold(),
      back: (lost) => lost ? this.#anew() : this.#release()
    });
    const receive = (message, buffers) => this.#receive(message, buffers ?? []);
    const restarted = () => this.#lost("restart");
    model.on("msg:custom", receive);
    model.on("comm_live_update", restarted);
    onKernelEnd(model, restarted, signal);
    signal.addEventListener("abort", () => {
      this.#closed = true;
      clearTimeout(this.#timer);
      this.#pulse.stop();
      this.#fast.close();
      model.off("msg:custom", receive);
      model.off("comm_live_update", restarted);
    });
  }
  /** The kernel has welcomed this page and has not gone since. */
  get live() {
    return this.#live;
  }
  /** Say hello, again and again until welcomed. */
  open() {
    this.#hello(Number.POSITIVE_INFINITY);
  }
  /** Say hello again, after the kernel was told that this page was left. */
  rejoin() {
    if (this.#live) this.#anew();
  }
  /** A value the kernel keeps for the page (a trait), undefined when it has none. */
  setting(name) {
    return this.#model.get(name);
  }
  /** Where the displays of calls are found. */
  get displays() {
    return mountWith(this.#model);
  }
  /** Ask what the comm waits for in the kernel; the answer is a message of kind `waits`. */
  probe() {
    if (this.#live) this.#post({ kind: "probe" }, []);
  }
  /** Send one message; false when the kernel's side is gone (or was never there). */
  send(message, buffers = []) {
    if (this.#holding) return this.#backlog.add(message, buffers);
    if (!this.#live) return false;
    return this.#fast.send(message, buffers) ?? this.#overComm(message, buffers);
  }
  #overComm(message, buffers) {
    if (this.#post(message, buffers)) {
      this.#pulse.sent();
      return true;
    }
    this.#lost("send");
    return false;
  }
  #post(message, buffers) {
    try {
      this.#model.send({ ...message, client: this.client }, void 0, buffers);
      return true;
    } catch {
      return false;
    }
  }
  #hello(times) {
    clearTimeout(this.#timer);
    if (this.#closed || this.#live || times <= 0) return;
    const joins = mayHaveRelay() ? { relay: true, e: this.#fast.epoch } : {};
    this.#post({ kind: "hello", version: PROTOCOL_VERSION, ...pageFacts(), ...joins }, []);
    this.#timer = setTimeout(() => this.#hello(times - 1), HELLO_EVERY_MS);
  }
  #lost(why) {
    if (this.#closed) return;
    this.#live = false;
    this.#fast.drop();
    this.#pulse.stop();
    this.#backlog.clear();
    this.#setHolding(false);
    this.#handlers.gone(why);
    this.#hello(HELLOS_AFTER_RESTART);
  }
  /** Messages were lost between us and the kernel: have it tell everything again. */
  #anew() {
    if (this.#live) this.#hold();
    this.#live = false;
    this.#fast.drop();
    this.#pulse.stop();
    this.open();
  }
  #changed() {
    const { used } = this.#fast;
    if (used) {
      this.#pulse.stop();
      if (this.#live) this.#release();
    } else if (this.#live) this.#startPulse();
    this.#handlers.carrier(used ? "fast" : "comm");
  }
  #startPulse() {
    if (this.#answers) this.#pulse.start();
  }
  #hold() {
    this.#setHolding(true);
  }
  /** Hand over what waits, in order. */
  #release() {
    if (!this.#holding) return;
    this.#setHolding(false);
    for (const { message, buffers } of this.#backlog.drain()) this.send(message, buffers);
  }
  #setHolding(holding) {
    if (holding === this.#holding) return;
    this.#holding = holding;
    this.#handlers.away(holding, this.#backlog.lostMs);
  }
  #receive(value, buffers) {
    if (typeof value !== "object" || value === null) return;
    const fields = value;
    const { kind, to } = fields;
    if (to !== void 0 && to !== this.client) return;
    if (kind === "pulse") this.#pulse.answer(Number(fields.id));
    else if (kind === "reset") this.#anew();
    else if (kind === "waits")
      this.#deliver(value, buffers);
    else if (!this.#fast.take(fields, buffers)) this.#deliver(value, buffers);
  }
  #deliver(value, buffers) {
    if (isOffer(value)) {
      this.#fast.offer(value.relay === "" ? "" : relayAddress(value.relay));
      return;
    }
    const message = readIncoming(value);
    if (message === null) return;
    if ("to" in message && message.to !== null && message.to !== this.client) return;
    if (message.kind === "welcome") {
      this.#live = true;
      clearTimeout(this.#timer);
    }
    if (message.kind === "audio" && !this.#live) return;
    this.#handlers.message(message, buffers);
    if (message.kind !== "welcome") return;
    this.#answers = value.pulse === true;
    if (!this.#fast.used) this.#startPulse();
    this.#release();
  }
};
function isOffer(value) {
  const fields = value;
  return fields.kind === "offer" && typeof fields.relay === "string";
}

// src/rtc/remote.ts
var SILENCE_RMS = 2e-4;
var FRAMES_OVER = 50;
var OVER_MS = 2e3;
var FRAMES_AFTER = 15;
var Remote = class {
  #shared;
  #handlers;
  /** Chromium gives a context no remote sound that no media element has. */
  #element = document.createElement("audio");
  #gain = null;
  #source = null;
  #end = () => void 0;
  #closed = false;
  #hushed = false;
  #silent = 0;
  #over;
  constructor(shared, handlers) {
    this.#shared = shared;
    this.#handlers = handlers;
  }
  /** Play a stream; number it for its frames. */
  async play(stream, number3) {
    this.#element.srcObject = stream;
    this.#element.muted = true;
    void this.#element.play().catch(() => void 0);
    const context = this.#shared.get();
    try {
      this.#source = context.createMediaStreamSource(stream);
    } catch {
      this.#element.muted = false;
      return;
    }
    this.#gain = context.createGain();
    this.#source.connect(this.#gain).connect(context.destination);
    const framing = new Framing(FrameKind.answer, number3);
    let quiet = FRAMES_AFTER;
    const heard = (captured) => {
      const silent = captured.rms <= SILENCE_RMS;
      const hushed = this.#hushed;
      if (hushed) this.#waitFor(silent);
      quiet = silent || hushed ? quiet + 1 : 0;
      const open = quiet <= FRAMES_AFTER;
      const bytes = framing.encode(captured, !open ? "closed" : hushed ? "silent" : "open");
      if (bytes !== null) this.#handlers.frame(bytes);
      this.#handlers.level(hushed ? 0 : captured.rms);
    };
    const end = await capture(context, this.#source, heard);
    if (this.#closed) end();
    else this.#end = end;
  }
  /**
   * Let nothing out of what is on its way here: until it is over, or `open`. A browser that was
   * held up has a second of it and more.
   */
  hush() {
    this.#silent = 0;
    this.#shut(true);
    clearTimeout(this.#over);
    if (this.#gain === null) this.#over = setTimeout(() => this.open(), OVER_MS);
  }
  /** Let out what comes. */
  open() {
    clearTimeout(this.#over);
    this.#shut(false);
  }
  #shut(hushed) {
    this.#hushed = hushed;
    if (this.#gain !== null) this.#gain.gain.value = hushed ? 0 : 1;
    else if (this.#element.srcObject !== null) this.#element.muted = hushed;
  }
  #waitFor(silent) {
    this.#silent = silent ? this.#silent + 1 : 0;
    if (this.#silent >= FRAMES_OVER) this.open();
  }
  close() {
    this.#closed = true;
    clearTimeout(this.#over);
    this.#end();
    this.#source?.disconnect();
    this.#gain?.disconnect();
    this.#element.srcObject = null;
  }
};

// src/rtc/speaking.ts
var Speaking = class {
  #silence;
  #sender = null;
  /** A copy of the microphone's: shutting it leaves the page its level. */
  #track = null;
  #gate = "open";
  constructor(shared) {
    const [silence] = shared.get().createMediaStreamDestination().stream.getAudioTracks();
    if (silence === void 0) throw new Error("no silence to be had");
    this.#silence = silence;
  }
  /** Speak over a connection. */
  join(connection) {
    this.#sender = connection.addTransceiver(this.#silence, { direction: "sendrecv" }).sender;
    void this.#replace();
  }
  /** Send the microphone; null for silence. */
  speak(track) {
    this.#track?.stop();
    this.#track = track?.clone() ?? null;
    this.gate(this.#gate);
    void this.#replace();
  }
  /** What of the microphone goes out: the service's clock goes on, so silence is sent elsewhere. */
  gate(gate) {
    this.#gate = gate;
    if (this.#track !== null) this.#track.enabled = gate === "open";
  }
  close() {
    this.#track?.stop();
    this.#track = null;
    this.#silence.stop();
    this.#sender = null;
  }
  async #replace() {
    try {
      await this.#sender?.replaceTrack(this.#track ?? this.#silence);
    } catch {
    }
  }
};

// src/rtc/trouble.ts
var CallTrouble = class extends Error {
  name = "CallTrouble";
  stage;
  constructor(stage, message) {
    super(message);
    this.stage = stage;
  }
};
var LONGEST = 200;
async function atStage(stage, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CallTrouble) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new CallTrouble(stage, said.slice(0, LONGEST));
  }
}
function stalled(connection) {
  const ice = connection.iceConnectionState;
  if (ice !== "connected" && ice !== "completed") {
    return new CallTrouble("ICE", `no way was found to the service for sound (${ice})`);
  }
  const state = connection.connectionState;
  if (state !== "connected") {
    return new CallTrouble("DTLS", `the sound could not be encrypted (${state})`);
  }
  return new CallTrouble("data channel", "it did not open");
}

// src/rtc/call.ts
var GATHER_MS = 100;
var CONNECT_MS = 12e3;
var SHAKEN_MS = 3e4;
var REFUSAL_MAX = 200;
var LOST = "the WebRTC call was lost, no way to the service is left: run the cell again to call anew";
var RtcCall = class {
  number;
  speaking;
  remote;
  #handlers;
  #connection;
  #channel;
  #up = false;
  #over = false;
  #shaken;
  /** Throws `CallTrouble` where this page can make no call. */
  constructor(shared, number3, handlers) {
    if (typeof RTCPeerConnection !== "function") {
      throw new CallTrouble("page", "this browser has no WebRTC");
    }
    this.number = number3;
    this.#handlers = handlers;
    this.speaking = new Speaking(shared);
    this.remote = new Remote(shared, handlers);
    this.#connection = new RTCPeerConnection();
    this.#connection.ontrack = ({ track, streams: [stream] }) => {
      void this.remote.play(stream ?? new MediaStream([track]), number3);
    };
    this.#connection.onconnectionstatechange = () => this.#changed();
    this.#channel = this.#connection.createDataChannel("oai-events");
    this.#channel.onmessage = ({ data }) => {
      if (typeof data === "string") handlers.message(data);
    };
    this.#channel.onclose = () => this.#ended("the service ended the WebRTC call");
    this.speaking.join(this.#connection);
  }
  /** Make the offer, without the microphone. */
  async offer() {
    return await atStage("SDP", async () => {
      await this.#connection.setLocalDescription();
      await gathered(this.#connection);
      return this.#connection.localDescription?.sdp ?? "";
    });
  }
  /** Take the service's answer; resolves when sound and data channel are up. */
  async answer(sdp) {
    await atStage("SDP", () => this.#connection.setRemoteDescription({ type: "answer", sdp }));
    await this.#connected();
  }
  /** Call by ourselves with an ephemeral key; resolves to the call's id, where it can be read. */
  async direct(url, key) {
    const body = await this.offer();
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" };
    const request = { method: "POST", body, headers, redirect: "error" };
    const answer = await atStage("HTTP", async () => {
      const response = await fetch(url, request);
      if (!response.ok) throw await refusal(response);
      return response;
    });
    await this.answer(await atStage("HTTP", () => answer.text()));
    return answer.headers.get("location")?.split("/").pop() || null;
  }
  send(text4) {
    if (this.#channel.readyState === "open") this.#channel.send(text4);
  }
  close() {
    this.#over = true;
    clearTimeout(this.#shaken);
    this.speaking.close();
    this.remote.close();
    this.#channel.close();
    this.#connection.close();
  }
  /** Wait until everything is up. */
  #connected() {
    return new Promise((resolve, reject) => {
      const connection = this.#connection;
      const look = () => {
        if (this.#over) return finish(new CallTrouble("page", "the call was given up"));
        if (connection.connectionState === "failed") return finish(stalled(connection));
        if (connection.connectionState !== "connected") return;
        if (this.#channel.readyState === "open") finish(null);
      };
      const timer = setTimeout(() => finish(stalled(connection)), CONNECT_MS);
      const finish = (trouble) => {
        clearTimeout(timer);
        connection.removeEventListener("connectionstatechange", look);
        this.#channel.removeEventListener("open", look);
        this.#up = trouble === null;
        if (trouble === null) resolve();
        else reject(trouble);
      };
      connection.addEventListener("connectionstatechange", look);
      this.#channel.addEventListener("open", look);
      look();
    });
  }
  #changed() {
    clearTimeout(this.#shaken);
    const state = this.#connection.connectionState;
    const lost = () => this.#ended(LOST);
    if (state === "failed") lost();
    else if (state === "disconnected") this.#shaken = setTimeout(lost, SHAKEN_MS);
    else if (state === "closed") this.#ended("the service ended the WebRTC call");
  }
  #ended(why) {
    if (this.#over || !this.#up) return;
    this.close();
    this.#handlers.closed(why);
  }
};
async function refusal(response) {
  let said = "";
  try {
    const body = await response.json();
    const message = body?.error?.message;
    if (typeof message === "string") said = `: ${message.slice(0, REFUSAL_MAX)}`;
  } catch {
  }
  return new CallTrouble("HTTP", `status ${response.status}${said}`);
}
function gathered(connection) {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

// src/rtc/desk.ts
var LOUD_RMS = 3e-3;
var PAUSE_MS = 600;
var RtcDesk = class {
  #shared;
  #handlers;
  #call = null;
  /** The kernel has no wire of its own: it is told everything the data channel says. */
  #relayed = false;
  /** The service says that it is sounding. */
  #told = false;
  #loud = false;
  #muted = false;
  #track = null;
  #gate = "open";
  #pause;
  constructor(shared, handlers) {
    this.#shared = shared;
    this.#handlers = handlers;
  }
  /** There is a call, or there is one being made. */
  get active() {
    return this.#call !== null;
  }
  receive(asked) {
    if (asked.op === "offer" || asked.op === "direct") {
      this.#begin(asked);
      return;
    }
    const call = this.#call;
    if (call === null || call.number !== asked.call) return;
    if (asked.op === "answer") void this.#answer(call, asked.sdp);
    else if (asked.op === "send") call.send(asked.text);
    else if (asked.op === "hush") this.hush();
    else this.hangUp();
  }
  /** Send the microphone; null for silence. */
  speak(track) {
    this.#track = track;
    this.#call?.speaking.speak(track);
  }
  /** What of the microphone goes out. */
  gate(gate) {
    this.#gate = gate;
    this.#call?.speaking.gate(gate);
  }
  /** Let nothing more of this answer out. */
  hush() {
    this.#call?.remote.hush();
  }
  /** Call it from a click or a key press: browsers let sound out only after one. */
  async unlock() {
    if (this.#call !== null) this.#mute(!await this.#shared.start("call"));
  }
  /** The context runs after all. */
  unlocked() {
    this.#mute(false);
  }
  /** The call is over. */
  hangUp() {
    this.#call?.close();
    this.#call = null;
    this.#shared.rest("call");
    clearTimeout(this.#pause);
    this.#told = this.#loud = this.#muted = false;
    this.#handlers.level(0);
    this.#handlers.calling(false);
    this.#changed();
  }
  #begin(asked) {
    if (this.#call !== null) this.hangUp();
    this.#relayed = asked.op === "direct";
    let call;
    try {
      call = new RtcCall(this.#shared, asked.call, {
        message: (text4) => this.#message(asked.call, text4),
        closed: (why) => this.#closed(asked.call, why),
        frame: (bytes) => this.#handlers.heard(bytes),
        level: (rms) => this.#level(rms)
      });
    } catch (error) {
      this.#failed(asked.call, error);
      return;
    }
    this.#call = call;
    call.speaking.speak(this.#track);
    call.speaking.gate(this.#gate);
    void this.unlock();
    if (asked.op === "offer") void this.#offer(call);
    else void this.#direct(call, asked.url, asked.key);
  }
  async #offer(call) {
    try {
      const sdp = await call.offer();
      this.#handlers.say({ kind: "rtc", call: call.number, op: "offer", sdp });
    } catch (error) {
      this.#failed(call.number, error);
    }
  }
  async #answer(call, sdp) {
    await this.#connected(call, async () => {
      await call.answer(sdp);
      return null;
    });
  }
  async #direct(call, url, key) {
    await this.#connected(call, () => call.direct(url, key));
  }
  async #connected(call, connect) {
    try {
      const call_id = await connect();
      if (this.#call !== call) return;
      this.#handlers.calling(true);
      const state = "connected";
      this.#handlers.say({ kind: "rtc", call: call.number, op: "state", state, call_id });
    } catch (error) {
      this.#failed(call.number, error);
    }
  }
  #failed(number3, error) {
    const trouble = error instanceof CallTrouble ? error : new CallTrouble("page", String(error));
    if (this.#call?.number === number3) this.hangUp();
    const { stage, message: why } = trouble;
    this.#handlers.say({ kind: "rtc", call: number3, op: "failed", stage, why });
  }
  #closed(number3, why) {
    this.hangUp();
    this.#handlers.say({ kind: "rtc", call: number3, op: "state", state: "closed", why });
  }
  #message(number3, text4) {
    const sounding = readSounding(text4);
    if (sounding !== null) this.#sounding(sounding);
    if (this.#relayed) this.#handlers.say({ kind: "rtc", call: number3, op: "message", text: text4 });
  }
  #sounding(sounding) {
    this.#told = sounding === "started";
    if (this.#told) {
      this.#call?.remote.open();
    } else if (sounding === "cleared") {
      this.hush();
      this.#loud = false;
    }
    this.#changed();
  }
  #level(rms) {
    this.#handlers.level(rms);
    if (rms < LOUD_RMS) return;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#loud = false;
      this.#changed();
    }, PAUSE_MS);
    if (this.#loud) return;
    this.#loud = true;
    this.#changed();
  }
  #mute(muted) {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#changed();
  }
  #changed() {
    this.#handlers.changed(this.#told || this.#loud || this.#muted, this.#muted);
  }
};

// src/audio/preferences.ts
var KEY = "realtime-nb.sound";
var PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl"];
var NO_PREFERENCES = { input: "", output: "", processing: {} };
function loadPreferences() {
  try {
    return readPreferences(JSON.parse(localStorage.getItem(KEY) ?? "null"));
  } catch {
    return NO_PREFERENCES;
  }
}
function storePreferences(preferences) {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
  }
}
function readPreferences(value) {
  if (typeof value !== "object" || value === null) return NO_PREFERENCES;
  const { input, output, processing } = value;
  const switches = typeof processing === "object" && processing || {};
  const known2 = {};
  for (const name of PROCESSING) {
    const on = switches[name];
    if (typeof on === "boolean") known2[name] = on;
  }
  return {
    input: typeof input === "string" ? input : "",
    output: typeof output === "string" ? output : "",
    processing: known2
  };
}

// src/sound.ts
var DEFAULTS = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true
};
var NO_OUTPUT = "The chosen loudspeaker cannot be used: sound comes from the system's own.";
var SoundSetup = class {
  #chat;
  #context;
  /** What the kernel asks for instead of the defaults. */
  #asked;
  #preferences = loadPreferences();
  constructor(chat, context, choosable, asked, signal) {
    this.#chat = chat;
    this.#context = context;
    this.#asked = asked;
    chat.setSound({ choosable });
    void context.choose(this.#preferences.output);
    this.#show();
    watchDevices(() => void this.refresh(), signal);
  }
  /** What to ask the browser for. */
  constraints() {
    const { input, processing } = this.#preferences;
    const device = input === "" ? {} : { deviceId: { exact: input } };
    return { ...DEFAULTS, ...this.#asked(), ...processing, ...device };
  }
  /** The chosen microphone is not there: have the system's own from now on. */
  forgetInput() {
    this.#keep({ input: "" });
  }
  chooseInput(input) {
    this.#keep({ input });
  }
  async chooseOutput(output) {
    this.#keep({ output });
    if (await this.#context.choose(output)) return;
    this.#keep({ output: "" });
    this.#chat.notify("warning", NO_OUTPUT);
  }
  setProcessing(name, on) {
    this.#keep({ processing: { ...this.#preferences.processing, [name]: on } });
  }
  /** Ask again which devices there are. */
  async refresh() {
    this.#chat.setSound({ devices: await listDevices() });
  }
  /** The microphone was opened. */
  opened(settings) {
    this.#chat.setSound({ inputRate: settings.rate, outputRate: this.#context.rate });
    void this.refresh();
  }
  played(played) {
    const { underruns, prebufferMs } = played;
    const { sound } = this.#chat;
    const outputRate = this.#context.rate;
    const same = sound.underruns === underruns && sound.prebufferMs === prebufferMs;
    if (same && sound.outputRate === outputRate) return;
    this.#chat.setSound({ underruns, prebufferMs, outputRate });
  }
  #keep(change) {
    this.#preferences = { ...this.#preferences, ...change };
    storePreferences(this.#preferences);
    this.#show();
  }
  get preferences() {
    return this.#preferences;
  }
  #show() {
    const constraints = this.constraints();
    const processing = { ...DEFAULTS };
    for (const name of PROCESSING) processing[name] = constraints[name] !== false;
    const { input, output } = this.#preferences;
    this.#chat.setSound({ input, output, processing });
  }
};

// src/engine.ts
var LAST_VIEW_MS = 3e3;
var UNANSWERED_MS = 3e3;
var CONSTRAINTS_TRAIT = "_audio_constraints";
var Engine = class {
  #chat;
  #port;
  #context = new SharedContext();
  #listening;
  #rtc;
  #speaker;
  #sound;
  #passing;
  #inbox;
  #views = 0;
  /** The kernel was told that nobody looks here any more. */
  #left = false;
  constructor(model, chat, signal) {
    this.#chat = chat;
    this.#port = new Port(
      model,
      {
        message: (message, buffers) => this.#inbox.receive(message, buffers),
        gone: (why) => this.#gone(why),
        carrier: (carrier) => this.#inbox.carried(carrier),
        away: (away, lostMs) => this.#passing.away(away, lostMs)
      },
      signal
    );
    this.#passing = new Passing(chat, () => this.#port.probe());
    this.#speaker = new Speaker(this.#context, playbackIn(this.#context), {
      played: (played) => {
        const { latencyMs: latency_ms, prebufferMs: _, ...counts } = played;
        this.#port.send({ kind: "played", latency_ms, ...counts });
        this.#sound.played(played);
      },
      started: (stream, t_ms) => this.#port.send({ kind: "started", stream, t_ms }),
      drained: (stream) => this.#port.send({ kind: "drained", stream }),
      changed: (playing, muted) => {
        if (!this.#rtc.active) this.#playing(playing, muted);
      },
      level: (outputLevel) => chat.set("level", { outputLevel }),
      failed: (message) => chat.notify("error", message)
    });
    this.#rtc = new RtcDesk(this.#context, {
      say: (message) => this.#port.send(message),
      heard: (bytes) => this.#port.send({ kind: "heard" }, [bytes]),
      level: (outputLevel) => chat.set("level", { outputLevel }),
      changed: (playing, muted) => this.#playing(playing, muted),
      calling: (calling) => chat.set("status", { calling })
    });
    const asked = () => this.#constraints();
    this.#sound = new SoundSetup(chat, this.#context, SharedContext.choosable, asked, signal);
    const send = this.#port.send.bind(this.#port);
    this.#listening = new Listening(chat, this.#context, this.#sound, this.#rtc, send);
    this.#inbox = new Inbox(chat, {
      port: this.#port,
      context: this.#context,
      listening: this.#listening,
      speaker: this.#speaker,
      rtc: this.#rtc,
      passing: this.#passing
    });
    this.#context.onrunning = () => {
      this.#speaker.unlocked();
      this.#rtc.unlocked();
    };
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    window.addEventListener("pageshow", () => this.#comeBack(), { signal });
    signal.addEventListener("abort", () => this.#close());
    chat.events.send = (question) => this.#port.send(question);
    chat.history.send = (message) => this.#port.send(message);
    this.#port.open();
    setTimeout(() => this.#unanswered(), UNANSWERED_MS);
  }
  /** Count a view for as long as its signal lives. */
  attach(signal) {
    this.#views++;
    this.#comeBack();
    signal.addEventListener("abort", () => {
      this.#views--;
      setTimeout(() => this.#lastViewGone(), LAST_VIEW_MS);
    });
  }
  async toggleMicrophone() {
    if (this.#chat.microphone !== "off") {
      this.releaseMicrophone();
      return;
    }
    void this.#unlock();
    if (this.#chat.deafness !== "") this.#chat.notify("info", this.#chat.deafness);
    else await this.#listening.open();
  }
  chooseInput(id) {
    this.#sound.chooseInput(id);
    void this.#listening.reopen();
  }
  chooseOutput(id) {
    void this.#sound.chooseOutput(id);
  }
  setProcessing(name, on) {
    this.#sound.setProcessing(name, on);
    void this.#listening.reopen();
  }
  /** Somebody looks at the devices. */
  lookForDevices() {
    void this.#sound.refresh();
  }
  /** Let the microphone go and say so. */
  releaseMicrophone() {
    this.#listening.release();
  }
  /** The talk key was pressed or let go; the first press opens the microphone. */
  talk(held) {
    this.#listening.hold(held);
    if (held && this.#chat.pushed && this.#chat.microphone === "off") void this.toggleMicrophone();
  }
  /** Ask for another way in which turns end. */
  setTurns(mode) {
    this.#port.send({ kind: "turns", mode });
  }
  /** Ask that the microphone be mute while an answer plays, or no longer. */
  setHalfDuplex(half_duplex) {
    this.#port.send({ kind: "turns", half_duplex });
  }
  /** Listen and play here, and no longer in another tab. */
  takeOver() {
    void this.#unlock();
    this.#port.send({ kind: "take_over" });
  }
  /** Answer whether a call may be made. */
  approve(id, decision, reason) {
    this.#port.send({ kind: "approve", id, decision, reason });
  }
  /** Draw a display of a call in a box. */
  get mount() {
    return this.#port.displays;
  }
  /** Send a typed line; false when there is nobody to read it. */
  say(text4) {
    void this.#unlock();
    return this.#port.send({ kind: "text", text: text4 });
  }
  /** Stop the answer being given. */
  stop() {
    void this.#unlock();
    this.#rtc.hush();
    this.#port.send({ kind: "stop" });
  }
  /** What was said so far is a turn. */
  commit() {
    void this.#unlock();
    this.#port.send({ kind: "commit" });
  }
  /** Dial now, do not wait. */
  retry() {
    this.#port.send({ kind: "retry" });
  }
  /** End the chat. */
  end() {
    this.#port.send({ kind: "end" });
  }
  /** Have an answer made in the place of one that failed. */
  askAgain() {
    void this.#unlock();
    this.#port.send({ kind: "ask_again" });
  }
  /** The click that lets sound out. */
  hear() {
    void this.#unlock();
  }
  #unanswered() {
    if (this.#chat.link === "asking") this.#chat.set("status", { link: "unanswered" });
  }
  #gone(why) {
    this.releaseMicrophone();
    this.#rtc.hangUp();
    void this.#speaker.clear();
    this.#passing.unwatch();
    this.#chat.history.gone();
    const detail = why === "restart" ? "the kernel restarted: run the cell again" : "the kernel's side of this chat is gone: run the cell again";
    this.#chat.set("status", this.#chat.over ? { link: "gone" } : { link: "gone", detail });
    this.#chat.set("approvals", { approvals: [] });
  }
  /** Whoever comes back to this notebook hears the rest of the answer. */
  #leave() {
    if (this.#left) return;
    this.#left = true;
    this.releaseMicrophone();
    this.#port.send({ kind: "leave" });
    this.#rtc.hangUp();
  }
  #comeBack() {
    if (!this.#left) return;
    this.#left = false;
    this.#port.rejoin();
  }
  /** The page is still there, with nothing in it to see or press. */
  #lastViewGone() {
    if (this.#views > 0 || this.#left) return;
    this.releaseMicrophone();
    if (this.#speaker.active || this.#rtc.active) this.#port.send({ kind: "stop" });
    this.#leave();
  }
  #playing(playing, muted) {
    this.#listening.playing(playing && !muted, this.#context.latencyMs);
    Floor.shared.talk(this, playing && !muted);
    this.#chat.set("status", { playing, muted });
  }
  /** Call it from a click or a key press: browsers let sound out only after one. */
  async #unlock() {
    await Promise.all([this.#speaker.unlock(), this.#rtc.unlock()]);
  }
  #constraints() {
    const value = this.#port.setting(CONSTRAINTS_TRAIT);
    return typeof value === "object" && value !== null ? value : {};
  }
  #close() {
    this.#passing.close();
    this.#leave();
    this.#listening.close();
    this.#speaker.close();
    Floor.shared.talk(this, false);
    this.#context.close();
  }
};

// src/table/words.ts
function clockText(tMs) {
  const total = Math.max(0, Math.round(tMs));
  const minutes = Math.floor(total / 6e4);
  const seconds2 = (total % 6e4 / 1e3).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds2}`;
}
function spanText(ms) {
  const value = Math.max(0, ms);
  if (value < 1e3) return `${Math.round(value)} ms`;
  if (value < 6e4) return `${(value / 1e3).toFixed(2)} s`;
  const seconds2 = Math.round(value / 1e3);
  return `${Math.floor(seconds2 / 60)}:${String(seconds2 % 60).padStart(2, "0")}`;
}
function sizeText(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
function countText(count2) {
  return count2.toLocaleString("en-US");
}
var UNSEEN = (
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones meant
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/g
);
function visible(text4) {
  return text4.replace(
    UNSEEN,
    (mark) => `⟨${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`
  );
}
function bareId(id) {
  return id.replace(/^(?:item|resp|event)_(?=.)/, "");
}
var PARTS = /(?<=[._])(?=[^._])/u;
var JOINED = /^[\p{M}\u200d]+/u;
function cutFront(text4, room) {
  const signs = Array.from(text4);
  if (signs.length <= room) return text4;
  const kept = Math.max(1, room - 1);
  const end = signs.slice(-kept).join("").replace(JOINED, "");
  const before = signs[signs.length - kept - 1] ?? "";
  const part = /[._]/.test(before) && /^[^._]/.test(end) ? 0 : end.search(PARTS);
  return `…${part > 0 && part <= kept / 2 ? end.slice(part) : end}`;
}
var LEAST_HEAD = 3;
function cutName(text4, room) {
  const tail = cutFront(text4, room);
  const left = room - Array.from(tail).length;
  if (tail === text4 || left < LEAST_HEAD) return tail;
  const head = Array.from(text4).slice(0, left).join("");
  const part = head.indexOf(".") + 1;
  return `${part > 0 ? head.slice(0, part) : head}${tail}`;
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
function dots() {
  return h("span", { class: "rnb-dots" }, h("i"), h("i"), h("i"), spoken("in progress"));
}
function setText(node, text4) {
  if (node.textContent !== text4) node.textContent = text4;
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
function atEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 24;
}

// src/tools/words.ts
var STATES2 = {
  writing: "being written",
  open: "not answered",
  yours: "yours to answer: chat.answer_call(…)",
  waiting: "waits for your leave",
  queued: "queued",
  running: "running",
  ok: "done",
  failed: "failed",
  bad_arguments: "wrong arguments",
  timeout: "out of time",
  cancelled: "cancelled",
  denied: "denied",
  unknown: "no such tool"
};
var LISTS = { running: "listing its tools", ok: "listed" };
var QUESTIONS = { ok: "allowed" };
var GOING = ["writing", "waiting", "queued", "running"];
var isGoing = (tool) => GOING.includes(tool.state);
function stateWords(tool) {
  const own = tool.kind === "mcp_list" ? LISTS : tool.kind === "mcp_approval" ? QUESTIONS : STATES2;
  return own[tool.state] ?? STATES2[tool.state] ?? tool.state;
}
function durationText(ms) {
  if (ms < 1e3) return `${Math.round(ms)} ms`;
  if (ms < 6e4) return `${(ms / 1e3).toFixed(1)} s`;
  return `${Math.floor(ms / 6e4)} min ${Math.floor(ms % 6e4 / 1e3)} s`;
}
function callText(tool) {
  return visible(`${tool.name === "" ? "…" : tool.name}(${argumentText(tool.arguments)})`);
}
function argumentText(given) {
  const value = parsed(given);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return given;
  return Object.entries(value).map(([name, one]) => `${name}=${JSON.stringify(one)}`).join(", ");
}
function wholeText(given) {
  const value = parsed(given);
  const structured = typeof value === "object" && value !== null;
  return visible(structured ? JSON.stringify(value, null, 2) : given);
}
function parsed(given) {
  try {
    return JSON.parse(given);
  } catch {
    return void 0;
  }
}
function oneLine(given, room) {
  const line = given.replace(/\s+/g, " ").trim();
  const signs = Array.from(line.slice(0, room * 2));
  return signs.length <= room ? line : `${signs.slice(0, room - 1).join("")}…`;
}

// src/tools/approvals.ts
var KEYS = { o: "once", a: "always", d: "deny" };
var CHOICES = [
  ["once", "Allow once", "O"],
  ["always", "Always allow", "A"],
  ["deny", "Deny", "D"]
];
var PAUSE_MS2 = 400;
var Question = class {
  node;
  #approval;
  #answer;
  #left = h("span", { class: "rnb-approval-left", "aria-hidden": "true" });
  #reason = h("input", {
    class: "rnb-approval-reason",
    type: "text",
    maxlength: "1000",
    placeholder: "Reason for a no",
    "aria-label": "Reason for a no; Enter denies"
  });
  #buttons;
  #focusedMs = Number.NEGATIVE_INFINITY;
  #movedMs = Number.NEGATIVE_INFINITY;
  #resting;
  #answered = false;
  constructor(approval, answer) {
    this.#approval = approval;
    this.#answer = answer;
    this.#buttons = CHOICES.map(([decision, words, key]) => this.#button(decision, words, key));
    this.node = h(
      "div",
      { class: "rnb-approval", role: "group", tabindex: "0", "aria-label": titleOf(approval) },
      h("p", { class: "rnb-approval-title", "aria-hidden": "true" }, ...titleNodes(approval)),
      argumentsOf(approval),
      h("div", { class: "rnb-approval-row" }, ...this.#buttons, this.#reason, this.#left),
      h("p", { class: "rnb-approval-keys", "aria-hidden": "true" }, "O once · A always · D deny")
    );
    this.node.addEventListener("keydown", (event) => this.#keyed(event));
    this.#reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !event.repeat) this.#decide("deny");
    });
  }
  update(live) {
    for (const button2 of this.#buttons) button2.disabled = this.#answered || !live;
    this.#reason.disabled = this.#answered || !live;
    const left = Math.ceil((this.#approval.endMs - performance.now()) / 1e3);
    const words = left > 0 ? `${left} s left; no answer is a no` : "no answer: denied";
    setText(this.#left, this.#answered ? "answered" : words);
  }
  /** It stands in a new place, where for a moment no click is meant for it. */
  moved() {
    this.#movedMs = performance.now();
    this.node.dataset.moved = "";
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => delete this.node.dataset.moved, PAUSE_MS2);
  }
  /** Take the focus over from a question that was answered. */
  focus() {
    this.#focusedMs = performance.now();
    this.node.focus({ preventScroll: true });
  }
  #button(decision, words, key) {
    const button2 = h(
      "button",
      {
        type: "button",
        class: `rnb-button rnb-approval-${decision}`,
        "aria-keyshortcuts": key,
        title: `${key}, while this question has the focus`
      },
      words
    );
    button2.addEventListener("click", ({ detail }) => {
      if (detail === 0 || performance.now() - this.#movedMs >= PAUSE_MS2) this.#decide(decision);
    });
    return button2;
  }
  #keyed(event) {
    if (event.target === this.#reason) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const decision = KEYS[event.key.toLowerCase()];
    if (decision === void 0 || performance.now() - this.#focusedMs < PAUSE_MS2) return;
    event.preventDefault();
    this.#decide(decision);
  }
  #decide(decision) {
    if (this.#answered || this.#buttons[0]?.disabled === true) return;
    this.#answered = true;
    this.#answer(this.#approval.id, decision, decision === "deny" ? this.#reason.value.trim() : "");
    this.update(true);
  }
};
function titleOf({ name, server }) {
  const where = server === "" ? "" : ` of the MCP server ${visible(server)}`;
  return `May ${visible(name)}${where} be called?`;
}
function titleNodes({ name, server }) {
  const tool = h("code", { class: "rnb-card-title" }, visible(name));
  if (server === "") return ["May ", tool, " be called?"];
  const label = h("code", { class: "rnb-card-title" }, visible(server));
  return ["May ", tool, " of the MCP server ", label, " be called?"];
}
function argumentsOf(approval) {
  const none = approval.arguments.trim() === "" || approval.arguments.trim() === "{}";
  if (none) return h("p", { class: "rnb-approval-none" }, "without arguments");
  const pre = h("pre", { class: "rnb-approval-arguments", tabindex: "0" });
  pre.setAttribute("aria-label", "Arguments");
  pre.textContent = wholeText(approval.arguments);
  return pre;
}
function createApprovals(chat, answer, signal) {
  const list = h("div", { class: "rnb-approval-list" });
  const said = h("div", { class: "rnb-sr", role: "status" });
  const node = h("div", { class: "rnb-approvals" }, list, said);
  const shown = /* @__PURE__ */ new Map();
  let timer;
  const tick = () => {
    for (const question of shown.values()) question.update(chat.open);
  };
  const drop = (open) => {
    let focused = false;
    const before = shown.size;
    for (const [id, question] of shown) {
      if (open.some((approval) => approval.id === id)) continue;
      focused ||= question.node.contains(document.activeElement);
      question.node.remove();
      shown.delete(id);
    }
    if (shown.size < before) for (const question of shown.values()) question.moved();
    return focused;
  };
  const update = () => {
    const open = chat.approvals;
    const focused = drop(open);
    for (const approval of open) {
      if (shown.has(approval.id)) continue;
      const question = new Question(approval, answer);
      shown.set(approval.id, question);
      question.moved();
      list.append(question.node);
      const call = oneLine(callText(approval), 200);
      said.replaceChildren(spoken(`${titleOf(approval)} ${call}. Shift+Tab from the message box.`));
    }
    if (open.length === 0) said.replaceChildren();
    node.hidden = open.length === 0;
    if (focused) shown.values().next().value?.focus();
    tick();
    clearInterval(timer);
    if (open.length > 0 && !signal.aborted) timer = setInterval(tick, 1e3);
  };
  signal.addEventListener("abort", () => clearInterval(timer));
  update();
  return { node, update };
}

// src/ui/log.ts
function createLog(label, className, make, dropped = () => void 0) {
  const list = h("div", {
    class: "rnb-log",
    role: "log",
    "aria-label": label,
    "aria-live": "polite",
    tabindex: "0"
  });
  const empty = h("p", { class: "rnb-empty" });
  const node = h("div", { class: `rnb-talk ${className}` }, list, empty);
  const entries = /* @__PURE__ */ new Map();
  const entryOf = (item) => {
    let entry = entries.get(item.id);
    if (entry === void 0) {
      entry = make(item);
      entries.set(item.id, entry);
    }
    return entry;
  };
  const end = keepEnd(list);
  const update = (items, whenEmpty) => {
    let next = list.firstChild;
    for (const item of items) {
      const entry = entryOf(item);
      entry.show(item);
      if (entry.node === next) next = next.nextSibling;
      else list.insertBefore(entry.node, next);
    }
    dropRest(next);
    if (entries.size > items.length) forget(entries, items, dropped);
    empty.hidden = items.length > 0;
    setText(empty, whenEmpty);
    end.settle();
  };
  return { node, list, update, follow: end.follow };
}
function keepEnd(list) {
  let following = true;
  let top = 0;
  const settle = () => {
    if (list.clientHeight === 0) return;
    list.scrollTop = following ? list.scrollHeight : top;
  };
  list.addEventListener("scroll", () => {
    if (list.clientHeight === 0) return;
    if (atEnd(list)) following = true;
    else if (list.scrollTop < top) following = false;
    top = list.scrollTop;
  });
  if (typeof ResizeObserver === "function") new ResizeObserver(settle).observe(list);
  const follow = () => {
    following = true;
    settle();
  };
  return { settle, follow };
}
function dropRest(from) {
  let node = from;
  while (node !== null) {
    const after = node.nextSibling;
    node.remove();
    node = after;
  }
}
function forget(entries, items, dropped) {
  const kept = new Set(items.map((item) => item.id));
  for (const [id, entry] of entries) {
    if (kept.has(id)) continue;
    entries.delete(id);
    dropped(entry);
  }
}

// src/ui/captions.ts
var Caption = class {
  node;
  #text = document.createTextNode("");
  #dots = dots();
  #note = h("span", { class: "rnb-note" });
  #item = null;
  constructor(item, language) {
    const translated = item.role === "assistant";
    const words = h("span", { class: "rnb-words" });
    if (translated) {
      words.append(spoken("Translation: "));
      if (language !== "") words.lang = language;
    }
    words.append(this.#text, this.#dots);
    this.node = h("p", { class: `rnb-caption rnb-${item.role}` }, words, this.#note);
  }
  show(item) {
    if (item === this.#item) return;
    this.#item = item;
    setText(this.#text, item.text.trim());
    this.#dots.hidden = item.final || item.text !== "";
    this.node.toggleAttribute("data-partial", !item.final);
    this.node.dataset.status = item.status;
    if (item.level !== void 0) this.node.dataset.level = item.level;
    this.node.setAttribute("aria-busy", String(!item.final || item.status === "in_progress"));
    setText(this.#note, noteOf(item));
    this.#note.hidden = this.#note.textContent === "";
  }
};
function noteOf(item) {
  if (item.note !== null && item.note !== "") return item.note;
  return item.final && item.text.trim() === "" ? "no words" : "";
}
function hint(chat) {
  if (!chat.open) return "";
  if (chat.kind === "translation") {
    return "Press the microphone and speak: the translation is heard and written here.";
  }
  if (chat.pushed) return "Hold the button or the space bar and speak: it is written here.";
  const finish = chat.finishable ? " Finish ends a caption." : "";
  return `Press the microphone and speak: what is heard is written here.${finish}`;
}
function createCaptions(chat) {
  const log = createLog("Captions", "rnb-captions", (item) => new Caption(item, chat.language));
  const from = h("span", {}, "What is said");
  const to = h("span", {});
  const heads = h("div", { class: "rnb-columns", "aria-hidden": "true" }, from, to);
  const node = h("div", {}, heads, log.node);
  const update = () => {
    node.hidden = chat.kind === "realtime";
    if (node.hidden) return;
    const items = chat.transcript.items;
    const translation = chat.kind === "translation";
    const both = translation && items.some((item) => item.role === "user");
    node.toggleAttribute("data-both", both);
    heads.hidden = !both;
    setText(to, chat.language === "" ? "Translation" : `Translation (${chat.language})`);
    log.update(items, hint(chat));
  };
  update();
  return { node, update };
}

// src/captions.ts
function hasWords(items) {
  return items.some((item) => item.role !== "mark" && item.text.trim() !== "");
}
function captionText(items) {
  return items.filter((item) => item.role !== "mark").map((item) => ({ words: item.text.trim(), arrow: item.role === "assistant" ? "→ " : "" })).filter(({ words }) => words !== "").map(({ words, arrow }) => `${arrow}${words}
`).join("");
}

// src/ui/clipboard.ts
async function copyText(text4) {
  try {
    await navigator.clipboard.writeText(text4);
    return true;
  } catch {
    return copyBySelection(text4);
  }
}
function copyBySelection(text4) {
  const box = document.createElement("textarea");
  box.value = text4;
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

// src/ui/meter.ts
var BARS = 24;
var WIDTH = 72;
var HEIGHT = 24;
var FLOOR_DB = -60;
function loudness(rms) {
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}
function createMeter(className, read) {
  const canvas = h("canvas", { class: `rnb-meter ${className}`, "aria-hidden": "true" });
  const scale = Math.max(1, window.devicePixelRatio || 1);
  canvas.width = WIDTH * scale;
  canvas.height = HEIGHT * scale;
  const levels = new Array(BARS).fill(0);
  const draw = () => {
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.fillStyle = getComputedStyle(canvas).color;
    const step2 = WIDTH / BARS;
    levels.forEach((level, index) => {
      const height = Math.max(2, level * HEIGHT);
      pen.fillRect(index * step2, (HEIGHT - height) / 2, step2 - 1, height);
    });
  };
  const update = () => {
    const level = read();
    canvas.hidden = level === null;
    if (level === null) {
      levels.fill(0);
      return;
    }
    levels.shift();
    levels.push(loudness(level));
    draw();
  };
  update();
  return { node: canvas, update };
}

// src/ui/talk.ts
var TAKES_SPACE = "a, button, input, select, textarea, summary, [contenteditable]";
function createTalk(chat, actions, signal) {
  const words = document.createTextNode("");
  const node = h(
    "button",
    { type: "button", class: "rnb-button rnb-talk-key", "aria-pressed": "false" },
    icon("microphone"),
    words
  );
  node.setAttribute("aria-keyshortcuts", "Space");
  let pointed = false;
  const hold = (event) => {
    if (event.button !== 0) return;
    node.setPointerCapture?.(event.pointerId);
    pointed = true;
    actions.talk(true);
  };
  const release2 = () => {
    pointed = false;
    actions.talk(false);
  };
  const keyed = (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) actions.talk(event.type === "keydown");
  };
  node.addEventListener("pointerdown", hold, { signal });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
    node.addEventListener(end, release2, { signal });
  }
  whenLeft(() => {
    if (pointed) release2();
  }, signal);
  node.addEventListener("keydown", keyed, { signal });
  node.addEventListener("keyup", keyed, { signal });
  node.addEventListener(
    "click",
    (event) => {
      if (event.detail === 0) actions.talk(!chat.talking);
    },
    { signal }
  );
  node.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  const update = () => {
    node.hidden = !chat.pushed;
    node.disabled = !chat.open;
    node.title = "Hold and speak; or hold the space bar";
    node.setAttribute("aria-pressed", String(chat.talking));
    setText(words, chat.talking ? "Listening" : "Hold to talk");
  };
  update();
  return { node, update };
}
function holdSpace(root, chat, actions, signal) {
  let held = false;
  const release2 = () => {
    if (held) actions.talk(false);
    held = false;
  };
  const down = (event) => {
    if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!chat.pushed || !chat.open || wantsSpace(event.target)) return;
    event.preventDefault();
    if (event.repeat || held) return;
    held = true;
    actions.talk(true);
  };
  const again = (event) => {
    if (held && event.key === " " && event.repeat) event.preventDefault();
  };
  const up = (event) => {
    if (event.key !== " " || !held) return;
    event.preventDefault();
    release2();
  };
  root.addEventListener("keydown", down, { signal });
  window.addEventListener("keyup", up, { signal, capture: true });
  window.addEventListener("keydown", again, { signal, capture: true });
  whenLeft(release2, signal);
  signal.addEventListener("abort", release2);
}
function whenLeft(release2, signal) {
  window.addEventListener("blur", release2, { signal });
  document.addEventListener("visibilitychange", release2, { signal });
}
function wantsSpace(target) {
  if (!(target instanceof Element)) return false;
  const taker = target.closest(TAKES_SPACE);
  return taker !== null && !taker.classList.contains("rnb-microphone");
}

// src/ui/composer.ts
var MICROPHONE_TITLES = {
  off: "Press and speak",
  asking: "Waiting for leave to use the microphone; press to give up",
  on: "Listening; press to switch the microphone off"
};
function createComposer(chat, actions, sent, signal) {
  const microphone = h(
    "button",
    {
      type: "button",
      class: "rnb-microphone",
      "aria-label": "Microphone",
      "aria-pressed": "false"
    },
    h("span", { class: "rnb-ring", "aria-hidden": "true" }),
    icon("microphone")
  );
  const meter = createMeter("rnb-meter-in", () => chat.microphone === "on" ? chat.level : null);
  const output = createMeter("rnb-meter-out", () => chat.playing ? chat.outputLevel : null);
  const box = createBox(signal);
  const talk = createTalk(chat, actions, signal);
  const finish = button("Finish", "check", "rnb-finish");
  const send = button("Send", "send", "rnb-send");
  const stop = button("Stop", "stop", "rnb-stop");
  stop.title = "Stop the answer (Esc)";
  stop.setAttribute("aria-keyshortcuts", "Escape");
  const copy = createCopy(chat, signal);
  const node = h(
    "div",
    { class: "rnb-composer" },
    microphone,
    meter.node,
    talk.node,
    finish,
    box.node,
    send,
    output.node,
    stop,
    copy.node
  );
  const updateSend = () => {
    send.disabled = !chat.open || box.text() === "";
  };
  const updateLevel = () => {
    microphone.style.setProperty("--rnb-level", loudness(chat.level).toFixed(3));
    meter.update();
    output.update();
  };
  const update = () => {
    const off = chat.microphone === "off";
    microphone.disabled = off && (!chat.open || chat.deafness !== "");
    microphone.dataset.state = chat.microphone;
    microphone.setAttribute("aria-pressed", String(chat.microphone === "on"));
    microphone.toggleAttribute("data-mute", chat.deaf || chat.pushed && !chat.talking);
    microphone.title = microphoneTitle(chat);
    box.node.placeholder = placeholder(chat);
    const talks = chat.kind === "realtime";
    for (const part of [box.node, send, stop]) part.hidden = !talks;
    stop.disabled = !chat.stoppable;
    talk.update();
    finish.hidden = !chat.finishable;
    finish.disabled = !chat.open;
    finish.title = talks ? "End your turn and have it answered" : "End this caption";
    copy.update();
    updateSend();
    updateLevel();
  };
  const submit = () => {
    const text4 = box.text();
    if (text4 === "" || !chat.open || !actions.say(text4)) return;
    box.write("");
    sent();
  };
  microphone.addEventListener("click", () => void actions.toggleMicrophone(), { signal });
  send.addEventListener("click", submit, { signal });
  stop.addEventListener("click", () => actions.stop(), { signal });
  finish.addEventListener("click", () => actions.commit(), { signal });
  box.onedit = updateSend;
  box.onsubmit = submit;
  update();
  return { node, update, updateLevel, write: box.write };
}
function microphoneTitle(chat) {
  if (!chat.open && chat.microphone === "off") return "Not live";
  if (chat.deafness !== "") return chat.deafness;
  if (chat.microphone !== "on") return MICROPHONE_TITLES[chat.microphone];
  if (chat.session === "restoring") {
    return "Reconnecting: what you say is kept; press to switch the microphone off";
  }
  if (chat.deaf) return "Mute while the answer plays; press to switch the microphone off";
  if (chat.pushed && !chat.talking) return "Ready; hold the button or the space bar and speak";
  return MICROPHONE_TITLES.on;
}
function placeholder(chat) {
  if (!chat.open) return "Not live";
  if (chat.session === "restoring" && chat.restoration?.reason !== "renewal") {
    const kept = chat.microphone === "on" ? "what you say is kept" : "type all the same";
    return `Reconnecting: ${kept}`;
  }
  if (chat.microphone !== "on") return "Message";
  if (chat.pushed) return "Hold the space bar; or type a message";
  return "Listening; or type a message";
}
function createBox(signal) {
  const node = h("textarea", {
    class: "rnb-box",
    rows: "1",
    "aria-label": "Message",
    autocomplete: "off",
    spellcheck: "true"
  });
  const edited = () => {
    node.style.height = "auto";
    node.style.height = `${node.scrollHeight + 2}px`;
    box.onedit();
  };
  const keyed = (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (!event.shiftKey) {
      box.onsubmit();
      return;
    }
    node.setRangeText("\n", node.selectionStart, node.selectionEnd, "end");
    edited();
  };
  node.addEventListener("input", edited, { signal });
  node.addEventListener("keydown", keyed, { signal });
  const box = {
    node,
    text: () => node.value.trim(),
    write(text4) {
      node.value = text4;
      edited();
      node.focus();
    },
    onedit: () => void 0,
    onsubmit: () => void 0
  };
  return box;
}
var DONE_MS = 1500;
function createCopy(chat, signal) {
  const node = button("Copy", "copy", "rnb-copy");
  const words = node.lastChild;
  const say = (text4) => {
    if (words !== null) words.textContent = text4;
  };
  const update = () => {
    node.hidden = chat.kind === "realtime";
    node.disabled = node.hidden || !hasWords(chat.transcript.items);
  };
  const copy = async () => {
    if (await copyText(captionText(chat.transcript.items))) {
      say("Copied");
      setTimeout(() => say("Copy"), DONE_MS);
    } else {
      chat.notify("warning", "This browser lets nothing be copied here: select the captions.");
    }
  };
  node.addEventListener("click", () => void copy(), { signal });
  return { node, update };
}
function button(words, mark, className) {
  return h("button", { type: "button", class: `rnb-button ${className}` }, icon(mark), words);
}

// src/ui/escape.ts
function meant(target, chat, actions) {
  if (target instanceof Element && target.closest(".rnb-approval") !== null) return () => void 0;
  const menu = target instanceof Element ? target.closest(".rnb-item-actions") : null;
  if (menu !== null) return () => menu.dispatchEvent(new Event("rnb-close"));
  const settings = target instanceof Element ? target.closest("details.rnb-settings[open]") : null;
  if (settings !== null) {
    return () => {
      settings.open = false;
      settings.querySelector("summary")?.focus();
    };
  }
  return chat.stoppable ? () => actions.stop() : null;
}
function escapeKey(root, chat, actions, signal) {
  const means = (event) => {
    const plain = !(event.ctrlKey || event.altKey || event.metaKey || event.shiftKey);
    if (event.key !== "Escape" || !plain || event.isComposing) return null;
    return meant(event.target, chat, actions);
  };
  const down = (event) => {
    const act = event.defaultPrevented ? null : means(event);
    if (act === null) return;
    event.preventDefault();
    if (!event.repeat) act();
  };
  root.addEventListener("keydown", down, { signal });
  return { wants: (event) => means(event) !== null };
}

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
    const known2 = log !== "" && typeof fields.log === "string" && fields.log !== "";
    const same = known2 ? fields.log === log : fields.chat === name;
    if (fields.by === self || !same) return;
    const { seq } = fields;
    if (Number.isInteger(seq) && seq >= 0) selected(seq);
  };
  document.addEventListener(SELECT, hear, { signal });
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
var Player2 = class {
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
  #player = new Player2(() => this.#drawPlay());
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
    const button2 = (words, act) => createButton(words, null, async () => act(), signal);
    this.#play = createButton(
      () => this.#playWords,
      "speaker",
      () => this.#toggleSound(),
      signal
    );
    this.#item = button2("Only this item", () => this.#only("item"));
    this.#response = button2("Only this response", () => this.#only("response"));
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
var labelOf = (button2) => button2.querySelector(".rnb-label") ?? button2;
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
  const count2 = h("span", { class: "rnb-total" });
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
  let known2 = "none";
  const drawKinds = () => {
    const kinds = model.kinds.map(([name]) => name).sort();
    const now2 = JSON.stringify([kinds, model.query.kind]);
    if (now2 === known2 || document.activeElement === kind) return;
    known2 = now2;
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
    setText(count2, totalWords(model));
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
    count2,
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
  const fold2 = h("span", { class: "rnb-fold", "aria-hidden": "true" });
  const type = h("bdi");
  const count2 = h("span", { class: "rnb-count" });
  const event = cell("type", 4);
  event.append(fold2, type);
  const said = cell("summary", 7);
  const summary = h("bdi");
  const span = h("span", { class: "rnb-span" });
  said.append(count2, span, " ", summary);
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
    fold: fold2,
    type,
    count: count2,
    span,
    item,
    response,
    summary,
    size,
    place: -1,
    row: void 0
  };
}
var WORDS2 = ["time", "since", "fold", "count", "span", "size"];
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
  for (const name of WORDS2) setText(slot[name], words[name]);
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
    const known2 = model.row(place);
    if (known2 !== void 0) events.select(known2, place);
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
    const step2 = Math.max(1, this.#fits - 1);
    switch (key) {
      case "ArrowDown":
        return here + 1;
      case "ArrowUp":
        return here - 1;
      case "PageDown":
        return here + step2;
      case "PageUp":
        return here - step2;
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
var AGAIN_MS4 = 2e3;
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
    const known2 = this.selectedRow;
    if (row.seq !== this.selected) return false;
    return known2 === null || known2.of === row.of;
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
    const count2 = this.#last - this.#first + 2 * BEYOND;
    if (this.#around !== null) return { around: this.#around, count: count2 };
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
    }, AGAIN_MS4);
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

// src/ui/events.ts
function createEvents(chat, signal) {
  const table = createTable(chat.events, signal);
  const total = h("span", { class: "rnb-total" });
  const node = h(
    "details",
    { class: "rnb-events", open: true },
    h("summary", {}, icon("chevron"), "Events", total),
    table.node
  );
  const update = () => setText(total, chat.events.events > 0 ? countText(chat.events.events) : "");
  update();
  return { node, update };
}

// src/ui/header.ts
var CARRIERS = {
  fast: "Sound goes by a WebSocket through your Jupyter Server.",
  comm: "Sound goes by the notebook's own channel to the kernel.",
  waits: "Sound goes by the notebook's own channel to the kernel, and waits while a cell runs."
};
var CALLS = {
  webrtc: {
    words: "WebRTC",
    title: "Sound goes by WebRTC from this page to the service; events go through the kernel."
  },
  "webrtc-direct": {
    words: "WebRTC direct",
    title: "This page calls the service itself by WebRTC, with an ephemeral key."
  },
  sideband: {
    words: "sideband",
    title: "This chat has joined a call whose sound runs elsewhere."
  }
};
function stateWords2(chat) {
  const because = chat.detail === "" ? "" : `: ${chat.detail}`;
  if (chat.link === "asking") return { tone: "busy", words: "not live yet: asking the kernel" };
  if (chat.link === "unanswered") return { tone: "idle", words: "not live: run the cell to talk" };
  if (chat.link === "gone" && !chat.over) return { tone: "bad", words: `not live${because}` };
  switch (chat.session) {
    case "connecting":
      return { tone: "busy", words: `connecting${because}` };
    case "open":
      return { tone: "live", words: "live" };
    case "restoring":
      return { tone: "busy", words: restoringWords(chat) };
    case "closed":
      return { tone: "idle", words: `closed${because}` };
    case "failed":
      if (chat.told) return { tone: "bad", words: "failed: the cell's error says why" };
      return { tone: "bad", words: `failed${because}` };
  }
}
function restoringWords(chat) {
  return chat.restoration?.reason === "renewal" ? "renewing the session" : "reconnecting";
}
function kindWords(chat) {
  if (chat.kind === "realtime") return "";
  if (chat.kind === "translation" && chat.language !== "") return `translation to ${chat.language}`;
  return chat.kind;
}
function updateCosts(badge, chat) {
  const { cost, endpoint } = chat;
  const counted = cost !== null && (cost.charges > 0 || cost.budget !== null);
  const bill = counted && endpoint?.practice !== true ? cost : null;
  badge.hidden = !chat.costs && bill === null;
  setText(badge, bill === null ? "costs money" : costWords(bill));
  badge.title = costTitle(bill, endpoint?.name ?? "");
  badge.toggleAttribute("data-spent", bill?.spent === true);
}
function createHeader(chat) {
  const dot = h("span", { class: "rnb-dot", "aria-hidden": "true" });
  const words = h("span", { class: "rnb-state", role: "status" });
  const kind = h("span", { class: "rnb-kind" });
  const costs = h("span", { class: "rnb-badge rnb-costs" }, "costs money");
  const limits = h("span", { class: "rnb-badge rnb-limits" });
  limits.title = "The service's rate limit is nearly used up: answers fail until it is full again. Wait, or ask for less.";
  const model = h("span", { class: "rnb-model" });
  const endpoint = h("span", { class: "rnb-endpoint" });
  const badge = h("span", { class: "rnb-badge" }, "local practice server · not a model");
  const carrier = h("span", { class: "rnb-carrier" });
  const parts = [dot, words, kind, badge, costs, limits, endpoint, model, carrier];
  const node = h("header", { class: "rnb-header" }, ...parts);
  const update = () => {
    const { tone, words: text4 } = stateWords2(chat);
    dot.dataset.tone = tone;
    setText(words, text4);
    words.title = chat.told ? chat.detail : "";
    setText(kind, kindWords(chat));
    kind.hidden = kind.textContent === "";
    updateCosts(costs, chat);
    setText(limits, chat.limits);
    limits.hidden = chat.limits === "";
    const practice = chat.endpoint?.practice === true;
    badge.hidden = !practice;
    setText(endpoint, practice ? "" : chat.endpoint?.name ?? "");
    endpoint.title = chat.endpoint?.url ?? "";
    badge.title = `${endpoint.title} – free of charge`;
    const named = [chat.endpoint?.model ?? "", chat.voice].filter((name) => name !== "");
    setText(model, named.join(" · "));
    const leg = chat.transport === "websocket" ? null : CALLS[chat.transport];
    carrier.hidden = chat.link !== "live";
    setText(carrier, leg?.words ?? (chat.carrier === "fast" ? "fast path" : "comm"));
    carrier.title = leg?.title ?? CARRIERS[chat.waits ? "waits" : chat.carrier];
  };
  update();
  return { node, update };
}

// src/ui/notices.ts
function createNotices(chat, actions, signal) {
  const hear = h(
    "button",
    { type: "button", class: "rnb-button rnb-hear" },
    icon("speaker"),
    "Click to hear"
  );
  hear.addEventListener("click", () => actions.hear(), { signal });
  const takeOver = h("button", { type: "button", class: "rnb-button" }, "Take over");
  takeOver.addEventListener("click", () => actions.takeOver(), { signal });
  const where = h("span", {}, "");
  const elsewhere = h("p", { class: "rnb-elsewhere" }, where, takeOver);
  const list = h("div", { class: "rnb-notice-list", role: "status" });
  const node = h("div", { class: "rnb-notices" }, hear, elsewhere, list);
  const shown = /* @__PURE__ */ new Map();
  const show = (notice) => {
    const close = h(
      "button",
      { type: "button", class: "rnb-dismiss", "aria-label": "Dismiss", title: "Dismiss" },
      icon("close")
    );
    close.addEventListener("click", () => chat.dismiss(notice.text), { signal });
    const words = h("span", {}, notice.text);
    return h("div", { class: "rnb-notice", "data-level": notice.level }, words, close);
  };
  const update = () => {
    hear.hidden = !chat.muted;
    takeOver.disabled = !chat.open;
    const call = chat.deafness;
    takeOver.hidden = call !== "";
    setText(where, call === "" ? "Open in another tab, which listens and plays." : call);
    elsewhere.hidden = chat.link !== "live" || call === "" && chat.owner;
    for (const [notice, box] of shown) {
      if (chat.notices.includes(notice)) continue;
      box.remove();
      shown.delete(notice);
    }
    for (const notice of chat.notices) {
      if (shown.has(notice)) continue;
      const box = show(notice);
      shown.set(notice, box);
      list.append(box);
    }
  };
  update();
  return { node, update };
}

// src/ui/phrases.ts
function createPhrases(chat, choose, signal) {
  const chips = h("div", { class: "rnb-chips", role: "group", "aria-label": "Phrases" });
  const node = h(
    "details",
    { class: "rnb-phrases", open: true },
    h("summary", {}, icon("chevron"), "Try saying"),
    chips
  );
  let drawn = [];
  let drawnKind = chat.kind;
  chips.addEventListener(
    "click",
    (event) => {
      const chip = event.target instanceof Element ? event.target.closest("button") : null;
      if (chip !== null) choose(chip.textContent ?? "");
    },
    { signal }
  );
  chips.addEventListener("keydown", (event) => step(chips, event), { signal });
  chips.addEventListener("focusin", (event) => stopAt(chips, event.target), { signal });
  const update = () => {
    node.hidden = chat.phrases.length === 0 || !chat.open;
    if (drawn === chat.phrases && drawnKind === chat.kind) return;
    drawn = chat.phrases;
    drawnKind = chat.kind;
    chips.replaceChildren(...drawn.map((phrase) => chipOf(phrase, chat.kind === "realtime")));
    stopAt(chips, chips.firstElementChild);
  };
  update();
  return { node, update };
}
function stopAt(chips, chosen) {
  for (const chip of chips.querySelectorAll("button")) chip.tabIndex = chip === chosen ? 0 : -1;
}
function step(chips, event) {
  const all = [...chips.querySelectorAll("button")];
  const at = event.target instanceof HTMLButtonElement ? all.indexOf(event.target) : -1;
  const places = {
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    Home: 0,
    End: all.length - 1
  };
  const next = all[places[event.key] ?? -1];
  if (at < 0 || next === void 0) return;
  event.preventDefault();
  next.focus();
}
function chipOf(phrase, typable) {
  if (!typable) return h("span", { class: "rnb-chip" }, phrase);
  return h("button", { type: "button", class: "rnb-chip" }, phrase);
}

// src/ui/restoring.ts
var TICK_MS = 250;
function createRestoring(chat, actions, signal) {
  const words = h("span", { class: "rnb-restoring-words", "aria-live": "off" });
  const detail = h("span", { class: "rnb-restoring-detail" });
  const kept = h("span", { class: "rnb-restoring-kept" });
  const retry = h("button", { type: "button", class: "rnb-button" }, "Try now");
  const end = h("button", { type: "button", class: "rnb-button" }, "End");
  end.title = "End the chat: nothing is tried any more";
  retry.addEventListener("click", () => actions.retry(), { signal });
  end.addEventListener("click", () => actions.end(), { signal });
  const lines = h("p", {}, words, detail, kept);
  const node = h("div", { class: "rnb-restoring", role: "status" }, lines, retry, end);
  let timer;
  let told = null;
  let toldMs = 0;
  const tick = () => {
    if (told === null) return;
    const elapsedS = (performance.now() - toldMs) / 1e3;
    setText(words, restorationWords(told, elapsedS));
    setText(kept, keptWords(told, elapsedS, chat.microphone === "on"));
    retry.disabled = told.nextS === 0;
  };
  const update = () => {
    const now2 = chat.link === "live" && chat.session === "restoring" ? chat.restoration : null;
    node.hidden = now2 === null;
    clearInterval(timer);
    if (now2 !== told) toldMs = performance.now();
    told = now2;
    if (told === null) return;
    setText(detail, told.detail);
    detail.hidden = told.detail === "";
    retry.hidden = end.hidden = told.reason === "renewal";
    tick();
    if (!signal.aborted) timer = setInterval(tick, TICK_MS);
  };
  signal.addEventListener("abort", () => clearInterval(timer));
  update();
  return { node, update };
}

// src/ui/sound.ts
var PROCESSING_WORDS = {
  echoCancellation: "Echo cancellation",
  noiseSuppression: "Noise suppression",
  autoGainControl: "Automatic gain"
};
function createSound(chat, actions, signal) {
  const input = createChoice("Microphone device", (id) => actions.chooseInput(id), signal);
  const output = createChoice("Loudspeaker", (id) => actions.chooseOutput(id), signal);
  const switches = PROCESSING.map((name) => {
    const box = h("input", { type: "checkbox" });
    box.addEventListener("change", () => actions.setProcessing(name, box.checked), { signal });
    return { name, box, node: check(PROCESSING_WORDS[name], box) };
  });
  const processing = h(
    "div",
    { class: "rnb-switches", role: "group", "aria-label": "Microphone processing" },
    ...switches.map(({ node }) => node)
  );
  const facts = h("p", { class: "rnb-facts" });
  const update = () => {
    const { devices, sound } = { devices: chat.sound.devices, sound: chat.sound };
    input.update(devices.inputs, sound.input);
    output.update(devices.outputs, sound.output);
    output.node.hidden = !sound.choosable;
    for (const { name, box } of switches) box.checked = sound.processing[name];
    setText(facts, factsText(sound));
  };
  update();
  return { devices: [input.node, output.node], rest: [processing, facts], update };
}
function factsText(sound) {
  const facts = [];
  if (sound.inputRate !== null) facts.push(`microphone at ${kilohertz(sound.inputRate)}`);
  if (sound.outputRate !== null) facts.push(`loudspeaker at ${kilohertz(sound.outputRate)}`);
  if (sound.prebufferMs > 0) {
    facts.push(`answers held back ${Math.round(sound.prebufferMs)} ms`);
    facts.push(gapsText(sound.underruns) || "no gaps");
  }
  return facts.length === 0 ? "Rates and gaps are shown once there was sound." : facts.join(" · ");
}
function gapsText(underruns) {
  if (underruns === 0) return "";
  return underruns === 1 ? "1 gap in the sound" : `${underruns} gaps in the sound`;
}
function check(words, box, title = "") {
  return h("label", { class: "rnb-check", title }, box, words);
}
function labelled(words, control) {
  return h("label", { class: "rnb-field" }, h("span", {}, words), control);
}
function kilohertz(rate) {
  return `${(rate / 1e3).toLocaleString("en", { maximumFractionDigits: 2 })} kHz`;
}
function createChoice(words, choose, signal) {
  const select = h("select", { class: "rnb-select" });
  select.addEventListener("change", () => choose(select.value), { signal });
  let drawn = null;
  return {
    node: labelled(words, select),
    update(devices, chosen) {
      if (devices !== drawn) {
        drawn = devices;
        const known2 = devices.some(({ id }) => id === chosen) || chosen === "";
        const missing = known2 ? [] : [{ id: chosen, name: "The chosen one (not connected)" }];
        const all = [{ id: "", name: "System default" }, ...devices, ...missing];
        select.replaceChildren(...all.map(({ id, name }) => h("option", { value: id }, name)));
      }
      select.value = chosen;
    }
  };
}

// src/ui/settings.ts
var MODE_WORDS = {
  server_vad: "after a silence (server VAD)",
  semantic_vad: "when the sentence is complete (semantic VAD)",
  push_to_talk: "when I let go (push-to-talk)",
  manual: "when I press Finish"
};
function createSettings(chat, actions, signal) {
  const turns = h(
    "select",
    { class: "rnb-select" },
    ...TURN_MODES.map((mode) => h("option", { value: mode }, MODE_WORDS[mode]))
  );
  const turnsRow = labelled("My turn ends", turns);
  const halfDuplex = h("input", { type: "checkbox" });
  const halfDuplexRow = check(
    "Mute the microphone while the answer plays (half-duplex)",
    halfDuplex,
    "For loudspeakers without echo cancellation: the answer cannot interrupt itself"
  );
  const sound = createSound(chat, actions, signal);
  const gaps = h("span", { class: "rnb-gaps" });
  const node = h(
    "details",
    { class: "rnb-settings" },
    h("summary", {}, icon("chevron"), "Settings", gaps),
    h("div", { class: "rnb-fields" }, turnsRow, ...sound.devices, halfDuplexRow, ...sound.rest)
  );
  turns.addEventListener(
    "change",
    () => {
      const mode = TURN_MODES.find((known2) => known2 === turns.value);
      if (mode !== void 0) actions.setTurns(mode);
    },
    { signal }
  );
  halfDuplex.addEventListener("change", () => actions.setHalfDuplex(halfDuplex.checked), {
    signal
  });
  node.addEventListener(
    "toggle",
    () => {
      if (node.open) {
        sound.update();
        actions.lookForDevices();
      }
    },
    { signal }
  );
  const update = () => {
    setText(gaps, gapsText(chat.sound.underruns));
    if (node.open) sound.update();
    turns.value = chat.turns;
    turns.disabled = !chat.open;
    turnsRow.hidden = chat.kind === "translation";
    halfDuplex.checked = chat.halfDuplex;
    halfDuplex.disabled = !chat.open;
    halfDuplexRow.hidden = chat.kind !== "realtime";
  };
  update();
  return { node, update };
}

// src/tools/box.ts
var DisplayBox = class {
  node;
  #displays;
  #inside = h("div", { class: "rnb-display-inside" });
  #text = h("pre", { class: "rnb-card-text" });
  #more = h("button", {
    type: "button",
    class: "rnb-button rnb-display-more",
    "aria-expanded": "false"
  });
  #model = null;
  #unmount = null;
  constructor(displays) {
    this.#displays = displays;
    const frame = h("div", { class: "rnb-display-frame", role: "group" }, this.#inside, this.#text);
    frame.setAttribute("aria-label", "What the call displayed");
    this.node = h("div", { class: "rnb-display", "aria-live": "off" }, frame, this.#more);
    this.node.hidden = true;
    this.#more.addEventListener("click", () => this.#open(!this.#isOpen));
    this.#open(false);
    const measure = () => {
      const scrolls = isLarger(frame);
      this.#more.hidden = !(this.#isOpen || scrolls || isMadeSmall(this.#inside));
      if (scrolls) frame.tabIndex = 0;
      else if (frame !== document.activeElement) frame.removeAttribute("tabindex");
    };
    if (typeof ResizeObserver === "function") {
      const observer = new ResizeObserver(measure);
      for (const part of [frame, this.#inside, this.#text]) observer.observe(part);
    }
  }
  show(callId) {
    const display = this.#displays.of(callId);
    this.node.hidden = display === void 0 || display.model === null && display.text === "";
    if (display === void 0 || display.model === this.#model) {
      if (display !== void 0 && this.#unmount === null) setText(this.#text, display.text);
      return;
    }
    this.close();
    this.#model = display.model;
    setText(this.#text, display.text);
    this.#text.hidden = false;
    if (display.model !== null) void this.#mount(display.model);
  }
  /** Take the view away. */
  close() {
    this.#unmount?.();
    this.#unmount = null;
    this.#model = null;
    this.#inside.replaceChildren();
    this.#text.hidden = false;
  }
  async #mount(model) {
    try {
      const unmount = await this.#displays.mount(model, this.#inside);
      if (this.#model === model) {
        this.#unmount = unmount;
        this.#text.hidden = true;
      } else unmount();
    } catch {
    }
  }
  get #isOpen() {
    return this.node.hasAttribute("data-open");
  }
  #open(open) {
    this.node.toggleAttribute("data-open", open);
    this.#more.setAttribute("aria-expanded", String(open));
    setText(this.#more, open ? "Show less" : "Show all");
  }
};
function isLarger(frame) {
  const { scrollHeight, clientHeight, scrollWidth, clientWidth } = frame;
  return scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1;
}
function isMadeSmall(inside) {
  return Array.from(inside.querySelectorAll("img")).some(
    (image) => image.naturalWidth > image.clientWidth + 1 && image.clientWidth < inside.clientWidth
  );
}

// src/tools/card.ts
var TITLE_CHARS = 240;
var PREVIEW_CHARS = 120;
var CallCard = class {
  node;
  #title = h("code", { class: "rnb-card-title" });
  #server = h("span", { class: "rnb-card-server" });
  #state = h("span", { class: "rnb-card-state" });
  /** It counts many times a second: nothing for a screen reader. */
  #time = h("span", { class: "rnb-card-time", "aria-hidden": "true" });
  #error = h("p", { class: "rnb-card-error" });
  #preview = h("code", { class: "rnb-card-preview" });
  #arguments = h("pre", { class: "rnb-card-text", tabindex: "0" });
  #output = h("pre", { class: "rnb-card-text", tabindex: "0" });
  #details;
  #box;
  #tool = null;
  /** When it began to run, on the page's clock. */
  #sinceMs = null;
  constructor(displays) {
    this.#box = new DisplayBox(displays);
    this.#details = h(
      "details",
      { class: "rnb-card-details", "aria-live": "off" },
      h("summary", {}, icon("chevron"), spoken("Output: "), this.#preview),
      labelled2("Arguments", this.#arguments),
      labelled2("Output", this.#output)
    );
    this.node = h(
      "div",
      { class: "rnb-item rnb-card" },
      h(
        "p",
        { class: "rnb-card-head" },
        spoken("Tool: "),
        this.#server,
        this.#title,
        this.#state,
        this.#time
      ),
      this.#error,
      this.#details,
      this.#box.node
    );
  }
  show(item) {
    if (item.tool !== null) this.#show(item.tool);
  }
  /** It is shown no more. */
  close() {
    this.#box.close();
  }
  /** Its time goes on. */
  tick() {
    const tool = this.#tool;
    if (tool === null || !isGoing(tool) || this.#sinceMs === null) return false;
    setText(this.#time, durationText(performance.now() - this.#sinceMs));
    return true;
  }
  #show(tool) {
    const before = this.#tool;
    if (before === null || !sameTool(before, tool)) this.#redraw(tool, before);
    this.#box.show(tool.callId);
  }
  #redraw(tool, before) {
    this.#tool = tool;
    if (before?.state !== tool.state) {
      const runs = tool.state === "running" || tool.state === "queued";
      this.#sinceMs = runs ? performance.now() - (tool.ms ?? 0) : null;
    }
    this.node.dataset.state = tool.state;
    this.node.setAttribute("aria-busy", String(tool.state === "writing"));
    setText(this.#server, tool.server === "" ? "" : tool.server);
    this.#server.hidden = tool.server === "";
    setText(this.#title, oneLine(titleOf2(tool), TITLE_CHARS));
    setText(this.#state, stateWords(tool));
    if (!this.tick()) setText(this.#time, isGoing(tool) ? "" : timeOf(tool));
    setText(this.#error, oneLine(wholeText(tool.error), 2e3));
    this.#error.hidden = tool.error === "";
    this.#showTexts(tool);
  }
  #showTexts(tool) {
    const long = Array.from(callText(tool).slice(0, TITLE_CHARS * 2)).length >= TITLE_CHARS;
    const output = tool.output !== "";
    this.#details.hidden = !(output || long);
    setText(this.#preview, output ? oneLine(wholeText(tool.output), PREVIEW_CHARS) : "all of it");
    setText(this.#arguments, long ? wholeText(tool.arguments) : "");
    setText(this.#output, output ? wholeText(tool.output) : "");
    for (const pre of [this.#arguments, this.#output]) {
      if (pre.parentElement !== null) pre.parentElement.hidden = pre.textContent === "";
    }
  }
};
function labelled2(words, pre) {
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", words);
  return h("div", {}, h("p", { class: "rnb-card-label" }, words), pre);
}
function titleOf2(tool) {
  if (tool.kind === "mcp_list") return "tools";
  return tool.kind === "output" ? "an output" : callText(tool);
}
function timeOf(tool) {
  return tool.ms === null || tool.ms === 0 ? "" : durationText(tool.ms);
}

// src/tools/fold.ts
function fold(items) {
  const firsts = /* @__PURE__ */ new Set();
  const later = /* @__PURE__ */ new Map();
  for (const item of items) {
    if (item.tool === null) continue;
    if (isFirst(item)) firsts.add(item.tool.callId);
    else later.set(item.tool.callId, item);
  }
  if (later.size === 0) return items;
  const held = (item) => item.tool !== null && !isFirst(item) && firsts.has(item.tool.callId);
  return items.filter((item) => !held(item)).map((item) => isFirst(item) ? together(item, later.get(item.tool?.callId ?? "")) : item);
}
function isFirst(item) {
  if (item.tool === null || item.tool.kind === "output") return false;
  return item.tool.kind !== "mcp_approval" || item.tool.callId === item.id;
}
function together(item, more) {
  if (item.tool === null || more === void 0 || more.tool === null) return item;
  const answered = item.tool.kind === "mcp_approval" ? more.tool.state : null;
  const state = answered ?? (["open", "yours"].includes(item.tool.state) ? "ok" : item.tool.state);
  const output = item.tool.output === "" ? more.tool.output : item.tool.output;
  return { ...item, tool: { ...item.tool, state, output } };
}

// src/ui/item_forms.ts
var ROLES2 = [
  ["user", "You"],
  ["assistant", "Assistant"],
  ["system", "System"]
];
function createForm(history, itemId, what, done) {
  const form = new ItemForm(history, itemId, what, done);
  return form;
}
var ItemForm = class {
  what;
  node;
  #history;
  #itemId;
  #done;
  #problem = h("p", { class: "rnb-problem", role: "alert" });
  #fields = h("div", { class: "rnb-form-fields" });
  #first = null;
  #read;
  #sound = "";
  #closed = false;
  constructor(history, itemId, what, done) {
    this.what = what;
    this.#history = history;
    this.#itemId = itemId;
    this.#done = done;
    this.node = h("form", { class: "rnb-item-form" }, this.#fields, this.#problem);
    this.node.noValidate = true;
    this.#problem.hidden = true;
    this.#read = this.#reader();
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.node.addEventListener("keydown", (event) => {
      const writes = event.target instanceof Element && event.target.matches("input, textarea");
      if (!writes || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!event.repeat) void this.#submit();
    });
  }
  start() {
    if (this.#first !== null) this.#first.focus();
    else void this.#submit();
  }
  close() {
    this.#closed = true;
    if (this.#sound !== "") URL.revokeObjectURL(this.#sound);
    this.node.remove();
  }
  #reader() {
    const item_id = this.#itemId;
    if (this.what.kind === "insert") return this.#insert(item_id);
    if (this.what.kind === "cut") return this.#cut(item_id, this.what.ms, this.what.longest);
    const op = this.what.kind;
    return () => ({ op, item_id });
  }
  #insert(item_id) {
    const role = h(
      "select",
      { class: "rnb-select", "aria-label": "Who says it" },
      ...ROLES2.map(([value, words2]) => h("option", { value }, words2))
    );
    const words = h("textarea", { rows: "2", "aria-label": "Words to insert" });
    this.#fields.append(role, words, h("button", { class: "rnb-button" }, "Insert"));
    this.#first = words;
    return () => {
      const text4 = words.value.trim();
      if (text4 === "") return "Write what is to be inserted.";
      return { op: "insert", item_id, role: role.value, text: text4 };
    };
  }
  #cut(item_id, ms, longest) {
    const most = Math.floor(longest / 10) / 100;
    const seconds2 = h("input", {
      type: "number",
      min: "0",
      max: String(most),
      step: "any",
      value: String(Math.min(most, Math.round(ms / 10) / 100)),
      "aria-label": "Seconds that stay"
    });
    const label = h("label", {}, "Keep the first ", seconds2, ` s of ${most} s`);
    this.#fields.append(label, h("button", { class: "rnb-button" }, "Cut"));
    this.#first = seconds2;
    return () => {
      const kept = Number(seconds2.value);
      if (seconds2.value.trim() === "" || !(kept >= 0 && kept <= most)) {
        return `Write a number of seconds from 0 to ${most}.`;
      }
      return { op: "cut", item_id, ms: Math.round(kept * 1e3) };
    };
  }
  async #submit() {
    const edit = this.#read();
    if (typeof edit === "string") {
      this.#tell(edit);
      return;
    }
    this.#tell("");
    const buttons = this.node.querySelectorAll("button");
    for (const button2 of buttons) button2.disabled = true;
    const outcome = await this.#history.edit(edit);
    if (this.#closed) return;
    for (const button2 of buttons) button2.disabled = false;
    if (outcome.error !== "") this.#tell(outcome.error);
    else if (edit.op === "retrieve") this.#show(outcome);
    else this.#done();
  }
  #tell(problem) {
    setText(this.#problem, problem);
    this.#problem.hidden = problem === "";
  }
  #show(outcome) {
    const facts = [outcome.status, outcome.ms > 0 ? `${clockText(outcome.ms)} of sound` : ""];
    const words = h("p", { class: "rnb-retrieved" }, outcome.text || "no words");
    const note = h(
      "p",
      { class: "rnb-note" },
      `At the service: ${facts.filter(Boolean).join(", ")}`
    );
    this.#fields.replaceChildren(note, words);
    if (outcome.bytes !== null) {
      const wav = new Blob([outcome.bytes], { type: "audio/wav" });
      this.#sound = URL.createObjectURL(wav);
      this.#fields.append(h("audio", { controls: true, src: this.#sound, preload: "metadata" }));
    }
  }
};

// src/ui/item_pictures.ts
var GONE2 = "no longer kept";
var MOST_WIDE = 280;
var MOST_HIGH = 180;
function drawPictures(history, itemId, pictures) {
  return pictures.map((picture) => drawPicture(history, itemId, picture));
}
function drawPicture(history, itemId, picture) {
  const words = h("figcaption", {}, picture.facts);
  const node = h("figure", { class: "rnb-picture" }, words);
  const gone = () => setText(words, `${picture.facts}, ${GONE2}`);
  if (!picture.held) {
    gone();
    return node;
  }
  const frame = drawFrame(picture);
  node.prepend(frame);
  whenSeen(node, () => {
    void history.picture(itemId, picture.index).then((url) => {
      if (url !== null) frame.append(h("img", { src: url, alt: `Picture, ${picture.facts}` }));
      else {
        frame.remove();
        gone();
      }
    });
  });
  return node;
}
function drawFrame({ width, height }) {
  const frame = h("div", { class: "rnb-frame" });
  if (width > 0 && height > 0) {
    const scale = Math.min(1, MOST_WIDE / width, MOST_HIGH / height);
    frame.style.width = `${Math.max(1, Math.round(width * scale))}px`;
    frame.style.aspectRatio = `${width} / ${height}`;
  }
  return frame;
}
function whenSeen(node, look) {
  if (typeof IntersectionObserver !== "function") {
    look();
    return;
  }
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    look();
  });
  watch.observe(node);
}

// src/ui/item_menu.ts
var SURE_MS = 4e3;
var COPIED_MS = 1500;
var BETWEEN = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1
};
function createItemMenus(chat, signal) {
  let open = null;
  const attach2 = (node, item) => {
    node.prepend(...drawPictures(chat.history, item.id, item.pictures ?? []));
    const more = h("button", {
      type: "button",
      class: "rnb-more",
      "aria-label": "Actions for this item",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      title: "Copy, insert, cut, retrieve, delete"
    });
    const toggle = () => {
      const mine = open?.node.parentElement === node;
      open?.close();
      open = null;
      if (mine) return;
      const now2 = chat.transcript.items.find((other) => other.id === item.id);
      if (now2 === void 0) return;
      open = new Menu(chat, now2, node, more);
      open.focus();
    };
    more.addEventListener("click", toggle);
    node.append(more);
  };
  signal.addEventListener("abort", () => open?.close());
  return { attach: attach2 };
}
var Menu = class {
  node;
  #row;
  #more;
  #chat;
  #item;
  #form = null;
  constructor(chat, item, owner, more) {
    this.#chat = chat;
    this.#item = item;
    this.#more = more;
    this.#row = h("div", { class: "rnb-menu", role: "menu", "aria-label": "Actions" });
    this.node = h("div", { class: "rnb-item-actions", "aria-live": "off" }, this.#row);
    this.#fill(selectedShare(owner, item.text));
    this.node.addEventListener("rnb-close", () => this.close());
    this.#row.addEventListener("keydown", (event) => this.#key(event));
    more.setAttribute("aria-expanded", "true");
    owner.append(this.node);
    this.node.scrollIntoView?.({ block: "nearest" });
  }
  focus() {
    this.#row.querySelector("button:not(:disabled)")?.focus();
  }
  close() {
    const had = this.node.contains(document.activeElement);
    this.#form?.close();
    this.node.remove();
    this.#more.setAttribute("aria-expanded", "false");
    if (had) this.#more.focus();
  }
  #fill(share) {
    const { text: text4, role, status, audioMs = 0 } = this.#item;
    const closed = !this.#chat.open;
    const copy = this.#action("Copy", () => void this.#copy(copy), text4 === "");
    this.#action("Insert after…", () => this.#show({ kind: "insert" }), closed);
    if (role === "assistant" && audioMs > 0) {
      const at = share === null ? audioMs : share * audioMs;
      const cut = () => this.#show({ kind: "cut", ms: at, longest: audioMs });
      this.#action("Cut here…", cut, closed || status === "in_progress");
    }
    this.#action("Retrieve", () => this.#show({ kind: "retrieve" }), closed);
    const gone = this.#action("Delete", () => this.#delete(gone), closed);
    gone.classList.add("rnb-delete");
  }
  #action(words, act, disabled) {
    const button2 = h("button", { type: "button", role: "menuitem", tabindex: "-1" }, words);
    button2.disabled = disabled;
    button2.addEventListener("click", act);
    this.#row.append(button2);
    return button2;
  }
  #key(event) {
    const buttons = Array.from(
      this.#row.querySelectorAll("button:not(:disabled)")
    );
    const at = buttons.indexOf(document.activeElement);
    const step2 = BETWEEN[event.key];
    let to;
    if (step2 !== void 0) to = (at + step2 + buttons.length) % buttons.length;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = buttons.length - 1;
    else return;
    event.preventDefault();
    buttons[to]?.focus();
  }
  async #copy(button2) {
    const done = await copyText(this.#item.text);
    setText(button2, done ? "Copied" : "Not copied");
    setTimeout(() => setText(button2, "Copy"), COPIED_MS);
  }
  #delete(button2) {
    if (button2.dataset.sure === void 0) {
      button2.dataset.sure = "";
      setText(button2, "Really delete");
      setTimeout(() => {
        delete button2.dataset.sure;
        setText(button2, "Delete");
      }, SURE_MS);
      return;
    }
    this.#show({ kind: "delete" });
  }
  #show(what) {
    this.#form?.close();
    this.#form = createForm(this.#chat.history, this.#item.id, what, () => this.close());
    this.node.append(this.#form.node);
    this.#form.start();
  }
};
function selectedShare(node, text4) {
  const range = document.getSelection()?.rangeCount ? document.getSelection()?.getRangeAt(0) : null;
  const words = node.querySelector(".rnb-text");
  if (!range || words === null || !words.contains(range.startContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(words);
  before.setEnd(range.startContainer, range.startOffset);
  const whole = words.textContent?.indexOf(text4) ?? -1;
  const at = before.toString().length - Math.max(0, whole);
  return text4 === "" || at <= 0 ? null : Math.min(1, at / text4.length);
}

// src/ui/transcript.ts
var SPEAKERS = {
  user: "You: ",
  assistant: "Assistant: ",
  system: "System: ",
  tool: "Tool: ",
  mark: ""
};
var Bubble = class {
  node;
  #text = document.createTextNode("");
  #unheardText = document.createTextNode("");
  /** Screen readers do not tell that words are struck. */
  #unheard = h(
    "s",
    { class: "rnb-unheard", title: "generated, but not heard" },
    spoken(" (not heard:) "),
    this.#unheardText
  );
  #dots = dots();
  #note = h("p", { class: "rnb-note" });
  #again = h("button", { type: "button", class: "rnb-button rnb-again" }, "Ask again");
  #words;
  #item = null;
  constructor(role, askAgain) {
    this.#words = h("p", { class: "rnb-text" }, spoken(SPEAKERS[role]));
    this.#words.append(this.#text, this.#unheard, this.#dots);
    const parts = [this.#words, this.#note, this.#again];
    this.node = h("div", { class: `rnb-item rnb-${role}` }, ...parts);
    this.#again.addEventListener("click", askAgain);
  }
  show(item) {
    if (item === this.#item) return;
    this.#item = item;
    const cut = item.heardChars !== null && item.role === "assistant";
    const [heard, unheard] = cut ? splitHeard(item.text, item.heardChars ?? 0) : [item.text, ""];
    setText(this.#text, heard);
    setText(this.#unheardText, unheard);
    this.#unheard.hidden = unheard === "";
    const writing = item.status === "in_progress";
    this.#dots.hidden = !(item.pending || writing && item.text === "");
    this.#words.hidden = item.text === "" && this.#dots.hidden;
    this.node.dataset.status = item.status;
    if (item.level !== void 0) this.node.dataset.level = item.level;
    this.#again.hidden = item.again !== true;
    this.node.setAttribute("aria-busy", String(writing || item.pending));
    setText(this.#note, noteOf2(item, unheard !== ""));
    this.#note.hidden = this.#note.textContent === "";
  }
};
function noteOf2(item, cut) {
  if (item.note !== null && item.note !== "") return item.note;
  if (item.status === "failed") return "failed";
  if (cut) return "cut off here";
  return item.status === "incomplete" ? "incomplete" : "";
}
function hint2(chat) {
  if (chat.pushed) return "Hold the button or the space bar and speak, or type.";
  return "Press the microphone and speak, or type.";
}
var TICK_MS2 = 200;
function createTranscript(chat, actions, signal) {
  const { mount } = actions;
  const displays = { mount, of: (callId) => chat.displays.get(callId) };
  const cards = /* @__PURE__ */ new Set();
  let timer;
  const tick = () => {
    for (const card of cards) card.tick();
  };
  const menus = createItemMenus(chat, signal);
  const draw = (item) => {
    if (item.tool === null) return new Bubble(item.role, () => actions.askAgain());
    const card = new CallCard(displays);
    cards.add(card);
    return card;
  };
  const make = (item) => {
    const entry = draw(item);
    if (item.role !== "mark") menus.attach(entry.node, item);
    return entry;
  };
  const log = createLog("Transcript", "rnb-transcript", make, (entry) => {
    if (entry instanceof CallCard && cards.delete(entry)) entry.close();
  });
  const update = () => {
    log.node.hidden = chat.kind !== "realtime";
    if (log.node.hidden) return;
    const items = fold(chat.transcript.items);
    log.update(items, chat.open ? hint2(chat) : "");
    clearInterval(timer);
    const going = items.some((item) => item.tool !== null && isGoing(item.tool));
    if (going && !signal.aborted) timer = setInterval(tick, TICK_MS2);
  };
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    for (const card of cards) card.close();
  });
  update();
  return { node: log.node, update, follow: log.follow };
}

// src/ui/panel.ts
function drawPanel(chat, actions, el, signal) {
  const header = createHeader(chat);
  const transcript = createTranscript(chat, actions, signal);
  const captions = createCaptions(chat);
  const restoring = createRestoring(chat, actions, signal);
  const notices = createNotices(chat, actions, signal);
  const answer = actions.approve.bind(actions);
  const approvals = createApprovals(chat, answer, signal);
  const composer = createComposer(chat, actions, transcript.follow, signal);
  const phrases = createPhrases(chat, composer.write, signal);
  const settings = createSettings(chat, actions, signal);
  const events = createEvents(chat, signal);
  const bare = () => root.toggleAttribute("data-bare", chat.void);
  const parts = {
    status: [
      header.update,
      restoring.update,
      transcript.update,
      captions.update,
      notices.update,
      composer.update,
      phrases.update,
      settings.update,
      approvals.update,
      bare
    ],
    items: [bare, transcript.update, captions.update, composer.update],
    events: [events.update],
    sound: [settings.update],
    microphone: [composer.update, restoring.update],
    level: [composer.updateLevel],
    notices: [notices.update],
    approvals: [approvals.update],
    phrases: [phrases.update]
  };
  const root = h(
    "section",
    // A click anywhere in it gives it the focus, and with that the space bar.
    { class: "rnb", "aria-label": "Realtime chat", tabindex: "-1" },
    header.node,
    transcript.node,
    captions.node,
    restoring.node,
    notices.node,
    phrases.node,
    approvals.node,
    composer.node,
    settings.node,
    events.node
  );
  bare();
  el.append(root);
  keepKeys(root, escapeKey(root, chat, actions, signal), signal);
  holdSpace(root, chat, actions, signal);
  const dirty = /* @__PURE__ */ new Set();
  let scheduled = 0;
  const redraw = () => {
    scheduled = 0;
    const focused = document.activeElement;
    const ours = root.contains(focused);
    for (const update of dirty) update();
    dirty.clear();
    const moved = document.activeElement !== focused && root.contains(document.activeElement);
    if (ours && !moved && focused?.matches(":disabled, [hidden], [hidden] *, :not(.rnb, .rnb *)")) {
      root.focus({ preventScroll: true });
    }
  };
  chat.subscribe((topic) => {
    for (const update of parts[topic]) dirty.add(update);
    if (scheduled === 0) scheduled = requestAnimationFrame(redraw);
  }, signal);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(scheduled);
    root.remove();
  });
}
function keepKeys(root, escapes, signal) {
  const decide = (event) => {
    const theirs = event.key === "Escape" ? !escapes.wants(event) : (event.ctrlKey || event.metaKey) && event.key !== "Enter";
    root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  window.addEventListener("keydown", decide, { signal, capture: true });
}

// src/ui/saved.ts
var KEY2 = /^[0-9a-f]+$/;
function hideSaved(chat, key, signal) {
  if (typeof key !== "string" || !KEY2.test(key)) return { mark: () => void 0 };
  const style = document.createElement("style");
  const kept = `.rnb-saved-${key}`;
  const living = `.jp-OutputArea-child:has(${kept}) { display: none; }
${kept} { display: none; }`;
  const left = `body:has(${kept}) .rnb-of-${key} > .rnb > :not(header) { display: none; }`;
  const update = () => {
    const rules = chat.link === "unanswered" ? left : living;
    if (style.textContent !== rules) style.textContent = rules;
  };
  chat.subscribe((topic) => {
    if (topic === "status") update();
  }, signal);
  signal.addEventListener("abort", () => style.remove());
  update();
  document.head.append(style);
  return { mark: (view) => view.classList.add(`rnb-of-${key}`) };
}

// src/index.ts
var SAVED_KEY_TRAIT = "saved_key";
var src_default = (() => {
  const chat = new Chat();
  let engine = null;
  let saved = null;
  return {
    initialize({ model, signal }) {
      engine = new Engine(model, chat, signal);
      saved = hideSaved(chat, model.get(SAVED_KEY_TRAIT), signal);
    },
    render({ el, signal }) {
      if (engine === null) return;
      engine.attach(signal);
      saved?.mark(el);
      drawPanel(chat, engine, el, signal);
    }
  };
});
export {
  src_default as default
};
