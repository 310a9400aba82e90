// The page's end of a timeline's comm: asks, and waits for the answer to that question.

import type { AnyModel } from "@anywidget/types";
import { randomId } from "../ids.js";
import { isFields, readWhole, type Whole } from "./wire.js";

/** An hour's waveform is worked out in a few seconds; a kernel that says nothing longer is gone. */
export const ANSWER_MS = 30_000;

const GONE = "The kernel does not answer: run the cell again for a live timeline.";

export interface Peaks {
  /** Lowest and highest sample of each column, one after the other. */
  readonly user: Int16Array;
  readonly assistant: Int16Array;
}

export interface Sound {
  readonly rate: number;
  /** Left the user, right the assistant, sample by sample. */
  readonly samples: Int16Array;
}

type Answer = { readonly fields: Readonly<Record<string, unknown>>; readonly buffers: DataView[] };

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** The samples of a buffer, which may begin anywhere. */
function samplesOf(view: DataView | undefined): Int16Array {
  if (view === undefined) return new Int16Array(0);
  const whole = view.byteLength - (view.byteLength % 2);
  return new Int16Array(view.buffer.slice(view.byteOffset, view.byteOffset + whole) as ArrayBuffer);
}

export class Source {
  readonly #client = randomId();
  readonly #model: AnyModel;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  /** Called with a timeline that nobody here asked for: the kernel's user refreshed it. */
  onwhole: (whole: Whole) => void = () => undefined;

  constructor(model: AnyModel, signal: AbortSignal) {
    this.#model = model;
    const receive = (message: unknown, buffers: DataView[]) => this.#receive(message, buffers);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      for (const id of [...this.#waiting.keys()]) this.#fail(id, "the view was closed");
    });
  }

  async whole(kind: "hello" | "refresh"): Promise<Whole> {
    return readWhole((await this.#ask({ kind })).fields);
  }

  async peaks(fromMs: number, toMs: number, columns: number): Promise<Peaks> {
    const { buffers } = await this.#ask({ kind: "peaks", from_ms: fromMs, to_ms: toMs, columns });
    return { user: samplesOf(buffers[0]), assistant: samplesOf(buffers[1]) };
  }

  /** Where an event lies on the conversation's clock; null when the log has it no more. */
  async place(seq: number): Promise<number | null> {
    const { fields } = await this.#ask({ kind: "place", seq });
    return typeof fields.t_ms === "number" ? fields.t_ms : null;
  }

  async sound(fromMs: number, toMs: number): Promise<Sound> {
    const { fields, buffers } = await this.#ask({ kind: "sound", from_ms: fromMs, to_ms: toMs });
    return { rate: Number(fields.rate) || 24_000, samples: samplesOf(buffers[0]) };
  }

  #ask(question: Readonly<Record<string, unknown>>): Promise<Answer> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, GONE), ANSWER_MS);
      const settled = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      this.#waiting.set(id, {
        resolve(answer) {
          settled();
          resolve(answer);
        },
        reject(error) {
          settled();
          reject(error);
        },
      });
      try {
        this.#model.send({ ...question, id, client: this.#client });
      } catch {
        this.#fail(id, GONE); // a closed comm throws
      }
    });
  }

  #fail(id: number, reason: string): void {
    this.#waiting.get(id)?.reject(new Error(reason));
  }

  #receive(message: unknown, buffers: DataView[]): void {
    if (!isFields(message)) return;
    if (message.to === null && message.kind === "timeline") {
      this.onwhole(readWhole(message));
      return;
    }
    if (message.to !== this.#client || typeof message.id !== "number") return;
    if (message.kind === "failed") this.#fail(message.id, String(message.reason));
    else this.#waiting.get(message.id)?.resolve({ fields: message, buffers });
  }
}
