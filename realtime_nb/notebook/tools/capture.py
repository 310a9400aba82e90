"""What a call shows, kept apart from what cells and other calls show.

Prints and displays, warnings (which Python prints to ``stderr``), figures left open, tracebacks.
"""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import RealtimeError
from realtime_nb.notebook.tools.captured import Captured
from realtime_nb.notebook.tools.figures import OwnFigures

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from realtime_nb.notebook.tools.streams import Routes

    T = TypeVar("T")

_PLAIN: Final = (str, bytes, bool, int, float, complex, type(None))
_TRACEBACK_LINES: Final = 40
_OURS: Final = str(Path(__file__).parents[2])
# What runs an async function: its frames stand between ours and the function's own.
_AROUND: Final = (_OURS, str(Path(asyncio.__file__).parent))
_UNFORMATTED: Final = "[what the function returned cannot be shown: {why}]\n"


class Capture:
    """The showings of one call.

    Parameters
    ----------
    shell
        Whose formatters show the result.
    routes
        Tell what is the call's.

    Attributes
    ----------
    captured
        What it showed so far.
    """

    def __init__(self, shell: Any, routes: Routes) -> None:
        self._shell = shell
        self._routes = routes
        self._figures = OwnFigures()
        self.captured = Captured()

    def run(self, work: Callable[[], T]) -> T:
        """Return what `work` gives; of one that raises the traceback is shown, too."""
        with self._routes.to(self.captured), self._figures:
            try:
                return work()
            except RealtimeError:
                raise  # one line says it all
            except BaseException as error:
                self.captured.write("stderr", _traceback(error))
                raise

    def draw(self, value: Any) -> None:
        """Show a result, and the figures that were left open, as a cell does at its end.

        On the thread of the call: formatters may take long. What they raise is told.
        """
        with self._routes.to(self.captured), OwnFigures():
            for figure in self._figures.take():
                if figure is not value:
                    self._show(figure)
            if not isinstance(value, _PLAIN):
                self._show(value)

    def _show(self, value: Any) -> None:
        """Show what has more to show than words: those the call's own output says already."""
        try:
            bundle, metadata = self._shell.display_formatter.format(value)
        except Exception as error:  # noqa: BLE001 -- a class's own formatter may raise anything
            why = f"{type(error).__name__}: {error}"
            self.captured.write("stderr", _UNFORMATTED.format(why=why))
            return
        if bundle.keys() - {"text/plain"}:
            self.captured.display(bundle, metadata)


def _traceback(error: BaseException) -> str:
    """Return the end of a traceback, from the function's own frames on."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_AROUND):
        frame = frame.tb_next
    lines = "".join(traceback.format_exception(type(error), error, frame)).splitlines()
    cut = lines[-_TRACEBACK_LINES:]
    return "\n".join([*(["…"] if len(cut) < len(lines) else []), *cut, ""])
