"""One notebook, open in JupyterLab in one browser tab."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import nbformat

from tests.browser.harness_desk import DESK_JS
from tests.browser.harness_ears import EARS_JS, Ears

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page

    from tests.browser.harness_lab import LabServer

_READY_S = 60.0

# Helpers inside the page. A command that opens a dialog never resolves, so promises of
# commands are kept there and polled, never returned.
_PAGE_JS = """
(() => {
  const runs = new Map();
  window.__harness = {
    get panel() { return window.jupyterapp?.shell?.currentWidget; },
    get kernel() { return this.panel?.sessionContext?.session?.kernel; },
    status() { return this.kernel?.status ?? "none"; },
    start(command, args) {
      const id = String(runs.size);
      const run = { done: false, error: null };
      runs.set(id, run);
      window.jupyterapp.commands.execute(command, args).then(
        () => { run.done = true; }, (error) => { run.done = true; run.error = String(error); });
      return id;
    },
    run(index) {
      const notebook = this.panel.content;
      notebook.activeCellIndex = index;
      notebook.deselectAll();
      return this.start("notebook:run-cell");
    },
    outcome(id) { return runs.get(id); },
    outputs(index) { return this.panel.content.widgets[index].model.outputs.toJSON(); },
  };
})();
"""


class CellFailedError(AssertionError):
    """A cell that was run raised; the message is its traceback."""


class NotebookPage:
    """A notebook in a tab: run its cells, read their outputs, listen.

    Attributes
    ----------
    page
        Playwright's page, for clicks and locators.
    ears
        What the page plays.
    console, page_errors
        Lines of the browser's console, and exceptions that nothing in the page caught.
    """

    def __init__(
        self,
        lab: LabServer,
        browser: BrowserContext,
        path: str,
        tabs: list[NotebookPage],
        *,
        loaded: Page | None = None,
    ) -> None:
        self._lab = lab
        self._browser = browser
        self._tabs = tabs
        tabs.append(self)  # a failure reports on every tab that its test opened
        self.path = path
        self.console: list[str] = []
        self.page_errors: list[str] = []
        self._loaded = loaded is not None
        self.page = browser.new_page() if loaded is None else loaded
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_page_error)
        if loaded is None:
            for script in (EARS_JS, DESK_JS, _PAGE_JS):
                self.page.add_init_script(script)
        self.ears = Ears(self.page)

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")

    def _on_page_error(self, error: Error) -> None:
        self.page_errors.append(error.stack or error.message)

    def open(self) -> Self:
        """Open the notebook in a workspace of its own and wait for its kernel.

        In a page that is loaded already the notebook is opened beside no other.
        """
        place = self._lab.place(self.path)
        if self._loaded:
            self.page.bring_to_front()
            self.page.evaluate("place => __desk.moved(place)", place)
            self.reopen_notebook()
        else:
            self.page.goto(place)
            self.wait_idle(_READY_S)
            self.page.evaluate("() => __desk.settled()")
        return self

    def leave(self) -> Page:
        """Hear no more of the page, which another test may go on with; return it."""
        self.page.remove_listener("console", self._on_console)
        self.page.remove_listener("pageerror", self._on_page_error)
        return self.page

    def second_tab(self) -> NotebookPage:
        """Open the same notebook, on the same kernel, in another tab of the same browser."""
        return NotebookPage(self._lab, self._browser, self.path, self._tabs).open()

    # ------------------------------------------------------------------- cells

    def run_cell(
        self, index: int, *, wait: bool = True, timeout_s: float = 60, may_fail: bool = False
    ) -> str:
        """Run a cell (0 is the first) as Ctrl-Enter does.

        Parameters
        ----------
        wait
            Return when the cell has ended; else at once, with a name for `wait_run`.
        may_fail
            Do not raise when the cell raises.

        Raises
        ------
        CellFailedError
            The cell raised.
        """
        run = self.page.evaluate("index => __harness.run(index)", index)
        if wait:
            self.wait_run(run, timeout_s)
            if not may_fail and (failure := self.error(index)):
                raise CellFailedError(f"cell {index}:\n{failure}")
        return str(run)

    def set_source(self, index: int, text: str) -> None:
        """Put another text into a cell, as typing it would."""
        self.page.evaluate(
            "([index, text]) => window.__harness.panel.content.widgets[index]"
            ".model.sharedModel.setSource(text)",
            [index, text],
        )

    def wait_run(self, run: str, timeout_s: float = 60) -> None:
        """Wait for a cell that was run with ``wait=False``."""
        self.page.wait_for_function(
            "run => __harness.outcome(run).done", arg=run, timeout=timeout_s * 1000
        )
        outcome = self.page.evaluate("run => __harness.outcome(run)", run)
        if outcome["error"]:
            raise CellFailedError(f"JupyterLab could not run the cell: {outcome['error']}")

    def run_all(self, *, timeout_s: float = 120) -> None:
        """Run every code cell in order, up to the first that raises."""
        kinds = self.page.evaluate("() => __harness.panel.content.widgets.map(w => w.model.type)")
        for index, kind in enumerate(kinds):
            if kind == "code":
                self.run_cell(index, timeout_s=timeout_s)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return a cell's outputs as nbformat holds them."""
        found: list[dict[str, Any]] = self.page.evaluate("i => __harness.outputs(i)", index)
        return found

    def text(self, index: int) -> str:
        """Return a cell's printed text and plain-text results, joined."""
        parts: list[str | list[str]] = []
        for output in self.outputs(index):
            plain: Any = output.get("text") or output.get("data", {}).get("text/plain", "")
            parts.append(plain)
        return "".join(part if isinstance(part, str) else "".join(part) for part in parts)

    def error(self, index: int) -> str:
        """Return the traceback of a cell that raised, else an empty string."""
        for output in self.outputs(index):
            if output["output_type"] == "error":
                return "\n".join([*output["traceback"], f"{output['ename']}: {output['evalue']}"])
        return ""

    def cell(self, index: int) -> Locator:
        """Return a locator of a cell, input and output."""
        return self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']")

    # ------------------------------------------------------------------ kernel

    @property
    def kernel_status(self) -> str:
        """``idle``, ``busy``, ``restarting``, ``dead`` …; ``none`` without a kernel.

        The last that the kernel said: a widget's message that was handled while a cell runs
        leaves ``idle`` behind. To wait for a cell there is `wait_run`.
        """
        return str(self.page.evaluate("() => __harness.status()"))

    def wait_idle(self, timeout_s: float = 60) -> None:
        """Wait until the kernel is idle."""
        self.page.wait_for_function(
            "() => window.__harness?.status() === 'idle'", timeout=timeout_s * 1000
        )

    def interrupt_kernel(self) -> None:
        """Interrupt what runs, as the stop button does."""
        self.page.evaluate("() => __harness.kernel.interrupt()")

    def restart_kernel(self) -> None:
        """Restart the kernel without the dialog and wait until it is idle."""
        self.page.evaluate("() => __harness.kernel.restart()")
        self.wait_idle()

    def shut_kernel_down(self) -> None:
        """End the kernel; the notebook stays open without one."""
        self.page.evaluate("() => __harness.panel.sessionContext.shutdown()")
        self.page.wait_for_function("() => ['none', 'dead'].includes(__harness.status())")

    # --------------------------------------------------------------------- tab

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => __harness.panel.context.save()")

    def close_notebook(self) -> None:
        """Save and close the notebook's tab inside JupyterLab; kernel and page live on."""
        self.save()
        self.page.evaluate("() => { __harness.start('application:close'); }")
        self.page.wait_for_function("() => !__harness.panel?.sessionContext")

    def reopen_notebook(self) -> None:
        """Open the notebook's tab again, in the same page."""
        self.page.evaluate(
            "path => { __harness.start('docmanager:open', {path}); }",
            self.path,
        )
        self.page.wait_for_function(
            "path => __harness.panel?.context?.path === path && __harness.status() === 'idle'",
            arg=self.path,
            timeout=_READY_S * 1000,
        )

    def reload(self) -> None:
        """Save and reload the page; the kernel lives on."""
        self.save()
        self.page.reload()
        self.wait_idle(_READY_S)

    def close(self) -> None:
        """Close the browser tab; the kernel lives on."""
        self.page.close()

    def wait_until(self, javascript: str, arg: object = None, *, timeout_s: float = 30) -> None:
        """Wait until a JavaScript function of the page returns something true."""
        self.page.wait_for_function(javascript, arg=arg, timeout=timeout_s * 1000)

    def now_ms(self) -> float:
        """Return the page's clock, on the scale of `Heard.start_ms`."""
        return float(self.page.evaluate("() => performance.timeOrigin + performance.now()"))

    def sleep(self, seconds: float) -> None:
        """Let the page run for a while (`time.sleep` would hold its events back)."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.page.wait_for_timeout(min(left, 0.25) * 1000)


def write_notebook(root: Path, cells: Sequence[str] | Path) -> str:
    """Write the notebook into the server's folder; return its path there."""
    if isinstance(cells, Path):
        name = f"{cells.stem}-{secrets.token_hex(4)}.ipynb"
        (root / name).write_bytes(cells.read_bytes())
        return name
    notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    name = f"test-{secrets.token_hex(4)}.ipynb"
    nbformat.write(notebook, root / name)
    return name
