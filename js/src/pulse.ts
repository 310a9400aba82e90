// Whether what this page says over the comm reaches the kernel: asked once a second while it says
// something. Between the browser and its Jupyter Server the network may be gone without a word, and
// JupyterLab keeps what is sent meanwhile without a bound.
//
// The comm keeps its order. Where a later question is answered and an earlier one is not, what was
// said in between is lost.

export const EVERY_MS = 1000;
/** A question that nobody has answered for so long: nothing comes through. */
export const STALLED_MS = 3000;
/** Then it is asked again after these, the last one again and again. */
export const AGAIN_MS = [2000, 4000, 8000, 15_000];

const MOST_OPEN = 50;

export interface PulseHandlers {
  /** Ask the kernel; it answers with the same number. */
  ask(id: number): void;
  /** Nothing comes through. */
  stalled(): void;
  /** It does again; what was `lost` on the way has to be told anew. */
  back(lost: boolean): void;
}

interface Asked {
  readonly id: number;
  readonly ms: number;
}

export class Pulse {
  readonly #handlers: PulseHandlers;
  #on = false;
  #last = 0;
  #open: Asked[] = [];
  #stalled = false;
  #again = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: PulseHandlers) {
    this.#handlers = handlers;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** The comm is in use from now on. */
  start(): void {
    this.#on = true;
  }

  /** It is not in use, or leads nowhere: what was asked is not waited for. */
  stop(): void {
    this.#on = false;
    this.#open = [];
    this.#stalled = false;
    this.#again = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Something is sent. */
  sent(): void {
    if (this.#on && this.#timer === undefined) this.#later(EVERY_MS);
  }

  /** The kernel has answered. */
  answer(id: number): void {
    const oldest = this.#open[0];
    if (!this.#on || oldest === undefined || !this.#open.some((asked) => asked.id === id)) return;
    this.#open = this.#open.filter((asked) => asked.id > id);
    const lost = oldest.id !== id;
    const was = this.#stalled;
    this.#stalled = false;
    this.#again = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#open.length > 0) this.#later(EVERY_MS);
    if (was || lost) this.#handlers.back(lost);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    this.#timer = undefined;
    const oldest = this.#open[0];
    const due = oldest !== undefined && performance.now() - oldest.ms >= STALLED_MS;
    if (due && !this.#stalled) this.#stall();
    else this.#ask();
  }

  #stall(): void {
    this.#stalled = true;
    this.#ask();
    this.#handlers.stalled();
  }

  #ask(): void {
    this.#last++;
    this.#open.push({ id: this.#last, ms: performance.now() });
    // The oldest says whether anything was lost.
    if (this.#open.length > MOST_OPEN) this.#open.splice(1, 1);
    this.#handlers.ask(this.#last);
    if (!this.#stalled) {
      this.#later(EVERY_MS);
      return;
    }
    this.#later(AGAIN_MS[Math.min(this.#again, AGAIN_MS.length - 1)] ?? EVERY_MS);
    this.#again++;
  }
}
