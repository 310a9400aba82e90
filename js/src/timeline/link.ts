// A row of the event table and a place on the timeline point at each other: both say so to the
// page, and each listens to the other. Chats of one name may be shown in one page, of several
// kernels even, so where the log is known it is the log that counts.

export const SELECT = "rnb-select";

/** What a chat is called, and what only its log is; an empty one is not known. */
export interface Shown {
  readonly name: string;
  readonly log: string;
}

/** Tell the page that the event `seq` of `shown` was chosen here. */
export function tellSelected(shown: Shown, seq: number, by: EventTarget): void {
  const detail = { chat: shown.name, log: shown.log, seq, by };
  document.dispatchEvent(new CustomEvent(SELECT, { detail }));
}

/** Call `selected` when an event of `shown()` is chosen elsewhere. */
export function onSelected(
  shown: () => Shown,
  self: EventTarget,
  selected: (seq: number) => void,
  signal: AbortSignal,
): void {
  const hear = (event: Event) => {
    const detail: unknown = event instanceof CustomEvent ? event.detail : null;
    if (typeof detail !== "object" || detail === null) return;
    const fields = detail as Readonly<Record<string, unknown>>;
    const { name, log } = shown();
    const known = log !== "" && typeof fields.log === "string" && fields.log !== "";
    const same = known ? fields.log === log : fields.chat === name;
    if (fields.by === self || !same) return;
    const { seq } = fields;
    if (Number.isInteger(seq) && (seq as number) >= 0) selected(seq as number);
  };
  document.addEventListener(SELECT, hear, { signal });
}
