// What page and kernel say to each other about items beside their words: edits, their answers,
// pictures. Pure.

/** A picture in an item: where it stands, and what it is. */
export interface PictureNote {
  readonly index: number;
  /** Size, kind and bytes, for people. */
  readonly facts: string;
  /** In pixels, 0 where it is not known. */
  readonly width: number;
  readonly height: number;
  /** The kernel has it still. */
  readonly held: boolean;
}

export type Edit = { readonly item_id: string } & (
  | { readonly op: "insert"; readonly role: string; readonly text: string }
  | { readonly op: "delete" }
  | { readonly op: "cut"; readonly ms: number }
  | { readonly op: "retrieve" }
  | { readonly op: "picture"; readonly index: number }
);

export type EditMessage = { readonly kind: "edit"; readonly id: number } & Edit;

/** The answer to an edit. */
export interface Edited {
  readonly id: number;
  /** One line that says why not; empty when it was done. */
  readonly error: string;
  /** Of an item that was retrieved: its words, its status, how long its sound is. */
  readonly text: string;
  readonly status: string;
  readonly ms: number;
  /** The media type of a picture. */
  readonly type: string;
}

type Fields = Readonly<Record<string, unknown>>;
const word = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;

/** Read the answer to an edit; null for what is none. */
export function readEdited(fields: Fields): Edited | null {
  const { id } = fields;
  if (typeof id !== "number") return null;
  return {
    id,
    error: word(fields.error),
    text: word(fields.text),
    status: word(fields.status),
    ms: number(fields.ms),
    type: word(fields.type),
  };
}

/** What an item tells beside its words: how long its sound is, and its pictures. */
export interface Beside {
  readonly audioMs?: number;
  readonly pictures?: readonly PictureNote[];
}

export function readBeside(fields: Fields): Beside {
  const audioMs = number(fields.audio_ms);
  const pictures = (Array.isArray(fields.pictures) ? fields.pictures : [])
    .filter((one): one is Fields => typeof one === "object" && one !== null)
    .map((one) => ({
      index: number(one.index),
      facts: word(one.facts),
      width: number(one.width),
      height: number(one.height),
      held: one.held === true,
    }));
  return {
    ...(audioMs > 0 ? { audioMs } : {}),
    ...(pictures.length > 0 ? { pictures } : {}),
  };
}
