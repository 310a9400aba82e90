// The pictures of an item, small, each with what it is. They are asked for once they may be seen.

import type { PictureNote } from "../edits.js";
import type { History } from "../history.js";
import { h, setText } from "./dom.js";

const GONE = "no longer kept";
const MOST_WIDE = 280;
const MOST_HIGH = 180;

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
  const frame = drawFrame(picture);
  node.prepend(frame);
  whenSeen(node, () => {
    void history.picture(itemId, picture.index).then((url) => {
      if (url !== null) frame.append(h("img", { src: url, alt: `Picture, ${picture.facts}` }));
      else {
        frame.remove();
        gone();
      }
    });
  });
  return node;
}

/** A box of the size that the picture is shown in. */
function drawFrame({ width, height }: PictureNote): HTMLElement {
  const frame = h("div", { class: "rnb-frame" });
  if (width > 0 && height > 0) {
    const scale = Math.min(1, MOST_WIDE / width, MOST_HIGH / height);
    frame.style.width = `${Math.max(1, Math.round(width * scale))}px`;
    frame.style.aspectRatio = `${width} / ${height}`;
  }
  return frame;
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
