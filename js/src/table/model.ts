// What one table shows: its rows by place, fetched as they come into view, one question at a time.
// Nothing is asked while nobody looks.

import { EVERYTHING, type Query, type Row, type RowPage, type Span } from "./rows.js";
import type { RowSource } from "./source.js";

/** Rows asked for beyond those in view, on either side. */
export const BEYOND = 20;
/** Rows kept that are not in view. */
const KEPT = 2000;
const MOST_UNFOLDED = 100;
/** After a question that was not answered. */
const AGAIN_MS = 2000;

export class TableModel {
  query: Query = EVERYTHING;
  /** Rows in all. */
  total = 0;
  /** Events the log has, and how many it has let go of. */
  events = 0;
  dropped = 0;
  kinds: readonly (readonly [string, number])[] = [];
  /** The newest row stays in view. */
  follow = true;
  /** Number of the event that is selected, and its row as far as it is known. */
  selected: number | null = null;
  selectedRow: Row | null = null;
  /** Where to scroll to once it is drawn. */
  scrollTo: number | null = null;
  /** By how many places what is in view has moved since it was drawn. */
  moved = 0;
  /** Why there are no rows. */
  trouble = "";

  readonly #source: RowSource;
  readonly #changed: () => void;
  readonly #signal: AbortSignal;
  readonly #unfolded = new Set<number>();
  #rows = new Map<number, Row>();
  #first = 0;
  #last = 0;
  #watched = false;
  /** Nobody answered: nothing is asked for a while. */
  #resting = false;
  #stale = true;
  /** The rows here are of another query. */
  #outdated = false;
  #asking = false;
  /** Counts what makes an answer on its way worthless. */
  #version = 0;
  #around: number | null = null;
  /** Where the row stood that the last question has for its anchor. */
  #anchored = 0;
  /** The view that rows were last asked for. */
  #lacked = "";
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(source: RowSource, changed: () => void, signal: AbortSignal) {
    this.#source = source;
    this.#changed = changed;
    this.#signal = signal;
    source.onChange((anew) => {
      if (anew) this.#renew();
      else this.#grown();
    }, signal);
    signal.addEventListener("abort", () => clearTimeout(this.#retry));
  }

  /** The row at a place; undefined while it is not here. */
  row(place: number): Row | undefined {
    return this.#rows.get(place);
  }

  /** Somebody looks at the table, or nobody does. */
  set watched(watched: boolean) {
    this.#watched = watched;
    this.#pump();
  }

  /** The places in view. */
  show(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
    this.#pump();
  }

  /** Ask again for what is in view: there may be more. */
  refresh(): void {
    this.#stale = true;
    this.#pump();
  }

  set(query: Partial<Query>): void {
    this.query = { ...this.query, ...query };
    if (!this.follow) {
      this.scrollTo = 0;
      this.#last -= this.#first;
      this.#first = 0;
    }
    this.#reset();
  }

  hold(follow: boolean): void {
    if (this.follow === follow) return;
    this.follow = follow;
    if (follow) this.#stale = true;
    this.#changed();
    this.#pump();
  }

  /** Show the events of a run, or no longer. */
  toggle(row: Row): void {
    const seq = row.of ?? row.seq;
    if (!this.#unfolded.delete(seq)) this.#unfolded.add(seq);
    if (this.#unfolded.size > MOST_UNFOLDED) {
      for (const oldest of this.#unfolded) {
        this.#unfolded.delete(oldest);
        break;
      }
    }
    this.follow = false;
    this.#reset();
  }

  select(row: Row | null): void {
    this.selected = row?.seq ?? null;
    this.selectedRow = row;
    this.#changed();
  }

  /** Select an event wherever it is, and bring it into view. */
  jump(seq: number): void {
    this.selected = seq;
    this.selectedRow = null;
    this.follow = false;
    this.#around = seq;
    this.#version++;
    this.#changed();
    this.#pump();
  }

  /** The place of the selected row, if it is here. */
  get selectedPlace(): number | null {
    for (const [place, row] of this.#rows) if (this.isSelected(row)) return place;
    return null;
  }

  isSelected(row: Row): boolean {
    const known = this.selectedRow;
    if (row.seq !== this.selected) return false;
    // An unfolded run and its first event have the same number.
    return known === null || known.of === row.of;
  }

  #renew(): void {
    clearTimeout(this.#retry);
    this.#resting = false;
    this.selected = null;
    this.selectedRow = null;
    this.#unfolded.clear();
    this.total = 0;
    this.follow = true;
    this.#around = null;
    this.#reset();
  }

  #grown(): void {
    this.#stale = true;
    this.events = this.#source.events;
    this.#changed();
    this.#pump();
  }

  #reset(): void {
    this.#version++;
    // What is there stays in view until the answer comes.
    this.#outdated = true;
    this.#stale = true;
    this.#changed();
    this.#pump();
  }

  /** Whether there is a row in view that is not here and was not asked for just now. */
  #lacking(): boolean {
    const last = Math.min(this.#last, this.total);
    const view = `${this.#version} ${this.#first} ${last}`;
    if (view === this.#lacked) return false;
    for (let place = this.#first; place < last; place++) {
      if (this.#rows.has(place)) continue;
      this.#lacked = view;
      return true;
    }
    return false;
  }

  #span(): Span {
    const count = this.#last - this.#first + 2 * BEYOND;
    if (this.#around !== null) return { around: this.#around, count };
    // Asked again and again while a talk goes on, beside its sound: no more than is seen.
    if (this.follow) return { start: this.#first - this.#last - 2, stop: null };
    const anchor = this.#findAnchor();
    const span = { start: Math.max(0, this.#first - BEYOND), stop: this.#last + BEYOND };
    return anchor === null ? span : { ...span, anchor };
  }

  /** Remember where a row in view stands, and return its number. */
  #findAnchor(): number | null {
    for (let place = this.#first; place < this.#last; place++) {
      const row = this.#rows.get(place);
      // An unfolded run has the number of the event under it.
      if (row === undefined || row.open) continue;
      this.#anchored = place;
      return row.seq;
    }
    return null;
  }

  #pump(): void {
    if (!this.#watched || this.#resting || this.#asking) return;
    if (this.#last <= this.#first || this.#signal.aborted) return;
    if (!this.#stale && this.#around === null && !this.#lacking()) return;
    this.#stale = false;
    void this.#ask(this.#span(), this.#version);
  }

  async #ask(span: Span, version: number): Promise<void> {
    this.#asking = true;
    try {
      const page = await this.#source.page(this.query, [...this.#unfolded], span);
      if (version === this.#version) this.#take(page, span);
      else this.#stale = true;
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#later();
      return;
    } finally {
      this.#asking = false;
    }
    if (this.#signal.aborted) return;
    // What is in view is known once it is drawn.
    this.#changed();
    if (this.#stale || this.#around !== null) this.#pump();
  }

  #later(): void {
    this.#stale = true;
    if (this.#signal.aborted) return;
    this.#changed();
    clearTimeout(this.#retry);
    this.#resting = true;
    this.#retry = setTimeout(() => {
      this.#resting = false;
      this.#pump();
    }, AGAIN_MS);
  }

  #take(page: RowPage, span: Span): void {
    if ("around" in span && !this.#found(page, span.around)) return;
    const fewer = page.dropped !== this.dropped;
    const kept = fewer ? this.#keepInView(page, span) : [];
    // Rows out of view may have grown meanwhile.
    const grew = page.events !== this.events || page.total !== this.total;
    if (grew || fewer || this.#outdated || this.#rows.size > KEPT) this.#rows = new Map(kept);
    this.#outdated = false;
    page.rows.forEach((row, i) => {
      this.#rows.set(page.start + i, row);
      if (this.isSelected(row)) this.selectedRow = row;
    });
    this.total = page.total;
    this.events = page.events;
    this.dropped = page.dropped;
    this.kinds = page.kinds;
    if (page.behind) this.#stale = true;
  }

  /** The log has let go of its oldest: what is in view stays there; returns it, at its places. */
  #keepInView(page: RowPage, span: Span): [number, Row][] {
    if (this.follow || this.#outdated || "around" in span || span.anchor === undefined) return [];
    const by = (page.at ?? 0) - this.#anchored;
    const kept: [number, Row][] = [];
    for (let place = this.#first; place < this.#last; place++) {
      const row = this.#rows.get(place);
      if (row !== undefined && place + by >= 0) kept.push([place + by, row]);
    }
    this.moved += by;
    this.#first = Math.max(0, this.#first + by);
    this.#last = Math.max(0, this.#last + by);
    this.#lacked = "";
    return page.at === null ? [] : kept;
  }

  /** Whether the event that was looked for is there; what hides it is taken away. */
  #found(page: RowPage, seq: number): boolean {
    if (page.at === null && page.behind) {
      this.#stale = true;
      return false;
    }
    if (page.at === null && this.query !== EVERYTHING) {
      this.query = EVERYTHING;
      this.#outdated = true;
      return false;
    }
    this.#around = null;
    const row = page.rows[(page.at ?? 0) - page.start];
    if (page.at === null || row === undefined) {
      this.#stale = true;
      return false;
    }
    this.selected = row.seq;
    this.selectedRow = row;
    this.scrollTo = page.at;
    return seq >= 0;
  }
}
