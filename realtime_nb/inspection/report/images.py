"""The pictures of a saved notebook: what was shown in a conversation, small, the newest kept.

Of a large picture a small one is made, once, where Pillow is there; else it is told what it
was. All together take `LIMIT_BYTES` at the most; past that the oldest are told only.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.conversation.carry import pictures_in
from realtime_nb.protocol.images.picture import Picture
from realtime_nb.protocol.images.pillow import small

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.log.event_log import EventLog, Record

LIMIT_BYTES: Final = 2_000_000
"""Bytes that all pictures of a report take, as base64."""

_SIDE: Final = 480
_LARGE: Final = 60_000  # bytes of a file; a larger one is made small
_LARGEST: Final = 600_000  # bytes of what is kept of one picture, as base64
_MOST_SHOWN: Final = 12  # of one item
_MOST_FACTS: Final = 2_000
_STYLE: Final = "display: block; max-width: min(100%, 320px); max-height: 240px"
_DELETED: Final = "conversation.item.deleted"


class ReportImages:
    """The pictures of one conversation, gathered as it goes on.

    Parameters
    ----------
    limit_bytes
        What they take together, as base64.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._facts: dict[tuple[str, int], str] = {}
        self._urls: dict[tuple[str, int], str] = {}
        self._size = 0
        self._next_seq = 0

    def gather(self, log: EventLog) -> None:
        """Take in what is new."""
        fresh: list[Record] = []
        newest = self._next_seq
        for record in reversed(log):
            if record.seq < self._next_seq:
                break
            newest = max(newest, record.seq + 1)
            if record.event.type.startswith("conversation.item."):
                fresh.append(record)
        self._next_seq = newest
        for record in reversed(fresh):
            self._take(record)

    def _take(self, record: Record) -> None:
        if record.event.type == _DELETED:
            self._forget(record.event.get("item_id"))
        for place, part in pictures_in((record,)).items():
            if place not in self._facts:
                self._keep(place, part.get("image_url"))

    def _keep(self, place: tuple[str, int], url: Any) -> None:
        if len(self._facts) >= _MOST_FACTS:
            self._drop(next(iter(self._facts)))
        try:
            picture = Picture.of_url(url)
        except UsageError:
            self._facts[place] = ""
            return
        self._facts[place] = picture.facts
        kept = small(picture, _SIDE, _LARGE).url
        if len(kept) > _LARGEST:
            return
        self._urls[place] = kept
        self._size += len(kept)
        while self._size > self._limit_bytes and self._urls:
            self._size -= len(self._urls.pop(next(iter(self._urls))))

    def _forget(self, item_id: Any) -> None:
        for place in [place for place in self._facts if place[0] == item_id]:
            self._drop(place)

    def _drop(self, place: tuple[str, int]) -> None:
        del self._facts[place]
        self._size -= len(self._urls.pop(place, ""))

    def html(self, item: Item) -> str:
        """Return an item's pictures, each with what it is; what is not kept is counted."""
        places = _places(item)
        shown = [place for place in places if place in self._urls][:_MOST_SHOWN]
        drawn = "".join(
            f'<div><img src="{self._urls[place]}" alt="{html.escape(self._facts[place])}" '
            f'style="{_STYLE}"><small>{html.escape(self._facts[place])}</small></div>'
            for place in shown
        )
        told = self._told([place for place in places if place not in shown])
        return f"{drawn}<small>{html.escape(told)}</small>" if told else drawn

    def text(self, item: Item) -> str:
        """Return the same in words."""
        return self._told(_places(item))

    def _told(self, places: list[tuple[str, int]]) -> str:
        if not places:
            return ""
        facts = self._facts.get(places[0], "") if len(places) == 1 else ""
        number = "an image" if len(places) == 1 else f"{len(places):,} images"
        return f"[{number}: {facts}]" if facts else f"[{number}]"


def _places(item: Item) -> list[tuple[str, int]]:
    return [(item.id, index) for index, part in sorted(item.parts.items()) if part.kind == "image"]
