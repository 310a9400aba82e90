"""A waveform as the lowest and highest sample of each of so many columns.

An hour of sound is drawn from 360,000 pairs, worked out once; what is closer than they
are is worked out from the sound itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Side = TypeVar("Side", bound=str)
_Side_contra = TypeVar("_Side_contra", bound=str, contravariant=True)

RATE: Final = 24_000
"""The rate in Hz of the sound that `Peaks` draws, and of blocks for `fold` by default."""

BIN_MS: Final = 10.0
"""How long a pair of the finest level is that is kept."""

MAX_COLUMNS: Final = 4_096
_MAX_BINS: Final = 24 * 3_600 * 100  # a day; what is longer is kept coarser


class LaidSound(Protocol[_Side_contra]):
    """Sound of one or more sides, laid out on a clock."""

    @property
    def duration_ms(self) -> float:
        """Where the clock ends."""
        ...

    def blocks(
        self, side: _Side_contra, from_ms: float, to_ms: float, /
    ) -> Iterable[tuple[float, NDArray[np.int16]]]:
        """Yield where each block of a side lies in ms, and its samples, at `RATE`."""
        ...


class Peaks(Generic[Side]):
    """The waveform of a conversation at any zoom.

    Parameters
    ----------
    sound
        The sound, as it was when it was asked for.
    """

    def __init__(self, sound: LaidSound[Side]) -> None:
        self._sound = sound
        bins = sound.duration_ms / BIN_MS
        self.bin_ms = BIN_MS * max(1.0, float(np.ceil(bins / _MAX_BINS)))
        self._levels: dict[Side, NDArray[np.int16]] = {}

    def columns(self, side: Side, from_ms: float, to_ms: float, count: int) -> NDArray[np.int16]:
        """Return the lowest and highest sample in each of `count` equal columns.

        Parameters
        ----------
        side
            Whose sound.
        from_ms, to_ms
            Of the conversation's clock.
        count
            Columns, `MAX_COLUMNS` at the most.

        Returns
        -------
        NDArray[np.int16]
            Shape (count, 2); 0 where there is silence, or no sound at all.
        """
        count = max(1, min(count, MAX_COLUMNS))
        width_ms = max((to_ms - from_ms) / count, 1e-6)
        if width_ms < self.bin_ms:
            blocks = self._sound.blocks(side, from_ms, to_ms)
            return fold(blocks, from_ms, width_ms, count)
        level = self._level(side)
        # Of a bin that lies in two columns both have its peak: nothing that is loud is lost.
        edges = (from_ms + width_ms * np.arange(count + 1)) / self.bin_ms
        # Cut before they become integers: a page may ask for any time there is.
        first = np.clip(np.floor(edges[:-1]), 0, len(level)).astype(np.int64)
        last = np.clip(np.ceil(edges[1:]), 0, len(level)).astype(np.int64)
        out = np.zeros((count, 2), np.int16)
        there = np.flatnonzero(last > first)
        if len(there):
            bounds = np.stack([first[there], last[there]], 1).ravel()
            padded = np.concatenate([level, level[-1:]])  # an index past the end is none
            out[there, 0] = np.minimum.reduceat(padded[:, 0], bounds)[::2]
            out[there, 1] = np.maximum.reduceat(padded[:, 1], bounds)[::2]
        return out

    def _level(self, side: Side) -> NDArray[np.int16]:
        if side not in self._levels:
            count = int(np.ceil(self._sound.duration_ms / self.bin_ms)) + 1
            blocks = self._sound.blocks(side, 0.0, self._sound.duration_ms)
            self._levels[side] = fold(blocks, 0.0, self.bin_ms, count)
        return self._levels[side]


def fold(
    blocks: Iterable[tuple[float, NDArray[np.int16]]],
    from_ms: float,
    width_ms: float,
    count: int,
    rate: int = RATE,
) -> NDArray[np.int16]:
    """Return the lowest and highest sample of each column; shape (count, 2).

    Parameters
    ----------
    blocks
        Where each begins in ms, and its samples.
    from_ms, width_ms, count
        Where the columns begin, how wide each is, and how many there are.
    rate
        Of the samples, in Hz.
    """
    out = np.zeros((count, 2), np.int16)
    per_column = width_ms * rate / 1000
    for at_ms, pcm in blocks:
        at = (at_ms - from_ms) * rate / 1000
        first = int(max(0.0, at) // per_column)
        last = min(count, int((at + len(pcm)) // per_column) + 1)
        if first >= last:
            continue
        starts = np.ceil(np.arange(first, last) * per_column - at).astype(np.int64)
        starts = np.clip(starts, 0, len(pcm))
        # Columns finer than a sample: each has the sample it lies in.
        inside = starts < len(pcm)
        starts, columns = starts[inside], np.arange(first, last)[inside]
        if len(starts):
            out[columns, 0] = np.minimum(out[columns, 0], np.minimum.reduceat(pcm, starts))
            out[columns, 1] = np.maximum(out[columns, 1], np.maximum.reduceat(pcm, starts))
    return out
