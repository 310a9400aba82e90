// One view of a timeline: buttons, the canvas, what is chosen, and each turn's latency.

import { h, setText } from "../ui/dom.js";
import { HEIGHT, LANE, Painter } from "./draw.js";
import { onSelected, tellSelected } from "./link.js";
import { Listener } from "./listener.js";
import type { Peaks, Source } from "./source.js";
import {
  lengthOf,
  nearest,
  pan,
  placeOf,
  reveal,
  type Span,
  timeText,
  within,
  zoom,
} from "./span.js";
import { drawTurns } from "./turns.js";
import type { Mark, Turn, Whole } from "./wire.js";

/** A mark this near to the pointer, in CSS pixels, is meant. */
const REACH = 6;
const CLICK = 4;
const SETTLE_MS = 80;

const button = (words: string, label: string): HTMLButtonElement =>
  h("button", { type: "button", class: "rnb-button", "aria-label": label, title: label }, words);

class Panel {
  readonly #source: Source;
  readonly #signal: AbortSignal;
  readonly #listener: Listener;
  readonly #play = button("▶", "Play from the cursor");
  readonly #closer = button("+", "Zoom in");
  readonly #wider = button("−", "Zoom out");
  readonly #all = button("All", "Show the whole conversation");
  readonly #refresh = button("Refresh", "Take in what has happened since");
  readonly #time = h("span", { class: "rnb-tl-time" });
  readonly #hover = h("span", { class: "rnb-tl-hover", "aria-hidden": "true" });
  readonly #status = h("span", { class: "rnb-tl-status", role: "status" });
  readonly #canvas = h("canvas", { class: "rnb-tl-canvas" });
  readonly #stage = h(
    "div",
    {
      class: "rnb-tl-stage",
      tabindex: "0",
      role: "slider",
      "aria-label": "Place in the conversation",
    },
    this.#canvas,
  );
  readonly #below = h("div");
  readonly #root = h(
    "section",
    { class: "rnb rnb-timeline", "aria-label": "Timeline" },
    h(
      "div",
      { class: "rnb-tl-bar" },
      ...[this.#play, this.#closer, this.#wider, this.#all, this.#refresh, this.#time],
    ),
    this.#stage,
    h("p", { class: "rnb-tl-note" }, this.#status, this.#hover),
    this.#below,
  );

  #whole: Whole | null = null;
  #span: Span = { fromMs: 0, toMs: 1 };
  #peaks: { span: Span; pairs: Peaks } | null = null;
  #cursorMs = 0;
  #selected: Mark | null = null;
  #placeMs: number | null = null;
  #width = 0;
  #frame = 0;
  #asking = false;
  #stale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: Source, el: HTMLElement, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
    const handlers = {
      moved: (tMs: number, playing: boolean) => this.#sounding(tMs, playing),
      failed: (reason: string) => this.#say(reason),
    };
    this.#listener = new Listener(source, handlers, signal);
    el.append(this.#root);
    this.#bind();
    source.onwhole = (whole) => this.#take(whole);
    void this.#load("hello");
  }

  // -- what is shown

  async #load(kind: "hello" | "refresh"): Promise<void> {
    this.#refresh.disabled = true;
    try {
      this.#take(await this.#source.whole(kind));
    } catch (error) {
      if (!this.#signal.aborted) this.#say(String(error instanceof Error ? error.message : error));
    } finally {
      this.#refresh.disabled = false;
    }
  }

  #take(whole: Whole): void {
    const before = this.#whole?.durationMs;
    // Who looked at all of it goes on to.
    const all = before === undefined || lengthOf(this.#span) >= before;
    this.#whole = whole;
    this.#selected = null;
    const span = all ? { fromMs: 0, toMs: whole.durationMs } : this.#span;
    this.#below.replaceChildren(drawTurns(whole, (turn) => this.#goTo(turn)));
    const { lostMs } = whole;
    this.#say(lostMs > 0 ? `the log has let go of ${timeText(lostMs, 100)} of sound` : "");
    this.#show(span, true);
  }

  #show(span: Span, changed = false): void {
    if (this.#whole === null) return;
    const next = within(span, this.#whole.durationMs);
    changed ||= next.fromMs !== this.#span.fromMs || next.toMs !== this.#span.toMs;
    this.#span = next;
    if (changed) this.#want();
    this.#draw();
  }

  /** The waveform of what is in view, when it has come to rest. */
  #want(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), this.#peaks === null ? 0 : SETTLE_MS);
  }

  async #fetch(): Promise<void> {
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

  #draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const whole = this.#whole;
    if (whole === null) return;
    const scene = {
      whole,
      span: this.#span,
      peaks: this.#peaks,
      cursorMs: this.#cursorMs,
      selected: this.#selected,
      placeMs: this.#placeMs,
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
    // For who looks at the picture by other means than the eye, such as a test.
    this.#root.dataset.from = this.#span.fromMs.toFixed(1);
    this.#root.dataset.to = this.#span.toMs.toFixed(1);
  }

  #say(words: string): void {
    setText(this.#status, words);
  }

  #words(mark: Mark): string {
    const name = this.#whole?.kinds.get(mark.kind)?.name ?? mark.kind;
    const label = mark.label === "" ? "" : ` (${mark.label})`;
    return `${name}${label} at ${timeText(mark.tMs)}, event ${mark.seq}`;
  }

  // -- what is chosen

  #select(mark: Mark, tell: boolean): void {
    this.#selected = mark;
    this.#placeMs = null;
    this.#cursorMs = mark.tMs;
    this.#say(this.#words(mark));
    if (this.#whole === null) return;
    this.#show(reveal(this.#span, mark.tMs, this.#whole.durationMs));
    if (tell) tellSelected(this.#whole.chat, mark.seq, this.#root);
  }

  /** An event was chosen elsewhere, in the table. */
  async #find(seq: number): Promise<void> {
    if (this.#whole === null) return;
    const mark = this.#whole.marks.find((one) => one.seq === seq);
    if (mark !== undefined) {
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
      // The kernel is gone; the table says so.
    }
  }

  #step(by: 1 | -1): void {
    const marks = this.#whole?.marks ?? [];
    const now = this.#selected === null ? -1 : marks.indexOf(this.#selected);
    const place = now >= 0 ? now + by : placeOf(marks, this.#cursorMs) - (by < 0 ? 1 : 0);
    const mark = marks[place];
    if (mark !== undefined) this.#select(mark, true);
  }

  #goTo(turn: Turn): void {
    const end = turn.endMs ?? turn.beginMs + (turn.legs.at(-1)?.toMs ?? 1000);
    const margin = Math.max(200, (end - turn.beginMs) * 0.15);
    this.#cursorMs = turn.beginMs;
    this.#show({ fromMs: turn.beginMs - margin, toMs: end + margin });
  }

  // -- sound

  #toggle(): void {
    if (this.#listener.playing) {
      this.#cursorMs = this.#listener.stop() ?? this.#cursorMs;
      this.#sounding(this.#cursorMs, false);
    } else this.#playFrom(this.#cursorMs);
  }

  #playFrom(tMs: number): void {
    if (this.#whole === null) return;
    const atEnd = tMs >= this.#whole.durationMs - 1;
    void this.#listener.play(atEnd ? 0 : tMs, this.#whole.durationMs);
    this.#sounding(atEnd ? 0 : tMs, true);
  }

  #sounding(tMs: number, playing: boolean): void {
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

  #bind(): void {
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
      passive: false,
    });
    this.#stage.addEventListener("pointerdown", (event) => this.#press(event), options);
    this.#stage.addEventListener("pointermove", (event) => this.#point(event), options);
    this.#stage.addEventListener("pointerleave", () => setText(this.#hover, ""), options);
    const chat = () => this.#whole?.chat ?? "";
    onSelected(chat, this.#root, (seq) => void this.#find(seq), this.#signal);
    // JupyterLab takes keys before the page does: it keeps those with Ctrl or Command.
    const keys = (event: KeyboardEvent) => {
      const theirs = event.ctrlKey || event.metaKey;
      this.#root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
    };
    window.addEventListener("keydown", keys, { ...options, capture: true });
    this.#watch();
  }

  #watch(): void {
    const sized = new ResizeObserver(() => {
      const width = this.#stage.clientWidth;
      if (width === this.#width) return;
      this.#width = width;
      this.#want();
      this.#draw();
    });
    sized.observe(this.#stage);
    // JupyterLab says its theme on the body.
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

  #zoom(factor: number, atMs?: number): void {
    const inView = this.#cursorMs >= this.#span.fromMs && this.#cursorMs <= this.#span.toMs;
    const middle = (this.#span.fromMs + this.#span.toMs) / 2;
    const at = atMs ?? (inView ? this.#cursorMs : middle);
    this.#show(zoom(this.#span, factor, at, this.#whole?.durationMs ?? 1));
  }

  #move(toMs: number): void {
    if (this.#whole === null) return;
    if (this.#listener.playing) this.#toggle();
    this.#cursorMs = Math.min(Math.max(0, toMs), this.#whole.durationMs);
    this.#selected = null;
    this.#show(reveal(this.#span, this.#cursorMs, this.#whole.durationMs));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = lengthOf(this.#span) / (event.shiftKey ? 5 : 50);
    const keys: Readonly<Record<string, () => void>> = {
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
      p: () => this.#step(-1),
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  #wheel(event: WheelEvent): void {
    // The plain wheel scrolls the notebook.
    if (event.ctrlKey || event.metaKey) this.#zoom(1.0015 ** event.deltaY, this.#timeAt(event));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) / this.#width) * lengthOf(this.#span);
      this.#show(pan(this.#span, by, this.#whole?.durationMs ?? 1));
    } else return;
    event.preventDefault();
  }

  #timeAt(event: MouseEvent): number {
    const x = event.clientX - this.#stage.getBoundingClientRect().left;
    return this.#span.fromMs + (x / Math.max(1, this.#width)) * lengthOf(this.#span);
  }

  #markAt(event: MouseEvent): Mark | null {
    const reachMs = (REACH / Math.max(1, this.#width)) * lengthOf(this.#span);
    const y = event.clientY - this.#stage.getBoundingClientRect().top;
    const side = y < LANE ? "user" : "assistant";
    return nearest(this.#whole?.marks ?? [], this.#timeAt(event), reachMs, side);
  }

  #point(event: PointerEvent): void {
    const mark = this.#markAt(event);
    setText(this.#hover, mark === null ? timeText(this.#timeAt(event)) : this.#words(mark));
  }

  /** On the axis a press scrubs; elsewhere a drag moves the view, and a click plays from there. */
  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const scrubs = event.clientY - this.#stage.getBoundingClientRect().top > 2 * LANE;
    const began = { x: event.clientX, span: this.#span };
    const over = new AbortController();
    const options = { signal: AbortSignal.any([over.signal, this.#signal]) };
    let dragged = false;
    const drag = (to: PointerEvent) => {
      dragged ||= Math.abs(to.clientX - began.x) > CLICK;
      if (scrubs) this.#move(this.#timeAt(to));
      else if (dragged) {
        const by = ((began.x - to.clientX) / Math.max(1, this.#width)) * lengthOf(began.span);
        this.#show(pan(began.span, by, this.#whole?.durationMs ?? 1));
      }
    };
    const drop = (to: PointerEvent) => {
      over.abort();
      if (scrubs) this.#move(this.#timeAt(to));
      else if (!dragged) this.#click(to);
    };
    document.addEventListener("pointermove", drag, options);
    document.addEventListener("pointerup", drop, options);
    document.addEventListener("pointercancel", () => over.abort(), options);
  }

  #click(event: PointerEvent): void {
    const mark = this.#markAt(event);
    if (mark !== null) this.#select(mark, true);
    this.#playFrom(mark?.tMs ?? this.#timeAt(event));
  }
}

/** Draw a timeline into `el` until `signal` aborts. */
export function drawTimeline(source: Source, el: HTMLElement, signal: AbortSignal): void {
  new Panel(source, el, signal);
}
