// Keys, wheel and pointer on a timeline.

import { LANE } from "./draw.js";
import { lengthOf, nearest } from "./span.js";
import type { View } from "./view.js";
import type { Mark } from "./wire.js";

/** A mark this near to the pointer, in CSS pixels, is meant. */
const REACH = 6;
/** A press that moves less, in CSS pixels, is a click. */
const CLICK = 4;

export interface Wishes {
  /** Play, or stop. */
  toggle(): void;
  /** Have the cursor at `tMs`. */
  move(tMs: number): void;
  /** Go to the next mark, or the one before. */
  step(by: 1 | -1): void;
  /** Play from `tMs`; `mark` is the one that was pressed. */
  click(tMs: number, mark: Mark | null): void;
  /** The pointer is at `tMs`, on `mark`; null when it left. */
  point(tMs: number | null, mark: Mark | null): void;
}

export class Hands {
  readonly #stage: HTMLElement;
  readonly #view: View;
  readonly #wishes: Wishes;
  readonly #signal: AbortSignal;

  constructor(stage: HTMLElement, view: View, wishes: Wishes, signal: AbortSignal) {
    this.#stage = stage;
    this.#view = view;
    this.#wishes = wishes;
    this.#signal = signal;
    stage.addEventListener("keydown", (event) => this.#key(event), { signal });
    stage.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    stage.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    const point = (event: PointerEvent) => {
      wishes.point(view.timeAt(this.#x(event)), this.#markAt(event));
    };
    stage.addEventListener("pointermove", point, { signal });
    stage.addEventListener("pointerleave", () => wishes.point(null, null), { signal });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const view = this.#view;
    const step = lengthOf(view.span) / (event.shiftKey ? 5 : 50);
    const keys: Readonly<Record<string, () => void>> = {
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
      p: () => this.#wishes.step(-1),
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  #wheel(event: WheelEvent): void {
    // The plain wheel scrolls the notebook.
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) {
      this.#view.zoom(1.0015 ** event.deltaY, this.#view.timeAt(this.#x(event)));
    } else if (sideways) this.#view.pan(this.#view.timeOf(event.deltaX || event.deltaY));
    else return;
    event.preventDefault();
  }

  /** On the axis a press scrubs; elsewhere a drag moves the view, and a click plays from there. */
  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const view = this.#view;
    const scrubs = this.#y(event) > 2 * LANE;
    const began = { x: event.clientX, span: view.span };
    let dragged = false;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#signal]);
    const scrub = (to: PointerEvent) => this.#wishes.move(view.timeAt(this.#x(to)));
    const drag = (to: PointerEvent) => {
      dragged ||= Math.abs(to.clientX - began.x) > CLICK;
      if (scrubs) scrub(to);
      else if (dragged) view.pan(view.timeOf(began.x - to.clientX), began.span);
    };
    const drop = (to: PointerEvent) => {
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

  #x(event: MouseEvent): number {
    return event.clientX - this.#stage.getBoundingClientRect().left;
  }

  #y(event: MouseEvent): number {
    return event.clientY - this.#stage.getBoundingClientRect().top;
  }

  #markAt(event: MouseEvent): Mark | null {
    const view = this.#view;
    const side = this.#y(event) < LANE ? "user" : "assistant";
    const reachMs = view.timeOf(REACH);
    return nearest(view.whole?.marks ?? [], view.timeAt(this.#x(event)), reachMs, side);
  }
}
