// What anywidget loads to play sound that is still being made.

import type { AnyWidget, InitializeProps, RenderProps } from "@anywidget/types";
import { PlayerEngine } from "./player/engine.js";
import { drawPlayer } from "./player/panel.js";

export default (() => {
  let engine: PlayerEngine | null = null;
  return {
    initialize({ model, signal }: InitializeProps) {
      engine = new PlayerEngine(model, signal);
    },
    render({ el, signal }: RenderProps) {
      if (engine === null) return;
      engine.attach(signal);
      drawPlayer(engine, el, signal);
    },
  };
}) satisfies AnyWidget;
