// What the kernel tells of tools: calls, approvals, what calls displayed.

/** Which card an item is. */
export type CardKind = "call" | "output" | "mcp_list" | "mcp_call" | "mcp_approval";

/** What an item of a tool's says beside what every item does. */
export interface Tool {
  readonly kind: CardKind;
  /** Of the call it is or belongs to. */
  readonly callId: string;
  readonly name: string;
  /** The label of the MCP server; "" for a function. */
  readonly server: string;
  /** JSON, as the model wrote it; any text. */
  readonly arguments: string;
  /** How it stands; see `STATES` in words.ts. */
  readonly state: string;
  /** How long it took, or has taken so far; null where nothing is known of that. */
  readonly ms: number | null;
  readonly output: string;
  readonly error: string;
}

const FIELDS: readonly (keyof Tool)[] = [
  "kind",
  "callId",
  "name",
  "server",
  "arguments",
  "state",
  "ms",
  "output",
  "error",
];

/** Whether two say the same: folded anew, a call is another object each time. */
export function sameTool(one: Tool, other: Tool): boolean {
  return one === other || FIELDS.every((field) => one[field] === other[field]);
}

/** A question to the user: may this be called? */
export interface Approval {
  readonly id: string;
  readonly kind: "function" | "mcp";
  readonly name: string;
  readonly server: string;
  readonly arguments: string;
  /** When no answer is a no, on the page's own clock (`performance.now()`). */
  readonly endMs: number;
}

export type Decision = "once" | "always" | "deny";

/** What a call displayed: a model of the widget manager's, or its text where there is none. */
export interface Display {
  readonly callId: string;
  readonly model: string | null;
  readonly text: string;
}

export type ToolMessage =
  | { readonly kind: "approvals"; readonly to: string | null; readonly open: readonly Approval[] }
  | { readonly kind: "call_output"; readonly to: string | null; readonly display: Display };

type Fields = Readonly<Record<string, unknown>>;

const KINDS: readonly CardKind[] = ["call", "output", "mcp_list", "mcp_call", "mcp_approval"];

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const duration = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

/** Read the `tool` of an item; null for an item that is none of a tool's. */
export function readTool(value: unknown): Tool | null {
  if (!isFields(value)) return null;
  const kind = KINDS.find((known) => known === value.kind);
  if (kind === undefined) return null;
  return {
    kind,
    callId: text(value.call_id),
    name: text(value.name),
    server: text(value.server),
    arguments: text(value.arguments),
    state: text(value.state),
    ms: duration(value.ms),
    output: text(value.output),
    error: text(value.error),
  };
}

function readApproval(value: unknown): Approval | null {
  if (!isFields(value) || typeof value.id !== "string") return null;
  return {
    id: value.id,
    kind: value.kind === "mcp" ? "mcp" : "function",
    name: text(value.name),
    server: text(value.server),
    arguments: text(value.arguments),
    endMs: performance.now() + (duration(value.left_s) ?? 0) * 1000,
  };
}

/** Read a message about tools; null for others, and for what cannot be used. */
export function readToolMessage(fields: Fields): ToolMessage | null {
  const to = typeof fields.to === "string" ? fields.to : null;
  if (fields.kind === "approvals" && Array.isArray(fields.open)) {
    const open = fields.open.map(readApproval).filter((approval) => approval !== null);
    return { kind: "approvals", to, open };
  }
  if (fields.kind === "call_output" && typeof fields.call_id === "string") {
    const model = typeof fields.model === "string" && fields.model !== "" ? fields.model : null;
    const display = { callId: fields.call_id, model, text: text(fields.text) };
    return { kind: "call_output", to, display };
  }
  return null;
}
