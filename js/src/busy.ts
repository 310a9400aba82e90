// Whether a running cell holds up what the comm carries. Only the kernel can tell: on which thread
// it is handed what this page sends. A front end that hands messages to another thread makes that
// thread only once the comm is there, so the first answers may still come from the main one.

/** From the welcome, or the loss of the fast path, to the question: the fast path joins at once. */
export const FIRST_MS = 2000;
/** A second answer of the same kind is believed. */
export const AGAIN_MS = 3000;
/** What was found is asked again: where that thread came late, it is not true any more. */
export const STILL_MS = 30_000;

export class BusyWatch {
  readonly #ask: () => void;
  readonly #found: (waits: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #answers = 0;

  constructor(ask: () => void, found: (waits: boolean) => void) {
    this.#ask = ask;
    this.#found = found;
  }

  /** The comm is in use from now on, unless `stop` comes first. */
  start(): void {
    this.#answers = 0;
    this.#later(FIRST_MS);
  }

  /** It is not in use, or leads nowhere. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#answers = 0;
  }

  /** The kernel has answered: what it was sent had to wait for cells, or not. */
  answer(waits: boolean): void {
    if (!waits) {
      this.#found(false);
      return;
    }
    if (++this.#answers > 1) this.#found(true);
    this.#later(this.#answers > 1 ? STILL_MS : AGAIN_MS);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ask, ms);
  }
}

const SAID = "realtime-nb.waits-said";

/** Whether to say it now: once in each tab of the browser, not at every run of the cell. */
export function sayOnce(): boolean {
  try {
    if (sessionStorage.getItem(SAID) !== null) return false;
    sessionStorage.setItem(SAID, "yes");
  } catch {
    // Storage may be forbidden: then it is said again.
  }
  return true;
}

const WAITS = "While a cell runs, sound waits here.";

/** What people read, by whether a Jupyter Server of this page's own could carry the fast path. */
export function waitsWords(server: boolean): string {
  return server
    ? `${WAITS} To talk meanwhile, install realtime-nb in the environment that Jupyter itself runs in and restart Jupyter (the fast path), or update to JupyterLab 4.4 and ipykernel 7.`
    : `${WAITS} To talk meanwhile, open the notebook in JupyterLab.`;
}
