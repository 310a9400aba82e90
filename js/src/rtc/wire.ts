// What kernel and page say to each other about a WebRTC call; the kernel's end is
// realtime_nb/bridge/rtc.py.

/** What the kernel asks of a page, each for one call. */
export type RtcAsked = { readonly kind: "rtc"; readonly to: string; readonly call: number } & (
  | { readonly op: "offer" }
  | { readonly op: "answer"; readonly sdp: string }
  /** Post the offer from here, with an ephemeral key. */
  | { readonly op: "direct"; readonly url: string; readonly key: string }
  | { readonly op: "send"; readonly text: string }
  | { readonly op: "hush" }
  | { readonly op: "hang_up" }
);

/** Where a call failed, for people. */
export type Stage = "page" | "SDP" | "HTTP" | "ICE" | "DTLS" | "data channel";

/** What a page says of a call. */
export type RtcSaid = { readonly kind: "rtc"; readonly call: number } & (
  | { readonly op: "offer"; readonly sdp: string }
  | { readonly op: "state"; readonly state: "connected"; readonly call_id: string | null }
  | { readonly op: "state"; readonly state: "closed"; readonly why: string }
  | { readonly op: "failed"; readonly stage: Stage; readonly why: string }
  | { readonly op: "message"; readonly text: string }
);

type Fields = Readonly<Record<string, unknown>>;

/** Read a message of kind `rtc`; null for what this page does not know. */
export function readRtc(fields: Fields): RtcAsked | null {
  const { kind, to, call, op, sdp, url, key, text } = fields;
  if (kind !== "rtc" || typeof to !== "string" || typeof call !== "number") return null;
  const head = { kind, to, call } as const;
  switch (op) {
    case "offer":
    case "hush":
    case "hang_up":
      return { ...head, op };
    case "answer":
      return typeof sdp === "string" ? { ...head, op, sdp } : null;
    case "direct":
      return typeof url === "string" && typeof key === "string" ? { ...head, op, url, key } : null;
    case "send":
      return typeof text === "string" ? { ...head, op, text } : null;
    default:
      return null;
  }
}

/** What a data channel says of the sound on its way to this page. */
export type Sounding = "started" | "stopped" | "cleared";

const SOUNDING: Readonly<Record<string, Sounding>> = {
  "output_audio_buffer.started": "started",
  "output_audio_buffer.stopped": "stopped",
  "output_audio_buffer.cleared": "cleared",
};

/** Read an event of the data channel; null where it says nothing of the sound. */
export function readSounding(text: string): Sounding | null {
  // Most are words of a transcript: those are the kernel's.
  if (!text.includes('"output_audio_buffer.')) return null;
  try {
    const value: unknown = JSON.parse(text);
    const type = (value as Fields | null)?.type;
    return typeof type === "string" ? (SOUNDING[type] ?? null) : null;
  } catch {
    return null;
  }
}
