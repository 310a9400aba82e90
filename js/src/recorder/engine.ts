// One recorder on one page. Lives as long as the model; views come and go.
//
// The microphone is let go whenever nobody could know it is on: the last view closed, the kernel
// restarted, a send failed, the page is left, the kernel ended the take.

import type { AnyModel } from "@anywidget/types";
import { SharedContext } from "../audio/context.js";
import { Microphone } from "../audio/microphone.js";
import type { Processing } from "../audio/preferences.js";
import { MicrophoneTrouble, MUTED } from "../audio/trouble.js";
import type { Notice, Sound } from "../chat.js";
import { HEADER_BYTES } from "../frames.js";
import { Floor, type Voice } from "../player/floor.js";
import { count, type Fields, Line, type Link } from "../player/line.js";
import { type Sounding, soundingIn } from "../player/sounding.js";
import { Turn } from "../player/turn.js";
import { NO_SOUND, SoundSetup } from "../sound.js";
import { Handover } from "./handover.js";
import { withNotice } from "./notices.js";
import { NOTHING, readStanding, type Standing } from "./wire.js";
import { ENDED, fullWords, GONE, OTHER_MICROPHONE, troubleWords } from "./words.js";

/** A view that is drawn anew closes first: wait this long before letting go. */
const LAST_VIEW_MS = 3000;
/** How often a page asks whether another one, which records, is still there. */
const LOOK_MS = 3000;
/** How a constraints override reaches the microphone (tests turn echo cancellation off). */
const CONSTRAINTS_TRAIT = "_audio_constraints";

/** Nothing; the microphone is being asked for; it is open; the kernel has not got all yet. */
export type Phase = "idle" | "asking" | "recording" | "saving";

export class RecorderEngine {
  readonly sounding: Sounding;
  readonly turn: Turn;
  readonly setup: SoundSetup;
  readonly #line: Line;
  readonly #context = new SharedContext();
  readonly #microphone: Microphone;
  readonly #draws = new Set<() => void>();
  sound: Sound = NO_SOUND;
  notices: readonly Notice[] = [];
  standing: Standing = NOTHING;
  phase: Phase = "idle";
  level = 0;
  #take: Handover | null = null;
  #views = 0;
  /** What the page plays is not to be recorded; a recording is not cut short by it. */
  readonly #silence: Voice = { begin: () => undefined, halt: () => undefined };

  constructor(model: AnyModel, signal: AbortSignal) {
    const changed = () => {
      this.turn.look();
      this.#changed();
    };
    const send = (message: object) => this.#line.send(message);
    this.sounding = soundingIn(this.#context, () => 1, send, changed).sounding;
    this.turn = new Turn(this.sounding, () => this.#changed());
    const asked = () => {
      const value: unknown = model.get(CONSTRAINTS_TRAIT);
      return typeof value === "object" && value !== null ? value : {};
    };
    this.setup = new SoundSetup(this, this.#context, SharedContext.choosable, asked, signal);
    this.#microphone = new Microphone(this.#context, {
      frame: (bytes, rms) => this.#frame(bytes, rms),
      lost: () => this.stop(ENDED),
      muted: (muted) => (muted ? this.notify("warning", MUTED) : this.dismiss(MUTED)),
    });
    this.#line = new Line(
      model,
      {
        message: (fields, buffers) => this.#receive(fields, buffers),
        changed: (link) => this.#linked(link),
      },
      signal,
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

  get link(): Link {
    return this.#line.link;
  }

  get client(): string {
    return this.#line.client;
  }

  /** Samples of the recording under way, here or in another tab. */
  get elapsed(): number {
    return this.#take?.total ?? this.standing.got;
  }

  /** Samples that the kernel has not taken in. */
  get waiting(): number {
    return this.#take?.waiting ?? 0;
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
  async record(replaces: boolean): Promise<void> {
    if (this.link !== "live" || this.phase !== "idle") return;
    this.notices = [];
    this.turn.stop();
    this.#to("asking");
    try {
      const settings = await this.#open();
      if (settings === null) return; // it was stopped meanwhile
      this.setup.opened(settings);
    } catch (error) {
      this.#to("idle");
      this.notify("error", troubleWords(error));
      return;
    }
    this.#take = new Handover(this.standing.max, replaces, (message, buffers) =>
      this.#line.send(message, buffers),
    );
    this.#to("recording");
  }

  /** End the recording; `why` where it was not the button. */
  stop(why = ""): void {
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
  trim(on: boolean): void {
    this.turn.stop();
    this.#line.send({ kind: "trim", on });
  }

  chooseInput(id: string): void {
    this.setup.chooseInput(id);
  }

  chooseOutput(id: string): void {
    void this.setup.chooseOutput(id);
  }

  setProcessing(name: Processing, on: boolean): void {
    this.setup.setProcessing(name, on);
  }

  // -- for what sets sound up

  setSound(change: Partial<Sound>): void {
    this.sound = { ...this.sound, ...change };
    this.#changed();
  }

  notify(level: Notice["level"], text: string): void {
    this.notices = withNotice(this.notices, level, text);
    this.#changed();
  }

  dismiss(text: string): void {
    this.notices = this.notices.filter((notice) => notice.text !== text);
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

  #frame(bytes: ArrayBuffer | null, rms: number): void {
    if (this.phase !== "recording" || this.#take === null || bytes === null) return;
    this.level = rms;
    this.#take.add(new Int16Array(bytes, HEADER_BYTES));
    if (this.#take.full) this.stop(fullWords(this.standing.max));
    this.#changed();
  }

  #receive(fields: Fields, buffers: readonly DataView[]): void {
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
    } else if (kind === "sound" && bytes !== undefined) {
      this.sounding.take(count(fields.run), count(fields.offset), bytes);
    }
    this.#changed();
  }

  #stands(standing: Standing): void {
    const other = standing.number !== this.standing.number;
    this.standing = standing;
    if (!other) return;
    this.turn.leave();
    this.sounding.renew(standing.samples);
  }

  /** Nothing more is taken of it: it is whole, or another page records. */
  #over(why: unknown): void {
    this.#microphone.stop();
    this.#take = null;
    this.level = 0;
    this.#to("idle");
    if (typeof why === "string" && why !== "") this.notify("warning", why);
  }

  #linked(link: Link): void {
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

  #leave(): void {
    this.#microphone.stop();
    this.#take?.flush(true);
    this.#line.send({ kind: "leave" });
  }

  #to(phase: Phase): void {
    this.phase = phase;
    if (phase === "asking") Floor.shared.take(this.#silence);
    else if (phase !== "recording") Floor.shared.leave(this.#silence);
    this.#changed();
  }

  #changed(): void {
    for (const draw of this.#draws) draw();
  }
}
