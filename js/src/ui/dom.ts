// Making nodes. Text only ever enters as text: what a model says is not trusted with markup.

const SVG = "http://www.w3.org/2000/svg";

export type Child = Node | string;

/** An element with attributes and children; a boolean attribute is set or left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Words for screen readers only. */
export function spoken(words: string): HTMLElement {
  return h("span", { class: "rnb-sr" }, words);
}

/** Words that are still to come. */
export function dots(): HTMLElement {
  return h("span", { class: "rnb-dots" }, h("i"), h("i"), h("i"), spoken("in progress"));
}

/** Change a text only when it differs, so that nothing is announced twice. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Icons on a 24 by 24 grid, drawn for this widget. */
const PATHS = {
  microphone: [
    "M12 14.5a3.5 3.5 0 0 0 3.5-3.5V6a3.5 3.5 0 0 0-7 0v5a3.5 3.5 0 0 0 3.5 3.5Z",
    "M18.5 10.5a.75.75 0 0 0-.75.75 5.75 5.75 0 0 1-11.5 0 .75.75 0 0 0-1.5 0 7.26 7.26 0 0 0 6.5 7.2v2.3h-2.5a.75.75 0 0 0 0 1.5h6.5a.75.75 0 0 0 0-1.5h-2.5v-2.3a7.26 7.26 0 0 0 6.5-7.2.75.75 0 0 0-.75-.75Z",
  ],
  send: [
    "M4.4 3.6 20.6 11a1.1 1.1 0 0 1 0 2L4.4 20.4a1.1 1.1 0 0 1-1.5-1.4L5.6 13l7.9-1-7.9-1-2.7-6a1.1 1.1 0 0 1 1.5-1.4Z",
  ],
  stop: [
    "M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z",
  ],
  speaker: [
    "M4 9.5v5a1 1 0 0 0 1 1h2.6l4 3.4a.85.85 0 0 0 1.4-.65V5.75a.85.85 0 0 0-1.4-.65l-4 3.4H5a1 1 0 0 0-1 1Z",
    "M16 8.3a.75.75 0 0 0-.3 1 5.8 5.8 0 0 1 0 5.4.75.75 0 1 0 1.3.7 7.3 7.3 0 0 0 0-6.8.75.75 0 0 0-1-.3Z",
  ],
  chevron: [
    "M9.3 6.7a.9.9 0 0 1 1.3 0l4.6 4.7a.9.9 0 0 1 0 1.2l-4.6 4.7a.9.9 0 1 1-1.3-1.2l4-4.1-4-4.1a.9.9 0 0 1 0-1.2Z",
  ],
  copy: [
    "M9 3.5h8A2.5 2.5 0 0 1 19.5 6v9.5a.75.75 0 0 1-1.5 0V6a1 1 0 0 0-1-1H9a.75.75 0 0 1 0-1.5Z",
    "M6 7h7.5A1.5 1.5 0 0 1 15 8.5v10a1.5 1.5 0 0 1-1.5 1.5H6a1.5 1.5 0 0 1-1.5-1.5v-10A1.5 1.5 0 0 1 6 7Zm0 1.5v10h7.5v-10Z",
  ],
  check: [
    "M9.6 17.3a1 1 0 0 1-.7-.3l-4.2-4.2a1 1 0 0 1 1.4-1.4l3.5 3.5 8.3-8.3a1 1 0 0 1 1.4 1.4l-9 9a1 1 0 0 1-.7.3Z",
  ],
  close: [
    "M6.7 5.6 12 10.9l5.3-5.3a.78.78 0 0 1 1.1 1.1L13.1 12l5.3 5.3a.78.78 0 0 1-1.1 1.1L12 13.1l-5.3 5.3a.78.78 0 0 1-1.1-1.1l5.3-5.3-5.3-5.3a.78.78 0 0 1 1.1-1.1Z",
  ],
} as const;

export function icon(name: keyof typeof PATHS): SVGElement {
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

/** Whether a scrolled box shows its end, give or take a line. */
export function atEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 24;
}
