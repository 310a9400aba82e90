// What went wrong or wants attention, the newest last.

import type { Notice } from "../chat.js";
import { h, icon } from "../ui/dom.js";
import type { RecorderEngine } from "./engine.js";

const NOTICES_MAX = 3;

/** With one more; the same words only once, and of many the oldest go. */
export function withNotice(
  notices: readonly Notice[],
  level: Notice["level"],
  text: string,
): Notice[] {
  return [...notices.filter((notice) => notice.text !== text), { level, text }].slice(-NOTICES_MAX);
}

export function createNotices(
  engine: RecorderEngine,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const node = h("div", { class: "rnb-notice-list rnb-rec-notices", role: "status" });
  const shown = new Map<Notice, HTMLElement>();
  const show = (notice: Notice) => {
    const close = h(
      "button",
      { type: "button", class: "rnb-dismiss", "aria-label": "Dismiss", title: "Dismiss" },
      icon("close"),
    );
    close.addEventListener("click", () => engine.dismiss(notice.text), { signal });
    const box = h("div", { class: "rnb-notice" }, h("span", {}, notice.text), close);
    box.dataset.level = notice.level;
    return box;
  };
  const update = () => {
    for (const [notice, box] of shown) {
      if (engine.notices.includes(notice)) continue;
      box.remove();
      shown.delete(notice);
    }
    for (const notice of engine.notices) {
      if (shown.has(notice)) continue;
      const box = show(notice);
      shown.set(notice, box);
      node.append(box);
    }
  };
  return { node, update };
}
