// A talk whose connection broke: how it stands, as the kernel tells it. Pure.

export type LossReason = "lost" | "expired" | "renewal";

export interface Restoration {
  readonly reason: LossReason;
  /** The number of the try that comes next or is under way, from 1. */
  readonly tries: number;
  /** Seconds until it begins, when this was told; 0 while it is under way. */
  readonly nextS: number;
  /** For how many seconds there had been no connection, when this was told. */
  readonly awayS: number;
  /** What is known of why, in one line. */
  readonly detail: string;
}

/** How long the kernel keeps what is said meanwhile, in seconds. */
export const KEPT_S = 30;

const REASONS: readonly LossReason[] = ["lost", "expired", "renewal"];

const seconds = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0;

/** Read what the kernel says of it; null where nothing is being restored. */
export function readRestoration(value: unknown): Restoration | null {
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  return {
    reason: REASONS.find((reason) => reason === fields.reason) ?? "lost",
    tries: Math.max(1, Math.floor(seconds(fields.tries))),
    nextS: seconds(fields.next_s),
    awayS: seconds(fields.away_s),
    detail: typeof fields.detail === "string" ? fields.detail : "",
  };
}

/** What people read, `elapsedS` seconds after it was told. */
export function restorationWords(told: Restoration, elapsedS: number): string {
  if (told.reason === "renewal") return "Renewing the session before its time is up…";
  const left = Math.ceil(told.nextS - elapsedS);
  return `Reconnecting… try ${told.tries}${left > 0 ? `, next in ${left} s` : ""}`;
}

/** What becomes of what one says meanwhile; "" where nothing need be said of it. */
export function keptWords(told: Restoration, elapsedS: number, microphone: boolean): string {
  if (told.reason === "renewal") return "";
  if (told.awayS + elapsedS > KEPT_S) {
    return microphone
      ? `The microphone is on. Away for more than ${KEPT_S} s: what was said meanwhile will not be answered.`
      : "";
  }
  const typed = "what you type is sent when it is back";
  return microphone
    ? `The microphone stays on: what you say is kept for ${KEPT_S} s, ${typed}.`
    : `${typed[0]?.toUpperCase()}${typed.slice(1)}.`;
}
