// What anywidget loads to show a timeline.

import type { AnyWidget, RenderProps } from "@anywidget/types";
import { drawTimeline } from "./timeline/panel.js";
import { Source } from "./timeline/source.js";

export default (() => ({
  render({ model, el, signal }: RenderProps) {
    drawTimeline(new Source(model, signal), el, signal);
  },
})) satisfies AnyWidget;
