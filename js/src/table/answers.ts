// Questions of a table and their answers, as messages. Whoever asked reads what was answered.

export const KINDS = ["rows", "event", "event_sound"] as const;
export type QuestionKind = (typeof KINDS)[number];

/** What is sent to the kernel: a kind, a number for the answer, and what is asked. */
export interface Question {
  readonly kind: QuestionKind;
  readonly id: number;
  readonly [name: string]: unknown;
}

export interface Answer {
  readonly kind: QuestionKind;
  readonly id: number;
  /** As told; read by whoever asked. */
  readonly fields: unknown;
}

/** Read a message from the kernel; null when it is no answer to a table. */
export function readAnswer(value: Readonly<Record<string, unknown>>): Answer | null {
  const kind = KINDS.find((known) => known === value.kind);
  if (kind === undefined || typeof value.id !== "number") return null;
  return { kind, id: value.id, fields: value };
}
