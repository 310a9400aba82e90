"""Lines in the transcript that are no items of the conversation: what happened to the talk.

A line stands behind what was said last when it was drawn, and stays there: what is said later
comes behind it, also in a page that is loaded later.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.bridge.view import Message
    from realtime_nb.protocol.conversation.reducer import Conversation

KEPT: Final = 200
"""Lines that are kept; the oldest go."""

_ANCHORS: Final = 8  # items before a line, should those next to it be deleted


@dataclass(frozen=True, slots=True)
class Mark:
    """One line.

    Attributes
    ----------
    id
        Its id among the items of a page.
    text
        What it says; it may hold words of the service.
    level
        ``info``, ``warning`` or ``error``.
    after
        The line before it, "" where an item is.
    anchors
        The items before it, the next one first.
    """

    id: str
    text: str
    level: str
    after: str
    anchors: tuple[str, ...]


class Marks:
    """The lines of one transcript.

    Parameters
    ----------
    conversation
        The items they stand between.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._marks: deque[Mark] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, text: str, level: str = "info") -> Mark:
        """Draw a line below all there is."""
        self._count += 1
        items = self._conversation.items
        last = items[-1].id if items else None
        before = self.behind(last)
        mark = Mark(
            f"realtime_nb.mark_{self._count}",
            text,
            level,
            before if before is not None and before != last else "",
            tuple(item.id for item in items[: -_ANCHORS - 1 : -1]),
        )
        self._marks.append(mark)
        return mark

    def behind(self, item_id: str | None) -> str | None:
        """Return the last line behind an item, else the item: what its successor comes after.

        Parameters
        ----------
        item_id
            The item; None for the beginning.
        """
        for mark in reversed(self._marks):
            if self._anchor(mark) == item_id:
                return mark.id
        return item_id

    def of(self, mark_id: str) -> Mark | None:
        """Return a line by its id, None where it is none or is gone."""
        return next((mark for mark in self._marks if mark.id == mark_id), None)

    def place(self, shown: Iterable[Message]) -> list[Message]:
        """Return all items of a page, in order, with the lines in their places."""
        at: dict[str | None, list[Mark]] = {}
        for mark in self._marks:
            at.setdefault(self._anchor(mark), []).append(mark)
        placed = [self.show(mark) for mark in at.pop(None, [])]
        for item in shown:
            placed.append(item)
            placed += [self.show(mark) for mark in at.pop(item["id"], [])]
        return placed

    def show(self, mark: Mark) -> Message:
        """Return what a page shows of a line."""
        return {
            "id": mark.id,
            "role": "mark",
            "text": mark.text,
            "status": "completed",
            "after": mark.after or self._anchor(mark),
            "level": mark.level,
        }

    def _anchor(self, mark: Mark) -> str | None:
        for item_id in mark.anchors:
            if self._conversation.item(item_id) is not None:
                return item_id
        return None
