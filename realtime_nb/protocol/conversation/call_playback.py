"""What was heard on a call: its sound is in no event, only when it began and ended.

The service plays at the pace of speech, so an answer that was played to its end says how long
its words take. One that was cut is measured by that: the protocol gives no times for words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.protocol.conversation.items import Item, Part

_MS_PER_CHAR: Final = 66.0
"""Of English read aloud; until an answer of this call has said better."""

_LEAST_MS: Final = 500.0
_LIKELY: Final = (20.0, 250.0)
_KEPT: Final = 32


class CallPlayback:
    """When answers were played, told by ``output_audio_buffer.*``.

    Attributes
    ----------
    used
        Whether the service has told any of that: there the sound is on a call.
    """

    def __init__(self) -> None:
        self.used = False
        self._begun: BoundedDict[str, float] = BoundedDict(_KEPT)
        self._ms_per_char = _MS_PER_CHAR

    def started(self, response_id: str, t_ms: float) -> None:
        """Note that an answer's sound begins."""
        self.used = True
        self._begun[response_id] = t_ms

    def ended(
        self, response_id: str, items: Sequence[Item], t_ms: float, *, whole: bool
    ) -> Item | None:
        """Note that it ends.

        Parameters
        ----------
        response_id
            Which answer.
        items
            Its items.
        t_ms
            When, in milliseconds since the session's start.
        whole
            Whether it was played to its end, rather than cut.

        Returns
        -------
        Item or None
            The last item whose length is known now.
        """
        begun = self._begun.pop(response_id, None)
        parts = [part for item in items for part in spoken_parts(item)]
        chars = sum(len(part.text) for part in parts)
        if begun is None or not parts:
            return None
        ms = t_ms - begun
        for part in parts:
            part.audio_ms = ms * len(part.text) / chars if chars else ms / len(parts)
        if whole and chars and ms >= _LEAST_MS:
            low, high = _LIKELY
            self._ms_per_char = min(max(ms / chars, low), high)
        return items[-1]

    def cut(self, item: Item) -> None:
        """Note that an item was cut whose whole length was in no event."""
        item.ms_per_char = self._ms_per_char


def spoken_parts(item: Item) -> list[Part]:
    """Return an item's parts that are sound."""
    return [part for _, part in sorted(item.parts.items()) if part.kind == "audio"]
