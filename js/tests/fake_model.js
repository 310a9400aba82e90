// anywidget's model, as far as the widget uses it: for unit tests, for the tests in a browser, and
// for the development page. Plain JavaScript, because a page without a build loads it as it is.

export class FakeModel {
  /** @type {{content: Record<string, unknown>, buffers: ArrayBuffer[]}[]} */
  sent = [];
  /** @type {Record<string, unknown>} */
  traits = {};
  /** Throws, like a comm whose kernel is gone. */
  broken = false;
  /** @type {(content: Record<string, unknown>, buffers: ArrayBuffer[]) => void} */
  onsend = () => undefined;
  /** @type {[string, (...values: unknown[]) => void][]} */
  handlers = [];

  /** @param {string} name */
  get(name) {
    return this.traits[name];
  }

  /** @param {string} name @param {(...values: any[]) => void} handler */
  on(name, handler) {
    this.handlers.push([name, handler]);
  }

  /** @param {string} name @param {(...values: any[]) => void} handler */
  off(name, handler) {
    this.handlers = this.handlers.filter((entry) => entry[0] !== name || entry[1] !== handler);
  }

  /** @param {Record<string, unknown>} content @param {unknown} _callbacks @param {ArrayBuffer[]} buffers */
  send(content, _callbacks, buffers) {
    if (this.broken) throw new Error("Cannot send");
    this.sent.push({ content, buffers });
    this.onsend(content, buffers);
  }

  /** @param {string} name @param {unknown[]} values */
  emit(name, ...values) {
    for (const [known, handler] of [...this.handlers]) if (known === name) handler(...values);
  }

  /** A message from the kernel. @param {Record<string, unknown>} message @param {DataView[]} buffers */
  tell(message, buffers = []) {
    this.emit("msg:custom", message, buffers);
  }

  /** The id the page gave itself. */
  get client() {
    return this.sent[0]?.content.client;
  }

  /** Answer hello. @param {Record<string, unknown>} more */
  welcome(more = {}) {
    this.tell({
      kind: "welcome",
      to: this.client,
      version: 1,
      state: "open",
      endpoint: { name: "local practice server", model: "practice", practice: true, url: "" },
      owner: true,
      name: "chat",
      items: [],
      events: [],
      phrases: [],
      ...more,
    });
  }

  /** What was sent, of one kind. @param {string} kind */
  of(kind) {
    return this.sent.map(({ content }) => content).filter((content) => content.kind === kind);
  }

  kinds() {
    return this.sent.map(({ content }) => content.kind);
  }
}
