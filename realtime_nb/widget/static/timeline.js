// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
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
var MINUTES = [1, 2, 5, 10, 20, 30, 60].map((count) => 6e4 * count);
function niceStep(least) {
  if (least > 5e4) {
    const step = MINUTES.find((one) => one >= least * 0.999);
    if (step !== void 0) return step;
  }
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
var CROWDED = 12;
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
    for (const away of this.#scene.whole.aways) this.#away(away);
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
  #away(away) {
    const paint = this.#paint;
    const from = Math.max(0, this.#x(away.fromMs));
    const to = Math.min(this.#width, this.#x(away.toMs));
    if (to < from) return;
    paint.globalAlpha = 0.25;
    paint.fillStyle = this.#ink;
    paint.fillRect(from, 0, Math.max(1, to - from), 2 * LANE);
    paint.globalAlpha = 0.85;
    if (paint.measureText(away.text).width < to - from) {
      paint.textAlign = "center";
      paint.fillText(away.text, (from + to) / 2, LANE + 4);
      paint.textAlign = "start";
    }
    paint.globalAlpha = 1;
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
    const first = placeOf(marks, span.fromMs);
    const last = placeOf(marks, span.toMs + 1e-6);
    const tall = last - first > this.#width / 8 ? CROWDED : LANE;
    for (let place = first; place < last; place++) {
      const mark = marks[place];
      if (mark === void 0) continue;
      const top = mark.side === "user" ? 0 : LANE;
      const x = this.#x(mark.tMs);
      this.#paint.fillStyle = kinds.get(mark.kind)?.colour ?? this.#ink;
      this.#paint.fillRect(x - 0.7, top, 1.4, tall);
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

// src/timeline/hands.ts
var REACH = 6;
var CLICK = 4;
var Hands = class {
  #stage;
  #view;
  #wishes;
  #signal;
  constructor(stage, view, wishes, signal) {
    this.#stage = stage;
    this.#view = view;
    this.#wishes = wishes;
    this.#signal = signal;
    stage.addEventListener("keydown", (event) => this.#key(event), { signal });
    stage.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    stage.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    const point = (event) => {
      wishes.point(view.timeAt(this.#x(event)), this.#markAt(event));
    };
    stage.addEventListener("pointermove", point, { signal });
    stage.addEventListener("pointerleave", () => wishes.point(null, null), { signal });
  }
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const view = this.#view;
    const step = lengthOf(view.span) / (event.shiftKey ? 5 : 50);
    const keys = {
      ArrowLeft: () => this.#wishes.move(view.cursorMs - step),
      ArrowRight: () => this.#wishes.move(view.cursorMs + step),
      ArrowUp: () => view.zoom(0.5),
      ArrowDown: () => view.zoom(2),
      "+": () => view.zoom(0.5),
      "-": () => view.zoom(2),
      Home: () => this.#wishes.move(0),
      End: () => this.#wishes.move(view.durationMs),
      " ": () => this.#wishes.toggle(),
      Enter: () => this.#wishes.toggle(),
      n: () => this.#wishes.step(1),
      p: () => this.#wishes.step(-1)
    };
    const action = keys[event.key];
    if (action === void 0) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
  #wheel(event) {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) {
      this.#view.zoom(1.0015 ** event.deltaY, this.#view.timeAt(this.#x(event)));
    } else if (sideways) this.#view.pan(this.#view.timeOf(event.deltaX || event.deltaY));
    else return;
    event.preventDefault();
  }
  /** On the axis a press scrubs; elsewhere a drag moves the view, and a click plays from there. */
  #press(event) {
    if (event.button !== 0) return;
    const view = this.#view;
    const scrubs = this.#y(event) > 2 * LANE;
    const began = { x: event.clientX, span: view.span };
    let dragged = false;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#signal]);
    const scrub = (to) => this.#wishes.move(view.timeAt(this.#x(to)));
    const drag = (to) => {
      dragged ||= Math.abs(to.clientX - began.x) > CLICK;
      if (scrubs) scrub(to);
      else if (dragged) view.pan(view.timeOf(began.x - to.clientX), began.span);
    };
    const drop = (to) => {
      over.abort();
      if (scrubs) scrub(to);
      else if (!dragged) {
        const mark = this.#markAt(to);
        this.#wishes.click(mark?.tMs ?? view.timeAt(this.#x(to)), mark);
      }
    };
    document.addEventListener("pointermove", drag, { signal });
    document.addEventListener("pointerup", drop, { signal });
    document.addEventListener("pointercancel", () => over.abort(), { signal });
  }
  #x(event) {
    return event.clientX - this.#stage.getBoundingClientRect().left;
  }
  #y(event) {
    return event.clientY - this.#stage.getBoundingClientRect().top;
  }
  #markAt(event) {
    const view = this.#view;
    const side2 = this.#y(event) < LANE ? "user" : "assistant";
    const reachMs = view.timeOf(REACH);
    return nearest(view.whole?.marks ?? [], view.timeAt(this.#x(event)), reachMs, side2);
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
      this.#handlers.moved(this.stop() ?? fromMs, false);
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

// src/timeline/view.ts
var SETTLE_MS = 80;
var View = class {
  canvas = h("canvas", { class: "rnb-tl-canvas" });
  whole = null;
  span = { fromMs: 0, toMs: 1 };
  /** Width of the canvas in CSS pixels. */
  width = 0;
  cursorMs = 0;
  selected = null;
  /** Where a chosen event lies that has no mark. */
  placeMs = null;
  #source;
  #handlers;
  #peaks = null;
  #asking = false;
  #stale = false;
  #timer;
  #frame = 0;
  constructor(source, handlers, signal) {
    this.#source = source;
    this.#handlers = handlers;
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      cancelAnimationFrame(this.#frame);
    });
  }
  get durationMs() {
    return this.whole?.durationMs ?? 1;
  }
  /** Take another timeline; who looked at all of the one before goes on to. */
  take(whole) {
    const all = this.whole === null || lengthOf(this.span) >= this.whole.durationMs;
    this.whole = whole;
    this.selected = null;
    this.#show(all ? { fromMs: 0, toMs: whole.durationMs } : this.span, true);
  }
  resize(width) {
    if (width === this.width) return;
    this.width = width;
    this.#want();
    this.draw();
  }
  show(span) {
    this.#show(span, false);
  }
  showAll() {
    this.show({ fromMs: 0, toMs: this.durationMs });
  }
  /** Zoom around `atMs`; else the cursor, where it is in view, or the middle. */
  zoom(factor, atMs) {
    const inView = this.cursorMs >= this.span.fromMs && this.cursorMs <= this.span.toMs;
    const middle = (this.span.fromMs + this.span.toMs) / 2;
    this.show(zoom(this.span, factor, atMs ?? (inView ? this.cursorMs : middle), this.durationMs));
  }
  pan(byMs, from = this.span) {
    this.show(pan(from, byMs, this.durationMs));
  }
  /** Have the cursor at `tMs`, in view. */
  moveTo(tMs) {
    this.cursorMs = Math.min(Math.max(0, tMs), this.durationMs);
    this.show(reveal(this.span, this.cursorMs, this.durationMs));
  }
  /** The time at `x` CSS pixels from the left. */
  timeAt(x) {
    return this.span.fromMs + this.timeOf(x);
  }
  /** How much time lies in `pixels`. */
  timeOf(pixels) {
    return pixels / Math.max(1, this.width) * lengthOf(this.span);
  }
  draw() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }
  #show(span, changed) {
    if (this.whole === null) return;
    const next = within(span, this.whole.durationMs);
    const moved = next.fromMs !== this.span.fromMs || next.toMs !== this.span.toMs;
    this.span = next;
    if (moved || changed) this.#want();
    this.draw();
  }
  #want() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), this.#peaks === null ? 0 : SETTLE_MS);
  }
  async #fetch() {
    if (this.#asking || this.width === 0 || this.whole === null) {
      this.#stale = this.#asking;
      return;
    }
    this.#asking = true;
    const span = this.span;
    try {
      const pairs = await this.#source.peaks(span.fromMs, span.toMs, Math.round(this.width));
      this.#peaks = { span, pairs };
      this.draw();
    } catch (error) {
      this.#handlers.failed(error);
    }
    this.#asking = false;
    if (this.#stale) this.#want();
    this.#stale = false;
  }
  #paint() {
    const { whole, span, cursorMs, selected, placeMs } = this;
    if (whole === null) return;
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(this.width * ratio), Math.round(HEIGHT * ratio)];
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    const paint = this.canvas.getContext("2d");
    if (paint !== null) {
      paint.setTransform(ratio, 0, 0, ratio, 0, 0);
      const scene = { whole, span, peaks: this.#peaks, cursorMs, selected, placeMs };
      new Painter(paint, scene, this.width, getComputedStyle(this.canvas).color).draw();
    }
    this.#handlers.drawn();
  }
};

// src/timeline/panel.ts
var PLAY = "Play from the cursor";
var KEYS = "Left and right move the cursor, up and down zoom, n and p go from mark to mark, space plays.";
var HINT = "a click plays from there, a drag moves, Ctrl and the wheel zoom";
var button = (words, label) => h("button", { type: "button", class: "rnb-button", "aria-label": label, title: label }, words);
var shownOf = (whole) => ({
  name: whole?.chat ?? "",
  log: whole?.log ?? ""
});
var Panel = class {
  #source;
  #signal;
  #view;
  #listener;
  #play = button("▶", PLAY);
  #refresh = button("Refresh", "Take in what has happened since");
  #time = h("span", { class: "rnb-tl-time" });
  #hover = h("span", { class: "rnb-tl-hover", "aria-hidden": "true" }, HINT);
  #status = h("span", { class: "rnb-tl-status", role: "status" });
  #stage = h("div", {
    class: "rnb-tl-stage",
    tabindex: "0",
    role: "slider",
    "aria-label": "Place in the conversation",
    "aria-description": KEYS
  });
  #below = h("div");
  #root = h("section", { class: "rnb rnb-timeline", "aria-label": "Timeline" });
  constructor(source, el, signal) {
    this.#source = source;
    this.#signal = signal;
    this.#view = new View(
      source,
      { drawn: () => this.#drawn(), failed: (error) => this.#fail(error) },
      signal
    );
    this.#listener = new Listener(
      source,
      { moved: (tMs, on) => this.#sounding(tMs, on), failed: (reason) => this.#say(reason) },
      signal
    );
    this.#build();
    el.append(this.#root);
    this.#bind();
    source.onwhole = (whole) => this.#take(whole);
    void this.#load("hello");
  }
  #build() {
    const closer = button("+", "Zoom in");
    const wider = button("−", "Zoom out");
    const all = button("All", "Show the whole conversation");
    const pressed = [
      [this.#play, () => this.#toggle()],
      [closer, () => this.#view.zoom(0.5)],
      [wider, () => this.#view.zoom(2)],
      [all, () => this.#view.showAll()],
      [this.#refresh, () => void this.#load("refresh")]
    ];
    for (const [node, press] of pressed) {
      node.addEventListener("click", press, { signal: this.#signal });
    }
    const buttons = pressed.map(([node]) => node);
    this.#stage.append(this.#view.canvas);
    this.#root.append(
      h("div", { class: "rnb-tl-bar" }, ...buttons, this.#time),
      this.#stage,
      h("p", { class: "rnb-tl-note" }, this.#status, this.#hover),
      this.#below
    );
  }
  #bind() {
    const signal = this.#signal;
    new Hands(
      this.#stage,
      this.#view,
      {
        toggle: () => this.#toggle(),
        move: (tMs) => this.#move(tMs),
        step: (by) => this.#step(by),
        click: (tMs, mark) => {
          if (mark !== null) this.#select(mark, true);
          this.#playFrom(tMs);
        },
        point: (tMs, mark) => {
          setText(
            this.#hover,
            mark !== null ? this.#words(mark) : tMs === null ? HINT : timeText(tMs)
          );
        }
      },
      signal
    );
    onSelected(
      () => shownOf(this.#view.whole),
      this.#root,
      (seq) => void this.#find(seq),
      signal
    );
    const keys = (event) => {
      const theirs = event.ctrlKey || event.metaKey;
      this.#root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
    };
    window.addEventListener("keydown", keys, { signal, capture: true });
    const sized = new ResizeObserver(() => this.#view.resize(this.#stage.clientWidth));
    sized.observe(this.#stage);
    const themed = new MutationObserver(() => this.#view.draw());
    themed.observe(document.body, { attributes: true });
    signal.addEventListener("abort", () => {
      sized.disconnect();
      themed.disconnect();
      this.#root.remove();
    });
  }
  // -- what is shown
  async #load(kind) {
    this.#refresh.disabled = true;
    try {
      this.#take(await this.#source.whole(kind));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#refresh.disabled = false;
    }
  }
  #take(whole) {
    this.#below.replaceChildren(drawTurns(whole, (turn) => this.#goTo(turn)));
    const lost = whole.lostMs > 0 ? `the log let ${timeText(whole.lostMs, 100)} of sound go` : "";
    const few = whole.droppedMarks > 0 ? `${whole.droppedMarks} older marks are left out` : "";
    const none = whole.durationMs > 0 ? "" : "There is no sound yet, and no mark";
    this.#say([none, lost, few].filter((words) => words !== "").join("; "));
    this.#view.take(whole);
  }
  #drawn() {
    const { cursorMs, durationMs, span } = this.#view;
    setText(this.#time, `${timeText(cursorMs, 10)} of ${timeText(durationMs, 10)}`);
    const values = {
      "aria-valuemin": "0",
      "aria-valuemax": String(Math.round(durationMs)),
      "aria-valuenow": String(Math.round(cursorMs)),
      "aria-valuetext": timeText(cursorMs, 10),
      "data-from": span.fromMs.toFixed(1),
      "data-to": span.toMs.toFixed(1)
    };
    for (const [name, value] of Object.entries(values)) this.#stage.setAttribute(name, value);
  }
  #fail(error) {
    if (!this.#signal.aborted) this.#say(error instanceof Error ? error.message : String(error));
  }
  #say(words) {
    setText(this.#status, words);
  }
  #words(mark) {
    const name = this.#view.whole?.kinds.get(mark.kind)?.name ?? mark.kind;
    const label = mark.label === "" ? "" : ` (${mark.label})`;
    return `${name}${label} at ${timeText(mark.tMs)}, event ${mark.seq}`;
  }
  // -- what is chosen
  #select(mark, tell) {
    this.#view.selected = mark;
    this.#view.placeMs = null;
    this.#say(this.#words(mark));
    this.#view.moveTo(mark.tMs);
    if (tell) tellSelected(shownOf(this.#view.whole), mark.seq, this.#root);
  }
  /** An event was chosen elsewhere, in the table. */
  async #find(seq) {
    const mark = this.#view.whole?.marks.find((one) => one.seq === seq);
    if (mark !== void 0) {
      this.#select(mark, false);
      return;
    }
    try {
      const tMs = await this.#source.place(seq);
      if (tMs === null) return;
      if (tMs > this.#view.durationMs) await this.#load("refresh");
      this.#view.selected = null;
      this.#view.placeMs = tMs;
      this.#say(`event ${seq} at ${timeText(tMs)}`);
      this.#view.moveTo(tMs);
    } catch (error) {
      this.#fail(error);
    }
  }
  #step(by) {
    const { whole, selected, cursorMs } = this.#view;
    const marks = whole?.marks ?? [];
    const now = selected === null ? -1 : marks.indexOf(selected);
    const place = now >= 0 ? now + by : placeOf(marks, cursorMs) - (by < 0 ? 1 : 0);
    const mark = marks[place];
    if (mark !== void 0) this.#select(mark, true);
  }
  #move(tMs) {
    if (this.#listener.playing) this.#toggle();
    this.#view.selected = null;
    this.#view.moveTo(tMs);
  }
  #goTo(turn) {
    const end = turn.endMs ?? turn.beginMs + (turn.legs.at(-1)?.toMs ?? 1e3);
    const margin = Math.max(200, (end - turn.beginMs) * 0.15);
    this.#view.cursorMs = turn.beginMs;
    this.#view.show({ fromMs: turn.beginMs - margin, toMs: end + margin });
  }
  // -- sound
  #toggle() {
    if (!this.#listener.playing) this.#playFrom(this.#view.cursorMs);
    else this.#sounding(this.#listener.stop() ?? this.#view.cursorMs, false);
  }
  #playFrom(tMs) {
    const { durationMs, whole } = this.#view;
    if (whole === null) return;
    const from = tMs >= durationMs - 1 ? 0 : tMs;
    void this.#listener.play(from, durationMs);
    this.#sounding(from, true);
  }
  #sounding(tMs, playing) {
    const view = this.#view;
    view.cursorMs = tMs;
    const label = playing ? "Pause" : PLAY;
    setText(this.#play, playing ? "❚❚" : "▶");
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
    if (playing && tMs > view.span.toMs) view.pan(lengthOf(view.span));
    view.draw();
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
var readAway = (fields) => ({
  fromMs: number(fields.from_ms),
  toMs: number(fields.to_ms),
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
    log: text(fields.log),
    durationMs: Math.max(0, number(fields.duration_ms)),
    lostMs: number(fields.lost_ms),
    droppedMarks: number(fields.dropped_marks),
    kinds: new Map(kinds.map(([kind, one]) => [kind, readNamed(isFields(one) ? one : {})])),
    sides: new Map(sides.map(([name, one]) => [name, colour(one)])),
    stages: listOf(fields.stages, readNamed),
    marks: listOf(fields.marks, readMark),
    regions: listOf(fields.regions, readRegion),
    aways: listOf(fields.aways, readAway),
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
