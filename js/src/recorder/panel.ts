// One view of a recorder: buttons, level, time, the recording, and what went wrong.

import { keepKeys } from "../player/keys.js";
import { clock } from "../player/words.js";
import { h, icon, setText } from "../ui/dom.js";
import { createMeter } from "../ui/meter.js";
import { createSound } from "../ui/sound.js";
import { createBars } from "./bars.js";
import type { RecorderEngine } from "./engine.js";
import { createNotices } from "./notices.js";
import { standingWords } from "./words.js";

type Press = readonly [HTMLButtonElement, () => void];

const button = (className: string, ...content: (Node | string)[]): HTMLButtonElement =>
  h("button", { type: "button", class: `rnb-button ${className}` }, ...content);

/** Draw a recorder into `el` until `signal` aborts. */
export function drawRecorder(engine: RecorderEngine, el: HTMLElement, signal: AbortSignal): void {
  const { sounding } = engine;
  const words = { record: h("span"), play: h("span") };
  const recordIcon = h("span", { class: "rnb-rec-dot", "aria-hidden": "true" });
  const record = button("rnb-rec-record", recordIcon, words.record);
  const play = button("rnb-rec-play", icon("speaker"), words.play);
  const retake = button("rnb-rec-retake", "Retake");
  const trim = button("rnb-rec-trim", "Trim silence");
  const hear = button("rnb-hear", icon("speaker"), "Click to hear");
  const state = h("span", { class: "rnb-rec-state", role: "status" });
  const time = h("span", { class: "rnb-rec-time" });
  const bars = createBars();
  const meter = createMeter("rnb-rec-meter", () =>
    engine.phase === "recording" ? engine.level : sounding.level,
  );
  const settings = createSettings(engine, signal);
  const notices = createNotices(engine, signal);
  const root = h(
    "section",
    { class: "rnb rnb-recorder", "aria-label": "Recorder" },
    h("div", { class: "rnb-rec-bar" }, record, play, retake, trim, hear),
    h("div", { class: "rnb-rec-now" }, time, meter.node, state),
    bars.node,
    notices.node,
    settings.node,
  );
  retake.title = "Record again in place of the last take";

  const pressed: readonly Press[] = [
    [record, () => toggle(engine)],
    [retake, () => void engine.record(true)],
    [trim, () => engine.trim(!engine.standing.trimmed)],
    [hear, () => sounding.unlock()],
    [play, () => listen(engine)],
  ];
  for (const [node, act] of pressed) node.addEventListener("click", act, { signal });

  const update = () => {
    const { phase, standing, link } = engine;
    const { on, free, has, elsewhere, playing } = stateOf(engine);
    root.dataset.phase = phase;
    setText(words.record, on ? "Stop" : has ? "Record another" : "Record");
    record.disabled = !on && !free;
    retake.hidden = play.hidden = !has;
    trim.hidden = !(has && standing.trims);
    retake.disabled = trim.disabled = !free;
    trim.setAttribute("aria-pressed", String(standing.trimmed));
    play.disabled = !free && !playing;
    setText(words.play, playing ? "Pause" : "Play");
    hear.hidden = !sounding.asks;
    setText(time, timeWords(engine, on || elsewhere));
    setText(state, standingWords(phase, link, standing, engine.client, engine.waiting));
    bars.draw(on ? [] : standing.bars, has ? sounding.position / standing.samples : 0);
    meter.update();
    settings.update();
    notices.update();
  };
  keepKeys(root, signal);
  engine.subscribe(update, signal);
  const sized = new ResizeObserver(update);
  sized.observe(root);
  // JupyterLab says its theme on the body.
  const themed = new MutationObserver(update);
  themed.observe(document.body, { attributes: true });
  signal.addEventListener("abort", () => {
    sized.disconnect();
    themed.disconnect();
    root.remove();
  });
  el.append(root);
  update();
}

/** It records or is about to; it could; there is a recording; another tab records; it plays. */
function stateOf({ phase, standing, link, client, sounding }: RecorderEngine) {
  const records = standing.state === "recording";
  return {
    on: phase === "recording" || phase === "asking",
    free: link === "live" && phase === "idle" && !records,
    has: standing.samples > 0,
    elsewhere: records && standing.by !== client,
    playing: sounding.state === "playing",
  };
}

function toggle(engine: RecorderEngine): void {
  if (engine.phase === "idle") void engine.record(false);
  else engine.stop();
}

function listen({ sounding, turn }: RecorderEngine): void {
  if (sounding.state === "playing") void turn.pause();
  else turn.take();
}

function timeWords(engine: RecorderEngine, recording: boolean): string {
  const { standing, sounding } = engine;
  if (recording) return `${clock(engine.elapsed)} of ${clock(standing.max)} at most`;
  if (standing.samples === 0) return "";
  return `${clock(sounding.position)} of ${clock(standing.samples)}`;
}

function createSettings(engine: RecorderEngine, signal: AbortSignal) {
  const sound = createSound(engine, engine, signal);
  const node = h(
    "details",
    { class: "rnb-settings" },
    h("summary", {}, icon("chevron"), "Settings"),
    h("div", { class: "rnb-fields" }, ...sound.devices, ...sound.rest),
  );
  const update = () => {
    if (node.open) sound.update();
  };
  const look = () => {
    update();
    if (node.open) void engine.setup.refresh();
  };
  node.addEventListener("toggle", look, { signal });
  return { node, update };
}
