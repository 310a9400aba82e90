"""Frames of a microphone that bear their number, so that each is known again wherever it arrives.

The number stands in the lowest bits of the frame's samples: too little to be heard, and kept by
whatever passes the samples on, also where sound is split, joined, dropped or sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_SYNC: Final = np.random.default_rng(7).integers(0, 2, 96, np.int16)
"""What a mark begins with; found by accident once in 2**96 samples."""
_BITS: Final = 32
MARKED: Final = len(_SYNC) + _BITS
"""Samples that a frame has at least."""


@dataclass(frozen=True)
class Arrival:
    """One frame as it was found.

    Attributes
    ----------
    number
        What it bears.
    piece
        Which of the pieces its last sample came in.
    """

    number: int
    piece: int


def mark(pcm: np.ndarray, number: int) -> np.ndarray:
    """Return PCM16 of shape (samples,), at least `MARKED` of them, that bears `number`."""
    if len(pcm) < MARKED:
        raise ValueError(f"a frame of {len(pcm)} samples has no room for a mark of {MARKED}")
    marked = pcm & ~np.int16(1)
    bits = (number >> np.arange(_BITS)) & 1
    marked[:MARKED] |= np.concatenate([_SYNC, bits]).astype(np.int16)
    return marked


def arrivals(pieces: Sequence[bytes], frame_samples: int) -> list[Arrival]:
    """Return the frames in pieces of PCM16 that follow each other, in the order they came.

    Parameters
    ----------
    pieces
        Of any length; a frame may begin in one and end in another. What bears no mark is
        skipped, and so is a frame that breaks off within its mark.
    frame_samples
        Samples of a whole frame.
    """
    ends = np.cumsum([len(piece) // 2 for piece in pieces])
    lowest = (np.frombuffer(b"".join(pieces), "<i2") & 1).astype(np.uint8)
    told, sync = lowest.tobytes(), _SYNC.astype(np.uint8).tobytes()
    found: list[Arrival] = []
    begin = told.find(sync)
    while begin >= 0 and begin + MARKED <= len(told):
        bits = lowest[begin + len(_SYNC) : begin + MARKED]
        number = int(bits.astype(np.int64) @ (1 << np.arange(_BITS, dtype=np.int64)))
        following = told.find(sync, begin + MARKED)
        # A frame of which the end was dropped ends where the next begins.
        last = min(begin + frame_samples, following if following >= 0 else len(told)) - 1
        found.append(Arrival(number, int(np.searchsorted(ends, last, "right"))))
        begin = following
    return found
