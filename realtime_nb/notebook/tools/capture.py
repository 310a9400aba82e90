"""A call's prints, displays, warnings and figures, kept apart from those of cells and other calls.

Warnings and tracebacks of a function's own threads come through ``sys.stderr``.
"""

from __future__ import annotations

import contextlib
import traceback
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.notebook.tools.figures import OwnFigures
from realtime_nb.notebook.tools.streams import own_prints

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import TypeVar

    from realtime_nb.notebook.tools.captured import Captured

    T = TypeVar("T")

_PLAIN: Final = (str, bytes, bool, int, float, complex, type(None))
_TRACEBACK_LINES: Final = 40
_UNFORMATTED: Final = "[what the function returned cannot be shown: {why}]\n"


def run_captured(
    shell: Any, captured: Captured, work: Callable[[], T]
) -> tuple[T, tuple[Any, ...]]:
    """Run `work` on this thread, with all that it shows in `captured`.

    Parameters
    ----------
    shell
        Whose displays they are.
    captured
        Takes the outputs; of a `work` that raises its traceback, too.
    work
        The call.

    Returns
    -------
    value
        What it gave.
    figures
        The figures that it left open: a cell would show them at its end.
    """
    with own_prints(captured), _own_displays(shell, captured), OwnFigures() as figures:
        try:
            return work(), tuple(figures.left)
        except BaseException as error:
            captured.write("stderr", _traceback(error))
            raise


def format_captured(shell: Any, captured: Captured, value: Any, figures: Sequence[Any]) -> None:
    """Add to `captured` what the shell's formatters show of a result, on the call's thread.

    What they raise is told there. A figure that is the result as well is shown once.
    """
    with own_prints(captured), _own_displays(shell, captured), OwnFigures():
        for figure in figures:
            if figure is not value:
                _show(shell, captured, figure)
        if not isinstance(value, _PLAIN):
            _show(shell, captured, value)


@contextlib.contextmanager
def _own_displays(shell: Any, captured: Captured) -> Generator[None]:
    """Have what this thread displays go to `captured`; a terminal prints displays."""
    publisher = shell.display_pub
    if not hasattr(publisher, "register_hook"):
        yield
        return

    def take(message: dict[str, Any]) -> dict[str, Any] | None:
        content = message["content"]
        kind = message["header"]["msg_type"]
        if kind == "clear_output":
            captured.clear(wait=bool(content.get("wait")))
            return None
        shown = (content["data"], content["metadata"], content["transient"].get("display_id", ""))
        if kind == "update_display_data":
            # One that a cell displayed is brought up to date there.
            return None if captured.update(*shown) else message
        captured.display(*shown)
        return None

    publisher.register_hook(take)
    try:
        yield
    finally:
        publisher.unregister_hook(take)


def _show(shell: Any, captured: Captured, value: Any) -> None:
    """Show what has more to show than words: those the call's own output says already."""
    try:
        bundle, metadata = shell.display_formatter.format(value)
    except Exception as error:  # noqa: BLE001 -- a class's own formatter may raise anything
        captured.write("stderr", _UNFORMATTED.format(why=f"{type(error).__name__}: {error}"))
        return
    if bundle.keys() - {"text/plain"}:
        captured.display(bundle, metadata)


def _traceback(error: BaseException) -> str:
    """Return the end of a traceback, from the function's own frames on."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    cut = lines[-_TRACEBACK_LINES:]
    return "\n".join([*(["…"] if len(cut) < len(lines) else []), *cut, ""])
