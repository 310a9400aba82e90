// What anywidget loads to show a phone line.

import type { AnyWidget, RenderProps } from "@anywidget/types";
import { Exchange } from "./phone/exchange.js";
import { drawLine } from "./phone/panel.js";

export default (() => ({
  render({ model, el, signal }: RenderProps) {
    drawLine(new Exchange(model, signal), el, signal);
  },
})) satisfies AnyWidget;
