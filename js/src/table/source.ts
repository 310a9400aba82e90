// Where a table's rows come from: questions and answers over some channel to the kernel.

import type { Answer, Question, QuestionKind } from "./answers.js";
import {
  type EventDetail,
  type Query,
  type RowPage,
  readDetail,
  readPage,
  type Sound,
  type Span,
} from "./rows.js";

export interface RowSource {
  /** What the chat is called. */
  readonly name: string;
  /** What only its log is called; empty until it is known. */
  readonly log: string;
  /** How many events there are, as far as anybody has said. */
  readonly events: number;
  page(query: Query, unfolded: readonly number[], span: Span): Promise<RowPage>;
  /** Null when it has gone. `whole` cuts nothing; `alone` is of this event, not of its run. */
  event(seq: number, how: { whole: boolean; alone: boolean }): Promise<EventDetail | null>;
  /** Null when it has gone. */
  sound(seq: number, alone: boolean): Promise<Sound | null>;
  /** Call `listener` when the log has grown, or is another one. */
  onChange(listener: (anew: boolean) => void, signal: AbortSignal): void;
}

/** No answer after this long: the kernel is busy or gone. */
export const ANSWER_MS = 20_000;

interface Waiting {
  readonly done: (fields: unknown, buffers: readonly DataView[]) => void;
  readonly failed: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Rows over a channel that carries messages. */
export class MessageSource implements RowSource {
  name = "chat";
  log = "";
  events = 0;
  /** Sends a question; false when there is nobody. */
  send: (question: Question) => boolean = () => false;

  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(anew: boolean) => void>();
  #next = 0;

  async page(query: Query, unfolded: readonly number[], span: Span): Promise<RowPage> {
    const [fields] = await this.#ask("rows", { filter: query, unfolded, ...span });
    const page = readPage(fields);
    this.events = page.events;
    this.log = page.log;
    return page;
  }

  async event(seq: number, how: { whole: boolean; alone: boolean }): Promise<EventDetail | null> {
    const [fields] = await this.#ask("event", { seq, ...how });
    return readDetail(fields);
  }

  async sound(seq: number, alone: boolean): Promise<Sound | null> {
    const [fields, buffers] = await this.#ask("event_sound", { seq, alone });
    const wav = buffers[0];
    if (wav === undefined) return null;
    const whole = (fields as Readonly<Record<string, unknown>>).whole !== false;
    return { wav: wav as DataView<ArrayBuffer>, whole };
  }

  onChange(listener: (anew: boolean) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** The kernel has answered. */
  receive({ id, fields }: Answer, buffers: readonly DataView[]): void {
    const waiting = this.#take(id);
    const { failed } = fields as Readonly<Record<string, unknown>>;
    if (typeof failed === "string") waiting?.failed(new Error(failed));
    else waiting?.done(fields, buffers);
  }

  /** There are `events` now. */
  grown(events: number): void {
    this.events = events;
    this.#tell(false);
  }

  /** The log is another one from now on: nothing that is known of it holds. */
  renew(name: string, events: number): void {
    this.name = name;
    this.log = "";
    this.events = events;
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.failed(new Error("asked anew"));
    this.#tell(true);
  }

  #tell(anew: boolean): void {
    for (const listener of this.#listeners) listener(anew);
  }

  #ask(kind: QuestionKind, what: object): Promise<[unknown, readonly DataView[]]> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const late = () => this.#take(id)?.failed(new Error("the kernel does not answer"));
      const timer = setTimeout(late, ANSWER_MS);
      const done = (fields: unknown, buffers: readonly DataView[]) => resolve([fields, buffers]);
      this.#waiting.set(id, { done, failed: reject, timer });
      if (!this.send({ ...what, kind, id })) {
        this.#take(id)?.failed(new Error("there is no kernel to ask"));
      }
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    return waiting;
  }
}
