// Sound and messages of one chat on one page. Lives as long as the model; views come and go.
//
// The microphone is let go whenever nobody could know it is on: the last view closed, the kernel
// restarted, a send failed, another tab took over, the session closed, the page is left.

import type { AnyModel } from "@anywidget/types";
import { SharedContext } from "./audio/context.js";
import { playbackIn } from "./audio/playback.js";
import type { Processing } from "./audio/preferences.js";
import { Speaker } from "./audio/speaker.js";
import type { Chat } from "./chat.js";
import { Inbox } from "./inbox.js";
import { Listening } from "./listening.js";
import type { TurnMode } from "./messages.js";
import { Passing } from "./passing.js";
import { Floor } from "./player/floor.js";
import { type Gone, Port } from "./port.js";
import { RtcDesk } from "./rtc/desk.js";
import { SoundSetup } from "./sound.js";
import type { Mount } from "./tools/display.js";
import type { Decision } from "./tools/wire.js";

/**
 * A view is redrawn by closing it first, and a cell that is run again shows its chat anew once the
 * kernel comes to it: wait this long before letting go.
 */
const LAST_VIEW_MS = 3000;

/** After this long without an answer to hello, there is nobody: the notebook was only saved. */
const UNANSWERED_MS = 3000;

/** How a constraints override reaches the microphone (tests turn echo cancellation off). */
const CONSTRAINTS_TRAIT = "_audio_constraints";

export class Engine {
  readonly #chat: Chat;
  readonly #port: Port;
  readonly #context = new SharedContext();
  readonly #listening: Listening;
  readonly #rtc: RtcDesk;
  readonly #speaker: Speaker;
  readonly #sound: SoundSetup;
  readonly #passing: Passing;
  readonly #inbox: Inbox;
  #views = 0;
  /** The kernel was told that nobody looks here any more. */
  #left = false;

  constructor(model: AnyModel, chat: Chat, signal: AbortSignal) {
    this.#chat = chat;
    this.#port = new Port(
      model,
      {
        message: (message, buffers) => this.#inbox.receive(message, buffers),
        gone: (why) => this.#gone(why),
        carrier: (carrier) => this.#inbox.carried(carrier),
        away: (away, lostMs) => this.#passing.away(away, lostMs),
      },
      signal,
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
      failed: (message) => chat.notify("error", message),
    });
    this.#rtc = new RtcDesk(this.#context, {
      say: (message) => this.#port.send(message),
      heard: (bytes) => this.#port.send({ kind: "heard" }, [bytes]),
      level: (outputLevel) => chat.set("level", { outputLevel }),
      changed: (playing, muted) => this.#playing(playing, muted),
      calling: (calling) => chat.set("status", { calling }),
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
      passing: this.#passing,
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
  attach(signal: AbortSignal): void {
    this.#views++;
    this.#comeBack();
    signal.addEventListener("abort", () => {
      this.#views--;
      setTimeout(() => this.#lastViewGone(), LAST_VIEW_MS);
    });
  }

  async toggleMicrophone(): Promise<void> {
    if (this.#chat.microphone !== "off") {
      this.releaseMicrophone();
      return;
    }
    void this.#unlock();
    if (this.#chat.deafness !== "") this.#chat.notify("info", this.#chat.deafness);
    else await this.#listening.open();
  }

  chooseInput(id: string): void {
    this.#sound.chooseInput(id);
    void this.#listening.reopen();
  }

  chooseOutput(id: string): void {
    void this.#sound.chooseOutput(id);
  }

  setProcessing(name: Processing, on: boolean): void {
    this.#sound.setProcessing(name, on);
    void this.#listening.reopen();
  }

  /** Somebody looks at the devices. */
  lookForDevices(): void {
    void this.#sound.refresh();
  }

  /** Let the microphone go and say so. */
  releaseMicrophone(): void {
    this.#listening.release();
  }

  /** The talk key was pressed or let go; the first press opens the microphone. */
  talk(held: boolean): void {
    this.#listening.hold(held);
    if (held && this.#chat.pushed && this.#chat.microphone === "off") void this.toggleMicrophone();
  }

  /** Ask for another way in which turns end. */
  setTurns(mode: TurnMode): void {
    this.#port.send({ kind: "turns", mode });
  }

  /** Ask that the microphone be mute while an answer plays, or no longer. */
  setHalfDuplex(half_duplex: boolean): void {
    this.#port.send({ kind: "turns", half_duplex });
  }

  /** Listen and play here, and no longer in another tab. */
  takeOver(): void {
    void this.#unlock();
    this.#port.send({ kind: "take_over" });
  }

  /** Answer whether a call may be made. */
  approve(id: string, decision: Decision, reason: string): void {
    this.#port.send({ kind: "approve", id, decision, reason });
  }

  /** Draw a display of a call in a box. */
  get mount(): Mount {
    return this.#port.displays;
  }

  /** Send a typed line; false when there is nobody to read it. */
  say(text: string): boolean {
    void this.#unlock();
    return this.#port.send({ kind: "text", text });
  }

  /** Stop the answer being given. */
  stop(): void {
    void this.#unlock();
    this.#rtc.hush();
    this.#port.send({ kind: "stop" });
  }

  /** What was said so far is a turn. */
  commit(): void {
    void this.#unlock();
    this.#port.send({ kind: "commit" });
  }

  /** Dial now, do not wait. */
  retry(): void {
    this.#port.send({ kind: "retry" });
  }

  /** End the chat. */
  end(): void {
    this.#port.send({ kind: "end" });
  }

  /** Have an answer made in the place of one that failed. */
  askAgain(): void {
    void this.#unlock();
    this.#port.send({ kind: "ask_again" });
  }

  /** The click that lets sound out. */
  hear(): void {
    void this.#unlock();
  }

  #unanswered(): void {
    if (this.#chat.link === "asking") this.#chat.set("status", { link: "unanswered" });
  }

  #gone(why: Gone): void {
    this.releaseMicrophone();
    this.#rtc.hangUp();
    void this.#speaker.clear();
    this.#passing.unwatch();
    this.#chat.history.gone();
    const detail =
      why === "restart"
        ? "the kernel restarted: run the cell again"
        : "the kernel's side of this chat is gone: run the cell again";
    // What had ended before ended as it was told, and not by this.
    this.#chat.set("status", this.#chat.over ? { link: "gone" } : { link: "gone", detail });
    this.#chat.set("approvals", { approvals: [] });
  }

  /** Whoever comes back to this notebook hears the rest of the answer. */
  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.releaseMicrophone();
    this.#port.send({ kind: "leave" });
    this.#rtc.hangUp();
  }

  #comeBack(): void {
    if (!this.#left) return;
    this.#left = false;
    this.#port.rejoin();
  }

  /** The page is still there, with nothing in it to see or press. */
  #lastViewGone(): void {
    if (this.#views > 0 || this.#left) return;
    this.releaseMicrophone();
    // Nobody could press Stop any more.
    if (this.#speaker.active || this.#rtc.active) this.#port.send({ kind: "stop" });
    this.#leave();
  }

  #playing(playing: boolean, muted: boolean): void {
    this.#listening.playing(playing && !muted, this.#context.latencyMs);
    Floor.shared.talk(this, playing && !muted);
    this.#chat.set("status", { playing, muted });
  }

  /** Call it from a click or a key press: browsers let sound out only after one. */
  async #unlock(): Promise<void> {
    await Promise.all([this.#speaker.unlock(), this.#rtc.unlock()]);
  }

  #constraints(): MediaTrackConstraints {
    const value = this.#port.setting(CONSTRAINTS_TRAIT);
    return typeof value === "object" && value !== null ? value : {};
  }

  #close(): void {
    this.#passing.close();
    // The notebook is closed, and its page is not: nothing goes on unseen.
    this.#leave();
    this.#listening.close();
    this.#speaker.close();
    Floor.shared.talk(this, false);
    this.#context.close();
  }
}
