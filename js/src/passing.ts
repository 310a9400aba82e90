// What passes by itself and is said while it lasts: limits nearly used up, a kernel that nothing
// reaches, a cell that holds up the sound.

import { BusyWatch, sayOnce, waitsWords } from "./busy.js";
import { mayHaveRelay } from "./carrier/server.js";
import type { Chat } from "./chat.js";

const AWAY =
  "Nothing comes through to the kernel just now (the network, or a cell that runs): what you say is kept in this page for 30 s, and what you type is sent when it is back.";
const lostWords = (ms: number) =>
  `Nothing came through to the kernel for too long: ${Math.round(ms / 1000)} s of what you said were not sent. Say it again.`;
const AWAY_SHOWN_MS = 1000;

/** What a browser's timers can count to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Passing {
  readonly #chat: Chat;
  readonly #busy: BusyWatch;
  #awaySoon: ReturnType<typeof setTimeout> | undefined;
  #limitsOver: ReturnType<typeof setTimeout> | undefined;

  /** `probe` asks the kernel which cells wait. */
  constructor(chat: Chat, probe: () => void) {
    this.#chat = chat;
    this.#busy = new BusyWatch(probe, (waits) => this.#waits(waits));
  }

  /** What the service's limits leave is true until they are full again. */
  limited(limits: string, resetS: number): void {
    clearTimeout(this.#limitsOver);
    this.#chat.set("status", { limits });
    if (limits === "") return;
    const over = () => this.#chat.set("status", { limits: "" });
    this.#limitsOver = setTimeout(over, Math.min(resetS * 1000, LONGEST_TIMER_MS));
  }

  /** Nothing comes through to the kernel: what is said waits in this page, or does no longer. */
  away(away: boolean, lostMs: number): void {
    clearTimeout(this.#awaySoon);
    if (!away) {
      this.#chat.dismiss(AWAY);
      if (lostMs > 0) this.#chat.notify("warning", lostWords(lostMs));
    }
    // Beginning anew takes a moment only.
    else this.#awaySoon = setTimeout(() => this.#chat.notify("warning", AWAY), AWAY_SHOWN_MS);
  }

  /** Whether a running cell could hold up the sound. */
  watch(may: boolean): void {
    if (may) {
      this.#busy.start();
      return;
    }
    this.#busy.stop();
    this.#waits(false);
  }

  /** The kernel's answer to `probe`. */
  answer(waits: boolean): void {
    this.#busy.answer(waits);
  }

  /** Ask no more. */
  unwatch(): void {
    this.#busy.stop();
  }

  close(): void {
    clearTimeout(this.#limitsOver);
    clearTimeout(this.#awaySoon);
    this.#busy.stop();
  }

  /** A running cell holds up the sound here, or not (any more). */
  #waits(waits: boolean): void {
    // On a call no sound goes through the kernel.
    if (waits && this.#chat.transport !== "websocket") return;
    if (waits === this.#chat.waits) return;
    this.#chat.set("status", { waits });
    const words = waitsWords(mayHaveRelay());
    if (!waits) this.#chat.dismiss(words);
    else if (sayOnce()) this.#chat.notify("info", words);
  }
}
