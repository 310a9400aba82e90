"""Results that are shown as the value of a cell: their sound counts as that of other cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.audio_api.answer import AudioAnswer
from realtime_nb.protocol.audio_api.speech import Speech
from realtime_nb.protocol.audio_api.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

_RESULTS: Final = (AudioAnswer, Speech, Transcript)


def register(shell: Any, show: Callable[[Any], None]) -> None:
    """Have `show` show the results of cells of sound in a notebook; a terminal prints them."""
    if getattr(shell, "kernel", None) is None:
        return
    for kind in _RESULTS:
        shell.display_formatter.ipython_display_formatter.for_type(kind, show)


def unregister(shell: Any) -> None:
    """Let them show themselves again."""
    for kind in _RESULTS:
        shell.display_formatter.ipython_display_formatter.pop(kind, None)
