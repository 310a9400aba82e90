"""The input sound of a log as one line of time, whatever sessions of the service it went to.

A service counts the sound that it was sent from its session's first, and tells the beginning
and the end of speech in that count. A talk that was restored has several sessions after one
another, and the end of the sound of one is sent again to the next. Here that count becomes
the place in the log's sound, in which each sample lies once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_nb.protocol.restored.restored import Successor


class InputClock:
    """Where in the log's input sound the session in force is.

    Attributes
    ----------
    sent_ms
        Milliseconds of sound in the log so far, each counted once.
    all_ms
        Milliseconds that were sent in all, what was sent again included.
    origin_ms
        The place in it at which the clock of the session in force is 0.
    """

    def __init__(self) -> None:
        self.sent_ms = 0.0
        self.all_ms = 0.0
        self.origin_ms = 0.0
        self._again_ms = 0.0

    @property
    def again_ms(self) -> float:
        """Milliseconds that are still to be sent again."""
        return self._again_ms

    def append(self, ms: float) -> float:
        """Count sound that was sent; return how many ms of it, its last, are new."""
        again = min(ms, self._again_ms)
        self._again_ms -= again
        fresh = ms - again
        self.sent_ms += fresh
        self.all_ms += ms
        return fresh

    def succeed(self, successor: Successor) -> None:
        """Begin the clock of a new session."""
        self.origin_ms = successor.audio_ms
        self._again_ms = successor.resent_ms

    def place(self, ms: float) -> float:
        """Return where in the log's sound a time of the session's clock lies, in ms."""
        return self.origin_ms + ms
