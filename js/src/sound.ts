// Sound as a person sets it up: which devices, what is done to the microphone, how it goes.

import type { SharedContext } from "./audio/context.js";
import { listDevices, NO_DEVICES, watchDevices } from "./audio/devices.js";
import type { MicrophoneSettings } from "./audio/microphone.js";
import {
  loadPreferences,
  PROCESSING,
  type Processing,
  storePreferences,
} from "./audio/preferences.js";
import type { Played } from "./audio/speaker.js";
import type { Chat, Sound } from "./chat.js";

/** On for people, unless the kernel or the person says otherwise. */
const DEFAULTS: Readonly<Record<Processing, boolean>> = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** Before anything is known or chosen. */
export const NO_SOUND: Sound = {
  devices: NO_DEVICES,
  input: "",
  output: "",
  choosable: false,
  processing: DEFAULTS,
  inputRate: null,
  outputRate: null,
  underruns: 0,
  prebufferMs: 0,
};

/** Who shows how sound is set up: the chat, or a recorder. */
export type SoundShown = Pick<Chat, "sound" | "setSound" | "notify">;

const NO_OUTPUT = "The chosen loudspeaker cannot be used: sound comes from the system's own.";

export class SoundSetup {
  readonly #chat: SoundShown;
  readonly #context: SharedContext;
  /** What the kernel asks for instead of the defaults. */
  readonly #asked: () => MediaTrackConstraints;
  #preferences = loadPreferences();

  constructor(
    chat: SoundShown,
    context: SharedContext,
    choosable: boolean,
    asked: () => MediaTrackConstraints,
    signal: AbortSignal,
  ) {
    this.#chat = chat;
    this.#context = context;
    this.#asked = asked;
    chat.setSound({ choosable });
    void context.choose(this.#preferences.output);
    this.#show();
    watchDevices(() => void this.refresh(), signal);
  }

  /** What to ask the browser for. */
  constraints(): MediaTrackConstraints {
    const { input, processing } = this.#preferences;
    const device = input === "" ? {} : { deviceId: { exact: input } };
    return { ...DEFAULTS, ...this.#asked(), ...processing, ...device };
  }

  /** The chosen microphone is not there: have the system's own from now on. */
  forgetInput(): void {
    this.#keep({ input: "" });
  }

  chooseInput(input: string): void {
    this.#keep({ input });
  }

  async chooseOutput(output: string): Promise<void> {
    this.#keep({ output });
    if (await this.#context.choose(output)) return;
    this.#keep({ output: "" });
    this.#chat.notify("warning", NO_OUTPUT);
  }

  setProcessing(name: Processing, on: boolean): void {
    this.#keep({ processing: { ...this.#preferences.processing, [name]: on } });
  }

  /** Ask again which devices there are. */
  async refresh(): Promise<void> {
    this.#chat.setSound({ devices: await listDevices() });
  }

  /** The microphone was opened. */
  opened(settings: MicrophoneSettings): void {
    this.#chat.setSound({ inputRate: settings.rate, outputRate: this.#context.rate });
    void this.refresh();
  }

  played(played: Played): void {
    const { underruns, prebufferMs } = played;
    const { sound } = this.#chat;
    const outputRate = this.#context.rate;
    const same = sound.underruns === underruns && sound.prebufferMs === prebufferMs;
    if (same && sound.outputRate === outputRate) return;
    this.#chat.setSound({ underruns, prebufferMs, outputRate });
  }

  #keep(change: Partial<typeof this.preferences>): void {
    this.#preferences = { ...this.#preferences, ...change };
    storePreferences(this.#preferences);
    this.#show();
  }

  get preferences() {
    return this.#preferences;
  }

  #show(): void {
    const constraints = this.constraints();
    const processing = { ...DEFAULTS };
    for (const name of PROCESSING) processing[name] = constraints[name] !== false;
    const { input, output } = this.#preferences;
    this.#chat.setSound({ input, output, processing });
  }
}
