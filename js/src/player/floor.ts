// Who sounds on a page: cells' sounds follow one another, and a conversation goes before them.
//
// - What begins by itself (five speaking cells, run at once) waits in line.
// - What a person starts begins now; the cell that sounded pauses.
// - While a conversation answers aloud, the cell that sounds pauses, and goes on afterwards.
// - What has nothing to say yet lets the others go first.
// - What is paused keeps the line waiting: who asked for silence gets it, also when the paused one
//   goes away. What is stopped does not.
//
// Each widget loads its own copy of this code, so the floor itself lies on the page.

/** A cell's sound. */
export interface Voice {
  /** It is its turn. */
  begin(): void;
  /** Something goes before it; whether its turn returns. */
  halt(returns: boolean): void;
}

export class Floor {
  /** The first has the floor. */
  #line: Voice[] = [];
  readonly #talks = new Set<object>();

  /** The page's own. */
  static get shared(): Floor {
    const page = globalThis as unknown as Record<symbol, Floor | undefined>;
    const here = Symbol.for("realtime_nb.floor.1");
    page[here] ??= new Floor();
    return page[here];
  }

  /** Begin when the others are done. */
  ask(voice: Voice): void {
    if (this.#line.includes(voice)) return;
    this.#line.push(voice);
    if (this.#line[0] === voice && this.#talks.size === 0) voice.begin();
  }

  /** Begin now, because a person said so. */
  take(voice: Voice): void {
    const [first] = this.#line;
    const others = this.#line.filter((one) => one !== voice && one !== first);
    this.#line = [voice, ...others];
    if (first !== undefined && first !== voice) first.halt(false);
    voice.begin();
  }

  /** Whether it is its turn. */
  has(voice: Voice): boolean {
    return this.#line[0] === voice;
  }

  /** Let the others go first. */
  pass(voice: Voice): void {
    if (this.#line[0] !== voice || this.#line.length === 1) return;
    voice.halt(true);
    this.#line.push(...this.#line.splice(0, 1));
    if (this.#talks.size === 0) this.#line[0]?.begin();
  }

  /** It is over: the next begins. */
  leave(voice: Voice): void {
    const place = this.#line.indexOf(voice);
    if (place < 0) return;
    this.#line.splice(place, 1);
    if (place === 0 && this.#talks.size === 0) this.#line[0]?.begin();
  }

  /** Silence is wanted: nobody in the line begins by itself any more. */
  clear(): void {
    const line = this.#line;
    this.#line = [];
    for (const voice of line) voice.halt(false);
  }

  /** A conversation speaks, or is silent (again). */
  talk(who: object, speaks: boolean): void {
    if (speaks === this.#talks.has(who)) return;
    const free = this.#talks.size === 0;
    if (speaks) this.#talks.add(who);
    else this.#talks.delete(who);
    if (speaks && free) this.#line[0]?.halt(true);
    else if (this.#talks.size === 0) this.#line[0]?.begin();
  }
}
