// realtime_nb widget, built from js/ by "npm run build"; sources sha256:b3667a586930f9273b70e804ee3d90faf5d9e874c75365e47b7d0dbc2c6196d3
// src/ui/clipboard.ts
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}
function copyBySelection(text) {
  const box = document.createElement("textarea");
  box.value = text;
  box.style.position = "fixed";
  box.style.opacity = "0";
  const before = document.activeElement;
  document.body.append(box);
  box.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    box.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}

// src/ui/dom.ts
var SVG = "http://www.w3.org/2000/svg";
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
var PATHS = {
  microphone: [
    "M12 14.5a3.5 3.5 0 0 0 3.5-3.5V6a3.5 3.5 0 0 0-7 0v5a3.5 3.5 0 0 0 3.5 3.5Z",
    "M18.5 10.5a.75.75 0 0 0-.75.75 5.75 5.75 0 0 1-11.5 0 .75.75 0 0 0-1.5 0 7.26 7.26 0 0 0 6.5 7.2v2.3h-2.5a.75.75 0 0 0 0 1.5h6.5a.75.75 0 0 0 0-1.5h-2.5v-2.3a7.26 7.26 0 0 0 6.5-7.2.75.75 0 0 0-.75-.75Z"
  ],
  send: [
    "M4.4 3.6 20.6 11a1.1 1.1 0 0 1 0 2L4.4 20.4a1.1 1.1 0 0 1-1.5-1.4L5.6 13l7.9-1-7.9-1-2.7-6a1.1 1.1 0 0 1 1.5-1.4Z"
  ],
  stop: [
    "M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z"
  ],
  speaker: [
    "M4 9.5v5a1 1 0 0 0 1 1h2.6l4 3.4a.85.85 0 0 0 1.4-.65V5.75a.85.85 0 0 0-1.4-.65l-4 3.4H5a1 1 0 0 0-1 1Z",
    "M16 8.3a.75.75 0 0 0-.3 1 5.8 5.8 0 0 1 0 5.4.75.75 0 1 0 1.3.7 7.3 7.3 0 0 0 0-6.8.75.75 0 0 0-1-.3Z"
  ],
  chevron: [
    "M9.3 6.7a.9.9 0 0 1 1.3 0l4.6 4.7a.9.9 0 0 1 0 1.2l-4.6 4.7a.9.9 0 1 1-1.3-1.2l4-4.1-4-4.1a.9.9 0 0 1 0-1.2Z"
  ],
  copy: [
    "M9 3.5h8A2.5 2.5 0 0 1 19.5 6v9.5a.75.75 0 0 1-1.5 0V6a1 1 0 0 0-1-1H9a.75.75 0 0 1 0-1.5Z",
    "M6 7h7.5A1.5 1.5 0 0 1 15 8.5v10a1.5 1.5 0 0 1-1.5 1.5H6a1.5 1.5 0 0 1-1.5-1.5v-10A1.5 1.5 0 0 1 6 7Zm0 1.5v10h7.5v-10Z"
  ],
  check: [
    "M9.6 17.3a1 1 0 0 1-.7-.3l-4.2-4.2a1 1 0 0 1 1.4-1.4l3.5 3.5 8.3-8.3a1 1 0 0 1 1.4 1.4l-9 9a1 1 0 0 1-.7.3Z"
  ],
  close: [
    "M6.7 5.6 12 10.9l5.3-5.3a.78.78 0 0 1 1.1 1.1L13.1 12l5.3 5.3a.78.78 0 0 1-1.1 1.1L12 13.1l-5.3 5.3a.78.78 0 0 1-1.1-1.1l5.3-5.3-5.3-5.3a.78.78 0 0 1 1.1-1.1Z"
  ]
};
function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `rnb-icon rnb-icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

// src/ui/secret.ts
var SHOWN_MS = 6e4;
function leftText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1e3));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
function drawSecret(vault, el, signal) {
  const key = h("code", { class: "rnb-key" });
  const show = h("button", { type: "button", class: "rnb-button rnb-show" }, "Show");
  const copyWords = h("span", {}, "Copy");
  const copy = h(
    "button",
    { type: "button", class: "rnb-button rnb-copy-key" },
    icon("copy"),
    copyWords
  );
  const left = h("span", { class: "rnb-left" });
  const trouble = h("p", { class: "rnb-note", role: "status" });
  const row = h("div", { class: "rnb-secret-row" }, key, show, copy, left);
  const root = h(
    "section",
    { class: "rnb rnb-secret", "aria-label": "Ephemeral key" },
    row,
    trouble
  );
  el.append(root);
  let shown = false;
  let hiding;
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
  const withKey = async (use) => {
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
    { signal }
  );
  copy.addEventListener(
    "click",
    () => void withKey(async (value) => {
      if (!await copyText(value)) {
        throw new Error(
          "This browser lets nothing be copied here: press Show and select the key."
        );
      }
      setText(copyWords, "Copied");
      setTimeout(() => setText(copyWords, "Copy"), 1500);
    }),
    { signal }
  );
  hide();
  trouble.hidden = true;
  tick();
  const ticking = setInterval(tick, 1e3);
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
    hide();
    root.remove();
  });
}

// src/ids.ts
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// src/vault.ts
var ANSWER_MS = 4e3;
var GONE = "The kernel that made this key is gone: run the cell again for a new one.";
var Vault = class {
  #client = randomId();
  #model;
  #waiting = [];
  constructor(model, signal) {
    this.#model = model;
    const receive = (message) => this.#receive(message);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      this.#fail("the view was closed");
    });
  }
  /** What may be shown to anybody. */
  get masked() {
    const value = this.#model.get("_masked");
    return typeof value === "string" ? value : "";
  }
  /** When the key ends, in epoch milliseconds. */
  get expiresMs() {
    const value = this.#model.get("_expires_at");
    return typeof value === "number" ? 1e3 * value : 0;
  }
  /** Ask the kernel for the key; rejects with a sentence for people. */
  reveal() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(GONE), ANSWER_MS);
      const settle = () => clearTimeout(timer);
      this.#waiting.push({
        resolve: (key) => {
          settle();
          resolve(key);
        },
        reject: (error) => {
          settle();
          reject(error);
        }
      });
      try {
        this.#model.send({ kind: "reveal", client: this.#client });
      } catch {
        this.#fail(GONE);
      }
    });
  }
  #receive(message) {
    if (typeof message !== "object" || message === null) return;
    const fields = message;
    if (fields.to !== this.#client) return;
    if (fields.kind === "key" && typeof fields.value === "string") this.#give(fields.value);
    if (fields.kind === "no_key") this.#fail(String(fields.reason));
  }
  #give(key) {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.resolve(key);
  }
  #fail(reason) {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.reject(new Error(reason));
  }
};

// src/secret.ts
var secret_default = (() => ({
  render({ model, el, signal }) {
    drawSecret(new Vault(model, signal), el, signal);
  }
}));
export {
  secret_default as default
};
