"""Where the conversation's items were cut: nothing past that is for the loudspeaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.playback import PartKey

_KEPT: Final = 1024


class Cuts:
    """The places, in samples of a content part; the oldest are forgotten past `_KEPT`."""

    def __init__(self) -> None:
        # None stands for every part of an item, which is gone.
        self._ends: BoundedDict[tuple[str, int | None], int] = BoundedDict(_KEPT)

    def add(self, item_id: str, content_index: int | None, end: int) -> None:
        """Note that `end` samples of a part stay; with None for it, of each part."""
        self._ends[item_id, content_index] = end

    def end(self, key: PartKey) -> int | None:
        """Return how many samples of a part stay; None for all."""
        whole = self._ends.get((key[0], None))
        return self._ends.get(key) if whole is None else whole

    def left(self, key: PartKey, pcm: bytes, before: int) -> bytes:
        """Return what stays of sound of a part, which has `before` samples before it."""
        end = self.end(key)
        return pcm if end is None else pcm[: 2 * max(0, end - before)]
