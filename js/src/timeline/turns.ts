// Each turn's way from the end of speech to the ear, as bars; a press goes to the turn.

import { h } from "../ui/dom.js";
import type { Turn, Whole } from "./wire.js";

/** More turns than anyone reads at once: the newest. */
const SHOWN = 200;

const ms = (value: number): string => `${Math.round(value)} ms`;

function bar(turn: Turn, longestMs: number): HTMLElement {
  const track = h("span", { class: "rnb-tl-track" });
  for (const leg of turn.legs) {
    const part = h("span", {
      class: "rnb-tl-leg",
      title: `${leg.name}: ${ms(leg.toMs - leg.fromMs)}`,
    });
    part.style.background = leg.colour;
    part.style.width = `${(100 * (leg.toMs - leg.fromMs)) / longestMs}%`;
    track.append(part);
  }
  return track;
}

const spoken = (turn: Turn): string =>
  turn.legs.map((leg) => `${leg.name} ${ms(leg.toMs - leg.fromMs)}`).join(", ");

/** The waterfall of `whole`; `go` is called with the turn that was pressed. */
export function drawTurns(whole: Whole, go: (turn: Turn) => void): HTMLElement {
  const legend = h("div", { class: "rnb-tl-stages", "aria-hidden": "true" });
  for (const stage of whole.stages) {
    const swatch = h("i");
    swatch.style.background = stage.colour;
    legend.append(h("span", {}, swatch, stage.name));
  }
  const shown = whole.turns.slice(-SHOWN);
  const longestMs = Math.max(1, ...shown.map((turn) => turn.legs.at(-1)?.toMs ?? 0));
  const list = h("ol", { class: "rnb-tl-turns", "aria-label": "Latency of each turn" });
  for (const turn of shown) {
    const total = turn.legs.at(-1)?.toMs;
    const words = `turn ${turn.number} · ${turn.kind}${turn.interrupted ? " · cut" : ""}`;
    const button = h(
      "button",
      { type: "button", class: "rnb-tl-turn", "aria-label": `${words}: ${spoken(turn)}` },
      h("span", { class: "rnb-tl-name" }, words),
      bar(turn, longestMs),
      h("span", { class: "rnb-tl-total" }, total === undefined ? "" : ms(total)),
    );
    button.addEventListener("click", () => go(turn));
    list.append(h("li", {}, button));
  }
  const box = h("div", { class: "rnb-tl-waterfall" }, legend, list);
  box.hidden = shown.length === 0;
  return box;
}
