"""How loud: root mean square and peak, in decibels below full scale (dBFS)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SILENCE_DBFS", "peak_dbfs", "rms_dbfs"]

SILENCE_DBFS = -120.0
"""The lowest level given: that of nothing at all, instead of minus infinity, which
neither JSON nor a meter can show. The quietest int16 sample stands at -90.3 dBFS."""


def rms_dbfs(samples: NDArray[np.float32]) -> float:
    """Return the root-mean-square level in dBFS.

    A square wave of full scale has 0 dBFS, a sine wave of full scale -3.01 dBFS.

    Parameters
    ----------
    samples
        Any shape, float in -1..1; may be empty.

    Returns
    -------
    float
        From `SILENCE_DBFS` up.
    """
    if samples.size == 0:
        return SILENCE_DBFS
    flat = samples.ravel()
    return _decibels(math.sqrt(float(np.dot(flat, flat)) / flat.size))


def peak_dbfs(samples: NDArray[np.float32]) -> float:
    """Return the level of the loudest sample in dBFS, from `SILENCE_DBFS` up."""
    if samples.size == 0:
        return SILENCE_DBFS
    return _decibels(max(float(samples.max()), -float(samples.min())))


def _decibels(amplitude: float) -> float:
    if amplitude <= 0.0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 20.0 * math.log10(amplitude))
