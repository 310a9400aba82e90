// A row of the event table and a place on the timeline point at each other: both say so to the
// page, and each listens to the other.

export const SELECT = "rnb-select";

interface Detail {
  readonly chat: string;
  readonly seq: number;
}

/** Tell the page that the event `seq` of `chat` was chosen here. */
export function tellSelected(chat: string, seq: number, by: EventTarget): void {
  const detail: Detail & { by: EventTarget } = { chat, seq, by };
  document.dispatchEvent(new CustomEvent(SELECT, { detail }));
}

/** Call `selected` when an event of `chat()` is chosen elsewhere. */
export function onSelected(
  chat: () => string,
  self: EventTarget,
  selected: (seq: number) => void,
  signal: AbortSignal,
): void {
  const hear = (event: Event) => {
    const detail: unknown = event instanceof CustomEvent ? event.detail : null;
    if (typeof detail !== "object" || detail === null) return;
    const fields = detail as Readonly<Record<string, unknown>>;
    if (fields.by === self || fields.chat !== chat()) return;
    if (typeof fields.seq === "number" && Number.isFinite(fields.seq)) selected(fields.seq);
  };
  document.addEventListener(SELECT, hear, { signal });
}
