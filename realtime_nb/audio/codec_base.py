"""What the decoders of sound files have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SoundBlocks", "Undecodable", "speech_kbps"]

_SPEECH_KBPS: Final = (64, 96)
_NARROW_RATE: Final = 24_000


class Undecodable(Exception):
    """A library cannot read on; its text is the library's reason, without a full stop.

    It never leaves the room: what could be read before it is kept, or a `UsageError` says why
    there is nothing.
    """


@dataclass(frozen=True, eq=False, slots=True)
class SoundBlocks:
    """A sound file while it is read.

    Attributes
    ----------
    rate
        Sampling rate in Hz.
    channels
        How many samples make one instant.
    frames
        Instants that the file says it holds; None where it does not say. Files lie.
    blocks
        Arrays of shape (n, channels), float32, in -1..1; can be gone through once.
    here
        Instants that there really are; None where that is known only at the end.
    """

    rate: int
    channels: int
    frames: int | None
    blocks: Iterator[NDArray[np.float32]]
    here: int | None = None


def speech_kbps(rate: int) -> int:
    """Return the kbit/s that one channel of speech gets in MP3 and AAC at a rate in Hz."""
    narrow, wide = _SPEECH_KBPS
    return narrow if rate <= _NARROW_RATE else wide
