// The pictures of an item, small, each with what it is. They are asked for once they may be seen.

import type { PictureNote } from "../edits.js";
import type { History } from "../history.js";
import { h, setText } from "./dom.js";

const GONE = "no longer kept";

/** Nodes for the pictures of an item. */
export function drawPictures(
  history: History,
  itemId: string,
  pictures: readonly PictureNote[],
): HTMLElement[] {
  return pictures.map((picture) => drawPicture(history, itemId, picture));
}

function drawPicture(history: History, itemId: string, picture: PictureNote): HTMLElement {
  const words = h("figcaption", {}, picture.facts);
  const node = h("figure", { class: "rnb-picture" }, words);
  const gone = () => setText(words, `${picture.facts}, ${GONE}`);
  if (!picture.held) {
    gone();
    return node;
  }
  whenSeen(node, () => {
    void history.picture(itemId, picture.index).then((url) => {
      if (url === null) gone();
      else node.prepend(h("img", { src: url, alt: `Picture, ${picture.facts}` }));
    });
  });
  return node;
}

function whenSeen(node: Element, look: () => void): void {
  if (typeof IntersectionObserver !== "function") {
    look();
    return;
  }
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    look();
  });
  watch.observe(node);
}
