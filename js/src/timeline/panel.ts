// One view of a timeline: buttons, the picture, what is chosen, and each turn's latency.

import { h, setText } from "../ui/dom.js";
import { Hands } from "./hands.js";
import { onSelected, type Shown, tellSelected } from "./link.js";
import { Listener } from "./listener.js";
import type { Source } from "./source.js";
import { lengthOf, placeOf, timeText } from "./span.js";
import { drawTurns } from "./turns.js";
import { View } from "./view.js";
import type { Mark, Turn, Whole } from "./wire.js";

const PLAY = "Play from the cursor";
const KEYS =
  "Left and right move the cursor, up and down zoom, n and p go from mark to mark, space plays.";
const HINT = "a click plays from there, a drag moves, Ctrl and the wheel zoom";

const button = (words: string, label: string): HTMLButtonElement =>
  h("button", { type: "button", class: "rnb-button", "aria-label": label, title: label }, words);

const shownOf = (whole: Whole | null): Shown => ({
  name: whole?.chat ?? "",
  log: whole?.log ?? "",
});

class Panel {
  readonly #source: Source;
  readonly #signal: AbortSignal;
  readonly #view: View;
  readonly #listener: Listener;
  readonly #play = button("▶", PLAY);
  readonly #refresh = button("Refresh", "Take in what has happened since");
  readonly #time = h("span", { class: "rnb-tl-time" });
  readonly #hover = h("span", { class: "rnb-tl-hover", "aria-hidden": "true" }, HINT);
  readonly #status = h("span", { class: "rnb-tl-status", role: "status" });
  readonly #stage = h("div", {
    class: "rnb-tl-stage",
    tabindex: "0",
    role: "slider",
    "aria-label": "Place in the conversation",
    "aria-description": KEYS,
  });
  readonly #below = h("div");
  readonly #root = h("section", { class: "rnb rnb-timeline", "aria-label": "Timeline" });

  constructor(source: Source, el: HTMLElement, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
    this.#view = new View(
      source,
      { drawn: () => this.#drawn(), failed: (error) => this.#fail(error) },
      signal,
    );
    this.#listener = new Listener(
      source,
      { moved: (tMs, on) => this.#sounding(tMs, on), failed: (reason) => this.#say(reason) },
      signal,
    );
    this.#build();
    el.append(this.#root);
    this.#bind();
    source.onwhole = (whole) => this.#take(whole);
    void this.#load("hello");
  }

  #build(): void {
    const closer = button("+", "Zoom in");
    const wider = button("−", "Zoom out");
    const all = button("All", "Show the whole conversation");
    const pressed: readonly [HTMLButtonElement, () => void][] = [
      [this.#play, () => this.#toggle()],
      [closer, () => this.#view.zoom(0.5)],
      [wider, () => this.#view.zoom(2)],
      [all, () => this.#view.showAll()],
      [this.#refresh, () => void this.#load("refresh")],
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
      this.#below,
    );
  }

  #bind(): void {
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
            mark !== null ? this.#words(mark) : tMs === null ? HINT : timeText(tMs),
          );
        },
      },
      signal,
    );
    onSelected(
      () => shownOf(this.#view.whole),
      this.#root,
      (seq) => void this.#find(seq),
      signal,
    );
    // JupyterLab takes keys before the page does: it keeps those with Ctrl or Command.
    const keys = (event: KeyboardEvent) => {
      const theirs = event.ctrlKey || event.metaKey;
      this.#root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
    };
    window.addEventListener("keydown", keys, { signal, capture: true });
    const sized = new ResizeObserver(() => this.#view.resize(this.#stage.clientWidth));
    sized.observe(this.#stage);
    // JupyterLab says its theme on the body.
    const themed = new MutationObserver(() => this.#view.draw());
    themed.observe(document.body, { attributes: true });
    signal.addEventListener("abort", () => {
      sized.disconnect();
      themed.disconnect();
      this.#root.remove();
    });
  }

  // -- what is shown

  async #load(kind: "hello" | "refresh"): Promise<void> {
    this.#refresh.disabled = true;
    try {
      this.#take(await this.#source.whole(kind));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#refresh.disabled = false;
    }
  }

  #take(whole: Whole): void {
    this.#below.replaceChildren(drawTurns(whole, (turn) => this.#goTo(turn)));
    const lost = whole.lostMs > 0 ? `the log let ${timeText(whole.lostMs, 100)} of sound go` : "";
    const few = whole.droppedMarks > 0 ? `${whole.droppedMarks} older marks are left out` : "";
    const none = whole.durationMs > 0 ? "" : "There is no sound yet, and no mark";
    this.#say([none, lost, few].filter((words) => words !== "").join("; "));
    this.#view.take(whole);
  }

  #drawn(): void {
    const { cursorMs, durationMs, span } = this.#view;
    setText(this.#time, `${timeText(cursorMs, 10)} of ${timeText(durationMs, 10)}`);
    const values = {
      "aria-valuemin": "0",
      "aria-valuemax": String(Math.round(durationMs)),
      "aria-valuenow": String(Math.round(cursorMs)),
      "aria-valuetext": timeText(cursorMs, 10),
      "data-from": span.fromMs.toFixed(1),
      "data-to": span.toMs.toFixed(1),
    };
    for (const [name, value] of Object.entries(values)) this.#stage.setAttribute(name, value);
  }

  #fail(error: unknown): void {
    if (!this.#signal.aborted) this.#say(error instanceof Error ? error.message : String(error));
  }

  #say(words: string): void {
    setText(this.#status, words);
  }

  #words(mark: Mark): string {
    const name = this.#view.whole?.kinds.get(mark.kind)?.name ?? mark.kind;
    const label = mark.label === "" ? "" : ` (${mark.label})`;
    return `${name}${label} at ${timeText(mark.tMs)}, event ${mark.seq}`;
  }

  // -- what is chosen

  #select(mark: Mark, tell: boolean): void {
    this.#view.selected = mark;
    this.#view.placeMs = null;
    this.#say(this.#words(mark));
    this.#view.moveTo(mark.tMs);
    if (tell) tellSelected(shownOf(this.#view.whole), mark.seq, this.#root);
  }

  /** An event was chosen elsewhere, in the table. */
  async #find(seq: number): Promise<void> {
    const mark = this.#view.whole?.marks.find((one) => one.seq === seq);
    if (mark !== undefined) {
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

  #step(by: 1 | -1): void {
    const { whole, selected, cursorMs } = this.#view;
    const marks = whole?.marks ?? [];
    const now = selected === null ? -1 : marks.indexOf(selected);
    const place = now >= 0 ? now + by : placeOf(marks, cursorMs) - (by < 0 ? 1 : 0);
    const mark = marks[place];
    if (mark !== undefined) this.#select(mark, true);
  }

  #move(tMs: number): void {
    if (this.#listener.playing) this.#toggle();
    this.#view.selected = null;
    this.#view.moveTo(tMs);
  }

  #goTo(turn: Turn): void {
    const end = turn.endMs ?? turn.beginMs + (turn.legs.at(-1)?.toMs ?? 1000);
    const margin = Math.max(200, (end - turn.beginMs) * 0.15);
    this.#view.cursorMs = turn.beginMs;
    this.#view.show({ fromMs: turn.beginMs - margin, toMs: end + margin });
  }

  // -- sound

  #toggle(): void {
    if (!this.#listener.playing) this.#playFrom(this.#view.cursorMs);
    else this.#sounding(this.#listener.stop() ?? this.#view.cursorMs, false);
  }

  #playFrom(tMs: number): void {
    const { durationMs, whole } = this.#view;
    if (whole === null) return;
    const from = tMs >= durationMs - 1 ? 0 : tMs;
    void this.#listener.play(from, durationMs);
    this.#sounding(from, true);
  }

  #sounding(tMs: number, playing: boolean): void {
    const view = this.#view;
    view.cursorMs = tMs;
    const label = playing ? "Pause" : PLAY;
    setText(this.#play, playing ? "❚❚" : "▶");
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
    if (playing && tMs > view.span.toMs) view.pan(lengthOf(view.span));
    view.draw();
  }
}

/** Draw a timeline into `el` until `signal` aborts. */
export function drawTimeline(source: Source, el: HTMLElement, signal: AbortSignal): void {
  new Panel(source, el, signal);
}
