// What of the microphone goes out: all of it, silence in its place, or nothing.
//
// Push-to-talk lets sound out only while the key is held, and a little longer: people let go on
// the last syllable, and a frame is 40 ms old when it comes. Half-duplex sends silence while the
// loudspeaker plays, and until the room has fallen silent: the service's clock goes on, and it
// does not hear itself.

import type { TurnMode } from "./messages.js";

export type Gate = "open" | "silent" | "closed";

/** After the key was let go. */
export const RELEASE_MS = 160;
/** After the last sample has left the loudspeaker. */
export const ROOM_MS = 300;

/** A turn with less sound than this is none: the service takes no less. */
export const SHORTEST_MS = 100;

const FRAME_MS = 40;

export interface Talk {
  /** The key is held and the microphone open: a turn begins. */
  begin(): void;
  /** The turn is over; `ms` of sound came while the key was down. */
  end(ms: number): void;
  /** `talking` or `deaf` changed. */
  changed(): void;
}

export class MicrophoneGate {
  readonly #talk: Talk;
  #mode: TurnMode = "server_vad";
  #halfDuplex = false;
  #live = false;
  #held = false;
  /** A turn has begun and is not over. */
  #turn = false;
  #frames = 0;
  #playing = false;
  #deaf = false;
  #release: ReturnType<typeof setTimeout> | undefined;
  #room: ReturnType<typeof setTimeout> | undefined;

  constructor(talk: Talk) {
    this.#talk = talk;
  }

  get state(): Gate {
    if (this.#mode === "push_to_talk") return this.#turn ? "open" : "closed";
    return this.deaf ? "silent" : "open";
  }

  /** The key is held and heard. */
  get talking(): boolean {
    return this.#turn && this.#held;
  }

  /** The microphone is mute because the loudspeaker plays. */
  get deaf(): boolean {
    return this.#halfDuplex && this.#deaf && this.#mode !== "push_to_talk";
  }

  mode(mode: TurnMode, halfDuplex: boolean): void {
    if (mode !== this.#mode) this.#drop();
    this.#mode = mode;
    this.#halfDuplex = halfDuplex;
    this.#talk.changed();
  }

  /** The microphone was opened or let go. */
  live(live: boolean): void {
    this.#live = live;
    if (live) this.#begin();
    else this.#drop();
  }

  hold(held: boolean): void {
    if (held === this.#held || this.#mode !== "push_to_talk") return;
    this.#held = held;
    clearTimeout(this.#release);
    if (held) this.#begin();
    else if (this.#turn) this.#release = setTimeout(() => this.#end(), RELEASE_MS);
    this.#talk.changed();
  }

  /** A frame went out. What comes after the release does not make a touch a turn. */
  sent(): void {
    if (this.#held) this.#frames++;
  }

  /** Sound is on its way to the ear, or no longer; what was sent lies `latencyMs` before it. */
  playing(playing: boolean, latencyMs: number): void {
    if (playing === this.#playing) return;
    this.#playing = playing;
    clearTimeout(this.#room);
    if (playing) this.#setDeaf(true);
    else this.#room = setTimeout(() => this.#setDeaf(false), ROOM_MS + latencyMs);
  }

  #begin(): void {
    if (!this.#held || !this.#live || this.#turn) return;
    this.#turn = true;
    this.#frames = 0;
    this.#talk.begin();
    this.#talk.changed();
  }

  #end(): void {
    this.#turn = false;
    this.#talk.end(FRAME_MS * this.#frames);
    this.#talk.changed();
  }

  /** Nobody finishes this turn any more. */
  #drop(): void {
    clearTimeout(this.#release);
    this.#held = false;
    this.#turn = false;
    this.#talk.changed();
  }

  #setDeaf(deaf: boolean): void {
    this.#deaf = deaf;
    this.#talk.changed();
  }
}
