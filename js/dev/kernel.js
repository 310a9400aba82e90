// A kernel's side played in the page, to look at the widget without a notebook:
//   python js/dev/serve.py, then open /dev/?scene=talk&theme=dark
//   or /dev/?widget=secret&scene=secret

import secret from "/static/secret.js";
import widget from "/static/widget.js";
import { FakeModel } from "/tests/fake_model.js";
import { scenes } from "./scenes.js";

const query = new URLSearchParams(location.search);
const model = new FakeModel();
const life = new AbortController();
const shown = query.get("widget") === "secret" ? secret : widget;
const definition = shown();
const page = { model, life, client: null, tell: (message) => model.tell(message) };
globalThis.page = page;

const scene = scenes[query.get("scene") ?? "talk"];
model.traits = scene.traits ?? {};
model.onsend = (message, buffers) => {
  page.client = message.client;
  if (message.kind === "hello") setTimeout(() => scene.hello?.(page), 0);
  else scene[message.kind]?.(page, message, buffers);
};
definition.initialize?.({ model, signal: life.signal });
for (let views = Number(query.get("views") ?? 1); views > 0; views--) {
  const el = document.createElement("div");
  el.style.width = query.get("width") ?? "760px";
  document.body.append(el);
  definition.render({ model, el, signal: life.signal });
}
