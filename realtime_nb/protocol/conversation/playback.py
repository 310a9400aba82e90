"""How much of each answer has been played, counted in samples.

What was heard is not what was received: an answer arrives faster than real time. A position
comes from the page's playback worklet, never from a clock on the wall, and is clamped to
what was received, since the service refuses a truncation past the end of an item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_RATE: Final = 24_000
"""Samples a second of ``audio/pcm``, in Hz."""

KEPT: Final = 4_096
"""Parts that are remembered; of older ones nothing is known to have been heard."""

PartKey: TypeAlias = tuple[str, int]
"""Item id and content index."""


@dataclass(slots=True)
class PartPlayback:
    """One content part's sound: samples received so far, and consumed by the speaker."""

    received: int = 0
    played: int = 0


class Playback:
    """Received and played samples of each content part of a session.

    Parameters
    ----------
    rate
        Samples a second of the output format, in Hz.
    """

    def __init__(self, rate: int = DEFAULT_RATE) -> None:
        self.rate = rate
        self._parts: BoundedDict[PartKey, PartPlayback] = BoundedDict(KEPT)
        self._watchers: list[Callable[[PartKey, int, float], object]] = []

    def watch(self, watcher: Callable[[PartKey, int, float], object]) -> None:
        """Have `watcher` called at each report: part, samples played so far, latency in ms."""
        self._watchers.append(watcher)

    def receive(self, key: PartKey, samples: int) -> None:
        """Count `samples` more as received for the part."""
        self._part(key).received += samples

    def play(self, key: PartKey, samples: int, *, latency_ms: float = 0.0) -> None:
        """Set how many samples of the part the speaker has consumed; it never goes back.

        `latency_ms` later they sound.
        """
        part = self._part(key)
        part.played = min(max(part.played, samples), part.received)
        for watcher in self._watchers:
            watcher(key, part.played, latency_ms)

    def heard_ms(self, key: PartKey, *, latency_ms: float = 0.0) -> int:
        """Return the whole milliseconds of a part that have been heard.

        Parameters
        ----------
        key
            Item id and content index.
        latency_ms
            What the speaker has consumed and not yet sounded (the page's output latency).
        """
        part = self._parts.get(key)
        if part is None:
            return 0
        return max(0, int(part.played * 1000 / self.rate - latency_ms))

    def heard(self, item_id: str, *, latency_ms: float = 0.0) -> bool:
        """Return whether a millisecond of any part of an item has been heard."""
        keys = [key for key in self._parts if key[0] == item_id]
        return any(self.heard_ms(key, latency_ms=latency_ms) > 0 for key in keys)

    def remaining_ms(self, key: PartKey) -> float:
        """Return how many milliseconds of a part are received and not yet played."""
        part = self._parts.get(key)
        return 0.0 if part is None else (part.received - part.played) * 1000 / self.rate

    def received(self, key: PartKey) -> int:
        """Return how many samples of a part have been received."""
        part = self._parts.get(key)
        return 0 if part is None else part.received

    def received_ms(self, key: PartKey) -> float:
        """Return how many milliseconds of a part have been received."""
        part = self._parts.get(key)
        return 0.0 if part is None else part.received * 1000 / self.rate

    def _part(self, key: PartKey) -> PartPlayback:
        return self._parts.setdefault(key, PartPlayback())
