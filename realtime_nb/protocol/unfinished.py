"""The turn that the user has begun and that is not an item yet: it may never become one.

A service names the item when somebody begins to speak. Where the rules of turns change before
the end, or the buffer is cleared, it never commits it, and never says so.
"""

from __future__ import annotations

from typing import Final

_KEPT: Final = 512


class Unfinished:
    """Which turn is begun, and where those stood that were given up.

    Attributes
    ----------
    begun
        The item of the turn that is not committed yet, None when there is none.
    """

    def __init__(self) -> None:
        self.begun: str | None = None
        self._given_up: dict[str, str | None] = {}

    def __contains__(self, item_id: object) -> bool:
        """Whether an item was given up, and has not come back."""
        return item_id in self._given_up

    def finished(self, item_id: str | None) -> None:
        """Note that an item was committed, or is known for another reason."""
        if item_id == self.begun:
            self.begun = None

    def give_up(self, item_id: str, previous: str | None) -> None:
        """Remember where an item stood; it may be committed all the same."""
        self._given_up[item_id] = previous
        while len(self._given_up) > _KEPT:
            del self._given_up[next(iter(self._given_up))]

    def come_back(self, item_id: str) -> str:
        """Return what an item that was given up stood behind, ``"root"`` for the first."""
        return self._given_up.pop(item_id) or "root"
