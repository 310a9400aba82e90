"""`side_by_side` in a cell: while it plays, the cell says to whom."""

# IPython's display has no types.
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from IPython.core.getipython import get_ipython
from IPython.display import display

from realtime_nb.inspection import side_by_side as comparison
from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    from realtime_nb.audio.source import Sound

_LONGEST: Final = 300


def side_by_side(
    clip: Sound,
    *chats: comparison.Listener,
    realtime: bool = True,
    timeout_s: float = comparison.TIMEOUT_S,
) -> comparison.SideBySide:
    """Play the same recording to several conversations, one after the other.

    Each hears it as its microphone, in the session as it stands: for a fair comparison give it
    conversations that are new, with the same instructions and turn detection. What goes wrong
    in one of them stands in its row.

    Parameters
    ----------
    clip
        A recording: a path, a clip, or ``(samples, rate)``.
    *chats
        Those that hear it: a `Chat`, a `ChainedAgent`.
    realtime
        At the pace of speech; otherwise as fast as it is taken, and times mean little.
    timeout_s
        How long each may take, in seconds.

    Raises
    ------
    UsageError
        For what is no sound, and for no conversation.
    """
    progress = _Progress()
    try:
        return comparison.side_by_side(
            clip, *chats, realtime=realtime, timeout_s=timeout_s, tell=progress.say
        )
    finally:
        progress.end()


class _Progress:
    """A line in the cell, gone at the end; nowhere but in a notebook."""

    def __init__(self) -> None:
        self._on = getattr(get_ipython(), "kernel", None) is not None
        self._handle: Any = None

    def say(self, words: str) -> None:
        if not self._on:
            return
        shown = {"text/html": f"<small>{escaped(words, _LONGEST)}</small>", "text/plain": words}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def end(self) -> None:
        if self._handle is not None:
            self._handle.update({"text/html": "", "text/plain": ""}, raw=True)
