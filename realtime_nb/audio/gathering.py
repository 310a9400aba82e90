"""Blocks of a file's channels gathered as one channel, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from realtime_nb.audio.resample import check_rate
from realtime_nb.audio.timing import clock
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_BYTES", "Bounds", "Gathering", "cancelled_channel"]

MAX_BYTES: Final = 1_500_000_000
"""The most that decoded sound may take, in bytes: 4 hours at 26 kHz, 2 hours at 48 kHz."""

_FIRST_ROOM: Final = 2**16
_SAMPLE_BYTES: Final = 4
_LOUDEST: Final = 1e6  # float files may go past 1; past this they are rubbish, and overflow
_CANCELLED: Final = 0.01  # of the loudest channel's energy: 20 dB less is no mix of it


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may become of a file's sound.

    Attributes
    ----------
    name
        What to call the file in an error.
    rate
        What to resample to, in Hz; None for the same.
    max_s
        The longest sound that is taken, in seconds.
    """

    name: str
    rate: int | None
    max_s: float


class Gathering:
    """One channel in the making.

    Parameters
    ----------
    rate
        Of the blocks, in Hz.
    bounds
        What may become of it.
    channel
        The one to take, from 0; None mixes all.

    Attributes
    ----------
    rate : int
        Of the sound that is gathered.
    taken : int
        Instants that came, at the rate of the blocks.
    """

    def __init__(self, rate: int, bounds: Bounds, *, channel: int | None = None) -> None:
        self.rate = rate if bounds.rate is None else check_rate(bounds.rate)
        self.taken = 0
        self._from_rate = rate
        self._max_s = bounds.max_s
        self._name = bounds.name
        self._channel = channel
        self._samples = np.empty(0, np.float32)
        self._filled = 0
        self._resampler = (
            None
            if self.rate == rate
            else soxr.ResampleStream(check_rate(rate), self.rate, 1, "float32", "HQ")
        )
        self._mix_energy = 0.0
        self._energies: NDArray[np.float64] | None = None

    def expect(self, frames: int | None) -> None:
        """Refuse at once what says that it is too long."""
        if frames is not None:
            self._check(frames)

    def _check(self, frames: int) -> None:
        seconds = frames / self._from_rate
        if seconds > self._max_s:
            raise UsageError(
                f"{self._name} holds more than {clock(self._max_s)} of sound: cut it first, "
                "or give a larger max_s."
            )
        size = seconds * self.rate * _SAMPLE_BYTES
        if size > MAX_BYTES:
            raise UsageError(
                f"{self._name} would take more than {MAX_BYTES / 1e9:.1f} GB decoded at "
                f"{self.rate} Hz: read it with a lower rate, e.g. rate=16000, or cut it first."
            )

    def add(self, block: NDArray[np.float32]) -> None:
        """Take the next block, shape (n, channels)."""
        self.taken += len(block)
        self._check(self.taken)
        clean = np.nan_to_num(block, posinf=1.0, neginf=-1.0)
        if np.abs(clean).max(initial=0.0) > _LOUDEST:
            clean = np.clip(clean, -_LOUDEST, _LOUDEST)
        if self._channel is not None:
            mono = np.ascontiguousarray(clean[:, self._channel])
        elif clean.shape[1] == 1:
            mono = clean[:, 0]
        else:
            mono = clean.mean(axis=1, dtype=np.float32)
            self._weigh(clean, mono)
        self._keep(mono, last=False)

    def _weigh(self, block: NDArray[np.float32], mono: NDArray[np.float32]) -> None:
        energies = np.einsum("ij,ij->j", block, block, dtype=np.float64)
        self._energies = energies if self._energies is None else self._energies + energies
        self._mix_energy += float(np.dot(mono, mono))

    def _keep(self, mono: NDArray[np.float32], *, last: bool) -> None:
        if self._resampler is not None:
            mono = np.asarray(self._resampler.resample_chunk(mono, last), np.float32)
        needed = self._filled + len(mono)
        if needed > len(self._samples):
            # In place: the system moves pages of memory, and no second copy is ever there.
            room = max(needed, len(self._samples) * 5 // 4, _FIRST_ROOM)
            self._samples.resize(room, refcheck=False)
        self._samples[self._filled : needed] = mono
        self._filled = needed

    def end(self) -> None:
        """Take what is still inside the resampler."""
        if self._resampler is not None:
            self._keep(np.zeros(0, np.float32), last=True)

    def cancelled(self) -> int | None:
        """Return the loudest channel where mixing all of them leaves next to nothing."""
        if self._energies is None:
            return None
        return _loudest(self._energies, self._mix_energy)

    def samples(self) -> NDArray[np.float32]:
        """Return all of it, shape (n,); nothing is to be added after that."""
        self._samples.resize(self._filled, refcheck=False)
        return self._samples


def cancelled_channel(channels: NDArray[np.float32]) -> int | None:
    """Return the loudest channel of shape (n, channels) where mixing them leaves nothing."""
    mono = channels.mean(axis=1, dtype=np.float32)
    energies = np.einsum("ij,ij->j", channels, channels, dtype=np.float64)
    return _loudest(energies, float(np.dot(mono, mono)))


def _loudest(energies: NDArray[np.float64], mix_energy: float) -> int | None:
    loudest = int(np.argmax(energies))
    return loudest if mix_energy < _CANCELLED * float(energies[loudest]) else None
