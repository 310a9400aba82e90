"""The words of a translation session as paragraphs.

A translation has no turns and no items: the service sends fragments of what is said and of
what it makes of it, each with the place in the sound, `elapsed_ms`, that it belongs to. They
become items here, so that a conversation is one list whatever made it:

- fragments append as they are, without a space between them;
- a paragraph ends where its side is silent for more than `PAUSE_MS` of the sound, and past
  `LONG` characters with a sentence, so that who never pauses can still be read; and with its
  session, as the next one begins with words of its own;
- paragraphs stand in the order in which they begin in the sound, what is said before its
  translation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.conversation.items import Item

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event

PAUSE_MS: Final = 1_500
"""A silence longer than this, in milliseconds of the sound, begins a new paragraph."""

LONG: Final = 500
"""Characters after which a paragraph ends with its sentence."""

LONGEST: Final = 4 * LONG
"""Characters after which it ends even without one."""

_SENTENCE_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", "।", "؟")  # noqa: RUF001 -- wide ones

CAPTION_TYPES: Final = frozenset(
    {"session.input_transcript.delta", "session.output_transcript.delta", "session.closed"}
)


@dataclass(slots=True)
class _Side:
    """One of the two texts: what is said, or its translation."""

    name: str
    role: str
    rank: int
    count: int = 0
    item: Item | None = None
    last_ms: float = 0.0


class Captions:
    """Adds a translation's words to the items of a conversation.

    Parameters
    ----------
    items, order
        The conversation's items by id, and their ids in order; both are changed in place.
    most
        Paragraphs that are kept; past them the first one goes.
    """

    def __init__(self, items: dict[str, Item], order: list[str], most: int) -> None:
        self._most = most
        self._items = items
        self._order = order
        self._sides = {
            "session.input_transcript.delta": _Side("source", "user", 0),
            "session.output_transcript.delta": _Side("translation", "assistant", 1),
        }
        self._starts: dict[str, tuple[float, int]] = {}
        self._sound_ms = 0.0
        self._origin_ms = 0.0
        self._t_ms = 0.0

    def succeed(self, origin_ms: float) -> frozenset[str]:
        """Note that another session goes on, with paragraphs of its own; return those that end.

        Parameters
        ----------
        origin_ms
            Where in all the sound the count of that session begins.
        """
        self._origin_ms = origin_ms
        return self._finish_all()

    def add(self, event: Event, t_ms: float) -> frozenset[str]:
        """Take in one of `CAPTION_TYPES`; return the ids of the items it changed.

        Parameters
        ----------
        event
            The event.
        t_ms
            Milliseconds since the session's start; they stand in for a missing `elapsed_ms`.
        """
        side = self._sides.get(event.type)
        if side is None:
            return self._finish_all()
        delta = event.get("delta")
        if not isinstance(delta, str) or not delta:
            return frozenset()
        at_ms = self._place_of(event.get("elapsed_ms"), t_ms)
        changed: set[str] = set()
        if side.item is not None and (at_ms - side.last_ms > PAUSE_MS or _full(side.item)):
            changed.add(side.item.id)
            self._finish(side)
        item = side.item
        if item is None:
            item = self._begin(side, at_ms, t_ms)
            changed |= self._forget_first()
        side.last_ms = max(side.last_ms, at_ms)
        item.part(0, "audio").text += delta
        return frozenset(changed | {item.id})

    def _place_of(self, elapsed: object, t_ms: float) -> float:
        """Return where in the sound a fragment belongs, in milliseconds."""
        if isinstance(elapsed, int | float):
            self._sound_ms = self._origin_ms + float(elapsed)
        else:
            # Sound flows in real time: as much of it has passed as time has.
            self._sound_ms += max(0.0, t_ms - self._t_ms)
        self._t_ms = t_ms
        return self._sound_ms

    def _begin(self, side: _Side, at_ms: float, t_ms: float) -> Item:
        side.count += 1
        item = Item(f"{side.name}_{side.count}", role=side.role, started_ms=t_ms)
        start = (at_ms, side.rank)
        place = len(self._order)
        while place and self._starts.get(self._order[place - 1], start) > start:
            place -= 1
        self._starts[item.id] = start
        self._items[item.id] = item
        self._order.insert(place, item.id)
        side.item, side.last_ms = item, at_ms
        return item

    def _forget_first(self) -> set[str]:
        """Return the paragraph that was one too many."""
        if len(self._items) <= self._most:
            return set()
        first = self._order.pop(0)
        del self._items[first]
        self._starts.pop(first, None)
        return {first}

    def _finish_all(self) -> frozenset[str]:
        ended = {self._finish(side) for side in self._sides.values()}
        return frozenset(item_id for item_id in ended if item_id is not None)

    def _finish(self, side: _Side) -> str | None:
        item, side.item = side.item, None
        if item is None:
            return None
        item.status = "completed"
        return item.id


def _full(item: Item) -> bool:
    text = item.parts[0].text
    if len(text) <= LONG:
        return False
    return len(text) > LONGEST or text.rstrip().endswith(_SENTENCE_ENDS)
