// realtime_nb widget, built from js/ by "npm run build"; sources sha256:d7799ba97ea77a56033320ee7b6eff5bdaf04e42f28d67905cef723d59ce120d
// src/ui/dom.ts
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

// src/timeline/span.ts
var CLOSEST_MS = 20;
var lengthOf = (span) => span.toMs - span.fromMs;
function within(span, durationMs) {
  const whole = Math.max(durationMs, CLOSEST_MS);
  const length = Math.min(Math.max(lengthOf(span), CLOSEST_MS), whole);
  const fromMs = Math.min(Math.max(0, span.fromMs), whole - length);
  return { fromMs, toMs: fromMs + length };
}
function zoom(span, factor, atMs, durationMs) {
  const whole = Math.max(durationMs, CLOSEST_MS);
  const length = Math.min(Math.max(lengthOf(span) * factor, CLOSEST_MS), whole);
  const share = (atMs - span.fromMs) / lengthOf(span);
  const fromMs = atMs - share * length;
  return within({ fromMs, toMs: fromMs + length }, durationMs);
}
function pan(span, byMs, durationMs) {
  return within({ fromMs: span.fromMs + byMs, toMs: span.toMs + byMs }, durationMs);
}
function reveal(span, tMs, durationMs) {
  if (tMs >= span.fromMs && tMs <= span.toMs) return span;
  const length = lengthOf(span);
  return within({ fromMs: tMs - length / 2, toMs: tMs + length / 2 }, durationMs);
}
function placeOf(marks, tMs) {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = low + high >> 1;
    if ((marks[middle]?.tMs ?? 0) < tMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
function nearest(marks, tMs, reachMs, side2) {
  let best = null;
  const last = placeOf(marks, tMs + reachMs);
  for (let place = placeOf(marks, tMs - reachMs); place < last; place++) {
    const mark = marks[place];
    if (mark === void 0 || side2 !== void 0 && mark.side !== side2) continue;
    if (best === null || Math.abs(mark.tMs - tMs) < Math.abs(best.tMs - tMs)) best = mark;
  }
  return best;
}
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-3)));
  return ([1, 2, 5, 10].find((times) => times * power >= least * 0.999) ?? 10) * power;
}
function timeText(ms2, stepMs = 1) {
  const digits = stepMs >= 1e3 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  const minutes = Math.floor(ms2 / 6e4);
  const seconds = ((ms2 - minutes * 6e4) / 1e3).toFixed(digits);
  if (minutes === 0) return `${seconds} s`;
  return `${minutes}:${seconds.padStart(digits === 0 ? 2 : digits + 3, "0")}`;
}

// src/timeline/draw.ts
var LANE = 72;
var AXIS = 24;
var HEIGHT = 2 * LANE + AXIS;
var LOUDEST = 32768;
var Painter = class {
  #paint;
  #scene;
  #width;
  #ink;
  constructor(paint, scene, width, ink) {
    this.#paint = paint;
    this.#scene = scene;
    this.#width = width;
    this.#ink = ink;
  }
  draw() {
    this.#paint.clearRect(0, 0, this.#width, HEIGHT);
    this.#paint.font = "11px system-ui, sans-serif";
    this.#lane("user", 0);
    this.#lane("assistant", LANE);
    this.#axis();
    this.#marks();
    this.#lineAt(this.#scene.cursorMs, this.#ink, 1.5);
    if (this.#scene.placeMs !== null) this.#lineAt(this.#scene.placeMs, "#d64545", 1.5, [3, 3]);
  }
  #x(tMs) {
    const { span } = this.#scene;
    return (tMs - span.fromMs) / lengthOf(span) * this.#width;
  }
  #lane(side2, top) {
    const paint = this.#paint;
    const colour2 = this.#scene.whole.sides.get(side2) ?? this.#ink;
    for (const region of this.#scene.whole.regions) {
      if (region.side === side2) this.#region(region, top, colour2);
    }
    this.#wave(side2, top + LANE / 2, colour2);
    paint.fillStyle = this.#ink;
    paint.globalAlpha = 0.7;
    paint.fillText(side2, 4, top + 12);
    paint.globalAlpha = 1;
  }
  #region(region, top, colour2) {
    const from = Math.max(0, this.#x(region.fromMs));
    const to = Math.min(this.#width, this.#x(region.toMs));
    if (to <= from) return;
    this.#paint.globalAlpha = 0.13;
    this.#paint.fillStyle = colour2;
    this.#paint.fillRect(from, top + 2, Math.max(1, to - from), LANE - 4);
    this.#paint.globalAlpha = 1;
  }
  #wave(side2, middle, colour2) {
    const paint = this.#paint;
    paint.fillStyle = colour2;
    paint.globalAlpha = 0.4;
    paint.fillRect(0, middle, this.#width, 1);
    paint.globalAlpha = 1;
    const peaks = this.#scene.peaks;
    if (peaks === null) return;
    const pairs = peaks.pairs[side2];
    const count = pairs.length >> 1;
    const from = this.#x(peaks.span.fromMs);
    const step = (this.#x(peaks.span.toMs) - from) / Math.max(1, count);
    const half = (LANE / 2 - 4) / LOUDEST;
    for (let i = 0; i < count; i++) {
      const low = pairs[2 * i] ?? 0;
      const high = pairs[2 * i + 1] ?? 0;
      if (low === 0 && high === 0) continue;
      const top = middle - high * half;
      const tall = Math.max(1, (high - low) * half);
      paint.fillRect(from + i * step, top, Math.max(1, step), tall);
    }
  }
  #marks() {
    const { marks, kinds } = this.#scene.whole;
    const { span, selected } = this.#scene;
    const last = placeOf(marks, span.toMs + 1e-6);
    for (let place = placeOf(marks, span.fromMs); place < last; place++) {
      const mark = marks[place];
      if (mark === void 0) continue;
      const top = mark.side === "user" ? 0 : LANE;
      const x = this.#x(mark.tMs);
      this.#paint.fillStyle = kinds.get(mark.kind)?.colour ?? this.#ink;
      this.#paint.fillRect(x - 0.7, top, 1.4, LANE);
      this.#dot(x, top + 5, mark === selected ? 5 : 3);
    }
    if (selected !== null) {
      this.#lineAt(selected.tMs, kinds.get(selected.kind)?.colour ?? this.#ink, 2);
    }
  }
  #dot(x, y, radius) {
    this.#paint.beginPath();
    this.#paint.arc(x, y, radius, 0, 2 * Math.PI);
    this.#paint.fill();
  }
  #axis() {
    const paint = this.#paint;
    const { span } = this.#scene;
    const step = niceStep(lengthOf(span) * 90 / Math.max(1, this.#width));
    paint.fillStyle = this.#ink;
    paint.textAlign = "center";
    for (let tMs = Math.ceil(span.fromMs / step) * step; tMs <= span.toMs; tMs += step) {
      const x = this.#x(tMs);
      paint.globalAlpha = 0.5;
      paint.fillRect(x, 2 * LANE, 1, 5);
      paint.globalAlpha = 0.85;
      const words = timeText(tMs, step);
      const half = paint.measureText(words).width / 2;
      paint.fillText(words, Math.min(Math.max(x, half), this.#width - half), 2 * LANE + 18);
    }
    paint.globalAlpha = 1;
    paint.textAlign = "start";
  }
  #lineAt(tMs, colour2, width, dashes = []) {
    const x = this.#x(tMs);
    if (x < 0 || x > this.#width) return;
    this.#paint.setLineDash([...dashes]);
    this.#paint.strokeStyle = colour2;
    this.#paint.lineWidth = width;
    this.#paint.beginPath();
    this.#paint.moveTo(x, 0);
    this.#paint.lineTo(x, 2 * LANE + 5);
    this.#paint.stroke();
    this.#paint.setLineDash([]);
  }
};

// src/timeline/link.ts
var SELECT = "rnb-select";
function tellSelected(chat, seq, by) {
  const detail = { chat, seq, by };
  document.dispatchEvent(new CustomEvent(SELECT, { detail }));
}
function onSelected(chat, self, selected, signal) {
  const hear = (event) => {
    const detail = event instanceof CustomEvent ? event.detail : null;
    if (typeof detail !== "object" || detail === null) return;
    const fields = detail;
    if (fields.by === self || fields.chat !== chat()) return;
    if (typeof fields.seq === "number" && Number.isFinite(fields.seq)) selected(fields.seq);
  };
  document.addEventListener(SELECT, hear, { signal });
}

// src/timeline/listener.ts
var PIECE_MS = 2e3;
var LEAD_S = 0.03;
var Listener = class {
  #source;
  #handlers;
  #context = null;
  #run = 0;
  #nodes = [];
  /** What `currentTime` was, less the place that sounded then, in s. */
  #offsetS = 0;
  #endMs = 0;
  constructor(source, handlers, signal) {
    this.#source = source;
    this.#handlers = handlers;
    signal.addEventListener("abort", () => {
      this.stop();
      void this.#context?.close();
    });
  }
  get playing() {
    return this.#run % 2 === 1;
  }
  /** Play from `fromMs` to `endMs`; to be called from a click or a key press. */
  async play(fromMs, endMs) {
    this.stop();
    const run = ++this.#run;
    this.#endMs = endMs;
    this.#context ??= new AudioContext({ sampleRate: 24e3 });
    const context = this.#context;
    try {
      await context.resume();
      await this.#feed(run, context, fromMs, endMs);
    } catch (error) {
      if (run !== this.#run) return;
      this.stop();
      this.#handlers.failed(error instanceof Error ? error.message : String(error));
    }
  }
  /** Silence now; returns where it stood. */
  stop() {
    if (!this.playing) return null;
    const at = this.#placeMs();
    this.#run++;
    for (const node of this.#nodes) node.stop();
    this.#nodes = [];
    void this.#context?.suspend();
    return at;
  }
  async #feed(run, context, fromMs, endMs) {
    let atMs = fromMs;
    let startS = 0;
    while (run === this.#run && atMs < endMs) {
      const sound = await this.#source.sound(atMs, Math.min(atMs + PIECE_MS, endMs));
      if (run !== this.#run) return;
      if (sound.samples.length < 2) break;
      const late = context.currentTime + LEAD_S;
      if (late > startS) {
        startS = late;
        this.#offsetS = startS - atMs / 1e3;
        if (atMs === fromMs) this.#follow(run);
      }
      const seconds = this.#lay(context, sound, startS);
      startS += seconds;
      atMs += seconds * 1e3;
      await this.#until(run, context, startS - PIECE_MS / 2e3);
    }
    await this.#until(run, context, startS);
    if (run !== this.#run) return;
    this.stop();
    this.#handlers.moved(Math.min(atMs, endMs), false);
  }
  #lay(context, sound, startS) {
    const count = sound.samples.length >> 1;
    const buffer = context.createBuffer(2, count, sound.rate);
    for (const side2 of [0, 1]) {
      const channel = buffer.getChannelData(side2);
      for (let i = 0; i < count; i++) channel[i] = (sound.samples[2 * i + side2] ?? 0) / 32768;
    }
    const node = new AudioBufferSourceNode(context, { buffer });
    node.connect(context.destination);
    node.start(startS);
    this.#nodes.push(node);
    node.onended = () => {
      this.#nodes = this.#nodes.filter((one) => one !== node);
    };
    return count / sound.rate;
  }
  async #until(run, context, timeS) {
    while (run === this.#run && context.currentTime < timeS) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  #placeMs() {
    const now = this.#context?.currentTime ?? 0;
    return Math.min(Math.max(0, (now - this.#offsetS) * 1e3), this.#endMs);
  }
  #follow(run) {
    const tell = () => {
      if (run !== this.#run) return;
      this.#handlers.moved(this.#placeMs(), true);
      requestAnimationFrame(tell);
    };
    tell();
  }
};

// src/timeline/turns.ts
var SHOWN = 200;
var ms = (value) => `${Math.round(value)} ms`;
function bar(turn, longestMs) {
  const track = h("span", { class: "rnb-tl-track" });
  for (const leg of turn.legs) {
    const part = h("span", {
      class: "rnb-tl-leg",
      title: `${leg.name}: ${ms(leg.toMs - leg.fromMs)}`
    });
    part.style.background = leg.colour;
    part.style.width = `${100 * (leg.toMs - leg.fromMs) / longestMs}%`;
    track.append(part);
  }
  return track;
}
var spoken = (turn) => turn.legs.map((leg) => `${leg.name} ${ms(leg.toMs - leg.fromMs)}`).join(", ");
function drawTurns(whole, go) {
  const legend = h("div", { class: "rnb-tl-stages", "aria-hidden": "true" });
  for (const stage of whole.stages) {
    const swatch = h("i");
    swatch.style.background = stage.colour;
    legend.append(h("span", {}, swatch, stage.name));
  }
  const shown = whole.turns.slice(-SHOWN);
  const longestMs = Math.max(1, ...shown.map((turn) => turn.legs.at(-1)?.toMs ?? 0));
  const list = h("ol", { class: "rnb-tl-turns", "aria-label": "Latency of each turn" });
  for (const turn of shown) {
    const total = turn.legs.at(-1)?.toMs;
    const words = `turn ${turn.number} · ${turn.kind}${turn.interrupted ? " · cut" : ""}`;
    const button2 = h(
      "button",
      { type: "button", class: "rnb-tl-turn", "aria-label": `${words}: ${spoken(turn)}` },
      h("span", { class: "rnb-tl-name" }, words),
      bar(turn, longestMs),
      h("span", { class: "rnb-tl-total" }, total === void 0 ? "" : ms(total))
    );
    button2.addEventListener("click", () => go(turn));
    list.append(h("li", {}, button2));
  }
  const box = h("div", { class: "rnb-tl-waterfall" }, legend, list);
  box.hidden = shown.length === 0;
  return box;
}

// src/timeline/panel.ts
var REACH = 6;
var CLICK = 4;
var SETTLE_MS = 80;
var button = (words, label) => h("button", { type: "button", class: "rnb-button", "aria-label": label, title: label }, words);
var Panel = class {
  #source;
  #signal;
  #listener;
  #play = button("▶", "Play from the cursor");
  #closer = button("+", "Zoom in");
  #wider = button("−", "Zoom out");
  #all = button("All", "Show the whole conversation");
  #refresh = button("Refresh", "Take in what has happened since");
  #time = h("span", { class: "rnb-tl-time" });
  #hover = h("span", { class: "rnb-tl-hover", "aria-hidden": "true" });
  #status = h("span", { class: "rnb-tl-status", role: "status" });
  #canvas = h("canvas", { class: "rnb-tl-canvas" });
  #stage = h(
    "div",
    {
      class: "rnb-tl-stage",
      tabindex: "0",
      role: "slider",
      "aria-label": "Place in the conversation"
    },
    this.#canvas
  );
  #below = h("div");
  #root = h(
    "section",
    { class: "rnb rnb-timeline", "aria-label": "Timeline" },
    h(
      "div",
      { class: "rnb-tl-bar" },
      ...[this.#play, this.#closer, this.#wider, this.#all, this.#refresh, this.#time]
    ),
    this.#stage,
    h("p", { class: "rnb-tl-note" }, this.#status, this.#hover),
    this.#below
  );
  #whole = null;
  #span = { fromMs: 0, toMs: 1 };
  #peaks = null;
  #cursorMs = 0;
  #selected = null;
  #placeMs = null;
  #width = 0;
  #frame = 0;
  #asking = false;
  #stale = false;
  #timer;
  constructor(source, el, signal) {
    this.#source = source;
    this.#signal = signal;
    const handlers = {
      moved: (tMs, playing) => this.#sounding(tMs, playing),
      failed: (reason) => this.#say(reason)
    };
    this.#listener = new Listener(source, handlers, signal);
    el.append(this.#root);
    this.#bind();
    source.onwhole = (whole) => this.#take(whole);
    void this.#load("hello");
  }
  // -- what is shown
  async #load(kind) {
    this.#refresh.disabled = true;
    try {
      this.#take(await this.#source.whole(kind));
    } catch (error) {
      if (!this.#signal.aborted) this.#say(String(error instanceof Error ? error.message : error));
    } finally {
      this.#refresh.disabled = false;
    }
  }
  #take(whole) {
    const before = this.#whole?.durationMs;
    const all = before === void 0 || lengthOf(this.#span) >= before;
    this.#whole = whole;
    this.#selected = null;
    const span = all ? { fromMs: 0, toMs: whole.durationMs } : this.#span;
    this.#below.replaceChildren(drawTurns(whole, (turn) => this.#goTo(turn)));
    const { lostMs } = whole;
    this.#say(lostMs > 0 ? `the log has let go of ${timeText(lostMs, 100)} of sound` : "");
    this.#show(span, true);
  }
  #show(span, changed = false) {
    if (this.#whole === null) return;
    const next = within(span, this.#whole.durationMs);
    changed ||= next.fromMs !== this.#span.fromMs || next.toMs !== this.#span.toMs;
    this.#span = next;
    if (changed) this.#want();
    this.#draw();
  }
  /** The waveform of what is in view, when it has come to rest. */
  #want() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), this.#peaks === null ? 0 : SETTLE_MS);
  }
  async #fetch() {
    if (this.#asking || this.#width === 0 || this.#whole === null) {
      this.#stale = this.#asking;
      return;
    }
    this.#asking = true;
    const span = this.#span;
    try {
      const pairs = await this.#source.peaks(span.fromMs, span.toMs, Math.round(this.#width));
      this.#peaks = { span, pairs };
      this.#draw();
    } catch (error) {
      if (!this.#signal.aborted) this.#say(String(error instanceof Error ? error.message : error));
    }
    this.#asking = false;
    if (this.#stale) this.#want();
    this.#stale = false;
  }
  #draw() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }
  #paint() {
    const whole = this.#whole;
    if (whole === null) return;
    const scene = {
      whole,
      span: this.#span,
      peaks: this.#peaks,
      cursorMs: this.#cursorMs,
      selected: this.#selected,
      placeMs: this.#placeMs
    };
    const ratio = window.devicePixelRatio || 1;
    const wide = Math.round(this.#width * ratio);
    if (this.#canvas.width !== wide) this.#canvas.width = wide;
    if (this.#canvas.height !== HEIGHT * ratio) this.#canvas.height = HEIGHT * ratio;
    const paint = this.#canvas.getContext("2d");
    if (paint !== null) {
      paint.setTransform(ratio, 0, 0, ratio, 0, 0);
      new Painter(paint, scene, this.#width, getComputedStyle(this.#root).color).draw();
    }
    setText(this.#time, `${timeText(this.#cursorMs, 10)} of ${timeText(whole.durationMs, 10)}`);
    this.#stage.setAttribute("aria-valuemin", "0");
    this.#stage.setAttribute("aria-valuemax", String(Math.round(whole.durationMs)));
    this.#stage.setAttribute("aria-valuenow", String(Math.round(this.#cursorMs)));
    this.#stage.setAttribute("aria-valuetext", timeText(this.#cursorMs, 10));
    this.#root.dataset.from = this.#span.fromMs.toFixed(1);
    this.#root.dataset.to = this.#span.toMs.toFixed(1);
  }
  #say(words) {
    setText(this.#status, words);
  }
  #words(mark) {
    const name = this.#whole?.kinds.get(mark.kind)?.name ?? mark.kind;
    const label = mark.label === "" ? "" : ` (${mark.label})`;
    return `${name}${label} at ${timeText(mark.tMs)}, event ${mark.seq}`;
  }
  // -- what is chosen
  #select(mark, tell) {
    this.#selected = mark;
    this.#placeMs = null;
    this.#cursorMs = mark.tMs;
    this.#say(this.#words(mark));
    if (this.#whole === null) return;
    this.#show(reveal(this.#span, mark.tMs, this.#whole.durationMs));
    if (tell) tellSelected(this.#whole.chat, mark.seq, this.#root);
  }
  /** An event was chosen elsewhere, in the table. */
  async #find(seq) {
    if (this.#whole === null) return;
    const mark = this.#whole.marks.find((one) => one.seq === seq);
    if (mark !== void 0) {
      this.#select(mark, false);
      return;
    }
    try {
      const tMs = await this.#source.place(seq);
      if (tMs === null) return;
      if (tMs > this.#whole.durationMs) await this.#load("refresh");
      this.#selected = null;
      this.#placeMs = this.#cursorMs = tMs;
      this.#say(`event ${seq} at ${timeText(tMs)}`);
      this.#show(reveal(this.#span, tMs, this.#whole.durationMs));
    } catch {
    }
  }
  #step(by) {
    const marks = this.#whole?.marks ?? [];
    const now = this.#selected === null ? -1 : marks.indexOf(this.#selected);
    const place = now >= 0 ? now + by : placeOf(marks, this.#cursorMs) - (by < 0 ? 1 : 0);
    const mark = marks[place];
    if (mark !== void 0) this.#select(mark, true);
  }
  #goTo(turn) {
    const end = turn.endMs ?? turn.beginMs + (turn.legs.at(-1)?.toMs ?? 1e3);
    const margin = Math.max(200, (end - turn.beginMs) * 0.15);
    this.#cursorMs = turn.beginMs;
    this.#show({ fromMs: turn.beginMs - margin, toMs: end + margin });
  }
  // -- sound
  #toggle() {
    if (this.#listener.playing) {
      this.#cursorMs = this.#listener.stop() ?? this.#cursorMs;
      this.#sounding(this.#cursorMs, false);
    } else this.#playFrom(this.#cursorMs);
  }
  #playFrom(tMs) {
    if (this.#whole === null) return;
    const atEnd = tMs >= this.#whole.durationMs - 1;
    void this.#listener.play(atEnd ? 0 : tMs, this.#whole.durationMs);
    this.#sounding(atEnd ? 0 : tMs, true);
  }
  #sounding(tMs, playing) {
    this.#cursorMs = tMs;
    setText(this.#play, playing ? "❚❚" : "▶");
    const label = playing ? "Pause" : "Play from the cursor";
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
    const whole = this.#whole;
    if (whole !== null && playing && tMs > this.#span.toMs) {
      this.#show(pan(this.#span, lengthOf(this.#span), whole.durationMs));
    }
    this.#draw();
  }
  // -- hands
  #bind() {
    const options = { signal: this.#signal };
    this.#play.addEventListener("click", () => this.#toggle(), options);
    this.#closer.addEventListener("click", () => this.#zoom(0.5), options);
    this.#wider.addEventListener("click", () => this.#zoom(2), options);
    const all = () => this.#show({ fromMs: 0, toMs: this.#whole?.durationMs ?? 1 });
    this.#all.addEventListener("click", all, options);
    this.#refresh.addEventListener("click", () => void this.#load("refresh"), options);
    this.#stage.addEventListener("keydown", (event) => this.#key(event), options);
    this.#stage.addEventListener("wheel", (event) => this.#wheel(event), {
      ...options,
      passive: false
    });
    this.#stage.addEventListener("pointerdown", (event) => this.#press(event), options);
    this.#stage.addEventListener("pointermove", (event) => this.#point(event), options);
    this.#stage.addEventListener("pointerleave", () => setText(this.#hover, ""), options);
    const chat = () => this.#whole?.chat ?? "";
    onSelected(chat, this.#root, (seq) => void this.#find(seq), this.#signal);
    const keys = (event) => {
      const theirs = event.ctrlKey || event.metaKey;
      this.#root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
    };
    window.addEventListener("keydown", keys, { ...options, capture: true });
    this.#watch();
  }
  #watch() {
    const sized = new ResizeObserver(() => {
      const width = this.#stage.clientWidth;
      if (width === this.#width) return;
      this.#width = width;
      this.#want();
      this.#draw();
    });
    sized.observe(this.#stage);
    const themed = new MutationObserver(() => this.#draw());
    themed.observe(document.body, { attributes: true });
    this.#signal.addEventListener("abort", () => {
      sized.disconnect();
      themed.disconnect();
      clearTimeout(this.#timer);
      cancelAnimationFrame(this.#frame);
      this.#root.remove();
    });
  }
  #zoom(factor, atMs) {
    const inView = this.#cursorMs >= this.#span.fromMs && this.#cursorMs <= this.#span.toMs;
    const middle = (this.#span.fromMs + this.#span.toMs) / 2;
    const at = atMs ?? (inView ? this.#cursorMs : middle);
    this.#show(zoom(this.#span, factor, at, this.#whole?.durationMs ?? 1));
  }
  #move(toMs) {
    if (this.#whole === null) return;
    if (this.#listener.playing) this.#toggle();
    this.#cursorMs = Math.min(Math.max(0, toMs), this.#whole.durationMs);
    this.#selected = null;
    this.#show(reveal(this.#span, this.#cursorMs, this.#whole.durationMs));
  }
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = lengthOf(this.#span) / (event.shiftKey ? 5 : 50);
    const keys = {
      ArrowLeft: () => this.#move(this.#cursorMs - step),
      ArrowRight: () => this.#move(this.#cursorMs + step),
      ArrowUp: () => this.#zoom(0.5),
      ArrowDown: () => this.#zoom(2),
      "+": () => this.#zoom(0.5),
      "-": () => this.#zoom(2),
      Home: () => this.#move(0),
      End: () => this.#move(this.#whole?.durationMs ?? 0),
      " ": () => this.#toggle(),
      Enter: () => this.#toggle(),
      n: () => this.#step(1),
      p: () => this.#step(-1)
    };
    const action = keys[event.key];
    if (action === void 0) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
  #wheel(event) {
    if (event.ctrlKey || event.metaKey) this.#zoom(1.0015 ** event.deltaY, this.#timeAt(event));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (event.deltaX || event.deltaY) / this.#width * lengthOf(this.#span);
      this.#show(pan(this.#span, by, this.#whole?.durationMs ?? 1));
    } else return;
    event.preventDefault();
  }
  #timeAt(event) {
    const x = event.clientX - this.#stage.getBoundingClientRect().left;
    return this.#span.fromMs + x / Math.max(1, this.#width) * lengthOf(this.#span);
  }
  #markAt(event) {
    const reachMs = REACH / Math.max(1, this.#width) * lengthOf(this.#span);
    const y = event.clientY - this.#stage.getBoundingClientRect().top;
    const side2 = y < LANE ? "user" : "assistant";
    return nearest(this.#whole?.marks ?? [], this.#timeAt(event), reachMs, side2);
  }
  #point(event) {
    const mark = this.#markAt(event);
    setText(this.#hover, mark === null ? timeText(this.#timeAt(event)) : this.#words(mark));
  }
  /** On the axis a press scrubs; elsewhere a drag moves the view, and a click plays from there. */
  #press(event) {
    if (event.button !== 0) return;
    const scrubs = event.clientY - this.#stage.getBoundingClientRect().top > 2 * LANE;
    const began = { x: event.clientX, span: this.#span };
    const over = new AbortController();
    const options = { signal: AbortSignal.any([over.signal, this.#signal]) };
    let dragged = false;
    const drag = (to) => {
      dragged ||= Math.abs(to.clientX - began.x) > CLICK;
      if (scrubs) this.#move(this.#timeAt(to));
      else if (dragged) {
        const by = (began.x - to.clientX) / Math.max(1, this.#width) * lengthOf(began.span);
        this.#show(pan(began.span, by, this.#whole?.durationMs ?? 1));
      }
    };
    const drop = (to) => {
      over.abort();
      if (scrubs) this.#move(this.#timeAt(to));
      else if (!dragged) this.#click(to);
    };
    document.addEventListener("pointermove", drag, options);
    document.addEventListener("pointerup", drop, options);
    document.addEventListener("pointercancel", () => over.abort(), options);
  }
  #click(event) {
    const mark = this.#markAt(event);
    if (mark !== null) this.#select(mark, true);
    this.#playFrom(mark?.tMs ?? this.#timeAt(event));
  }
};
function drawTimeline(source, el, signal) {
  new Panel(source, el, signal);
}

// src/ids.ts
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// src/timeline/wire.ts
var isFields = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
var text = (value) => typeof value === "string" ? value : "";
var number = (value) => typeof value === "number" && Number.isFinite(value) ? value : 0;
var side = (value) => value === "user" ? "user" : "assistant";
var colour = (value) => typeof value === "string" && /^#[0-9a-f]{6}$/.test(value) ? value : "#8c8c8c";
function listOf(value, read) {
  return Array.isArray(value) ? value.filter(isFields).map(read) : [];
}
var readNamed = (fields) => ({
  name: text(fields.name),
  colour: colour(fields.colour)
});
var readMark = (fields) => ({
  tMs: number(fields.t_ms),
  kind: text(fields.kind),
  side: side(fields.side),
  seq: number(fields.seq),
  label: text(fields.label)
});
var readRegion = (fields) => ({
  fromMs: number(fields.from_ms),
  toMs: number(fields.to_ms),
  side: side(fields.side),
  text: text(fields.text)
});
var readLeg = (fields) => ({
  ...readNamed(fields),
  fromMs: number(fields.from_ms),
  toMs: number(fields.to_ms)
});
var readTurn = (fields) => ({
  number: number(fields.number),
  kind: text(fields.kind),
  beginMs: number(fields.begin_ms),
  endMs: typeof fields.end_ms === "number" ? fields.end_ms : null,
  interrupted: fields.interrupted === true,
  legs: listOf(fields.legs, readLeg)
});
function readWhole(fields) {
  const kinds = isFields(fields.kinds) ? Object.entries(fields.kinds) : [];
  const sides = isFields(fields.sides) ? Object.entries(fields.sides) : [];
  return {
    chat: text(fields.chat),
    durationMs: Math.max(0, number(fields.duration_ms)),
    lostMs: number(fields.lost_ms),
    droppedMarks: number(fields.dropped_marks),
    kinds: new Map(kinds.map(([kind, one]) => [kind, readNamed(isFields(one) ? one : {})])),
    sides: new Map(sides.map(([name, one]) => [name, colour(one)])),
    stages: listOf(fields.stages, readNamed),
    marks: listOf(fields.marks, readMark),
    regions: listOf(fields.regions, readRegion),
    turns: listOf(fields.turns, readTurn)
  };
}

// src/timeline/source.ts
var ANSWER_MS = 3e4;
var GONE = "The kernel does not answer: run the cell again for a live timeline.";
function samplesOf(view) {
  if (view === void 0) return new Int16Array(0);
  const whole = view.byteLength - view.byteLength % 2;
  return new Int16Array(view.buffer.slice(view.byteOffset, view.byteOffset + whole));
}
var Source = class {
  #client = randomId();
  #model;
  #waiting = /* @__PURE__ */ new Map();
  #next = 1;
  /** Called with a timeline that nobody here asked for: the kernel's user refreshed it. */
  onwhole = () => void 0;
  constructor(model, signal) {
    this.#model = model;
    const receive = (message, buffers) => this.#receive(message, buffers);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      for (const id of [...this.#waiting.keys()]) this.#fail(id, "the view was closed");
    });
  }
  async whole(kind) {
    return readWhole((await this.#ask({ kind })).fields);
  }
  async peaks(fromMs, toMs, columns) {
    const { buffers } = await this.#ask({ kind: "peaks", from_ms: fromMs, to_ms: toMs, columns });
    return { user: samplesOf(buffers[0]), assistant: samplesOf(buffers[1]) };
  }
  /** Where an event lies on the conversation's clock; null when the log has it no more. */
  async place(seq) {
    const { fields } = await this.#ask({ kind: "place", seq });
    return typeof fields.t_ms === "number" ? fields.t_ms : null;
  }
  async sound(fromMs, toMs) {
    const { fields, buffers } = await this.#ask({ kind: "sound", from_ms: fromMs, to_ms: toMs });
    return { rate: Number(fields.rate) || 24e3, samples: samplesOf(buffers[0]) };
  }
  #ask(question) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, GONE), ANSWER_MS);
      const settled = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      this.#waiting.set(id, {
        resolve(answer) {
          settled();
          resolve(answer);
        },
        reject(error) {
          settled();
          reject(error);
        }
      });
      try {
        this.#model.send({ ...question, id, client: this.#client });
      } catch {
        this.#fail(id, GONE);
      }
    });
  }
  #fail(id, reason) {
    this.#waiting.get(id)?.reject(new Error(reason));
  }
  #receive(message, buffers) {
    if (!isFields(message)) return;
    if (message.to === null && message.kind === "timeline") {
      this.onwhole(readWhole(message));
      return;
    }
    if (message.to !== this.#client || typeof message.id !== "number") return;
    if (message.kind === "failed") this.#fail(message.id, String(message.reason));
    else this.#waiting.get(message.id)?.resolve({ fields: message, buffers });
  }
};

// src/timeline.ts
var timeline_default = (() => ({
  render({ model, el, signal }) {
    drawTimeline(new Source(model, signal), el, signal);
  }
}));
export {
  timeline_default as default
};
