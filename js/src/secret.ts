// What anywidget loads to show an ephemeral key.

import type { AnyWidget, RenderProps } from "@anywidget/types";
import { drawSecret } from "./ui/secret.js";
import { Vault } from "./vault.js";

export default (() => ({
  render({ model, el, signal }: RenderProps) {
    drawSecret(new Vault(model, signal), el, signal);
  },
})) satisfies AnyWidget;
