"""The turn that the user has begun and that is not an item yet: it may never become one.

A service names the item when somebody begins to speak. Where the rules of turns change before
the end, or the buffer is cleared, it never commits it, and never says so. Where the connection
breaks, the sound of the turn is sent to the next session, which names another item.
"""

from __future__ import annotations

from typing import Final

from realtime_nb.protocol.bounded import BoundedDict

_KEPT: Final = 512
_EARLY_MS: Final = 100.0
"""How much later than a turn its sound may be sent again from: services count frames."""


class Unfinished:
    """Which turn is begun, and where those stood that were given up.

    Attributes
    ----------
    begun
        The item of the turn that is not committed yet, None when there is none.
    """

    def __init__(self) -> None:
        self.begun: str | None = None
        self._begun_ms = 0.0
        self._again: tuple[float, float] | None = None
        self._given_up: BoundedDict[str, str | None] = BoundedDict(_KEPT)

    def __contains__(self, item_id: object) -> bool:
        """Whether an item was given up, and has not come back."""
        return item_id in self._given_up

    def begin(self, item_id: str | None, place_ms: float) -> None:
        """Note that a turn begins, None for a known one, and where in the log's sound, in ms."""
        self.begun, self._begun_ms, self._again = item_id, place_ms, None

    def finished(self, item_id: str | None) -> None:
        """Note that an item was committed, or is known for another reason."""
        if item_id == self.begun:
            self.begun = None

    def resent(self, from_ms: float, to_ms: float) -> bool:
        """Note that sound is sent to another session, as the one that heard the turn is gone.

        Parameters
        ----------
        from_ms, to_ms
            Which of the log's input sound.

        Returns
        -------
        bool
            Whether the turn is among it from its beginning; one that is not will not be heard.
        """
        self._again = None
        if self.begun is None or from_ms > self._begun_ms + _EARLY_MS or to_ms <= self._begun_ms:
            return False
        self._again = (from_ms, to_ms)
        return True

    def said_again(self, place_ms: float) -> bool:
        """Return whether a turn that begins there in the log's sound is the one that was begun."""
        return self._again is not None and self._again[0] - _EARLY_MS <= place_ms < self._again[1]

    def give_up(self, item_id: str, previous: str | None) -> None:
        """Remember where an item stood; it may be committed all the same."""
        self._given_up[item_id] = previous

    def come_back(self, item_id: str) -> str:
        """Return what an item that was given up stood behind, ``"root"`` for the first."""
        return self._given_up.pop(item_id) or "root"
