// Audio contexts, and worklets loaded into them.

import { RATE } from "../frames.js";

/** How long a context may take to start before the page asks for a click. */
const START_MS = 400;
/** A context nobody uses goes to sleep: it costs a thread and, on a laptop, battery. */
const IDLE_MS = 30_000;

/** Load a worklet from its text: a Blob URL needs no server and no second file. */
export async function addWorklet(context: BaseAudioContext, source: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Who keeps the context awake. */
export type Holder = "speaker" | "microphone" | "call";

/** The page's one context at 24 kHz, made when first needed, shared by speaker and microphone. */
export class SharedContext {
  #sink = "";
  readonly #holders = new Set<Holder>();
  #context: AudioContext | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Called whenever the context begins to run. */
  onrunning: () => void = () => undefined;

  get(): AudioContext {
    if (this.#context === null) {
      const context = newContext();
      if (this.#sink !== "") void this.choose(this.#sink, context);
      context.onstatechange = () => {
        if (context.state === "running") this.onrunning();
      };
      this.#context = context;
    }
    return this.#context;
  }

  /** Rate in Hz, null before it is made. */
  get rate(): number | null {
    return this.#context?.sampleRate ?? null;
  }

  /** Whether this browser lets a page choose the loudspeaker. */
  static get choosable(): boolean {
    return typeof AudioContext === "function" && "setSinkId" in AudioContext.prototype;
  }

  /** Play on this device, "" for the system's own; false when that is not to be had. */
  async choose(sink: string, context: AudioContext | null = this.#context): Promise<boolean> {
    this.#sink = sink;
    if (context === null || !SharedContext.choosable) return true;
    try {
      await (context as unknown as Sinkable).setSinkId(sink);
      return true;
    } catch {
      this.#sink = "";
      return false;
    }
  }

  /**
   * Start it; false when the browser wants a click first (a later click may call this again) or
   * has no context to give.
   */
  async start(holder: Holder): Promise<boolean> {
    clearTimeout(this.#idle);
    this.#holders.add(holder);
    let context: AudioContext;
    try {
      context = this.get();
    } catch {
      return false; // whoever loads a worklet into it gets the reason
    }
    if (context.state !== "running") {
      // Without leave to play, resume() stays pending until the user clicks.
      await Promise.race([context.resume().catch(() => undefined), pause(START_MS)]);
    }
    return isRunning(context);
  }

  /** The holder needs it no more; once nobody does, it goes to sleep soon. */
  rest(holder: Holder): void {
    this.#holders.delete(holder);
    clearTimeout(this.#idle);
    if (this.#holders.size > 0) return;
    this.#idle = setTimeout(() => void this.#context?.suspend().catch(() => undefined), IDLE_MS);
  }

  /** What still lies between the context and the ear, in ms. */
  get latencyMs(): number {
    const context = this.#context;
    if (context === null) return 0;
    return 1000 * (context.outputLatency || context.baseLatency || 0);
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#context?.close().catch(() => undefined);
    this.#context = null;
  }
}

/** Not yet known to the compiler's library. */
interface Sinkable {
  setSinkId(id: string): Promise<void>;
}

/** At 24 kHz; where a browser refuses that, at the device's own rate: worklets resample. */
function newContext(): AudioContext {
  const latencyHint = "interactive";
  try {
    return new AudioContext({ sampleRate: RATE, latencyHint });
  } catch {
    return new AudioContext({ latencyHint });
  }
}

/** A function, because the state changes while the compiler believes it cannot. */
function isRunning(context: AudioContext): boolean {
  return context.state === "running";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
