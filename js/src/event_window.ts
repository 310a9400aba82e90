// The latest rows of the event log, in order of `seq`. Pure, and bounded: the whole log is in the
// kernel (`chat.events`); the page shows a window of it.

import type { EventRow } from "./messages.js";

export const WINDOW_ROWS = 500;

export class EventWindow {
  readonly #max: number;
  readonly #rows: EventRow[] = [];
  #trimmedTo = -1;

  constructor(max: number = WINDOW_ROWS) {
    this.#max = max;
  }

  get rows(): readonly EventRow[] {
    return this.#rows;
  }

  /** Whether earlier rows are not shown any more. */
  get trimmed(): boolean {
    return this.#trimmedTo >= 0;
  }

  clear(): void {
    this.#rows.length = 0;
    this.#trimmedTo = -1;
  }

  /** Add or replace rows by `seq`; an update of a row that left the window is ignored. */
  upsert(rows: readonly EventRow[]): void {
    for (const row of rows) {
      if (row.seq <= this.#trimmedTo) continue;
      const at = this.#indexOf(row.seq);
      if (this.#rows[at]?.seq === row.seq) this.#rows[at] = row;
      else this.#rows.splice(at, 0, row);
    }
    const excess = this.#rows.length - this.#max;
    if (excess <= 0) return;
    const gone = this.#rows.splice(0, excess);
    this.#trimmedTo = gone[gone.length - 1]?.seq ?? this.#trimmedTo;
  }

  /** Where `seq` stands, or belongs. Almost always at the end. */
  #indexOf(seq: number): number {
    let at = this.#rows.length;
    while (at > 0 && (this.#rows[at - 1]?.seq ?? -1) >= seq) at--;
    return at;
  }
}
