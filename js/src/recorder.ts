// What anywidget loads to record in a cell.

import type { AnyWidget, InitializeProps, RenderProps } from "@anywidget/types";
import { RecorderEngine } from "./recorder/engine.js";
import { drawRecorder } from "./recorder/panel.js";

export default (() => {
  let engine: RecorderEngine | null = null;
  return {
    initialize({ model, signal }: InitializeProps) {
      engine = new RecorderEngine(model, signal);
    },
    render({ el, signal }: RenderProps) {
      if (engine === null) return;
      engine.attach(signal);
      drawRecorder(engine, el, signal);
    },
  };
}) satisfies AnyWidget;
