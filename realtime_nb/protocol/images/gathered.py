"""The pictures of a conversation, gathered from its events as they pass.

A service that tells an item again need not tell its picture again, and the log keeps what is
old close together: so the newest pictures are held here, up to `MAX_BYTES` of them as they
were sent; of older ones only what they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.errors import UsageError
from realtime_nb.protocol.conversation.carry import pictures_in
from realtime_nb.protocol.images.picture import Picture

if TYPE_CHECKING:
    from realtime_nb.protocol.log.event_log import Record

Place: TypeAlias = tuple[str, int]
"""An item's id and the index of the content part."""

MAX_BYTES: Final = 32_000_000
"""Bytes of picture files that are held; the oldest go first."""
_MOST: Final = 2_000
UNREADABLE: Final = "a picture that cannot be read"


class GatheredPictures:
    """What pictures there are, by item and content index.

    Parameters
    ----------
    max_bytes
        Bytes of files that are held.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held: dict[Place, Picture] = {}
        self._facts: dict[Place, str] = {}
        self._bytes = 0

    def add(self, record: Record) -> frozenset[str]:
        """Take in one event; return the ids of the items whose pictures it told anew."""
        found = pictures_in((record,))
        return frozenset(place[0] for place, part in found.items() if self._take(place, part))

    def of(self, item_id: str, index: int) -> Picture | None:
        """Return a picture; None when it was never told, cannot be read or was let go."""
        return self._held.get((item_id, index))

    def facts(self, item_id: str, index: int) -> str:
        """Return what a picture is, see `Picture.facts`; ``""`` when nobody told."""
        return self._facts.get((item_id, index), "")

    def forget(self, item_id: str) -> None:
        """Let go of the pictures of an item."""
        for place in [place for place in self._facts if place[0] == item_id]:
            del self._facts[place]
            self._drop(place)

    def _take(self, place: Place, part: dict[str, Any]) -> bool:
        url = part.get("image_url")
        if not isinstance(url, str) or place in self._facts:
            return False
        try:
            picture = Picture.of_url(url)
        except UsageError:
            self._facts[place] = UNREADABLE
            return True
        self._facts[place] = picture.facts
        self._held[place] = picture
        self._bytes += len(picture.data)
        while self._bytes > self._max_bytes and len(self._held) > 1:
            self._drop(next(iter(self._held)))
        while len(self._facts) > _MOST:
            oldest = next(iter(self._facts))
            del self._facts[oldest]
            self._drop(oldest)
        return True

    def _drop(self, place: Place) -> None:
        picture = self._held.pop(place, None)
        if picture is not None:
            self._bytes -= len(picture.data)
