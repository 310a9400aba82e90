// The selected event: its JSON, its sound, and copies of it.

import { copyText } from "../ui/clipboard.js";
import { h, icon, setText } from "../ui/dom.js";
import type { TableModel } from "./model.js";
import type { EventDetail, Row } from "./rows.js";
import type { RowSource } from "./source.js";
import { clockText, countText, sizeText, visible } from "./words.js";

const SAID_MS = 1500;

/** A button that says for a moment what it has done. */
function createButton(
  words: string | (() => string),
  name: "copy" | "speaker" | null,
  act: () => Promise<string>,
  signal: AbortSignal,
): HTMLButtonElement {
  const rest = () => (typeof words === "string" ? words : words());
  const label = h("span", { class: "rnb-label" }, rest());
  const node = h("button", { type: "button", class: "rnb-button" });
  if (name !== null) node.append(icon(name));
  node.append(label);
  let timer: ReturnType<typeof setTimeout> | undefined;
  node.addEventListener(
    "click",
    async () => {
      clearTimeout(timer);
      try {
        setText(label, (await act()) || rest());
      } catch (error) {
        setText(label, error instanceof Error ? error.message : String(error));
      }
      timer = setTimeout(() => setText(label, rest()), SAID_MS);
    },
    { signal },
  );
  signal.addEventListener("abort", () => clearTimeout(timer));
  return node;
}

/** Plays one sound at a time. */
class Player {
  readonly #changed: () => void;
  #audio: HTMLAudioElement | null = null;
  #url = "";

  /** `changed` is called when it begins and when it ends. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get playing(): boolean {
    return this.#audio !== null;
  }

  async play(wav: DataView<ArrayBuffer>): Promise<void> {
    this.stop();
    this.#url = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
    const audio = new Audio(this.#url);
    this.#audio = audio;
    audio.addEventListener("ended", () => {
      if (this.#audio === audio) this.stop();
    });
    try {
      await audio.play();
    } catch (error) {
      // Stopped before it began: nothing is wrong.
      if (this.#audio !== audio) return;
      this.stop();
      throw error;
    }
    if (this.#audio === audio) this.#changed();
  }

  stop(): void {
    this.#audio?.pause();
    this.#audio = null;
    if (this.#url !== "") URL.revokeObjectURL(this.#url);
    this.#url = "";
    this.#changed();
  }
}

export class Detail {
  readonly node: HTMLElement;
  readonly #model: TableModel;
  readonly #source: RowSource;
  readonly #title = h("span", { class: "rnb-detail-title" });
  readonly #json = h("pre", { class: "rnb-json", tabindex: "0", "aria-label": "Event as JSON" });
  readonly #note = h("p", { class: "rnb-note" });
  readonly #player = new Player(() => this.#drawPlay());
  readonly #play: HTMLButtonElement;
  readonly #item: HTMLButtonElement;
  readonly #response: HTMLButtonElement;
  readonly #fold: HTMLButtonElement;
  readonly #cause: HTMLButtonElement;
  #shown: Row | null = null;
  #detail: EventDetail | null = null;

  constructor(
    source: RowSource,
    model: TableModel,
    jump: (seq: number) => void,
    signal: AbortSignal,
  ) {
    this.#model = model;
    this.#source = source;
    const button = (words: string, act: () => Promise<string> | string) =>
      createButton(words, null, async () => act(), signal);
    this.#play = createButton(
      () => this.#playWords,
      "speaker",
      () => this.#toggleSound(),
      signal,
    );
    this.#item = button("Only this item", () => this.#only("item"));
    this.#response = button("Only this response", () => this.#only("response"));
    this.#fold = createButton(
      () => (this.#shown?.open === true ? "Hide its events" : "Show its events"),
      null,
      async () => {
        if (this.#shown !== null) model.toggle(this.#shown);
        return "";
      },
      signal,
    );
    this.#cause = h("button", { type: "button", class: "rnb-button rnb-cause" });
    this.#cause.addEventListener(
      "click",
      () => {
        const to = this.#detail?.answers ?? this.#detail?.error;
        if (to != null) jump(to);
      },
      { signal },
    );
    const close = h(
      "button",
      { type: "button", class: "rnb-dismiss", "aria-label": "Close the event" },
      icon("close"),
    );
    close.addEventListener("click", () => model.select(null), { signal });
    const json = createButton("Copy as JSON", "copy", () => this.#copy("json"), signal);
    const python = createButton("Copy as Python", "copy", () => this.#copy("python"), signal);
    this.node = h(
      "section",
      { class: "rnb-detail", "aria-label": "Selected event", hidden: true },
      h("div", { class: "rnb-detail-head" }, this.#title, close),
      h(
        "div",
        { class: "rnb-detail-tools" },
        this.#cause,
        this.#play,
        json,
        python,
        this.#fold,
        this.#item,
        this.#response,
      ),
      this.#json,
      this.#note,
    );
    signal.addEventListener("abort", () => this.#player.stop());
  }

  /** Show what is selected. */
  update(): void {
    const row = this.#model.selectedRow;
    if (row === this.#shown) return;
    const same = row !== null && row.seq === this.#shown?.seq && row.of === this.#shown.of;
    this.#shown = row;
    this.node.hidden = row === null;
    if (row !== null) this.#head(row);
    if (same) {
      // A run grows while it is looked at.
      if (this.#detail !== null) this.#tell(noteFor(row, this.#detail));
      return;
    }
    this.#detail = null;
    this.#player.stop();
    setText(this.#json, "");
    this.#tell("");
    this.#answered();
    if (row !== null) void this.#fetch(row);
  }

  #head(row: Row): void {
    const sent = row.dir === "sent" ? "↑ sent" : "↓ received";
    const facts = [`#${row.seq}`, sent, clockText(row.tMs), sizeText(row.size)];
    this.#title.replaceChildren(h("bdi", {}, visible(row.type)), ` ${facts.join(" · ")}`);
    this.#play.hidden = row.audio === 0;
    this.#item.hidden = row.item === "" || this.#model.query.item === row.item;
    this.#response.hidden = row.response === "" || this.#model.query.response === row.response;
    this.#fold.hidden = row.count < 2;
    setText(labelOf(this.#fold), row.open ? "Hide its events" : "Show its events");
  }

  get #playWords(): string {
    return this.#player.playing ? "Stop" : "Play";
  }

  #drawPlay(): void {
    setText(labelOf(this.#play), this.#playWords);
  }

  async #fetch(row: Row): Promise<void> {
    const current = () => this.#shown?.seq === row.seq && this.#shown.of === row.of;
    try {
      const detail = await this.#source.event(row.seq, { whole: false, alone: row.of !== null });
      if (!current()) return;
      this.#detail = detail;
      setText(this.#json, detail === null ? "" : visible(detail.json));
      this.#tell(noteFor(this.#shown ?? row, detail));
      this.#answered();
    } catch (error) {
      if (current()) this.#tell(error instanceof Error ? error.message : String(error));
    }
  }

  #answered(): void {
    const detail = this.#detail;
    const to = detail?.answers ?? detail?.error ?? null;
    this.#cause.hidden = to === null;
    const words = detail?.answers == null ? "Show the error" : "Show the event it answers";
    setText(this.#cause, to === null ? "" : `${words} (#${to})`);
  }

  #tell(note: string): void {
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }

  #only(name: "item" | "response"): string {
    const row = this.#shown;
    if (row !== null) this.#model.set({ [name]: row[name] });
    return "";
  }

  async #copy(what: "json" | "python"): Promise<string> {
    const row = this.#shown;
    if (row === null) return "";
    const detail = await this.#source.event(row.seq, { whole: true, alone: true });
    if (detail === null) return "It has gone";
    if (await copyText(detail[what])) return "Copied";
    return "This browser lets nothing be copied here";
  }

  async #toggleSound(): Promise<string> {
    const row = this.#shown;
    if (row === null || this.#player.playing) {
      this.#player.stop();
      return "";
    }
    const sound = await this.#source.sound(row.seq, row.of !== null);
    // Another one was chosen while this one was on its way, or it was asked for twice.
    if (this.#shown?.seq !== row.seq || this.#shown.of !== row.of || this.#player.playing)
      return "";
    if (sound === null || sound.wav.byteLength <= 44) return "The sound has gone";
    if (!sound.whole) this.#tell("Only its first minute is played.");
    await this.#player.play(sound.wav);
    return "";
  }
}

const labelOf = (button: HTMLElement): Element => button.querySelector(".rnb-label") ?? button;

function noteFor(row: Row, detail: EventDetail | null): string {
  if (detail === null) return "The log has let go of this event.";
  const notes: string[] = [];
  if (row.count > 1) notes.push(`The first of ${countText(row.count)} events.`);
  if (detail.cut) notes.push("Long texts are cut here; a copy has all of them.");
  return notes.join(" ");
}
