// One growing sound on one page. Lives as long as the model; views come and go.

import type { AnyModel } from "@anywidget/types";
import { SharedContext } from "../audio/context.js";
import { loadPreferences } from "../audio/preferences.js";
import { count, type Fields, Line, type Link } from "./line.js";
import { type Sounding, soundingIn } from "./sounding.js";
import { Turn } from "./turn.js";

/** A view that is drawn anew closes first: wait this long before falling silent. */
const LAST_VIEW_MS = 3000;

/** How often a page says that it plays, or asks whether the one that does is still there. */
const BEAT_MS = 1000;

/** What the kernel keeps for the page. */
const TRAITS = ["_label", "_text", "_status", "_total"] as const;

export class PlayerEngine {
  readonly sounding: Sounding;
  readonly turn: Turn;
  readonly #model: AnyModel;
  readonly #line: Line;
  readonly #context = new SharedContext();
  readonly #setVolume: () => void;
  readonly #draws = new Set<() => void>();
  #volume = 1;
  #views = 0;
  /** Another page plays it, or has: this one waits to be asked. */
  #second = false;

  constructor(model: AnyModel, signal: AbortSignal) {
    this.#model = model;
    const changed = () => {
      this.turn.look();
      this.#changed();
    };
    const made = soundingIn(
      this.#context,
      () => this.#volume,
      (message) => this.#line.send(message),
      changed,
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
        },
      },
      signal,
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

  get link(): Link {
    return this.#line.link;
  }

  get second(): boolean {
    return this.#second;
  }

  get volume(): number {
    return this.#volume;
  }

  set volume(volume: number) {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.#setVolume();
    this.#changed();
  }

  /** A text the kernel keeps for the page. */
  words(trait: "_label" | "_text" | "_status"): string {
    const value = this.#model.get(trait);
    return typeof value === "string" ? value : "";
  }

  /** Call `draw` after each change, as long as the signal lives. */
  subscribe(draw: () => void, signal: AbortSignal): void {
    this.#draws.add(draw);
    signal.addEventListener("abort", () => this.#draws.delete(draw));
  }

  /** Count a view for as long as its signal lives. */
  attach(signal: AbortSignal): void {
    this.#views++;
    signal.addEventListener("abort", () => {
      this.#views--;
      // Nobody could press Pause any more.
      setTimeout(() => {
        if (this.#views > 0) return;
        this.turn.leave();
        void this.sounding.pause();
      }, LAST_VIEW_MS);
    });
  }

  #beat(): void {
    const { turn, sounding } = this;
    turn.beat();
    if (sounding.state === "playing") sounding.tell();
    else if (turn.waits) this.#line.send({ kind: "waits", played: turn.at });
    else if (this.#second) this.#line.ask();
  }

  #receive(fields: Fields, buffers: readonly DataView[]): void {
    const bytes = buffers[0];
    if (fields.kind === "welcome") this.#welcome(fields);
    else if (fields.kind === "sound" && bytes !== undefined) {
      this.sounding.take(count(fields.run), count(fields.offset), bytes);
    }
  }

  #welcome(fields: Fields): void {
    const plays = fields.plays === true;
    this.#second = fields.second === true;
    const fresh = this.sounding.state === "idle";
    const at = count(fields.at);
    const over = this.sounding.total !== null && at >= this.sounding.total;
    if (!fresh) this.sounding.again();
    else if (plays && !over && this.#model.get("_autoplay") === true) this.turn.ask(at);
    this.#changed();
  }

  #told(): void {
    const total = count(this.#model.get("_total"), -1);
    const known = total < 0 ? null : total;
    if (known !== this.sounding.total) this.sounding.setTotal(known);
    this.#changed();
  }

  #changed(): void {
    for (const draw of this.#draws) draw();
  }
}
