"""Where a long recording is cut so that no word is: in its quietest moments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEARCH_S: Final = 60.0
_HOP_S: Final = 0.02
_QUIET_HOPS: Final = 25  # half a second is a pause between sentences


def cut_points(samples: NDArray[np.float32], rate: int, longest_s: float) -> list[int]:
    """Return where each part begins, in samples; the first begins at 0.

    Only the stretches in which a cut may fall are looked at, one after the other.

    Parameters
    ----------
    samples
        Shape (n,).
    rate
        In Hz.
    longest_s
        How long a part may be, in seconds.
    """
    longest = max(1, int(longest_s * rate))
    starts = [0]
    while (rest := len(samples) - starts[-1]) > longest:
        parts = math.ceil(rest / longest)
        # Parts of much the same length, so that the last one is no scrap.
        aim = rest / parts
        search = min(_SEARCH_S * rate, aim / 4)
        first = starts[-1] + int(aim - search)
        last = starts[-1] + min(longest, int(aim + search))
        starts.append(first + _quietest(samples[first:last], rate))
    return starts


def _quietest(stretch: NDArray[np.float32], rate: int) -> int:
    """Return the middle of the quietest half second, the last one of equals."""
    hop = max(1, int(_HOP_S * rate))
    count = len(stretch) // hop
    if count <= 1:
        return len(stretch)
    hops = stretch[: count * hop].reshape(count, hop)
    energy = np.einsum("ij,ij->i", hops, hops, dtype=np.float64)
    width = min(_QUIET_HOPS, count)
    total = np.convolve(energy, np.ones(width), "valid")
    place = len(total) - 1 - int(np.argmin(total[::-1]))
    return (place + width // 2) * hop
