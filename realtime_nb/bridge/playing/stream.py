"""The sound of one content part on its way to the page, and what of it lies where."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.frames import RATE

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.playback import PartKey

LONGEST_MS: Final = 1000
"""Milliseconds of sound in one frame at the most."""

BYTES_PER_MS: Final = RATE * 2 // 1000


@dataclass(slots=True)
class Stream:
    """One content part on its way to the page.

    Attributes
    ----------
    number
        How page and kernel call it.
    key
        Item id and content index.
    sent_bytes, played_samples
        What the page was given, and what its speaker has consumed, both counted from the
        beginning of the content part: a page may come in the middle of it.
    before
        Samples of the part before the first one that the page was given.
    seq
        Number of the next frame.
    ended
        Whether the service has said that there is no more.
    told_end
        Whether the page has been told so.
    full
        Whether sound of it was dropped for want of room: then no more is taken.
    waiting
        What the page was not given yet.
    unplayed
        The end of what it was given; its last `ahead_ms` at least.
    """

    number: int
    key: PartKey
    sent_bytes: int = 0
    played_samples: int = 0
    seq: int = 0
    ended: bool = False
    told_end: bool = False
    full: bool = False
    before: int = 0
    waiting: deque[bytes] = field(default_factory=deque[bytes])
    unplayed: deque[bytes] = field(default_factory=deque[bytes])

    @property
    def ahead_ms(self) -> float:
        """Milliseconds of sound that lie in the page unplayed."""
        return self.sent_bytes / BYTES_PER_MS - self.played_samples * 1000 / RATE

    @property
    def position(self) -> int:
        """Samples of the part up to which it was played; 0 where nothing of it was."""
        return self.played_samples if self.played_samples > self.before else 0

    def reached(self, samples: Any) -> None:
        """Take a report of the page; it never goes back, nor past what was sent."""
        if isinstance(samples, int):
            self.played_samples = max(self.played_samples, min(samples, self.sent_bytes // 2))
        unplayed = self.sent_bytes - 2 * self.played_samples
        kept = sum(map(len, self.unplayed))
        while self.unplayed and kept - len(self.unplayed[0]) >= unplayed:
            kept -= len(self.unplayed.popleft())

    def begin_again(self, number: int) -> int:
        """Become a stream that begins where this one was played to; return its new bytes."""
        sound = b"".join(self.unplayed)
        sound = sound[len(sound) - (self.sent_bytes - 2 * self.played_samples) :]
        self.unplayed.clear()
        self.waiting.extendleft(reversed(pieces(sound)))
        self.number = number
        self.sent_bytes = 2 * self.played_samples
        self.seq = 0
        self.told_end = False
        return len(sound)


def pieces(pcm: bytes) -> list[bytes]:
    """Cut sound into what may be one frame; what a service sends is mostly less."""
    most = LONGEST_MS * BYTES_PER_MS
    return [pcm[start : start + most] for start in range(0, len(pcm), most)]


def take(chunks: deque[bytes], most: int) -> bytes:
    """Take chunks off the front up to `most` bytes; the first one however long it is."""
    taken: list[bytes] = [chunks.popleft()]
    size = len(taken[0])
    while chunks and size + len(chunks[0]) <= most:
        taken.append(chunks.popleft())
        size += len(taken[-1])
    return b"".join(taken)
