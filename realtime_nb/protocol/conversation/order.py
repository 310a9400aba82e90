"""The order of a conversation's items: each after the one that the service says it follows."""

from __future__ import annotations

from typing import Any, Final

from realtime_nb.protocol.bounded import BoundedSet

ROOT: Final = "root"
"""The place before all items."""
_ASKED_KEPT: Final = 512


class Order:
    """Ids in their order, however late it is told.

    Attributes
    ----------
    ids
        The ids.
    absent
        Those that the service does not know, as it is another one than before. They stay
        behind what they followed.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.absent: set[str] = set()
        # Put at the front by the client: what was added first is told with no place, too.
        self._to_front: BoundedSet[str] = BoundedSet(_ASKED_KEPT)
        self._previous: dict[str, str] = {}
        self._followers: dict[str, dict[str, None]] = {}

    def before(self, item_id: str) -> str | None:
        """Return the id before this one, None for the first."""
        place = self.ids.index(item_id)
        return self.ids[place - 1] if place else None

    def add(self, item_id: str) -> None:
        """Put a new id at the end, and behind it what waits for it."""
        self.ids.append(item_id)
        for follower in self._followers.get(item_id, ()):
            self._move_behind(follower, item_id)

    def remove(self, item_id: str) -> None:
        """Take an id out."""
        self.ids.remove(item_id)
        self.absent.discard(item_id)
        self._unbind(item_id)

    def asked(self, item_id: Any, previous: Any) -> None:
        """Note where a client puts an item that it adds."""
        if previous == ROOT and isinstance(item_id, str):
            self._to_front.add(item_id)

    def place(self, item_id: str, previous: Any) -> None:
        """Put an id after `previous`; ``"root"`` is the front, others wait for theirs."""
        if item_id in self._to_front:
            self._to_front.discard(item_id)
            previous = previous or ROOT
        if previous == ROOT:
            self._unbind(item_id)
            self._move_behind(item_id, None)
        elif isinstance(previous, str) and previous != item_id:
            self._unbind(item_id)
            self._previous[item_id] = previous
            self._followers.setdefault(previous, {})[item_id] = None
            if previous in self.ids:
                self._move_behind(item_id, previous)

    def _unbind(self, item_id: str) -> None:
        previous = self._previous.pop(item_id, None)
        if previous is not None:
            followers = self._followers[previous]
            del followers[item_id]
            if not followers:
                del self._followers[previous]

    def _move_behind(self, item_id: str, previous: str | None) -> None:
        """Move an id, and with it those that were put behind it."""
        first = self.ids.index(item_id)
        end = first + 1
        while end < len(self.ids):
            if self._previous.get(self.ids[end]) != self.ids[end - 1]:
                break
            end += 1
        moved = self.ids[first:end]
        if previous in moved:
            return  # two items that each claim to come after the other
        del self.ids[first:end]
        place = 0 if previous is None else self.ids.index(previous) + 1
        while previous is not None and place < len(self.ids) and self.ids[place] in self.absent:
            place += 1
        self.ids[place:place] = moved
