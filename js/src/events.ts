// What anywidget loads to show the events of a log in a cell.

import type { AnyModel, AnyWidget, RenderProps } from "@anywidget/types";
import { randomId } from "./ids.js";
import { readAnswer } from "./table/answers.js";
import { MessageSource } from "./table/source.js";
import { createTable } from "./table/table.js";
import { h } from "./ui/dom.js";

/** A log that grows is asked this often whether it has; one that rests less and less often. */
const POLL_MS = 1000;
const POLL_MOST_MS = 8000;

export default (() => ({
  render({ model, el, signal }: RenderProps) {
    const root = h("section", { class: "rnb rnb-log-table", "aria-label": "Event log" });
    const source = connect(model, signal);
    const table = createTable(source, signal);
    root.append(table.node);
    el.append(root);
    keepKeys(root, signal);
    poll(
      () => table.model.refresh(),
      // At its bound a log that grows is no longer: it lets go of as many as come.
      () => source.events + table.model.dropped,
      signal,
    );
    signal.addEventListener("abort", () => root.remove());
  },
})) satisfies AnyWidget;

/** Questions and answers over the widget's own comm. */
function connect(model: AnyModel, signal: AbortSignal): MessageSource {
  const source = new MessageSource();
  const client = randomId();
  const name: unknown = model.get("_chat");
  source.name = typeof name === "string" ? name : "chat";
  source.send = (question) => {
    try {
      model.send({ ...question, client });
      return true;
    } catch {
      return false; // the comm is closed
    }
  };
  const receive = (message: unknown, buffers?: readonly DataView[]) => {
    if (typeof message !== "object" || message === null) return;
    const fields = message as Readonly<Record<string, unknown>>;
    const answer = fields.to === client ? readAnswer(fields) : null;
    if (answer !== null) source.receive(answer, buffers ?? []);
  };
  model.on("msg:custom", receive);
  signal.addEventListener("abort", () => model.off("msg:custom", receive));
  return source;
}

/** Look again and again whether there is more, more seldom while there is not. */
function poll(look: () => void, events: () => number, signal: AbortSignal): void {
  let wait = POLL_MS;
  let known = -1;
  let timer: ReturnType<typeof setTimeout>;
  const next = () => {
    wait = events() === known ? Math.min(POLL_MOST_MS, 2 * wait) : POLL_MS;
    known = events();
    look();
    timer = setTimeout(next, wait);
  };
  timer = setTimeout(next, wait);
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** JupyterLab takes keys before the page does: it keeps those with Ctrl or Command. */
function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  const decide = (event: KeyboardEvent) => {
    root.toggleAttribute("data-lm-suppress-shortcuts", !event.ctrlKey && !event.metaKey);
  };
  window.addEventListener("keydown", decide, { signal, capture: true });
}
