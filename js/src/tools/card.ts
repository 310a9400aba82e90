// One call as a card: its name and arguments, how it stands, what came out of it, and below that
// what it displayed.

import type { Item } from "../messages.js";
import { h, icon, setText, spoken } from "../ui/dom.js";
import type { Entry } from "../ui/log.js";
import { DisplayBox, type Displays } from "./box.js";
import { sameTool, type Tool } from "./wire.js";
import { callText, durationText, isGoing, oneLine, stateWords, wholeText } from "./words.js";

const TITLE_CHARS = 240;
const PREVIEW_CHARS = 120;

export class CallCard implements Entry {
  readonly node: HTMLElement;
  readonly #title = h("code", { class: "rnb-card-title" });
  readonly #server = h("span", { class: "rnb-card-server" });
  readonly #state = h("span", { class: "rnb-card-state" });
  /** It counts many times a second: nothing for a screen reader. */
  readonly #time = h("span", { class: "rnb-card-time", "aria-hidden": "true" });
  readonly #error = h("p", { class: "rnb-card-error" });
  readonly #preview = h("code", { class: "rnb-card-preview" });
  readonly #arguments = h("pre", { class: "rnb-card-text", tabindex: "0" });
  readonly #output = h("pre", { class: "rnb-card-text", tabindex: "0" });
  readonly #details: HTMLDetailsElement;
  readonly #box: DisplayBox;
  #tool: Tool | null = null;
  /** When it began to run, on the page's clock. */
  #sinceMs: number | null = null;

  constructor(displays: Displays) {
    this.#box = new DisplayBox(displays);
    this.#details = h(
      "details",
      { class: "rnb-card-details", "aria-live": "off" },
      h("summary", {}, icon("chevron"), spoken("Output: "), this.#preview),
      labelled("Arguments", this.#arguments),
      labelled("Output", this.#output),
    );
    this.node = h(
      "div",
      { class: "rnb-item rnb-card" },
      h(
        "p",
        { class: "rnb-card-head" },
        spoken("Tool: "),
        this.#server,
        this.#title,
        this.#state,
        this.#time,
      ),
      this.#error,
      this.#details,
      this.#box.node,
    );
  }

  show(item: Item): void {
    if (item.tool !== null) this.#show(item.tool);
  }

  /** It is shown no more. */
  close(): void {
    this.#box.close();
  }

  /** Its time goes on. */
  tick(): boolean {
    const tool = this.#tool;
    if (tool === null || !isGoing(tool) || this.#sinceMs === null) return false;
    setText(this.#time, durationText(performance.now() - this.#sinceMs));
    return true;
  }

  #show(tool: Tool): void {
    const before = this.#tool;
    // All cards are shown again whenever one item changed: hundreds, and their texts are long.
    if (before === null || !sameTool(before, tool)) this.#redraw(tool, before);
    this.#box.show(tool.callId);
  }

  #redraw(tool: Tool, before: Tool | null): void {
    this.#tool = tool;
    if (before?.state !== tool.state) {
      const runs = tool.state === "running" || tool.state === "queued";
      this.#sinceMs = runs ? performance.now() - (tool.ms ?? 0) : null;
    }
    this.node.dataset.state = tool.state;
    this.node.setAttribute("aria-busy", String(tool.state === "writing"));
    setText(this.#server, tool.server === "" ? "" : tool.server);
    this.#server.hidden = tool.server === "";
    setText(this.#title, oneLine(titleOf(tool), TITLE_CHARS));
    setText(this.#state, stateWords(tool));
    if (!this.tick()) setText(this.#time, isGoing(tool) ? "" : timeOf(tool));
    setText(this.#error, oneLine(wholeText(tool.error), 2000));
    this.#error.hidden = tool.error === "";
    this.#showTexts(tool);
  }

  #showTexts(tool: Tool): void {
    const long = Array.from(callText(tool).slice(0, TITLE_CHARS * 2)).length >= TITLE_CHARS;
    const output = tool.output !== "";
    this.#details.hidden = !(output || long);
    setText(this.#preview, output ? oneLine(wholeText(tool.output), PREVIEW_CHARS) : "all of it");
    setText(this.#arguments, long ? wholeText(tool.arguments) : "");
    setText(this.#output, output ? wholeText(tool.output) : "");
    for (const pre of [this.#arguments, this.#output]) {
      if (pre.parentElement !== null) pre.parentElement.hidden = pre.textContent === "";
    }
  }
}

function labelled(words: string, pre: HTMLElement): HTMLElement {
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", words);
  return h("div", {}, h("p", { class: "rnb-card-label" }, words), pre);
}

function titleOf(tool: Tool): string {
  if (tool.kind === "mcp_list") return "tools";
  return tool.kind === "output" ? "an output" : callText(tool);
}

function timeOf(tool: Tool): string {
  // Of what never ran there is nothing to tell.
  return tool.ms === null || tool.ms === 0 ? "" : durationText(tool.ms);
}
