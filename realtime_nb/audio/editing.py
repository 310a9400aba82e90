"""Changes of a clip's samples: silence cut from its ends, clips joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["joined", "sounding"]

_WINDOW_MS: Final = 10.0


def sounding(
    samples: NDArray[np.float32], rate: int, threshold_db: float, keep_ms: float
) -> tuple[int, int]:
    """Return from and to which sample there is more than silence, with some of it kept.

    A stretch of 10 ms is silent when its level (root mean square) is below `threshold_db`
    dBFS, so that a click of one sample is. All of it is: from 0 to 0.

    Parameters
    ----------
    samples
        Shape (n,), float.
    rate
        In Hz.
    threshold_db
        In dBFS.
    keep_ms
        How much silence stays at each end, in ms.
    """
    window = max(1, round(rate * _WINDOW_MS / 1000))
    starts = np.arange(0, len(samples), window)
    if not len(starts):
        return 0, 0
    lengths = np.diff(np.append(starts, len(samples)))
    power = np.add.reduceat(np.square(samples), starts, dtype=np.float64) / lengths
    loud = np.flatnonzero(power >= 10.0 ** (threshold_db / 10))
    if not len(loud):
        return 0, 0
    keep = round(rate * keep_ms / 1000)
    first, last = int(starts[loud[0]]), int(starts[loud[-1]]) + window
    return max(0, first - keep), min(len(samples), last + keep)


def joined(pieces: Sequence[NDArray[np.float32]], rate: int, gap_ms: float) -> NDArray[np.float32]:
    """Return pieces of shape (n,) one after the other, with `gap_ms` of silence between them."""
    gap = np.zeros(max(0, round(rate * gap_ms / 1000)), np.float32)
    parts: list[NDArray[np.float32]] = []
    for piece in pieces:
        if parts:
            parts.append(gap)
        parts.append(piece)
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
