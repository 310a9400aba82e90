// The page's end of the comm of an ephemeral key. The kernel keeps the key and sends it when it is
// asked for; here it passes through and is kept nowhere.

import type { AnyModel } from "@anywidget/types";
import { randomId } from "./ids.js";

/** A kernel that does not answer within this is taken for gone. */
export const ANSWER_MS = 4000;

const GONE = "The kernel that made this key is gone: run the cell again for a new one.";

interface Waiting {
  resolve(key: string): void;
  reject(error: Error): void;
}

export class Vault {
  readonly #client = randomId();
  readonly #model: AnyModel;
  #waiting: Waiting[] = [];

  constructor(model: AnyModel, signal: AbortSignal) {
    this.#model = model;
    const receive = (message: unknown) => this.#receive(message);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      this.#fail("the view was closed");
    });
  }

  /** What may be shown to anybody. */
  get masked(): string {
    const value: unknown = this.#model.get("_masked");
    return typeof value === "string" ? value : "";
  }

  /** When the key ends, in epoch milliseconds. */
  get expiresMs(): number {
    const value: unknown = this.#model.get("_expires_at");
    return typeof value === "number" ? 1000 * value : 0;
  }

  /** Ask the kernel for the key; rejects with a sentence for people. */
  reveal(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(GONE), ANSWER_MS);
      const settle = () => clearTimeout(timer);
      this.#waiting.push({
        resolve: (key) => {
          settle();
          resolve(key);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      try {
        this.#model.send({ kind: "reveal", client: this.#client });
      } catch {
        this.#fail(GONE); // a closed comm throws
      }
    });
  }

  #receive(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    const fields = message as Readonly<Record<string, unknown>>;
    if (fields.to !== this.#client) return;
    if (fields.kind === "key" && typeof fields.value === "string") this.#give(fields.value);
    if (fields.kind === "no_key") this.#fail(String(fields.reason));
  }

  #give(key: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.resolve(key);
  }

  #fail(reason: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.reject(new Error(reason));
  }
}
