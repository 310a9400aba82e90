"""From one sampling rate to another: piece by piece, or a whole clip at once.

A stream goes through `StreamResampler`: a polyphase filter that answers every piece
at once, because each output sample needs only some 1 to 3 ms of what follows it. A
whole clip goes through soxr, which is better and faster there, but bursty on a stream.

Whatever would fold back (when going down) or appear as an image (when going up) is
more than 80 dB below the signal; what lies below 77 % of the lower of the two Nyquist
frequencies passes unchanged.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import soxr

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HIGHEST_RATE", "StreamResampler", "check_rate", "checked_rate", "resample"]

_STOPBAND_DB = 85.0
_TRANSITION = 0.225  # of the lower Nyquist frequency: buys a group delay of 1.5 ms at 16 kHz
_LOWEST_RATE = 1_000
HIGHEST_RATE = 768_000
"""The highest sampling rate of sound, in Hz."""


class StreamResampler:
    """Change the sampling rate of a stream, piece by piece.

    Output sample k stands for the time k / `to_rate` since the stream's start: there
    is no shift to correct. Pieces may have any length; the result does not depend on
    how the stream was cut.

    Parameters
    ----------
    from_rate, to_rate
        Sampling rates in Hz.

    Raises
    ------
    UsageError
        For rates outside 1,000 to 768,000 Hz.

    Attributes
    ----------
    from_rate, to_rate : int
        As given.
    delay_ms : float
        Group delay: how much of what follows a sample must have been fed before the
        sample comes out.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        check_rate(from_rate)
        check_rate(to_rate)
        self.from_rate = from_rate
        self.to_rate = to_rate
        common = math.gcd(from_rate, to_rate)
        # Think of the stream at a rate both rates divide: an input sample every
        # `_up` ticks, an output sample every `_down` ticks.
        self._up = to_rate // common
        self._down = from_rate // common
        self._same = from_rate == to_rate
        self._phases = np.ones((1, 1), np.float32) if self._same else _phases(from_rate, to_rate)
        self._taps = self._phases.shape[1]
        self._half = 0 if self._same else _half_length(from_rate, to_rate)
        self.delay_ms = 1000.0 * self._half / (from_rate * self._up)
        self._reset()

    def _reset(self) -> None:
        self._waiting = np.zeros(self._taps - 1, np.float32)
        # The tick of the newest input that the next output needs; input k of
        # `_waiting` holds ticks k * up to k * up + up - 1.
        self._tick = self._half + self._up * (self._taps - 1)
        self._fed = 0
        self._given = 0

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next piece and return every output sample that it completes.

        Parameters
        ----------
        samples
            Shape (n,), float, at `from_rate`; may be empty.

        Returns
        -------
        NDArray[np.float32]
            Shape (m,), at `to_rate`, a new array.
        """
        if self._same:
            return np.array(samples, dtype=np.float32)
        self._fed += samples.shape[0]
        self._waiting = np.concatenate((self._waiting, samples), dtype=np.float32)
        out = self._filter()
        self._given += out.shape[0]
        return out

    def flush(self) -> NDArray[np.float32]:
        """Return what is still inside, then stand ready for another stream.

        All pieces and the flush together hold ceil(fed * to_rate / from_rate) samples.
        """
        if self._same:
            return np.zeros(0, np.float32)
        due = -(-self._fed * self._up // self._down) - self._given
        self._waiting = np.concatenate((self._waiting, np.zeros(self._taps, np.float32)))
        out = self._filter()[:due]
        self._reset()
        return out

    def _filter(self) -> NDArray[np.float32]:
        up, down, taps = self._up, self._down, self._taps
        count = (up * self._waiting.shape[0] - 1 - self._tick) // down + 1
        if count <= 0:
            return np.zeros(0, np.float32)
        ticks = np.arange(self._tick, self._tick + count * down, down)
        newest, phase = np.divmod(ticks, up)
        windows = np.lib.stride_tricks.sliding_window_view(self._waiting, taps)
        out = np.einsum("ij,ij->i", windows[newest - (taps - 1)], self._phases[phase])
        self._tick += count * down
        # An input older than every coming window is done with. Going far down, the
        # next window may begin behind all that has been fed so far.
        done = min(self._tick // up - (taps - 1), self._waiting.shape[0])
        self._waiting = self._waiting[done:]
        self._tick -= done * up
        return out


def resample(samples: NDArray[np.float32], from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """Change the sampling rate of a whole clip, through soxr.

    Parameters
    ----------
    samples
        Shape (n,), float in -1..1.
    from_rate, to_rate
        Sampling rates in Hz.

    Returns
    -------
    NDArray[np.float32]
        Shape (n * to_rate / from_rate rounded,), time-aligned with the input.

    Raises
    ------
    UsageError
        For rates outside 1,000 to 768,000 Hz.
    """
    check_rate(from_rate)
    check_rate(to_rate)
    whole = np.asarray(samples, dtype=np.float32)
    if from_rate == to_rate or whole.size == 0:
        return whole.copy()
    return np.asarray(soxr.resample(whole, from_rate, to_rate, quality="HQ"), dtype=np.float32)


def check_rate(rate: int) -> int:
    """Return a rate in Hz; raises UsageError for one outside 1,000 to 768,000."""
    if not _LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UsageError(
            f"{rate} is no sampling rate this can handle: give Hz, "
            f"{_LOWEST_RATE} to {HIGHEST_RATE}, e.g. 24000."
        )
    return rate


def checked_rate(rate: float) -> int:
    """Return the rate of some sound in Hz as an integer, also one given as 24000.0.

    Raises
    ------
    UsageError
        For one outside 1 to 768,000, or no whole number. Below 1,000 it cannot be resampled.
    """
    try:
        whole = int(rate)
    except (TypeError, ValueError, OverflowError):
        whole = 0
    if whole != rate or not 0 < whole <= HIGHEST_RATE:
        raise UsageError(f"{rate!r} is no sampling rate: give Hz, e.g. 24000.")
    return whole


def _half_length(from_rate: int, to_rate: int) -> int:
    """Return half the prototype filter's length in ticks, by Kaiser's estimate."""
    tick_rate = math.lcm(from_rate, to_rate)
    transition = _TRANSITION * min(from_rate, to_rate) / 2
    return math.ceil((_STOPBAND_DB - 7.95) / 14.36 * tick_rate / transition / 2)


@lru_cache(maxsize=8)
def _phases(from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """Return the filter, one row for each phase, oldest input's tap first.

    A windowed sinc at the rate that both rates divide. The window is Kaiser's, the
    stop band begins at the lower of the two Nyquist frequencies.
    """
    up = to_rate // math.gcd(from_rate, to_rate)
    half = _half_length(from_rate, to_rate)
    nyquist = min(from_rate, to_rate) / 2
    cutoff = nyquist * (1 - _TRANSITION / 2) / math.lcm(from_rate, to_rate)
    beta = 0.1102 * (_STOPBAND_DB - 8.7)
    when = np.arange(-half, half + 1)
    prototype = np.sinc(2 * cutoff * when) * np.kaiser(2 * half + 1, beta)
    prototype *= up / prototype.sum()
    taps = -(-prototype.shape[0] // up)
    padded = np.concatenate((prototype, np.zeros(taps * up - prototype.shape[0])))
    return np.ascontiguousarray(padded.reshape(taps, up).T[:, ::-1], dtype=np.float32)
