// What went wrong or wants attention, between conversation and composer.

import type { Chat, Notice } from "../chat.js";
import type { Actions } from "./composer.js";
import { h, icon, setText } from "./dom.js";

export function createNotices(
  chat: Chat,
  actions: Actions,
  signal: AbortSignal,
): { node: HTMLElement; update(): void } {
  const hear = h(
    "button",
    { type: "button", class: "rnb-button rnb-hear" },
    icon("speaker"),
    "Click to hear",
  );
  hear.addEventListener("click", () => actions.hear(), { signal });
  const takeOver = h("button", { type: "button", class: "rnb-button" }, "Take over");
  takeOver.addEventListener("click", () => actions.takeOver(), { signal });
  const where = h("span", {}, "");
  const elsewhere = h("p", { class: "rnb-elsewhere" }, where, takeOver);
  const list = h("div", { class: "rnb-notice-list", role: "status" });
  const node = h("div", { class: "rnb-notices" }, hear, elsewhere, list);
  const shown = new Map<Notice, HTMLElement>();

  const show = (notice: Notice): HTMLElement => {
    const close = h(
      "button",
      { type: "button", class: "rnb-dismiss", "aria-label": "Dismiss", title: "Dismiss" },
      icon("close"),
    );
    close.addEventListener("click", () => chat.dismiss(notice.text), { signal });
    const words = h("span", {}, notice.text);
    return h("div", { class: "rnb-notice", "data-level": notice.level }, words, close);
  };

  const update = () => {
    hear.hidden = !chat.muted;
    takeOver.disabled = !chat.open;
    // A call cannot move to another page.
    const call = chat.deafness;
    takeOver.hidden = call !== "";
    setText(where, call === "" ? "Open in another tab, which listens and plays." : call);
    elsewhere.hidden = chat.link !== "live" || (call === "" && chat.owner);
    for (const [notice, box] of shown) {
      if (chat.notices.includes(notice)) continue;
      box.remove();
      shown.delete(notice);
    }
    for (const notice of chat.notices) {
      if (shown.has(notice)) continue;
      const box = show(notice);
      shown.set(notice, box);
      list.append(box);
    }
  };
  update();
  return { node, update };
}
