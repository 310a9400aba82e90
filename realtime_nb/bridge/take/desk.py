"""Who of several pages records, and what becomes of the recording when that page goes.

One page records at a time. What it has sent is kept however it ends: by its button, at the
longest time, by a page that was left, lost or relieved by another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from realtime_nb.bridge.take.take import Take

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_TAKES: Final = 20
"""Takes that are kept; of more, the oldest goes."""
KEPT_S: Final = 1200.0
"""Seconds that all takes may last together (115 MB); the newest is always kept."""

_REMEMBERED: Final = 50


class Ended(NamedTuple):
    """A take that is over.

    Attributes
    ----------
    take
        What there is of it.
    why
        One sentence where it did not end by its button, else "".
    """

    take: Take
    why: str


@dataclass
class TakeDesk:
    """Takes recordings in.

    Parameters
    ----------
    max_samples
        The longest one.
    """

    max_samples: int
    current: Take | None = None
    _over: list[str] = field(default_factory=list[str])

    def begin(
        self, client: str, take: str, now_s: float, *, replaces: bool
    ) -> tuple[bool, Ended | None]:
        """Begin a take for a page.

        Returns
        -------
        tuple
            Whether it may record, and the take that this ended. One that records still is not
            ended by another page's button, but by that page's own.
        """
        if take in self._over:
            return False, None
        known = self.current
        if known is not None and known.id == take:
            return True, None
        if known is not None and known.client != client and not known.stale(now_s):
            return False, None
        ended = self._end("A new recording was begun.") if known is not None else None
        self.current = Take(take, client, self.max_samples, now_s, replaces)
        return True, ended

    def sound(self, take: str, offset: int, pcm: bytes | memoryview, now_s: float) -> int | None:
        """Take sound in; return the samples that are here, None where this take is over."""
        if self.current is None or self.current.id != take:
            return None
        return self.current.add(offset, pcm, now_s)

    def end(self, take: str, total: int, why: str) -> Ended | None:
        """End a take at `total` samples; None as long as some of them are not here."""
        known = self.current
        if known is None or known.id != take or known.got < min(total, known.max_samples):
            return None
        return self._end(why)

    def stop(self, why: str) -> Ended | None:
        """End whatever is being recorded, as it is."""
        return None if self.current is None else self._end(why)

    def leave(self, client: str) -> Ended | None:
        """Hear that a page was left."""
        if self.current is None or self.current.client != client:
            return None
        return self._end("The page was left while it recorded")

    def look(self, client: str, now_s: float) -> Ended | None:
        """Hear of a page; a take of another one that has fallen silent is ended."""
        known = self.current
        if known is None or known.client == client or not known.stale(now_s):
            return None
        return self._end("The page that recorded is gone")

    def _end(self, why: str) -> Ended | None:
        take, self.current = self.current, None
        if take is None:
            return None
        self._over = [*self._over, take.id][-_REMEMBERED:]
        return Ended(take, why)


def kept(durations_s: Sequence[float]) -> int:
    """Return how many of the newest takes are kept, of durations from the oldest to the newest."""
    total_s = 0.0
    count = 0
    for duration_s in reversed(durations_s):
        total_s += duration_s
        if count and (total_s > KEPT_S or count >= KEPT_TAKES):
            break
        count += 1
    return count
