// The page's end of a phone line's comm: what the kernel tells, what buttons ask it to do, and whether
// anybody is there. A saved notebook renders, and sends into nothing without an error.

import type { AnyModel } from "@anywidget/types";
import { randomId } from "../ids.js";
import { onKernelEnd } from "../kernel_end.js";
import { type Failure, isFields, type Line, readFailure, readLine } from "./wire.js";

export type Action = "accept" | "reject" | "refer" | "hang_up";

/** The kernel has not answered yet; it does; its side went away. */
export type Link = "asking" | "live" | "gone";

export const RESTARTED = "not live: the kernel restarted: run the cell again";
export const GONE = "not live: the kernel's side of this line is gone: run the cell again";
export const UNANSWERED = "not live: the kernel is busy, or the notebook was only saved";

/** After this long without an answer to hello nobody may be there. */
export const UNANSWERED_MS = 3000;

export class Exchange {
  readonly #model: AnyModel;
  readonly #signal: AbortSignal;
  #link: Link = "asking";
  /** What the last hello is known by. */
  #asked = "";
  online: (line: Line) => void = () => undefined;
  onfailed: (failure: Failure) => void = () => undefined;
  /** Nobody is there, or not yet; in words, for people. */
  onaway: (words: string) => void = () => undefined;

  constructor(model: AnyModel, signal: AbortSignal) {
    this.#model = model;
    this.#signal = signal;
    const receive = (message: unknown) => this.#receive(message);
    const restarted = () => this.#lost(RESTARTED);
    model.on("msg:custom", receive);
    model.on("comm_live_update", restarted);
    onKernelEnd(model, restarted, signal);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      model.off("comm_live_update", restarted);
    });
  }

  get link(): Link {
    return this.#link;
  }

  /** Ask for what there is. */
  open(): void {
    this.#hello();
    const timer = setTimeout(() => {
      if (this.#link === "asking") this.onaway(UNANSWERED);
    }, UNANSWERED_MS);
    this.#signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /** Ask for something to be done with a call; whether it could be asked. */
  act(id: string, action: Action, target = ""): boolean {
    if (this.#link !== "live") return false;
    if (this.#send({ kind: "do", id, action, target })) return true;
    this.#lost(GONE);
    return false;
  }

  #hello(): void {
    this.#asked = randomId();
    if (!this.#send({ kind: "hello", id: this.#asked })) this.#set("gone", GONE);
  }

  #lost(words: string): void {
    if (this.#link === "gone") return;
    this.#set("gone", words);
    // Most likely into nothing; a kernel that is there after all answers.
    this.#asked = randomId();
    this.#send({ kind: "hello", id: this.#asked });
  }

  #set(link: Link, words: string): void {
    if (this.#signal.aborted) return;
    this.#link = link;
    this.onaway(words);
  }

  #send(message: Readonly<Record<string, unknown>>): boolean {
    try {
      this.#model.send(message);
      return true;
    } catch {
      return false; // a closed comm throws
    }
  }

  #receive(message: unknown): void {
    if (!isFields(message)) return;
    // What a kernel said before its end may come after it: only an answer is a sign of life.
    if (this.#link === "gone" && message.asked !== this.#asked) return;
    if (message.kind === "line") {
      this.#link = "live";
      this.online(readLine(message, performance.now()));
    }
    if (message.kind === "failed") this.onfailed(readFailure(message));
  }
}
