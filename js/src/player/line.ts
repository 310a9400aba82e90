// A widget's end of the comm: hello until the kernel welcomes this page, and the truth about
// whether anybody is there. A saved notebook renders, and sends into nothing without an error.

import type { AnyModel } from "@anywidget/types";
import { randomId } from "../ids.js";
import { onKernelEnd } from "../kernel_end.js";

export const HELLO_EVERY_MS = 2000;
/** After a restart the old comm most likely leads nowhere: ask a few times, then rest. */
export const HELLOS_AFTER_LOSS = 3;
/** After this long without an answer to hello nobody may be there: the notebook was only saved. */
export const UNANSWERED_MS = 3000;

/** Asking for the kernel; nobody answers (yet); welcomed; the kernel's side went away. */
export type Link = "asking" | "unanswered" | "live" | "gone";

/** A message, before anybody looked into it. */
export type Fields = Readonly<Record<string, unknown>>;

export interface LineHandlers {
  message(fields: Fields, buffers: readonly DataView[]): void;
  changed(link: Link): void;
}

export class Line {
  readonly client = randomId();
  readonly #model: AnyModel;
  readonly #handlers: LineHandlers;
  readonly #signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #link: Link = "asking";

  constructor(model: AnyModel, handlers: LineHandlers, signal: AbortSignal) {
    this.#model = model;
    this.#handlers = handlers;
    this.#signal = signal;
    const receive = (value: unknown, buffers?: readonly DataView[]) =>
      this.#receive(value, buffers ?? []);
    const restarted = () => this.#lost();
    model.on("msg:custom", receive);
    model.on("comm_live_update", restarted);
    onKernelEnd(model, restarted, signal);
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      model.off("msg:custom", receive);
      model.off("comm_live_update", restarted);
    });
  }

  get link(): Link {
    return this.#link;
  }

  /** Say hello, again and again until welcomed. */
  open(): void {
    this.#hello(Number.POSITIVE_INFINITY);
    setTimeout(() => {
      if (this.#link === "asking") this.#set("unanswered");
    }, UNANSWERED_MS);
  }

  /** Send one message; false when the kernel's side is gone (or was never there). */
  send(message: object, buffers: ArrayBuffer[] = []): boolean {
    if (this.#link !== "live") return false;
    if (this.#post(message, buffers)) return true;
    this.#lost();
    return false;
  }

  /** Have the kernel say again how it stands. */
  ask(): void {
    this.send({ kind: "hello" });
  }

  #post(message: object, buffers: ArrayBuffer[] = []): boolean {
    try {
      this.#model.send({ ...message, client: this.client }, undefined, buffers);
      return true;
    } catch {
      return false; // a closed comm or a disposed kernel connection throws
    }
  }

  #hello(times: number): void {
    clearTimeout(this.#timer);
    if (this.#signal.aborted || this.#link === "live" || times <= 0) return;
    this.#post({ kind: "hello" });
    this.#timer = setTimeout(() => this.#hello(times - 1), HELLO_EVERY_MS);
  }

  #lost(): void {
    this.#set("gone");
    this.#hello(HELLOS_AFTER_LOSS);
  }

  #receive(value: unknown, buffers: readonly DataView[]): void {
    if (typeof value !== "object" || value === null) return;
    const fields = value as Fields;
    if (fields.to !== undefined && fields.to !== this.client) return;
    if (fields.kind === "welcome") {
      clearTimeout(this.#timer);
      this.#set("live");
    }
    this.#handlers.message(fields, buffers);
  }

  #set(link: Link): void {
    if (this.#signal.aborted || this.#link === link) return;
    this.#link = link;
    this.#handlers.changed(link);
  }
}

/** A whole number that is not negative; `otherwise` for anything else. */
export function count(value: unknown, otherwise = 0): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : otherwise;
}
