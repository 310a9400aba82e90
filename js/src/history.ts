// The conversation edited item by item: what a page asks of the kernel, and what it is answered.
// Every question has an end: an answer, word that the kernel is gone, or a timeout.

import type { Edit, Edited, EditMessage } from "./edits.js";

/** An answer with the bytes that came with it. */
export interface Outcome extends Edited {
  readonly bytes: DataView | null;
}

/** The kernel itself gives up after 10 s without an answer of the service. */
export const PATIENCE_MS = 15_000;
const GONE = "the kernel is gone: run the cell again";
const SILENT = "the kernel did not answer";
const KINDS: readonly string[] = ["image/png", "image/jpeg"];

export class History {
  /** Sends a question; false when there is nobody to hear it. */
  send: (message: EditMessage) => boolean = () => false;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #asked = 0;

  /** Ask for an edit; it never rejects: `error` says what went wrong. */
  edit(edit: Edit): Promise<Outcome> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(failed(id, SILENT)), PATIENCE_MS);
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, settle);
      if (!this.send({ kind: "edit", id, ...edit })) settle(failed(id, GONE));
    });
  }

  /** A picture as a `data:` URL, null when it cannot be had. */
  async picture(item_id: string, index: number): Promise<string | null> {
    const { error, type, bytes } = await this.edit({ op: "picture", item_id, index });
    return error === "" && bytes !== null && KINDS.includes(type) ? dataUrl(type, bytes) : null;
  }

  receive(edited: Edited, buffers: readonly DataView[]): void {
    this.#waiting.get(edited.id)?.({ ...edited, bytes: buffers[0] ?? null });
  }

  /** Nobody will answer any more. */
  gone(): void {
    for (const [id, settle] of [...this.#waiting]) settle(failed(id, GONE));
  }
}

function failed(id: number, error: string): Outcome {
  return { id, error, text: "", status: "", ms: 0, type: "", bytes: null };
}

const PIECE = 0x8000;

function dataUrl(type: string, bytes: DataView): string {
  const all = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < all.length; at += PIECE) {
    text += String.fromCharCode(...all.subarray(at, at + PIECE));
  }
  return `data:${type};base64,${btoa(text)}`;
}
