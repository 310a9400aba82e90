// Where a call's display stands: of a height that leaves room to talk, and open as a whole on demand.

import { h, setText } from "../ui/dom.js";
import type { Mount } from "./display.js";
import type { Display } from "./wire.js";

/** What the views of a chat know of displays. */
export interface Displays {
  readonly mount: Mount;
  /** What a call displayed; undefined while nothing has come. */
  of(callId: string): Display | undefined;
}

export class DisplayBox {
  readonly node: HTMLElement;
  readonly #displays: Displays;
  readonly #inside = h("div", { class: "rnb-display-inside" });
  readonly #text = h("pre", { class: "rnb-card-text" });
  readonly #more = h("button", {
    type: "button",
    class: "rnb-button rnb-display-more",
    "aria-expanded": "false",
  });
  #model: string | null = null;
  #unmount: (() => void) | null = null;

  constructor(displays: Displays) {
    this.#displays = displays;
    const frame = h("div", { class: "rnb-display-frame", role: "group" }, this.#inside, this.#text);
    frame.setAttribute("aria-label", "What the call displayed");
    // A table is read where one asks for it, not as soon as it comes.
    this.node = h("div", { class: "rnb-display", "aria-live": "off" }, frame, this.#more);
    this.node.hidden = true;
    this.#more.addEventListener("click", () => this.#open(!this.#isOpen));
    this.#open(false);
    const measure = () => {
      const scrolls = isLarger(frame);
      this.#more.hidden = !(this.#isOpen || scrolls || isMadeSmall(this.#inside));
      // Who has no mouse scrolls it with the arrow keys; of what stands still there is no stop.
      if (scrolls) frame.tabIndex = 0;
      else if (frame !== document.activeElement) frame.removeAttribute("tabindex");
    };
    if (typeof ResizeObserver === "function") {
      const observer = new ResizeObserver(measure);
      for (const part of [frame, this.#inside, this.#text]) observer.observe(part);
    }
  }

  show(callId: string): void {
    const display = this.#displays.of(callId);
    this.node.hidden = display === undefined || (display.model === null && display.text === "");
    if (display === undefined || display.model === this.#model) {
      if (display !== undefined && this.#unmount === null) setText(this.#text, display.text);
      return;
    }
    this.close();
    this.#model = display.model;
    // What stands here until the view does; and where it cannot be made, for good.
    setText(this.#text, display.text);
    this.#text.hidden = false;
    if (display.model !== null) void this.#mount(display.model);
  }

  /** Take the view away. */
  close(): void {
    this.#unmount?.();
    this.#unmount = null;
    this.#model = null;
    this.#inside.replaceChildren();
    this.#text.hidden = false;
  }

  async #mount(model: string): Promise<void> {
    try {
      const unmount = await this.#displays.mount(model, this.#inside);
      if (this.#model === model) {
        this.#unmount = unmount;
        this.#text.hidden = true;
      } else unmount();
    } catch {
      // Its text is there.
    }
  }

  get #isOpen(): boolean {
    return this.node.hasAttribute("data-open");
  }

  #open(open: boolean): void {
    this.node.toggleAttribute("data-open", open);
    this.#more.setAttribute("aria-expanded", String(open));
    setText(this.#more, open ? "Show less" : "Show all");
  }
}

function isLarger(frame: HTMLElement): boolean {
  const { scrollHeight, clientHeight, scrollWidth, clientWidth } = frame;
  return scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1;
}

/** A picture stands here smaller than its width would allow, so that one sees the whole of it. */
function isMadeSmall(inside: HTMLElement): boolean {
  return Array.from(inside.querySelectorAll("img")).some(
    (image) => image.naturalWidth > image.clientWidth + 1 && image.clientWidth < inside.clientWidth,
  );
}
