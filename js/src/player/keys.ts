// Keys pressed in a widget are the widget's: JupyterLab would take them before the page does.

/** Keep JupyterLab's shortcuts away from `root`, all but those with Ctrl or Command. */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  const keys = (event: KeyboardEvent) => {
    const theirs = event.ctrlKey || event.metaKey;
    root.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  window.addEventListener("keydown", keys, { signal, capture: true });
}
