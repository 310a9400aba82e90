// What a person chose for sound in this browser: devices, and what is done to the microphone. Kept
// by the browser for this site, since devices belong to the computer and not to the notebook.

const KEY = "realtime-nb.sound";

export const PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl"] as const;
export type Processing = (typeof PROCESSING)[number];

export interface Preferences {
  /** Device id; "" stands for the system's own choice. */
  readonly input: string;
  readonly output: string;
  /** Only what was switched by hand. */
  readonly processing: Readonly<Partial<Record<Processing, boolean>>>;
}

export const NO_PREFERENCES: Preferences = { input: "", output: "", processing: {} };

/** Storage may be forbidden (private windows, framed pages): then nothing is remembered. */
export function loadPreferences(): Preferences {
  try {
    return readPreferences(JSON.parse(localStorage.getItem(KEY) ?? "null"));
  } catch {
    return NO_PREFERENCES;
  }
}

export function storePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // They hold until the page is left.
  }
}

/** Whatever was stored, by whichever version. */
export function readPreferences(value: unknown): Preferences {
  if (typeof value !== "object" || value === null) return NO_PREFERENCES;
  const { input, output, processing } = value as Readonly<Record<string, unknown>>;
  const switches = (typeof processing === "object" && processing) || {};
  const known: Partial<Record<Processing, boolean>> = {};
  for (const name of PROCESSING) {
    const on = (switches as Readonly<Record<string, unknown>>)[name];
    if (typeof on === "boolean") known[name] = on;
  }
  return {
    input: typeof input === "string" ? input : "",
    output: typeof output === "string" ? output : "",
    processing: known,
  };
}
