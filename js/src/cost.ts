// What a session costs, as the kernel counts it, and how that is said in a few words.

export interface Cost {
  /** What is known of it, in USD. */
  readonly usd: number;
  /** How many of the `charges` have no known cost. */
  readonly unknown: number;
  readonly charges: number;
  /** Nothing is billed here. */
  readonly free: boolean;
  /** The day or year the prices are of. */
  readonly asOf: string;
  /** What it may cost, in USD; null for no limit. */
  readonly budget: number | null;
  /** Nothing more is begun: the budget is spent. */
  readonly spent: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const amount = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;

/** Read the kernel's message; what is missing counts as nothing. */
export function readCost(fields: Fields): Cost {
  return {
    usd: amount(fields.usd),
    unknown: amount(fields.unknown),
    charges: amount(fields.charges),
    free: fields.free === true,
    asOf: typeof fields.as_of === "string" ? fields.as_of : "",
    budget: typeof fields.budget === "number" ? amount(fields.budget) : null,
    spent: fields.spent === true,
  };
}

const DIGITS = 4;
const LEAST = 0.0001;
const CENTS_FROM = 0.995;

/** An amount for people: whole cents, and below a dollar hundredths of a cent. */
export function usdText(usd: number): string {
  const whole = Math.abs(usd * 100 - Math.round(usd * 100)) < 1e-7;
  if (whole || usd >= CENTS_FROM) return `$${usd.toFixed(2)}`;
  return usd < LEAST / 2 ? `<$${LEAST}` : `$${usd.toFixed(DIGITS)}`;
}

/** What has been spent; of what nothing is known, no number is shown, not even 0. */
export function costWords(cost: Cost): string {
  const limit = cost.budget === null ? "" : ` of ${usdText(cost.budget)}`;
  if (cost.free) return "free";
  if (cost.unknown === 0) return `${usdText(cost.usd)}${limit}`;
  const known = cost.charges > cost.unknown ? `${usdText(cost.usd)} + ` : "";
  return `${known}unknown${limit}`;
}

/** The whole of it, for who points at the words. */
export function costTitle(cost: Cost | null, service: string): string {
  const billed = `What is said and answered here is billed by ${service || "the service"}`;
  if (cost === null || cost.charges === 0) return billed;
  const lines = [billed];
  if (cost.asOf !== "") lines.push(`List prices as of ${cost.asOf}; a bill may differ.`);
  if (cost.unknown > 0) lines.push(`Of ${cost.unknown} of ${cost.charges} the cost is not known.`);
  if (cost.spent) lines.push("The budget is spent: nothing more is asked for.");
  return lines.join("\n");
}
