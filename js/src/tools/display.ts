// What a call displayed, drawn by the notebook's own renderers: an Output model of ipywidgets, of
// which the widget manager makes a view here. What the manager lacks elsewhere (Visual Studio
// Code, an export) is shown as text instead.

/** What of a widget manager this needs; anywidget's own type tells less. */
interface Manager {
  get_model(id: string): Promise<unknown>;
  create_view?(model: unknown, options?: object): Promise<unknown>;
}

interface View {
  readonly el: HTMLElement;
  /** Its widget of JupyterLab's, whose parts draw themselves once it is attached. */
  readonly luminoWidget?: { readonly constructor: unknown };
  remove(): void;
}

/** Puts a display into a box; what comes back, when it is there, takes it away again. */
export type Mount = (model: string, box: HTMLElement) => Promise<() => void>;

/** A model may come after the message that names it: they go different ways. */
const TRIES = 40;
const TRY_EVERY_MS = 250;

export function mountWith(source: unknown): Mount {
  return async (id, box) => {
    const manager = managerOf(source);
    if (manager?.create_view === undefined) throw new Error("there is no widget manager");
    const model = await known(manager, id);
    const view = await manager.create_view(model, {});
    if (!isView(view)) throw new Error("the widget manager made no view");
    attach(view, box);
    return () => view.remove();
  };
}

function managerOf(source: unknown): Manager | null {
  const manager = (source as { widget_manager?: Partial<Manager> } | null)?.widget_manager;
  return typeof manager?.get_model === "function" ? (manager as Manager) : null;
}

async function known(manager: Manager, id: string): Promise<unknown> {
  for (let left = TRIES; ; left--) {
    try {
      return await manager.get_model(id);
    } catch (error) {
      if (left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
    }
  }
}

function isView(value: unknown): value is View {
  const view = value as Partial<View> | null;
  return view?.el instanceof HTMLElement && typeof view.remove === "function";
}

/** JupyterLab's way to put a widget into a node tells all its parts; elsewhere the node is enough. */
function attach(view: View, box: HTMLElement): void {
  const kind = view.luminoWidget?.constructor as
    | { attach?: (widget: unknown, host: HTMLElement) => void }
    | undefined;
  if (typeof kind?.attach === "function" && box.isConnected) kind.attach(view.luminoWidget, box);
  else box.append(view.el);
}
