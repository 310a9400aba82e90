// The page's end of the comm, and the chat's only user of anywidget's `model`; the fast path joins
// in where the kernel offers one. Says hello until the kernel welcomes this page: a saved notebook
// renders, and sends into nothing without an error, so nothing is shown as live before the answer
// came.

import type { AnyModel } from "@anywidget/types";
import { Backlog } from "./backlog.js";
import { FastPath } from "./carrier/fast_path.js";
import { mayHaveRelay, relayAddress } from "./carrier/server.js";
import { randomId } from "./ids.js";
import { onKernelEnd } from "./kernel_end.js";
import { type Incoming, type Outgoing, PROTOCOL_VERSION, readIncoming } from "./messages.js";
import { pageFacts } from "./page_facts.js";
import { Pulse } from "./pulse.js";
import { type Mount, mountWith } from "./tools/display.js";

export const HELLO_EVERY_MS = 2000;
/** After a restart the old comm most likely leads nowhere: ask a few times, then rest. */
export const HELLOS_AFTER_RESTART = 3;

export type Gone = "restart" | "send";

/** The comm of the notebook, or the fast path through the server's relay. */
export type Carrier = "comm" | "fast";

export interface PortHandlers {
  message(message: Incoming, buffers: readonly DataView[]): void;
  /** The kernel's side is gone: restarted, or a send failed. */
  gone(why: Gone): void;
  /** Messages go another way from now on; none is lost and none comes twice. */
  carrier(carrier: Carrier): void;
  /**
   * Nothing comes through to the kernel, and what is said waits here; or no longer, and `lostMs` of
   * what was said found no room.
   */
  away(away: boolean, lostMs: number): void;
}

export class Port {
  readonly client: string;
  readonly #model: AnyModel;
  readonly #handlers: PortHandlers;
  readonly #fast: FastPath;
  readonly #pulse: Pulse;
  readonly #backlog = new Backlog();
  /** The kernel answers the pulse; one of an older version is never taken for gone. */
  #answers = false;
  /** What is said waits in the backlog. */
  #holding = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #live = false;
  #closed = false;

  constructor(model: AnyModel, handlers: PortHandlers, signal: AbortSignal) {
    this.client = randomId();
    this.#model = model;
    this.#handlers = handlers;
    this.#fast = new FastPath(this.client, {
      comm: (message, buffers) => this.#overComm(message, buffers),
      message: (message, numbered) => this.#deliver(message, numbered),
      changed: () => this.#changed(),
      broken: () => this.#anew(),
    });
    this.#pulse = new Pulse({
      ask: (id) => void this.#post({ kind: "pulse", id }, []),
      stalled: () => this.#hold(),
      back: (lost) => (lost ? this.#anew() : this.#release()),
    });
    const receive = (message: unknown, buffers?: readonly DataView[]) =>
      this.#receive(message, buffers ?? []);
    const restarted = () => this.#lost("restart");
    model.on("msg:custom", receive);
    model.on("comm_live_update", restarted);
    onKernelEnd(model, restarted, signal);
    signal.addEventListener("abort", () => {
      this.#closed = true;
      clearTimeout(this.#timer);
      this.#pulse.stop();
      this.#fast.close();
      model.off("msg:custom", receive);
      model.off("comm_live_update", restarted);
    });
  }

  /** The kernel has welcomed this page and has not gone since. */
  get live(): boolean {
    return this.#live;
  }

  /** Say hello, again and again until welcomed. */
  open(): void {
    this.#hello(Number.POSITIVE_INFINITY);
  }

  /** Say hello again, after the kernel was told that this page was left. */
  rejoin(): void {
    if (this.#live) this.#anew();
  }

  /** A value the kernel keeps for the page (a trait), undefined when it has none. */
  setting(name: string): unknown {
    return this.#model.get(name);
  }

  /** Where the displays of calls are found. */
  get displays(): Mount {
    return mountWith(this.#model);
  }

  /** Ask what the comm waits for in the kernel; the answer is a message of kind `waits`. */
  probe(): void {
    if (this.#live) this.#post({ kind: "probe" }, []);
  }

  /** Send one message; false when the kernel's side is gone (or was never there). */
  send(message: Outgoing, buffers: ArrayBuffer[] = []): boolean {
    if (this.#holding) return this.#backlog.add(message, buffers);
    if (!this.#live) return false;
    return this.#fast.send(message, buffers) ?? this.#overComm(message, buffers);
  }

  #overComm(message: object, buffers: ArrayBuffer[]): boolean {
    if (this.#post(message, buffers)) {
      this.#pulse.sent();
      return true;
    }
    this.#lost("send");
    return false;
  }

  #post(message: object, buffers: ArrayBuffer[]): boolean {
    try {
      this.#model.send({ ...message, client: this.client }, undefined, buffers);
      return true;
    } catch {
      return false; // a closed comm or a disposed kernel connection throws
    }
  }

  #hello(times: number): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#live || times <= 0) return;
    const joins = mayHaveRelay() ? { relay: true, e: this.#fast.epoch } : {};
    this.#post({ kind: "hello", version: PROTOCOL_VERSION, ...pageFacts(), ...joins }, []);
    this.#timer = setTimeout(() => this.#hello(times - 1), HELLO_EVERY_MS);
  }

  #lost(why: Gone): void {
    if (this.#closed) return;
    this.#live = false;
    this.#fast.drop();
    this.#pulse.stop();
    this.#backlog.clear();
    this.#setHolding(false);
    this.#handlers.gone(why);
    this.#hello(HELLOS_AFTER_RESTART);
  }

  /** Messages were lost between us and the kernel: have it tell everything again. */
  #anew(): void {
    // What is said until the kernel welcomes us again is not lost, too.
    if (this.#live) this.#hold();
    this.#live = false;
    this.#fast.drop();
    this.#pulse.stop();
    this.open();
  }

  #changed(): void {
    const { used } = this.#fast;
    if (used) {
      this.#pulse.stop();
      if (this.#live) this.#release();
    } else if (this.#live) this.#startPulse();
    this.#handlers.carrier(used ? "fast" : "comm");
  }

  #startPulse(): void {
    if (this.#answers) this.#pulse.start();
  }

  #hold(): void {
    this.#setHolding(true);
  }

  /** Hand over what waits, in order. */
  #release(): void {
    if (!this.#holding) return;
    this.#setHolding(false);
    for (const { message, buffers } of this.#backlog.drain()) this.send(message, buffers);
  }

  #setHolding(holding: boolean): void {
    if (holding === this.#holding) return;
    this.#holding = holding;
    this.#handlers.away(holding, this.#backlog.lostMs);
  }

  #receive(value: unknown, buffers: readonly DataView[]): void {
    if (typeof value !== "object" || value === null) return;
    const fields = value as Readonly<Record<string, unknown>>;
    const { kind, to } = fields;
    if (to !== undefined && to !== this.client) return;
    if (kind === "pulse") this.#pulse.answer(Number(fields.id));
    else if (kind === "reset") this.#anew();
    else if (kind === "waits")
      this.#deliver(value, buffers); // of the comm itself, on whichever carrier we are
    else if (!this.#fast.take(fields, buffers)) this.#deliver(value, buffers);
  }

  #deliver(value: unknown, buffers: readonly DataView[]): void {
    if (isOffer(value)) {
      this.#fast.offer(value.relay === "" ? "" : relayAddress(value.relay));
      return;
    }
    const message = readIncoming(value);
    if (message === null) return;
    if ("to" in message && message.to !== null && message.to !== this.client) return;
    if (message.kind === "welcome") {
      this.#live = true;
      clearTimeout(this.#timer);
    }
    // While we begin anew it has holes; once welcomed we are sent it again from where we are.
    if (message.kind === "audio" && !this.#live) return;
    this.#handlers.message(message, buffers);
    if (message.kind !== "welcome") return;
    this.#answers = (value as { readonly pulse?: unknown }).pulse === true;
    if (!this.#fast.used) this.#startPulse();
    this.#release();
  }
}

/** The kernel can be reached by the relay under an id; by none under "". */
function isOffer(value: unknown): value is { readonly relay: string } {
  const fields = value as Readonly<Record<string, unknown>>;
  return fields.kind === "offer" && typeof fields.relay === "string";
}
