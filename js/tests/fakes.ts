// Stand-ins for what surrounds the widget.

import type { AnyModel } from "@anywidget/types";

/** anywidget's model, as far as the widget uses it. */
export class FakeModel {
  readonly sent: { content: Record<string, unknown>; buffers: ArrayBuffer[] }[] = [];
  readonly traits: Record<string, unknown> = {};
  /** Throws, like a comm whose kernel is gone. */
  broken = false;
  readonly #handlers: [string, (...values: unknown[]) => void][] = [];

  get asModel(): AnyModel {
    return this as unknown as AnyModel;
  }
  get handlers(): number {
    return this.#handlers.length;
  }
  get(name: string): unknown {
    return this.traits[name];
  }
  on(name: string, handler: (...values: unknown[]) => void): void {
    this.#handlers.push([name, handler]);
  }
  off(name: string, handler: (...values: unknown[]) => void): void {
    const at = this.#handlers.findIndex(([known, other]) => known === name && other === handler);
    if (at >= 0) this.#handlers.splice(at, 1);
  }
  send(content: Record<string, unknown>, _callbacks: unknown, buffers: ArrayBuffer[]): void {
    if (this.broken) throw new Error("Cannot send");
    this.sent.push({ content, buffers });
  }
  emit(name: string, ...values: unknown[]): void {
    for (const [known, handler] of [...this.#handlers]) if (known === name) handler(...values);
  }
  tell(message: Record<string, unknown>, buffers: DataView[] = []): void {
    this.emit("msg:custom", message, buffers);
  }
  kinds(): unknown[] {
    return this.sent.map(({ content }) => content.kind);
  }
  /** Answer the first hello. */
  welcome(more: Record<string, unknown> = {}): void {
    const to = this.sent[0]?.content.client;
    this.tell({
      kind: "welcome",
      to,
      version: 1,
      state: "open",
      owner: true,
      items: [],
      events: [],
      ...more,
    });
  }
}
