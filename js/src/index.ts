// What anywidget loads. It calls the default export once for each model, so the engine and its
// views share a closure; `initialize` gives the engine the model's signal, `render` each view its
// own.

import type { AnyWidget, InitializeProps, RenderProps } from "@anywidget/types";
import { Chat } from "./chat.js";
import { Engine } from "./engine.js";
import { drawPanel } from "./ui/panel.js";
import { hideSaved, type Saved } from "./ui/saved.js";

/** How the kernel names what a saved notebook keeps of the chat. */
const SAVED_KEY_TRAIT = "saved_key";

export default (() => {
  const chat = new Chat();
  let engine: Engine | null = null;
  let saved: Saved | null = null;
  return {
    initialize({ model, signal }: InitializeProps) {
      engine = new Engine(model, chat, signal);
      saved = hideSaved(chat, model.get(SAVED_KEY_TRAIT), signal);
    },
    render({ el, signal }: RenderProps) {
      if (engine === null) return;
      engine.attach(signal);
      saved?.mark(el);
      drawPanel(chat, engine, el, signal);
    },
  };
}) satisfies AnyWidget;
