// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
// src/frames.ts
var FRAME_VERSION = 1;
var HEADER_BYTES = 24;
var RATE = 24e3;
var FrameKind = { microphone: 1, answer: 2 };
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
function isVisualStudioCode(location) {
  if (location === void 0) return false;
  return location.protocol.startsWith("vscode-") || location.host.endsWith(".vscode-cdn.net");
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

// src/player/line.ts
var HELLO_EVERY_MS = 2e3;
var HELLOS_AFTER_LOSS = 3;
var UNANSWERED_MS = 3e3;
var Line = class {
  client = randomId();
  #model;
  #handlers;
  #signal;
  #timer;
  #link = "asking";
  constructor(model, handlers, signal) {
    this.#model = model;
    this.#handlers = handlers;
    this.#signal = signal;
    const receive = (value, buffers) => this.#receive(value, buffers ?? []);
    const restarted = () => this.#lost();
    model.on("msg:custom", receive);
    model.on("comm_live_update", restarted);
    onKernelEnd(model, restarted, signal);
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      model.off("msg:custom", receive);
      model.off("comm_live_update", restarted);
    });
  }
  get link() {
    return this.#link;
  }
  /** Say hello, again and again until welcomed. */
  open() {
    this.#hello(Number.POSITIVE_INFINITY);
    setTimeout(() => {
      if (this.#link === "asking") this.#set("unanswered");
    }, UNANSWERED_MS);
  }
  /** Send one message; false when the kernel's side is gone (or was never there). */
  send(message, buffers = []) {
    if (this.#link !== "live") return false;
    if (this.#post(message, buffers)) return true;
    this.#lost();
    return false;
  }
  /** Have the kernel say again how it stands. */
  ask() {
    this.send({ kind: "hello" });
  }
  #post(message, buffers = []) {
    try {
      this.#model.send({ ...message, client: this.client }, void 0, buffers);
      return true;
    } catch {
      return false;
    }
  }
  #hello(times) {
    clearTimeout(this.#timer);
    if (this.#signal.aborted || this.#link === "live" || times <= 0) return;
    this.#post({ kind: "hello" });
    this.#timer = setTimeout(() => this.#hello(times - 1), HELLO_EVERY_MS);
  }
  #lost() {
    this.#set("gone");
    this.#hello(HELLOS_AFTER_LOSS);
  }
  #receive(value, buffers) {
    if (typeof value !== "object" || value === null) return;
    const fields = value;
    if (fields.to !== void 0 && fields.to !== this.client) return;
    if (fields.kind === "welcome") {
      clearTimeout(this.#timer);
      this.#set("live");
    }
    this.#handlers.message(fields, buffers);
  }
  #set(link) {
    if (this.#signal.aborted || this.#link === link) return;
    this.#link = link;
    this.#handlers.changed(link);
  }
};
function count(value, otherwise = 0) {
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
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

// src/player/store.ts
var HELD_SAMPLES = 600 * RATE;
var AHEAD_SAMPLES = 60 * RATE;
var Store = class {
  #max;
  #chunks = [];
  #end = 0;
  constructor(maxSamples = HELD_SAMPLES) {
    this.#max = maxSamples;
  }
  /** The first sample that is here. */
  get first() {
    return this.#chunks[0]?.offset ?? this.#end;
  }
  /** The sample after the last that is here. */
  get end() {
    return this.#end;
  }
  holds(at) {
    return at >= this.first && at <= this.#end;
  }
  /** Begin anew at a sample. */
  reset(at) {
    this.#chunks = [];
    this.#end = at;
  }
  /** Take samples in that follow what is here; false for what does not: it would leave a hole. */
  push(offset, samples) {
    const known = this.#end - offset;
    if (known < 0) return false;
    if (known < samples.length) {
      const fresh = known === 0 ? samples : samples.slice(known);
      this.#chunks.push({ offset: this.#end, samples: fresh });
      this.#end += fresh.length;
    }
    return true;
  }
  /** Drop what is past the bound, never anything from `playing` on. */
  bound(playing) {
    let drop = 0;
    for (const { offset, samples } of this.#chunks) {
      const next = offset + samples.length;
      if (next > playing || this.#end - offset <= this.#max) break;
      drop++;
    }
    if (drop > 0) this.#chunks.splice(0, drop);
  }
  /** A copy of at most `most` samples from `at` on; empty where there are none. */
  read(at, most) {
    const length = Math.max(0, Math.min(most, this.#end - at));
    const out = new Int16Array(length);
    let done = 0;
    for (let i = this.#place(at); done < length && i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i];
      const from = at + done - chunk.offset;
      const part = chunk.samples.subarray(from, from + length - done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }
  /** Which chunk holds sample `at`. */
  #place(at) {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = low + high >> 1;
      if (this.#chunks[middle].offset <= at) low = middle;
      else high = middle;
    }
    return low;
  }
};

// src/player/sounding.ts
var READY_SAMPLES = 5 * RATE;
var PUSH_SAMPLES = RATE / 2;
var TELL_SAMPLES = RATE;
var Sounding = class {
  #send;
  #speaker;
  #store;
  #changed;
  #state = "idle";
  #total = null;
  /** Counts what was asked of the kernel: answers to earlier wishes are not taken. */
  #run = 0;
  /** Counts what was handed to the speaker from one place on. */
  #stream = 0;
  #fed = 0;
  #position = 0;
  #told = 0;
  #ended = false;
  #muted = false;
  #underruns = 0;
  #level = 0;
  #trouble = "";
  constructor(send, changed, shared, open, store = new Store()) {
    this.#send = send;
    this.#changed = changed;
    this.#store = store;
    this.#speaker = new Speaker(shared, open, {
      played: (played) => this.#played(played),
      started: () => void 0,
      drained: (stream) => this.#drained(stream),
      changed: (_active, muted) => {
        this.#muted = muted;
        changed();
      },
      level: (rms) => {
        this.#level = rms;
        changed();
      },
      failed: (message) => {
        this.#state = "paused";
        this.#trouble = message;
        changed();
      }
    });
  }
  get state() {
    return this.#state;
  }
  /** It would sound, but the browser wants a click first. */
  get asks() {
    return this.#state === "playing" && this.#muted;
  }
  /** Samples of the whole sound; null while it grows. */
  get total() {
    return this.#total;
  }
  /** The sample that is played. */
  get position() {
    return this.#position;
  }
  /** How often it ran dry. */
  get underruns() {
    return this.#underruns;
  }
  /** How loud it is, RMS, 0..1; null while nothing sounds. */
  get level() {
    return this.#state === "playing" && !this.#muted ? this.#level : null;
  }
  /** Why nothing is heard, "" when it is. */
  get trouble() {
    return this.#trouble;
  }
  /** It is told how long the sound is, or that it grows. */
  setTotal(total) {
    this.#total = total;
    this.#feed();
    this.#changed();
  }
  /** Nothing more will come: what is here is all there is. */
  cut() {
    this.setTotal(Math.min(this.#total ?? this.#store.end, this.#store.end));
  }
  /** There is another sound in place of this one. */
  renew(total) {
    this.#silence();
    this.#state = "idle";
    this.#position = 0;
    this.#store.reset(0);
    this.#run++;
    this.setTotal(total);
  }
  /** Play from where it stands; from the beginning when it was played to its end. */
  play() {
    if (this.#state === "playing") return;
    if (this.#state === "ended") this.#position = 0;
    this.#state = "playing";
    this.#trouble = "";
    this.#stream++;
    this.#fed = this.#position;
    this.#ended = false;
    if (!this.#store.holds(this.#position)) this.#store.reset(this.#position);
    this.#want();
    this.#feed();
    this.#changed();
  }
  /** Play from a sample on. */
  playFrom(at) {
    if (this.#state === "playing") this.#silence();
    this.#state = "paused";
    this.#position = at;
    this.play();
  }
  /** The kernel is there (again): it knows nothing of what this page wants. */
  again() {
    if (this.#state === "playing") this.#want();
  }
  /** Silence now; it stands at the very sample. */
  async pause() {
    if (this.#state !== "playing") return;
    this.#state = "paused";
    const stream = this.#stream;
    this.#changed();
    const progress = await this.#speaker.clear();
    const here = progress.find((one) => one.stream === stream);
    if (here !== void 0 && stream === this.#stream) this.#position = here.samples;
    this.tell();
    this.#changed();
  }
  /** Silence now, and back to the beginning. */
  stop() {
    this.#silence();
    this.#state = "paused";
    this.#position = 0;
    this.tell();
    this.#changed();
  }
  /** Call it from a click: browsers let sound out only after one. */
  unlock() {
    void this.#speaker.unlock();
  }
  /** The context runs after all. */
  unlocked() {
    this.#speaker.unlocked();
  }
  /** Silence, and nothing sounds any more, whatever the loudspeaker still reports. */
  close() {
    this.#state = "paused";
    this.#speaker.close();
  }
  /** Sound came from the kernel. */
  take(run, offset, bytes) {
    if (run !== this.#run) return;
    const length = bytes.byteLength & ~1;
    const samples = new Int16Array(length >> 1);
    new Uint8Array(samples.buffer).set(new Uint8Array(bytes.buffer, bytes.byteOffset, length));
    if (!this.#store.push(offset, samples)) {
      this.#want();
      return;
    }
    this.#store.bound(this.#position);
    this.tell();
    this.#feed();
  }
  /** Ask for what follows what is here. */
  #want() {
    this.#run++;
    this.#told = this.#position;
    const { end } = this.#store;
    this.#send({ kind: "want", run: this.#run, from: end, until: this.#until });
  }
  get #until() {
    return this.#position + AHEAD_SAMPLES;
  }
  /** Tell the kernel how far it came, and what it may send. */
  tell() {
    this.#told = this.#position;
    const played = this.#position;
    const { end: got } = this.#store;
    const playing = this.#state === "playing";
    this.#send({ kind: "ack", run: this.#run, got, until: this.#until, played, playing });
  }
  /** Hand the speaker what comes next. */
  #feed() {
    if (this.#state !== "playing") return;
    while (this.#fed < this.#position + READY_SAMPLES) {
      const samples = this.#store.read(this.#fed, PUSH_SAMPLES);
      if (samples.length === 0) break;
      const at = this.#fed;
      this.#fed += samples.length;
      this.#speaker.push(this.#stream, at, samples);
    }
    if (this.#total === null || this.#fed < this.#total || this.#ended) return;
    this.#ended = true;
    if (this.#position < this.#total) this.#speaker.end(this.#stream);
    else this.#drained(this.#stream);
  }
  #played({ streams, underruns }) {
    this.#underruns = underruns;
    const here = streams.find((one) => one.stream === this.#stream);
    if (here !== void 0 && this.#state === "playing") {
      this.#position = here.samples;
      this.#store.bound(this.#position);
      if (this.#position - this.#told >= TELL_SAMPLES) this.tell();
      this.#feed();
    }
    this.#changed();
  }
  #drained(stream) {
    if (stream !== this.#stream || this.#state !== "playing") return;
    this.#state = "ended";
    this.#position = this.#total ?? this.#position;
    this.tell();
    this.#changed();
  }
  #silence() {
    if (this.#state === "playing") void this.#speaker.clear();
    this.#stream++;
  }
};
function soundingIn(shared, volume, send, changed) {
  let gain = null;
  const sink = (context) => {
    gain = new GainNode(context, { gain: volume() });
    gain.connect(context.destination);
    return gain;
  };
  const sounding = new Sounding(send, changed, shared, playbackIn(shared, sink));
  shared.onrunning = () => sounding.unlocked();
  return {
    sounding,
    setVolume: () => {
      if (gain !== null) gain.gain.value = volume();
    }
  };
}

// src/player/turn.ts
var PATIENCE_S = 5;
var Turn = class {
  #sounding;
  #changed;
  #floor;
  #wanted = false;
  /** Where it begins when its turn comes; null for where it stands. */
  #from = null;
  #seen = -1;
  #still = 0;
  constructor(sounding, changed, floor = Floor.shared) {
    this.#sounding = sounding;
    this.#changed = changed;
    this.#floor = floor;
  }
  /** It will play when what sounds now is over. */
  get waits() {
    return this.#wanted && this.#sounding.state !== "playing";
  }
  /** The sample that is played, or will be when its turn comes. */
  get at() {
    return this.#from ?? this.#sounding.position;
  }
  /** Play from a sample on when the others are done. */
  ask(from) {
    this.#wanted = true;
    this.#from = from;
    this.#floor.ask(this);
  }
  /** Play now; call it from a click: browsers let sound out only after one. */
  take() {
    this.#wanted = true;
    this.#sounding.unlock();
    this.#floor.take(this);
  }
  /** Silence, also for what waits behind it. */
  pause() {
    this.#wanted = false;
    return this.#sounding.pause();
  }
  /** Silence, and back to the beginning; what waits behind it begins. */
  stop() {
    this.#sounding.stop();
    this.#over();
  }
  /** It goes away; if it was paused, silence is what was wanted. */
  leave() {
    if (this.#wanted || !this.#floor.has(this)) this.#over();
    else this.#floor.clear();
  }
  /** The sound changed: it may have come to its end. */
  look() {
    const { state, trouble } = this.#sounding;
    if (this.#wanted && (state === "ended" || trouble !== "")) this.#over();
  }
  /** A second went by. */
  beat() {
    const { state, position, asks } = this.#sounding;
    const stands = state === "playing" && position === this.#seen && !asks;
    this.#seen = position;
    this.#still = stands ? this.#still + 1 : 0;
    if (this.#still < PATIENCE_S) return;
    this.#still = 0;
    this.#floor.pass(this);
  }
  begin() {
    if (!this.#wanted) return;
    const from = this.#from;
    this.#from = null;
    if (from === null) this.#sounding.play();
    else this.#sounding.playFrom(from);
  }
  halt(returns) {
    this.#wanted &&= returns;
    void this.#sounding.pause();
    this.#changed();
  }
  #over() {
    this.#wanted = false;
    this.#from = null;
    this.#floor.leave(this);
  }
};

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
  const known = {};
  for (const name of PROCESSING) {
    const on = switches[name];
    if (typeof on === "boolean") known[name] = on;
  }
  return {
    input: typeof input === "string" ? input : "",
    output: typeof output === "string" ? output : "",
    processing: known
  };
}

// src/sound.ts
var DEFAULTS = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true
};
var NO_SOUND = {
  devices: NO_DEVICES,
  input: "",
  output: "",
  choosable: false,
  processing: DEFAULTS,
  inputRate: null,
  outputRate: null,
  underruns: 0,
  prebufferMs: 0
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

// src/recorder/outbox.ts
var BATCH_SAMPLES = RATE / 5;
var MOST_SAMPLES = RATE;
var WINDOW_SAMPLES = 10 * RATE;
var Outbox = class {
  #max;
  #send;
  #store = new Store(0);
  #sent = 0;
  #got = 0;
  constructor(maxSamples, send) {
    this.#max = maxSamples;
    this.#send = send;
  }
  /** Samples recorded. */
  get total() {
    return this.#store.end;
  }
  /** Samples that the kernel has not said it has. */
  get waiting() {
    return this.total - this.#got;
  }
  get full() {
    return this.total >= this.#max;
  }
  /** Everything is on its way. */
  get allSent() {
    return this.#sent === this.total;
  }
  /** Take samples in, up to the longest recording. */
  add(samples) {
    const room = this.#max - this.total;
    if (room <= 0) return;
    this.#store.push(this.total, samples.length > room ? samples.slice(0, room) : samples);
    this.flush(BATCH_SAMPLES);
  }
  /** The kernel has this many; the same number twice means that what follows was lost. */
  acked(got) {
    const lost = got === this.#got && got < this.#sent;
    if (got < this.#got || got > this.total) return;
    this.#got = got;
    this.#sent = lost ? got : Math.max(this.#sent, got);
    this.#store.bound(got);
  }
  /** Whoever took it may have lost what it did not acknowledge. */
  again() {
    this.#sent = this.#got;
  }
  /** Send what may go, in messages of at least `least` samples. */
  flush(least = 1) {
    for (; ; ) {
      const room = Math.min(this.total, this.#got + WINDOW_SAMPLES) - this.#sent;
      if (room < Math.max(1, least)) return;
      const samples = this.#store.read(this.#sent, Math.min(room, MOST_SAMPLES));
      if (!this.#send(this.#sent, samples)) return;
      this.#sent += samples.length;
    }
  }
};

// src/recorder/handover.ts
var Handover = class {
  take = randomId();
  #replaces;
  #send;
  #outbox;
  /** Why it ended, "" for its button; null while it goes on. */
  #why = null;
  #endSent = false;
  /** A take of at most `max` samples, in place of the one before if `replaces`. */
  constructor(max, replaces, send) {
    this.#replaces = replaces;
    this.#send = send;
    this.#outbox = new Outbox(
      max,
      (offset, { buffer }) => send({ kind: "sound", take: this.take, offset }, [buffer])
    );
    this.#begin();
  }
  /** Samples recorded. */
  get total() {
    return this.#outbox.total;
  }
  /** Samples that the kernel has not taken in. */
  get waiting() {
    return this.#outbox.waiting;
  }
  get full() {
    return this.#outbox.full;
  }
  add(samples) {
    this.#outbox.add(samples);
  }
  /** That was all; `why` where it was not the button. */
  end(why) {
    this.#why = why;
    this.flush();
  }
  /** The kernel has so much. */
  acked(got) {
    const sent = this.#outbox.allSent;
    this.#outbox.acked(got);
    if (sent && !this.#outbox.allSent) this.#endSent = false;
    this.flush();
  }
  /** The kernel is there (again), and may not know of it. */
  again() {
    this.#begin();
    this.#outbox.again();
    this.#endSent = false;
    this.flush();
  }
  /** Hand over what may go, and once all has gone, that this was all. */
  flush(all = this.#why !== null) {
    this.#outbox.flush(all ? 1 : BATCH_SAMPLES);
    if (this.#why === null || this.#endSent || !this.#outbox.allSent) return;
    const { take, total } = this;
    this.#endSent = this.#send({ kind: "end", take, total, why: this.#why });
  }
  #begin() {
    this.#send({ kind: "record", take: this.take, replaces: this.#replaces });
  }
};

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

// src/recorder/notices.ts
var NOTICES_MAX = 3;
function withNotice(notices, level, text2) {
  return [...notices.filter((notice) => notice.text !== text2), { level, text: text2 }].slice(-NOTICES_MAX);
}
function createNotices(engine, signal) {
  const node = h("div", { class: "rnb-notice-list rnb-rec-notices", role: "status" });
  const shown = /* @__PURE__ */ new Map();
  const show = (notice) => {
    const close = h(
      "button",
      { type: "button", class: "rnb-dismiss", "aria-label": "Dismiss", title: "Dismiss" },
      icon("close")
    );
    close.addEventListener("click", () => engine.dismiss(notice.text), { signal });
    const box = h("div", { class: "rnb-notice" }, h("span", {}, notice.text), close);
    box.dataset.level = notice.level;
    return box;
  };
  const update = () => {
    for (const [notice, box] of shown) {
      if (engine.notices.includes(notice)) continue;
      box.remove();
      shown.delete(notice);
    }
    for (const notice of engine.notices) {
      if (shown.has(notice)) continue;
      const box = show(notice);
      shown.set(notice, box);
      node.append(box);
    }
  };
  return { node, update };
}

// src/recorder/wire.ts
var NOTHING = {
  state: "ready",
  by: "",
  take: "",
  got: 0,
  max: 0,
  takes: 0,
  trims: false,
  trimmed: false,
  number: 0,
  samples: 0,
  bars: []
};
var text = (value) => typeof value === "string" ? value : "";
function readStanding(fields) {
  const { state } = fields;
  const bars = Array.isArray(fields.bars) ? fields.bars.slice(0, 1e3) : [];
  return {
    state: state === "recording" || state === "recorded" ? state : "ready",
    by: text(fields.by),
    take: text(fields.take),
    got: count(fields.got),
    max: count(fields.max),
    takes: count(fields.takes),
    trims: fields.trims === true,
    trimmed: fields.trimmed === true,
    number: count(fields.number),
    samples: count(fields.samples),
    bars: bars.map((bar) => typeof bar === "number" ? Math.min(1, Math.max(0, bar)) : 0)
  };
}

// src/player/words.ts
function clock(samples) {
  const seconds = Math.floor(samples / RATE);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}

// src/recorder/words.ts
var FILE = 'Or read a file: AudioClip.read("clip.wav").';
var ENDED3 = "The microphone was unplugged or taken away";
var GONE = "The kernel's side of this recorder is gone: run the cell again. What it had not yet taken in is lost.";
var OTHER_MICROPHONE = "The microphone chosen in the settings is not connected: the system's own is used.";
function troubleWords(error) {
  if (!(error instanceof MicrophoneTrouble)) {
    return `The microphone could not be opened (${String(error)}). ${FILE}`;
  }
  return `${error.reason.replace(/\b([Pp]ress) Microphone\b/, "$1 Record")} ${FILE}`;
}
function fullWords(max) {
  return `Stopped at the longest recording, ${clock(max)} (max_s=${Math.round(max / RATE)})`;
}
function standingWords(phase, link, standing, client, waiting) {
  if (link === "gone") return "not live: run the cell again";
  if (link === "unanswered") {
    return "not live: the kernel is busy, or the notebook was only saved";
  }
  if (link === "asking") return "connecting";
  if (phase === "asking") return "waiting for the microphone";
  if (phase === "saving") return "the kernel takes the recording in";
  const behind = Math.floor(waiting / RATE);
  if (phase === "recording") {
    return behind < 2 ? "recording" : "recording; the kernel is busy, the page keeps what waits";
  }
  if (standing.state === "recording" && standing.by !== client) return "another tab records";
  if (standing.state !== "recorded") return "nothing recorded yet";
  const many = standing.takes > 1 ? `, ${standing.takes} takes` : "";
  return `recorded${standing.trimmed ? ", silence cut off" : ""}${many}`;
}

// src/recorder/engine.ts
var LAST_VIEW_MS = 3e3;
var LOOK_MS = 3e3;
var CONSTRAINTS_TRAIT = "_audio_constraints";
var RecorderEngine = class {
  sounding;
  turn;
  setup;
  #line;
  #context = new SharedContext();
  #microphone;
  #draws = /* @__PURE__ */ new Set();
  sound = NO_SOUND;
  notices = [];
  standing = NOTHING;
  phase = "idle";
  level = 0;
  #take = null;
  #views = 0;
  /** What the page plays is not to be recorded; a recording is not cut short by it. */
  #silence = { begin: () => void 0, halt: () => void 0 };
  constructor(model, signal) {
    const changed = () => {
      this.turn.look();
      this.#changed();
    };
    const send = (message) => this.#line.send(message);
    this.sounding = soundingIn(this.#context, () => 1, send, changed).sounding;
    this.turn = new Turn(this.sounding, () => this.#changed());
    const asked = () => {
      const value = model.get(CONSTRAINTS_TRAIT);
      return typeof value === "object" && value !== null ? value : {};
    };
    this.setup = new SoundSetup(this, this.#context, SharedContext.choosable, asked, signal);
    this.#microphone = new Microphone(this.#context, {
      frame: (bytes, rms) => this.#frame(bytes, rms),
      lost: () => this.stop(ENDED3),
      muted: (muted) => muted ? this.notify("warning", MUTED) : this.dismiss(MUTED)
    });
    this.#line = new Line(
      model,
      {
        message: (fields, buffers) => this.#receive(fields, buffers),
        changed: (link) => this.#linked(link)
      },
      signal
    );
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    const look = setInterval(() => {
      const { state, by } = this.standing;
      if (state === "recording" && by !== this.client) this.#line.ask();
    }, LOOK_MS);
    signal.addEventListener("abort", () => {
      clearInterval(look);
      this.#leave();
      this.turn.leave();
      this.sounding.close();
      this.#context.close();
    });
    this.#line.open();
  }
  get link() {
    return this.#line.link;
  }
  get client() {
    return this.#line.client;
  }
  /** Samples of the recording under way, here or in another tab. */
  get elapsed() {
    return this.#take?.total ?? this.standing.got;
  }
  /** Samples that the kernel has not taken in. */
  get waiting() {
    return this.#take?.waiting ?? 0;
  }
  /** Call `draw` after each change, as long as the signal lives. */
  subscribe(draw, signal) {
    this.#draws.add(draw);
    signal.addEventListener("abort", () => this.#draws.delete(draw));
  }
  /** Count a view for as long as its signal lives. */
  attach(signal) {
    this.#views++;
    signal.addEventListener("abort", () => {
      this.#views--;
      setTimeout(() => {
        if (this.#views > 0) return;
        this.stop("The recorder was closed");
        this.turn.leave();
        void this.sounding.pause();
      }, LAST_VIEW_MS);
    });
  }
  // -- what a person does
  /** Open the microphone and record, in place of the last take if `replaces`. */
  async record(replaces) {
    if (this.link !== "live" || this.phase !== "idle") return;
    this.notices = [];
    this.turn.stop();
    this.#to("asking");
    try {
      const settings = await this.#open();
      if (settings === null) return;
      this.setup.opened(settings);
    } catch (error) {
      this.#to("idle");
      this.notify("error", troubleWords(error));
      return;
    }
    this.#take = new Handover(
      this.standing.max,
      replaces,
      (message, buffers) => this.#line.send(message, buffers)
    );
    this.#to("recording");
  }
  /** End the recording; `why` where it was not the button. */
  stop(why = "") {
    if (this.phase === "asking") {
      this.#microphone.stop();
      this.#to("idle");
    }
    if (this.phase !== "recording") return;
    this.#microphone.stop();
    this.dismiss(MUTED);
    this.level = 0;
    this.#to("saving");
    this.#take?.end(why);
  }
  /** Cut silence off both ends, or give it back. */
  trim(on) {
    this.turn.stop();
    this.#line.send({ kind: "trim", on });
  }
  chooseInput(id) {
    this.setup.chooseInput(id);
  }
  chooseOutput(id) {
    void this.setup.chooseOutput(id);
  }
  setProcessing(name, on) {
    this.setup.setProcessing(name, on);
  }
  // -- for what sets sound up
  setSound(change) {
    this.sound = { ...this.sound, ...change };
    this.#changed();
  }
  notify(level, text2) {
    this.notices = withNotice(this.notices, level, text2);
    this.#changed();
  }
  dismiss(text2) {
    this.notices = this.notices.filter((notice) => notice.text !== text2);
    this.#changed();
  }
  // -- what happens
  /** The chosen microphone, or the system's own where that is gone. */
  async #open() {
    try {
      return await this.#microphone.start(this.setup.constraints());
    } catch (error) {
      const chosen = this.sound.input !== "";
      if (!chosen || !(error instanceof MicrophoneTrouble) || !error.isOfDevice) throw error;
      this.setup.forgetInput();
      this.notify("info", OTHER_MICROPHONE);
      return await this.#microphone.start(this.setup.constraints());
    }
  }
  #frame(bytes, rms) {
    if (this.phase !== "recording" || this.#take === null || bytes === null) return;
    this.level = rms;
    this.#take.add(new Int16Array(bytes, HEADER_BYTES));
    if (this.#take.full) this.stop(fullWords(this.standing.max));
    this.#changed();
  }
  #receive(fields, buffers) {
    const { kind, take } = fields;
    const bytes = buffers[0];
    const mine = this.#take !== null && take === this.#take.take;
    if (kind === "welcome" || kind === "state") this.#stands(readStanding(fields));
    else if (kind === "ack" && mine) this.#take?.acked(count(fields.got));
    else if (kind === "ack") this.standing = { ...this.standing, got: count(fields.got) };
    else if (kind === "over" && mine) this.#over(fields.why);
    else if (kind === "notice" && typeof fields.text === "string") {
      const level = fields.level === "error" || fields.level === "warning" ? fields.level : "info";
      this.notify(level, fields.text);
    } else if (kind === "sound" && bytes !== void 0) {
      this.sounding.take(count(fields.run), count(fields.offset), bytes);
    }
    this.#changed();
  }
  #stands(standing) {
    const other = standing.number !== this.standing.number;
    this.standing = standing;
    if (!other) return;
    this.turn.leave();
    this.sounding.renew(standing.samples);
  }
  /** Nothing more is taken of it: it is whole, or another page records. */
  #over(why) {
    this.#microphone.stop();
    this.#take = null;
    this.level = 0;
    this.#to("idle");
    if (typeof why === "string" && why !== "") this.notify("warning", why);
  }
  #linked(link) {
    if (link === "gone") {
      this.sounding.cut();
      this.stop("The kernel could not be reached");
      if (this.#take !== null) this.notify("error", GONE);
    } else if (link === "live") {
      this.dismiss(GONE);
      this.sounding.again();
      this.#take?.again();
    }
    this.#changed();
  }
  #leave() {
    this.#microphone.stop();
    this.#take?.flush(true);
    this.#line.send({ kind: "leave" });
  }
  #to(phase) {
    this.phase = phase;
    if (phase === "asking") Floor.shared.take(this.#silence);
    else if (phase !== "recording") Floor.shared.leave(this.#silence);
    this.#changed();
  }
  #changed() {
    for (const draw of this.#draws) draw();
  }
};

// src/player/keys.ts
function keepKeys(root, signal) {
  const keys = (event) => {
    const theirs = event.ctrlKey || event.metaKey;
    root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  window.addEventListener("keydown", keys, { signal, capture: true });
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
    const step = WIDTH / BARS;
    levels.forEach((level, index) => {
      const height = Math.max(2, level * HEIGHT);
      pen.fillRect(index * step, (HEIGHT - height) / 2, step - 1, height);
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
        const known = devices.some(({ id }) => id === chosen) || chosen === "";
        const missing = known ? [] : [{ id: chosen, name: "The chosen one (not connected)" }];
        const all = [{ id: "", name: "System default" }, ...devices, ...missing];
        select.replaceChildren(...all.map(({ id, name }) => h("option", { value: id }, name)));
      }
      select.value = chosen;
    }
  };
}

// src/recorder/bars.ts
var HEIGHT2 = 40;
function createBars() {
  const canvas = h("canvas", { class: "rnb-rec-bars", "aria-hidden": "true" });
  let drawn = "";
  return {
    node: canvas,
    draw(bars, played) {
      canvas.hidden = bars.length === 0;
      const width = canvas.clientWidth;
      const pen = canvas.getContext("2d");
      if (pen === null || width === 0 || bars.length === 0) return;
      const { color, borderColor } = getComputedStyle(canvas);
      const upTo = Math.round(played * width);
      const key = `${width} ${upTo} ${color} ${bars.join()}`;
      if (key === drawn) return;
      drawn = key;
      const scale = Math.max(1, window.devicePixelRatio || 1);
      canvas.width = width * scale;
      canvas.height = HEIGHT2 * scale;
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      const step = width / bars.length;
      bars.forEach((bar, index) => {
        const height = Math.max(1, bar * HEIGHT2);
        pen.fillStyle = index * step < upTo ? color : borderColor;
        pen.fillRect(index * step, (HEIGHT2 - height) / 2, Math.max(1, step - 1), height);
      });
    }
  };
}

// src/recorder/panel.ts
var button = (className, ...content) => h("button", { type: "button", class: `rnb-button ${className}` }, ...content);
function drawRecorder(engine, el, signal) {
  const { sounding } = engine;
  const words = { record: h("span"), play: h("span") };
  const recordIcon = h("span", { class: "rnb-rec-dot", "aria-hidden": "true" });
  const record = button("rnb-rec-record", recordIcon, words.record);
  const play = button("rnb-rec-play", icon("speaker"), words.play);
  const retake = button("rnb-rec-retake", "Retake");
  const trim = button("rnb-rec-trim", "Trim silence");
  const hear = button("rnb-hear", icon("speaker"), "Click to hear");
  const state = h("span", { class: "rnb-rec-state", role: "status" });
  const time = h("span", { class: "rnb-rec-time" });
  const bars = createBars();
  const meter = createMeter(
    "rnb-rec-meter",
    () => engine.phase === "recording" ? engine.level : sounding.level
  );
  const settings = createSettings(engine, signal);
  const notices = createNotices(engine, signal);
  const root = h(
    "section",
    { class: "rnb rnb-recorder", "aria-label": "Recorder" },
    h("div", { class: "rnb-rec-bar" }, record, play, retake, trim, hear),
    h("div", { class: "rnb-rec-now" }, time, meter.node, state),
    bars.node,
    notices.node,
    settings.node
  );
  retake.title = "Record again in place of the last take";
  const pressed = [
    [record, () => toggle(engine)],
    [retake, () => void engine.record(true)],
    [trim, () => engine.trim(!engine.standing.trimmed)],
    [hear, () => sounding.unlock()],
    [play, () => listen(engine)]
  ];
  for (const [node, act] of pressed) node.addEventListener("click", act, { signal });
  const update = () => {
    const { phase, standing, link } = engine;
    const { on, free, has, elsewhere, playing } = stateOf(engine);
    root.dataset.phase = phase;
    setText(words.record, on ? "Stop" : has ? "Record another" : "Record");
    record.disabled = !on && !free;
    retake.hidden = play.hidden = !has;
    trim.hidden = !(has && standing.trims);
    retake.disabled = trim.disabled = !free;
    trim.setAttribute("aria-pressed", String(standing.trimmed));
    play.disabled = !free && !playing;
    setText(words.play, playing ? "Pause" : "Play");
    hear.hidden = !sounding.asks;
    setText(time, timeWords(engine, on || elsewhere));
    setText(state, standingWords(phase, link, standing, engine.client, engine.waiting));
    bars.draw(on ? [] : standing.bars, has ? sounding.position / standing.samples : 0);
    meter.update();
    settings.update();
    notices.update();
  };
  keepKeys(root, signal);
  engine.subscribe(update, signal);
  const sized = new ResizeObserver(update);
  sized.observe(root);
  const themed = new MutationObserver(update);
  themed.observe(document.body, { attributes: true });
  signal.addEventListener("abort", () => {
    sized.disconnect();
    themed.disconnect();
    root.remove();
  });
  el.append(root);
  update();
}
function stateOf({ phase, standing, link, client, sounding }) {
  const records = standing.state === "recording";
  return {
    on: phase === "recording" || phase === "asking",
    free: link === "live" && phase === "idle" && !records,
    has: standing.samples > 0,
    elsewhere: records && standing.by !== client,
    playing: sounding.state === "playing"
  };
}
function toggle(engine) {
  if (engine.phase === "idle") void engine.record(false);
  else engine.stop();
}
function listen({ sounding, turn }) {
  if (sounding.state === "playing") void turn.pause();
  else turn.take();
}
function timeWords(engine, recording) {
  const { standing, sounding } = engine;
  if (recording) return `${clock(engine.elapsed)} of ${clock(standing.max)} at most`;
  if (standing.samples === 0) return "";
  return `${clock(sounding.position)} of ${clock(standing.samples)}`;
}
function createSettings(engine, signal) {
  const sound = createSound(engine, engine, signal);
  const node = h(
    "details",
    { class: "rnb-settings" },
    h("summary", {}, icon("chevron"), "Settings"),
    h("div", { class: "rnb-fields" }, ...sound.devices, ...sound.rest)
  );
  const update = () => {
    if (node.open) sound.update();
  };
  const look = () => {
    update();
    if (node.open) void engine.setup.refresh();
  };
  node.addEventListener("toggle", look, { signal });
  return { node, update };
}

// src/recorder.ts
var recorder_default = (() => {
  let engine = null;
  return {
    initialize({ model, signal }) {
      engine = new RecorderEngine(model, signal);
    },
    render({ el, signal }) {
      if (engine === null) return;
      engine.attach(signal);
      drawRecorder(engine, el, signal);
    }
  };
});
export {
  recorder_default as default
};
