"""The notebook as the place of calls: its shell, its main thread, and its cells' outputs."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final

from IPython.core.getipython import get_ipython

from realtime_nb.notebook.tools.main_thread import MainThread
from realtime_nb.notebook.tools.streams import Routes

if TYPE_CHECKING:
    from realtime_nb.notebook.tools.cell_outputs import Header

_BEFORE: Final = "pre_run_cell"
_ATTRIBUTE: Final = "_realtime_nb_tools"
CELL: Final = "cell"
OUTPUTS: Final = (CELL, "chat", "none")
"""Where what calls show may go: cell and chat, the chat alone, nowhere."""


class Place:
    """One shell, for the calls of all its chats.

    Parameters
    ----------
    shell
        IPython's.

    Attributes
    ----------
    shell
        As given.
    main
        Its main thread.
    routes
        Tell whose print or display is whose.
    settings
        Has ``tool_outputs``, one of `OUTPUTS`; None for the first of them.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.main = MainThread(shell)
        self.routes = Routes(shell)
        self.settings: Any = None
        self._newest_cell: Header | None = self.header()
        shell.events.register(_BEFORE, self._before_cell)

    @property
    def outputs(self) -> str:
        """Where what calls show is to go, one of `OUTPUTS`."""
        return CELL if self.settings is None else str(self.settings.tool_outputs)

    @property
    def is_notebook(self) -> bool:
        """Whether there are cells whose outputs somebody keeps; a terminal has none."""
        return getattr(self.shell, "kernel", None) is not None

    def find(self, name: str) -> Any:
        """Return what the notebook calls so now, None where nothing is."""
        return self.shell.user_ns.get(name)

    def header(self) -> Header | None:
        """Return what tells a page which cell runs; None where there is none."""
        found = getattr(self.shell.display_pub, "parent_header", None)
        return dict(found) if found else None

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any],
        *,
        display_id: str,
        update: bool,
        header: Header | None,
    ) -> None:
        """Send an output into a cell; see `realtime_nb.notebook.tools.cell_outputs.Publish`."""
        publisher = self.shell.display_pub
        token = None
        # A thread has the cell in mind in whose context it was begun, not the one that runs.
        header = header or self._newest_cell
        if header is not None and hasattr(publisher, "set_thread_parent"):
            token = publisher.set_thread_parent(dict(header))
        try:
            publisher.publish(data, metadata, transient={"display_id": display_id}, update=update)
        finally:
            if token is not None:
                publisher.reset_thread_parent(token)

    def _before_cell(self, *_: Any) -> None:
        self._newest_cell = self.header()

    def tell(self, line: str) -> None:
        """Say one line below the cell that runs, where errors stand."""
        print(line, file=sys.stderr)  # noqa: T201 -- for its author

    def close(self) -> None:
        """Take no more calls, and put back the shell's streams."""
        with contextlib.suppress(ValueError):  # closing twice is fine
            self.shell.events.unregister(_BEFORE, self._before_cell)
        self.main.close()
        self.routes.close()


def place_here() -> Place | None:
    """Return the place of this process's shell, None where no shell runs."""
    shell: Any = get_ipython()  # pyright: ignore[reportUnknownVariableType] -- IPython has no types
    if shell is None:
        return None
    place = getattr(shell, _ATTRIBUTE, None)
    if place is None:
        place = Place(shell)
        setattr(shell, _ATTRIBUTE, place)
    return place


def register(settings: Any) -> None:
    """Have the magics' settings hold for this shell."""
    if (place := place_here()) is not None:
        place.settings = settings


def unregister(shell: Any) -> None:
    """Let go of a shell."""
    place = getattr(shell, _ATTRIBUTE, None)
    if place is not None:
        place.close()
        with contextlib.suppress(AttributeError):
            delattr(shell, _ATTRIBUTE)
