// One view of a growing sound: what it is, how it goes, buttons, and its words as they come.

import { atEnd, h, icon, setText } from "../ui/dom.js";
import { createMeter } from "../ui/meter.js";
import { gapsText } from "../ui/sound.js";
import type { PlayerEngine } from "./engine.js";
import { keepKeys } from "./keys.js";
import { clock, stateWords } from "./words.js";

/** Draw a player into `el` until `signal` aborts. */
export function drawPlayer(engine: PlayerEngine, el: HTMLElement, signal: AbortSignal): void {
  const { sounding, turn } = engine;
  const label = h("strong", { class: "rnb-state" });
  const status = h("span", { class: "rnb-sp-status" });
  const state = h("span", { class: "rnb-sp-now", role: "status" });
  const time = h("span", { class: "rnb-sp-time" });
  const gaps = h("span", { class: "rnb-sp-gaps" });
  const text = h("p", {
    class: "rnb-sp-text",
    tabindex: "0",
    role: "region",
    "aria-label": "Text",
  });
  const play = h("button", { type: "button", class: "rnb-button rnb-sp-play" });
  const stop = h("button", { type: "button", class: "rnb-button" }, icon("stop"), "Stop");
  const hear = h(
    "button",
    { type: "button", class: "rnb-button rnb-hear" },
    icon("speaker"),
    "Click to hear",
  );
  const volume = h("input", { type: "range", min: "0", max: "1", step: "0.05" });
  const volumeRow = h("label", { class: "rnb-sp-volume" }, icon("speaker"), volume);
  volume.setAttribute("aria-label", "Volume");
  const meter = createMeter("rnb-meter-out", () => sounding.level);
  const root = h(
    "section",
    { class: "rnb rnb-player" },
    h("header", { class: "rnb-header" }, label, status),
    text,
    h("div", { class: "rnb-sp-bar" }, hear, play, stop, time, meter.node, volumeRow),
    h("p", { class: "rnb-sp-note" }, state, gaps),
  );

  const press = (node: HTMLElement, act: () => void) =>
    node.addEventListener("click", act, { signal });
  press(hear, () => sounding.unlock());
  press(play, () => {
    if (sounding.state === "playing") void turn.pause();
    else turn.take();
  });
  press(stop, () => turn.stop());
  volume.addEventListener("input", () => {
    engine.volume = Number(volume.value);
  });

  const update = () => {
    const name = engine.words("_label");
    setText(label, name);
    root.setAttribute("aria-label", name);
    setText(status, engine.words("_status"));
    const words = engine.words("_text");
    const follow = atEnd(text);
    setText(text, words);
    if (follow) text.scrollTop = text.scrollHeight;
    text.hidden = words === "";
    const playing = sounding.state === "playing";
    const over = sounding.state === "ended";
    setText(play, playing ? "Pause" : over ? "Play again" : "Play");
    const none = sounding.position === 0 && sounding.total === 0;
    play.disabled = none || (engine.link !== "live" && sounding.state === "idle");
    stop.disabled = !playing && !turn.waits && sounding.position === 0;
    hear.hidden = !sounding.asks;
    const { total } = sounding;
    setText(time, `${clock(sounding.position)}${total === null ? "" : ` of ${clock(total)}`}`);
    setText(state, stateWords(sounding, engine.link, engine.second, turn.waits));
    setText(gaps, gapsText(sounding.underruns));
    volume.value = String(engine.volume);
    meter.update();
  };
  keepKeys(root, signal);
  engine.subscribe(update, signal);
  signal.addEventListener("abort", () => root.remove());
  el.append(root);
  update();
}
