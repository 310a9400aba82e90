// Plays a sound that the kernel has, while it still grows: asks for what comes next, keeps what was
// just heard, stops and goes on at a sample.

import type { SharedContext } from "../audio/context.js";
import { type OpenPlayback, playbackIn } from "../audio/playback.js";
import { type Played, Speaker } from "../audio/speaker.js";
import { RATE } from "../frames.js";
import { AHEAD_SAMPLES, Store } from "./store.js";

/** What lies ready in the audio thread: a page that is busy for so long is not heard to be. */
const READY_SAMPLES = 5 * RATE;
const PUSH_SAMPLES = RATE / 2;
/** How much must have been played before the kernel is told of it. */
const TELL_SAMPLES = RATE;

/** Nothing was asked for; it plays; it stands still; it was played to its end. */
export type PlayState = "idle" | "playing" | "paused" | "ended";

type Shared = Pick<SharedContext, "start" | "rest" | "latencyMs">;

export class Sounding {
  readonly #send: (message: object) => boolean;
  readonly #speaker: Speaker;
  readonly #store: Store;
  readonly #changed: () => void;
  #state: PlayState = "idle";
  #total: number | null = null;
  /** Counts what was asked of the kernel: answers to earlier wishes are not taken. */
  #run = 0;
  /** Counts what was handed to the speaker from one place on. */
  #stream = 0;
  #fed = 0;
  #position = 0;
  #told = 0;
  #ended = false;
  #muted = false;
  #underruns = 0;
  #level = 0;
  #trouble = "";

  constructor(
    send: (message: object) => boolean,
    changed: () => void,
    shared: Shared,
    open: OpenPlayback,
    store: Store = new Store(),
  ) {
    this.#send = send;
    this.#changed = changed;
    this.#store = store;
    this.#speaker = new Speaker(shared, open, {
      played: (played) => this.#played(played),
      started: () => undefined,
      drained: (stream) => this.#drained(stream),
      changed: (_active, muted) => {
        this.#muted = muted;
        changed();
      },
      level: (rms) => {
        this.#level = rms;
        changed();
      },
      failed: (message) => {
        this.#state = "paused";
        this.#trouble = message;
        changed();
      },
    });
  }

  get state(): PlayState {
    return this.#state;
  }

  /** It would sound, but the browser wants a click first. */
  get asks(): boolean {
    return this.#state === "playing" && this.#muted;
  }

  /** Samples of the whole sound; null while it grows. */
  get total(): number | null {
    return this.#total;
  }

  /** The sample that is played. */
  get position(): number {
    return this.#position;
  }

  /** How often it ran dry. */
  get underruns(): number {
    return this.#underruns;
  }

  /** How loud it is, RMS, 0..1; null while nothing sounds. */
  get level(): number | null {
    return this.#state === "playing" && !this.#muted ? this.#level : null;
  }

  /** Why nothing is heard, "" when it is. */
  get trouble(): string {
    return this.#trouble;
  }

  /** It is told how long the sound is, or that it grows. */
  setTotal(total: number | null): void {
    this.#total = total;
    this.#feed();
    this.#changed();
  }

  /** Nothing more will come: what is here is all there is. */
  cut(): void {
    this.setTotal(Math.min(this.#total ?? this.#store.end, this.#store.end));
  }

  /** There is another sound in place of this one. */
  renew(total: number | null): void {
    this.#silence();
    this.#state = "idle";
    this.#position = 0;
    this.#store.reset(0);
    this.#run++;
    this.setTotal(total);
  }

  /** Play from where it stands; from the beginning when it was played to its end. */
  play(): void {
    if (this.#state === "playing") return;
    if (this.#state === "ended") this.#position = 0;
    this.#state = "playing";
    this.#trouble = "";
    this.#stream++;
    this.#fed = this.#position;
    this.#ended = false;
    if (!this.#store.holds(this.#position)) this.#store.reset(this.#position);
    this.#want();
    this.#feed();
    this.#changed();
  }

  /** Play from a sample on. */
  playFrom(at: number): void {
    if (this.#state === "playing") this.#silence();
    this.#state = "paused";
    this.#position = at;
    this.play();
  }

  /** The kernel is there (again): it knows nothing of what this page wants. */
  again(): void {
    if (this.#state === "playing") this.#want();
  }

  /** Silence now; it stands at the very sample. */
  async pause(): Promise<void> {
    if (this.#state !== "playing") return;
    this.#state = "paused";
    const stream = this.#stream;
    this.#changed();
    const progress = await this.#speaker.clear();
    const here = progress.find((one) => one.stream === stream);
    if (here !== undefined && stream === this.#stream) this.#position = here.samples;
    this.tell();
    this.#changed();
  }

  /** Silence now, and back to the beginning. */
  stop(): void {
    this.#silence();
    this.#state = "paused";
    this.#position = 0;
    this.tell();
    this.#changed();
  }

  /** Call it from a click: browsers let sound out only after one. */
  unlock(): void {
    void this.#speaker.unlock();
  }

  /** The context runs after all. */
  unlocked(): void {
    this.#speaker.unlocked();
  }

  /** Silence, and nothing sounds any more, whatever the loudspeaker still reports. */
  close(): void {
    this.#state = "paused";
    this.#speaker.close();
  }

  /** Sound came from the kernel. */
  take(run: number, offset: number, bytes: DataView): void {
    if (run !== this.#run) return;
    // Little endian, as every machine with a browser is; copied, since it may stand at any byte.
    const length = bytes.byteLength & ~1;
    const samples = new Int16Array(length >> 1);
    new Uint8Array(samples.buffer).set(new Uint8Array(bytes.buffer, bytes.byteOffset, length));
    if (!this.#store.push(offset, samples)) {
      this.#want();
      return;
    }
    this.#store.bound(this.#position);
    this.tell();
    this.#feed();
  }

  /** Ask for what follows what is here. */
  #want(): void {
    this.#run++;
    this.#told = this.#position;
    const { end } = this.#store;
    this.#send({ kind: "want", run: this.#run, from: end, until: this.#until });
  }

  get #until(): number {
    return this.#position + AHEAD_SAMPLES;
  }

  /** Tell the kernel how far it came, and what it may send. */
  tell(): void {
    this.#told = this.#position;
    const played = this.#position;
    const { end: got } = this.#store;
    const playing = this.#state === "playing";
    this.#send({ kind: "ack", run: this.#run, got, until: this.#until, played, playing });
  }

  /** Hand the speaker what comes next. */
  #feed(): void {
    if (this.#state !== "playing") return;
    while (this.#fed < this.#position + READY_SAMPLES) {
      const samples = this.#store.read(this.#fed, PUSH_SAMPLES);
      if (samples.length === 0) break;
      const at = this.#fed;
      this.#fed += samples.length;
      this.#speaker.push(this.#stream, at, samples);
    }
    if (this.#total === null || this.#fed < this.#total || this.#ended) return;
    this.#ended = true;
    if (this.#position < this.#total) this.#speaker.end(this.#stream);
    else this.#drained(this.#stream);
  }

  #played({ streams, underruns }: Played): void {
    this.#underruns = underruns;
    const here = streams.find((one) => one.stream === this.#stream);
    if (here !== undefined && this.#state === "playing") {
      this.#position = here.samples;
      this.#store.bound(this.#position);
      if (this.#position - this.#told >= TELL_SAMPLES) this.tell();
      this.#feed();
    }
    this.#changed();
  }

  #drained(stream: number): void {
    if (stream !== this.#stream || this.#state !== "playing") return;
    this.#state = "ended";
    this.#position = this.#total ?? this.#position;
    this.tell();
    this.#changed();
  }

  #silence(): void {
    if (this.#state === "playing") void this.#speaker.clear();
    this.#stream++;
  }
}

/** One that sounds through the page's shared context. */
export function soundingIn(
  shared: SharedContext,
  volume: () => number,
  send: (message: object) => boolean,
  changed: () => void,
): { sounding: Sounding; setVolume(): void } {
  let gain: GainNode | null = null;
  const sink = (context: AudioContext) => {
    gain = new GainNode(context, { gain: volume() });
    gain.connect(context.destination);
    return gain;
  };
  const sounding = new Sounding(send, changed, shared, playbackIn(shared, sink));
  shared.onrunning = () => sounding.unlocked();
  return {
    sounding,
    setVolume: () => {
      if (gain !== null) gain.gain.value = volume();
    },
  };
}
