// One view of an ephemeral key: masked, shown while it is looked at, copied, and gone in time.

import type { Vault } from "../vault.js";
import { copyText } from "./clipboard.js";
import { h, icon, setText } from "./dom.js";

/** A key that was shown hides again: screens are shared and left. */
export const SHOWN_MS = 60_000;

/** What is left of its time, as m:ss. */
export function leftText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Draw the key of `vault` into `el` until `signal` aborts. */
export function drawSecret(vault: Vault, el: HTMLElement, signal: AbortSignal): void {
  const key = h("code", { class: "rnb-key" });
  const show = h("button", { type: "button", class: "rnb-button rnb-show" }, "Show");
  const copyWords = h("span", {}, "Copy");
  const copy = h(
    "button",
    { type: "button", class: "rnb-button rnb-copy-key" },
    icon("copy"),
    copyWords,
  );
  const left = h("span", { class: "rnb-left" });
  const trouble = h("p", { class: "rnb-note", role: "status" });
  const row = h("div", { class: "rnb-secret-row" }, key, show, copy, left);
  const root = h(
    "section",
    { class: "rnb rnb-secret", "aria-label": "Ephemeral key" },
    row,
    trouble,
  );
  el.append(root);

  let shown = false;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const hide = () => {
    clearTimeout(hiding);
    shown = false;
    setText(key, vault.masked);
    setText(show, "Show");
  };
  const expired = () => vault.expiresMs <= Date.now();
  const tick = () => {
    const over = expired();
    if (over && shown) hide();
    show.disabled = over;
    copy.disabled = over;
    setText(left, over ? "expired" : `valid for ${leftText(vault.expiresMs - Date.now())}`);
  };
  /** Do something with the key; why it could not be had is said below. */
  const withKey = async (use: (value: string) => void | Promise<void>) => {
    setText(trouble, "");
    try {
      const value = await vault.reveal();
      if (!signal.aborted && !expired()) await use(value);
    } catch (error) {
      setText(trouble, error instanceof Error ? error.message : String(error));
    }
    trouble.hidden = trouble.textContent === "";
  };

  show.addEventListener(
    "click",
    () => {
      if (shown) {
        hide();
        return;
      }
      void withKey((value) => {
        shown = true;
        setText(key, value);
        setText(show, "Hide");
        clearTimeout(hiding);
        hiding = setTimeout(hide, SHOWN_MS);
      });
    },
    { signal },
  );
  copy.addEventListener(
    "click",
    () =>
      void withKey(async (value) => {
        if (!(await copyText(value))) {
          throw new Error(
            "This browser lets nothing be copied here: press Show and select the key.",
          );
        }
        setText(copyWords, "Copied");
        setTimeout(() => setText(copyWords, "Copy"), 1500);
      }),
    { signal },
  );
  hide();
  trouble.hidden = true;
  tick();
  const ticking = setInterval(tick, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
    hide();
    root.remove();
  });
}
