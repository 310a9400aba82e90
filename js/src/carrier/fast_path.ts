// The page's end of the fast path: a WebSocket to the relay in its own Jupyter Server. Once the
// kernel has acknowledged it, messages are numbered in each direction; when it is lost, what was
// not confirmed is sent again over the comm, and the other side drops what it had.

import type { Outgoing } from "../messages.js";
import { Inbox, Outbox } from "./order.js";
import { packPacket, unpackPacket } from "./packet.js";

/** What was received is confirmed this often, if nothing is sent that could say so. */
const CONFIRM_MS = 500;
/** Nothing confirmed and nothing heard for so long: the fast path leads nowhere. */
const SILENT_MS = 5000;
const WATCH_MS = 1000;
/** A fast path that worked once is tried again after these, the last one again and again. */
const AGAIN_MS = [1000, 3000, 10_000, 30_000];

type Sound = readonly DataView[];
type Mail = { readonly message: Outgoing; readonly buffers: ArrayBuffer[] };
/** What only the carriers say, or a message with its number. */
type Post = (message: object, buffers: ArrayBuffer[]) => boolean;

export interface FastPathHandlers {
  /** Send over the comm. */
  comm: Post;
  /** A message of the kernel, in order and once. */
  message(value: unknown, buffers: Sound): void;
  /** Which carrier is in use has changed. */
  changed(): void;
  /** Messages were lost for good: begin anew. */
  broken(): void;
}

/** One joining: the numbers of both directions, on whichever carrier they are now. */
class Link {
  readonly inbox = new Inbox<[unknown, Sound]>();
  readonly outbox = new Outbox<Mail>();
  /** What the kernel last learned that we have. */
  told = 0;
  /** The kernel has acknowledged it: what we say has numbers. */
  agreed = false;
  constructor(readonly epoch: number) {}
}

export class FastPath {
  readonly #client: string;
  readonly #handlers: FastPathHandlers;
  #address = "";
  #epoch = 0;
  #link: Link | null = null;
  #socket: WebSocket | null = null;
  /** The kernel has acknowledged the socket: messages go over it. */
  #joined = false;
  #failures = 0;
  #heardMs = 0;
  /** Since when the message after this number is missing: the comm drops some under load. */
  #dueMs = 0;
  #dueAfter = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #confirming: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(client: string, handlers: FastPathHandlers) {
    this.#client = client;
    this.#handlers = handlers;
  }

  /** Messages go over the WebSocket now. */
  get used(): boolean {
    return this.#joined;
  }

  /** How many joinings there were, for a hello that may be overtaken by one. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The kernel can be reached at a WebSocket's address; empty when it no longer can. */
  offer(address: string): void {
    this.#address = address;
    this.#failures = 0;
    clearTimeout(this.#timer);
    if (address !== "" && this.#socket === null) this.#open();
  }

  /** Send one message under its number; null before the first joining. */
  send(message: Outgoing, buffers: ArrayBuffer[]): boolean | null {
    const link = this.#link;
    if (link === null || !link.agreed) return null;
    const number = link.outbox.number();
    if (this.#socket === null || !this.#joined) return this.#post(link, number, message, buffers);
    const packet = packPacket(number, link.inbox.last, message, buffers);
    const room = link.outbox.keep(number, { message, buffers }, packet.byteLength, now());
    link.told = link.inbox.last;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(packet);
    if (!room) this.#lost();
    return true;
  }

  /** Take a message that came over the comm; true when it was ours to handle. */
  take(value: Readonly<Record<string, unknown>>, buffers: Sound): boolean {
    const link = this.#link;
    if (typeof value.n !== "number") {
      // For pages without a fast path: we were sent it with a number.
      return link !== null && link.inbox.last > 0;
    }
    if (link !== null && value.e === link.epoch) this.#deliver(link, value.n, value, buffers);
    return true;
  }

  /** Forget everything: the kernel's side is gone, or begins anew. */
  drop(): void {
    const used = this.#joined;
    this.#link = null;
    this.#hangUp();
    clearTimeout(this.#timer);
    clearTimeout(this.#confirming);
    if (used) this.#handlers.changed();
  }

  /** The page goes: not a sound more. */
  close(): void {
    this.#address = "";
    this.#link = null;
    this.#hangUp();
    clearTimeout(this.#timer);
    clearTimeout(this.#confirming);
  }

  #open(): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#address);
    } catch {
      return; // a page that may not: it stays on the comm
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      // Its first message may come over the comm before the acknowledgement does over this.
      if (this.#link === null) this.#epoch++;
      this.#link ??= new Link(this.#epoch);
      const join = { kind: "join", client: this.#client, e: this.#link.epoch };
      socket.send(packPacket(0, this.#link.inbox.last, join, []));
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && data instanceof ArrayBuffer) this.#receive(data);
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  #receive(data: ArrayBuffer): void {
    const packet = unpackPacket(data);
    if (packet === null) {
      this.#lost();
      return;
    }
    const link = this.#link;
    if (link === null) return;
    this.#heardMs = now();
    if (!this.#joined) this.#join(link);
    link.outbox.confirm(packet.got);
    if (packet.n === 0) return;
    this.#deliver(link, packet.n, packet.message, packet.buffers);
    this.#confirming ??= setTimeout(() => this.#confirm(), CONFIRM_MS);
  }

  /** The kernel has acknowledged: from here on by number, the first one over the comm. */
  #join(link: Link): void {
    if (!link.agreed) {
      link.agreed = true;
      // The comm's last message without a number: what is numbered comes after it.
      this.#post(link, link.outbox.number(), { kind: "moved" }, []);
    }
    this.#joined = true;
    this.#failures = 0;
    this.#dueMs = now();
    this.#watch ??= setInterval(() => this.#look(), WATCH_MS);
    this.#handlers.changed();
  }

  #deliver(link: Link, number: number, value: unknown, buffers: Sound): void {
    const due = link.inbox.take(number, [value, buffers]);
    if (due === null) {
      this.drop();
      this.#handlers.broken();
      return;
    }
    for (const [each, sound] of due) this.#handlers.message(each, sound);
  }

  #confirm(): void {
    this.#confirming = undefined;
    const link = this.#link;
    if (link === null || !this.#joined || link.told === link.inbox.last) return;
    link.told = link.inbox.last;
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(packPacket(0, link.inbox.last, { kind: "got" }, []));
    }
  }

  #look(): void {
    const { inbox, outbox } = this.#link ?? new Link(0);
    if (inbox.waiting === 0 || inbox.last !== this.#dueAfter) this.#dueMs = now();
    this.#dueAfter = inbox.last;
    if (now() - this.#dueMs > SILENT_MS) {
      this.drop();
      this.#handlers.broken();
      return;
    }
    const oldest = outbox.oldestMs;
    if (oldest !== null && now() - Math.max(oldest, this.#heardMs) > SILENT_MS) this.#lost();
  }

  /** Go on over the comm, with what the kernel may not have, and try again later. */
  #lost(): void {
    const { used } = this;
    this.#hangUp();
    const link = this.#link;
    if (link !== null && used) {
      for (const { number, message } of link.outbox.drain()) {
        this.#post(link, number, message.message, message.buffers);
      }
      // Something to say in any case: the kernel learns that the page is still there.
      this.#post(link, link.outbox.number(), { kind: "back" }, []);
    }
    if (used) this.#handlers.changed();
    const wait = AGAIN_MS[Math.min(this.#failures, AGAIN_MS.length - 1)];
    this.#failures++;
    // Never joined: there is no relay, or something on the way lets no WebSocket through.
    const again = link?.agreed || this.#failures < 3;
    if (this.#address !== "" && again) this.#timer = setTimeout(() => this.#retry(), wait);
  }

  #retry(): void {
    if (this.#address !== "" && this.#socket === null) this.#open();
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#joined = false;
    clearInterval(this.#watch);
    this.#watch = undefined;
    socket?.close();
  }

  #post(link: Link, number: number, message: object, buffers: ArrayBuffer[]): boolean {
    return this.#handlers.comm({ ...message, e: link.epoch, n: number }, buffers);
  }
}

const now = () => performance.now();
