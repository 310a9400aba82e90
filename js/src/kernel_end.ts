// A kernel that died and was started anew by its server. JupyterLab tells its widgets of a restart
// that somebody asked for; of one that the server made by itself it tells only who asks the kernel.

/** What of JupyterLab's widget manager and its kernel connection this needs. */
interface Kernel {
  readonly statusChanged?: Signal;
}

interface Signal {
  connect(slot: Slot): unknown;
  disconnect(slot: Slot): unknown;
}

type Slot = (sender: unknown, status: unknown) => void;

const ENDED: ReadonlySet<unknown> = new Set(["autorestarting", "restarting", "dead"]);

/** Call `ended` when the kernel behind a model dies or begins anew, until `signal` aborts. */
export function onKernelEnd(model: unknown, ended: () => void, signal: AbortSignal): void {
  const told = kernelOf(model)?.statusChanged;
  if (typeof told?.connect !== "function") return; // of another notebook than JupyterLab's
  const slot: Slot = (_sender, status) => {
    if (ENDED.has(status)) ended();
  };
  told.connect(slot);
  signal.addEventListener("abort", () => void told.disconnect(slot));
}

function kernelOf(model: unknown): Kernel | undefined {
  try {
    const manager = (model as { widget_manager?: { kernel?: Kernel } }).widget_manager;
    return manager?.kernel;
  } catch {
    return undefined; // a manager whose kernel is gone
  }
}
