// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
// src/frames.ts
var RATE = 24e3;

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
    const { streams, buffered, underruns, refused, prebuffer } = report;
    const latencyMs = this.#shared.latencyMs;
    const prebufferMs = 1e3 * prebuffer / RATE;
    this.#handlers.played({ streams, latencyMs, buffered, underruns, refused, prebufferMs });
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

// src/player/engine.ts
var LAST_VIEW_MS = 3e3;
var BEAT_MS = 1e3;
var TRAITS = ["_label", "_text", "_status", "_total"];
var PlayerEngine = class {
  sounding;
  turn;
  #model;
  #line;
  #context = new SharedContext();
  #setVolume;
  #draws = /* @__PURE__ */ new Set();
  #volume = 1;
  #views = 0;
  /** Another page plays it, or has: this one waits to be asked. */
  #second = false;
  constructor(model, signal) {
    this.#model = model;
    const changed = () => {
      this.turn.look();
      this.#changed();
    };
    const made = soundingIn(
      this.#context,
      () => this.#volume,
      (message) => this.#line.send(message),
      changed
    );
    this.sounding = made.sounding;
    this.turn = new Turn(made.sounding, () => this.#changed());
    this.#setVolume = made.setVolume;
    this.#line = new Line(
      model,
      {
        message: (fields, buffers) => this.#receive(fields, buffers),
        changed: (link) => {
          if (link === "gone") this.sounding.cut();
          changed();
        }
      },
      signal
    );
    const told = () => this.#told();
    for (const trait of TRAITS) model.on(`change:${trait}`, told);
    window.addEventListener("pagehide", () => this.#line.send({ kind: "leave" }), { signal });
    const beat = setInterval(() => this.#beat(), BEAT_MS);
    signal.addEventListener("abort", () => {
      clearInterval(beat);
      for (const trait of TRAITS) model.off(`change:${trait}`, told);
      this.turn.leave();
      this.sounding.close();
      this.#context.close();
    });
    void this.#context.choose(loadPreferences().output);
    this.#told();
    this.#line.open();
  }
  get link() {
    return this.#line.link;
  }
  get second() {
    return this.#second;
  }
  get volume() {
    return this.#volume;
  }
  set volume(volume) {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.#setVolume();
    this.#changed();
  }
  /** A text the kernel keeps for the page. */
  words(trait) {
    const value = this.#model.get(trait);
    return typeof value === "string" ? value : "";
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
        this.turn.leave();
        void this.sounding.pause();
      }, LAST_VIEW_MS);
    });
  }
  #beat() {
    const { turn, sounding } = this;
    turn.beat();
    if (sounding.state === "playing") sounding.tell();
    else if (turn.waits) this.#line.send({ kind: "waits", played: turn.at });
    else if (this.#second) this.#line.ask();
  }
  #receive(fields, buffers) {
    const bytes = buffers[0];
    if (fields.kind === "welcome") this.#welcome(fields);
    else if (fields.kind === "sound" && bytes !== void 0) {
      this.sounding.take(count(fields.run), count(fields.offset), bytes);
    }
  }
  #welcome(fields) {
    const plays = fields.plays === true;
    this.#second = fields.second === true;
    const fresh = this.sounding.state === "idle";
    const at = count(fields.at);
    const over = this.sounding.total !== null && at >= this.sounding.total;
    if (!fresh) this.sounding.again();
    else if (plays && !over && this.#model.get("_autoplay") === true) this.turn.ask(at);
    this.#changed();
  }
  #told() {
    const total = count(this.#model.get("_total"), -1);
    const known = total < 0 ? null : total;
    if (known !== this.sounding.total) this.sounding.setTotal(known);
    this.#changed();
  }
  #changed() {
    for (const draw of this.#draws) draw();
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
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
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
function gapsText(underruns) {
  if (underruns === 0) return "";
  return underruns === 1 ? "1 gap in the sound" : `${underruns} gaps in the sound`;
}

// src/player/keys.ts
function keepKeys(root, signal) {
  const keys = (event) => {
    const theirs = event.ctrlKey || event.metaKey;
    root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  window.addEventListener("keydown", keys, { signal, capture: true });
}

// src/player/words.ts
function clock(samples) {
  const seconds = Math.floor(samples / RATE);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}
function stateWords(sound, link, second, waits) {
  const { state, asks, total, position, trouble } = sound;
  if (trouble !== "") return trouble;
  if (asks) return "The browser wants a click before it lets sound out.";
  if (state === "playing") return position === 0 ? "waiting for sound" : "playing";
  if (waits) return "waits until the sound before it is over";
  if (state === "paused") return "paused";
  if (state === "ended") return "played";
  if (link === "asking") return "";
  if (link === "unanswered") {
    return "Not live: the kernel is busy, or the notebook was only saved. Run the cell to hear it.";
  }
  if (link === "gone") return "The kernel's side is gone: run the cell again to hear it.";
  if (second) return "Plays in another tab.";
  return total === null ? "under way" : "ready";
}

// src/player/panel.ts
function drawPlayer(engine, el, signal) {
  const { sounding, turn } = engine;
  const label = h("strong", { class: "rnb-state" });
  const status = h("span", { class: "rnb-sp-status" });
  const state = h("span", { class: "rnb-sp-now", role: "status" });
  const time = h("span", { class: "rnb-sp-time" });
  const gaps = h("span", { class: "rnb-sp-gaps" });
  const text = h("p", {
    class: "rnb-sp-text",
    tabindex: "0",
    role: "region",
    "aria-label": "Text"
  });
  const play = h("button", { type: "button", class: "rnb-button rnb-sp-play" });
  const stop = h("button", { type: "button", class: "rnb-button" }, icon("stop"), "Stop");
  const hear = h(
    "button",
    { type: "button", class: "rnb-button rnb-hear" },
    icon("speaker"),
    "Click to hear"
  );
  const volume = h("input", { type: "range", min: "0", max: "1", step: "0.05" });
  const volumeRow = h("label", { class: "rnb-sp-volume" }, icon("speaker"), volume);
  volume.setAttribute("aria-label", "Volume");
  const meter = createMeter("rnb-meter-out", () => sounding.level);
  const root = h(
    "section",
    { class: "rnb rnb-player" },
    h("header", { class: "rnb-header" }, label, status),
    text,
    h("div", { class: "rnb-sp-bar" }, hear, play, stop, time, meter.node, volumeRow),
    h("p", { class: "rnb-sp-note" }, state, gaps)
  );
  const press = (node, act) => node.addEventListener("click", act, { signal });
  press(hear, () => sounding.unlock());
  press(play, () => {
    if (sounding.state === "playing") void turn.pause();
    else turn.take();
  });
  press(stop, () => turn.stop());
  volume.addEventListener("input", () => {
    engine.volume = Number(volume.value);
  });
  const update = () => {
    const name = engine.words("_label");
    setText(label, name);
    root.setAttribute("aria-label", name);
    setText(status, engine.words("_status"));
    const words = engine.words("_text");
    const follow = atEnd(text);
    setText(text, words);
    if (follow) text.scrollTop = text.scrollHeight;
    text.hidden = words === "";
    const playing = sounding.state === "playing";
    const over = sounding.state === "ended";
    setText(play, playing ? "Pause" : over ? "Play again" : "Play");
    const none = sounding.position === 0 && sounding.total === 0;
    play.disabled = none || engine.link !== "live" && sounding.state === "idle";
    stop.disabled = !playing && !turn.waits && sounding.position === 0;
    hear.hidden = !sounding.asks;
    const { total } = sounding;
    setText(time, `${clock(sounding.position)}${total === null ? "" : ` of ${clock(total)}`}`);
    setText(state, stateWords(sounding, engine.link, engine.second, turn.waits));
    setText(gaps, gapsText(sounding.underruns));
    volume.value = String(engine.volume);
    meter.update();
  };
  keepKeys(root, signal);
  engine.subscribe(update, signal);
  signal.addEventListener("abort", () => root.remove());
  el.append(root);
  update();
}

// src/stream_player.ts
var stream_player_default = (() => {
  let engine = null;
  return {
    initialize({ model, signal }) {
      engine = new PlayerEngine(model, signal);
    },
    render({ el, signal }) {
      if (engine === null) return;
      engine.attach(signal);
      drawPlayer(engine, el, signal);
    }
  };
});
export {
  stream_player_default as default
};
