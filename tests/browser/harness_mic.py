"""Write what the fake microphone will hear."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Protocol

import numpy as np
import soxr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


class Clip(Protocol):
    """Anything with samples and a rate, as `realtime_nb.audio.AudioClip`."""

    @property
    def samples(self) -> NDArray[np.float32]: ...
    @property
    def rate(self) -> int: ...


def make_mic_wav(
    path: Path, segments: Iterable[float | NDArray[np.floating] | Clip], *, rate: int = 48_000
) -> Path:
    """Write a mono 16-bit WAV of the segments, one after the other.

    Parameters
    ----------
    segments
        A number: so many seconds of silence. An array: samples in -1..1 at `rate`. A clip:
        its samples, resampled to `rate`.
    rate
        Hz of the file; Chromium resamples it to its fake device's own.

    Returns
    -------
    Path
        `path`, for `open_notebook(..., mic=...)`.
    """
    parts = [_samples(segment, rate) for segment in segments]
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    pcm = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return path


def _samples(segment: float | NDArray[np.floating] | Clip, rate: int) -> NDArray[np.float32]:
    if isinstance(segment, int | float):
        return np.zeros(round(segment * rate), np.float32)
    if isinstance(segment, np.ndarray):
        return segment.astype(np.float32)
    return np.asarray(soxr.resample(segment.samples, segment.rate, rate), np.float32)


def tone(
    hz: float, seconds: float, *, rate: int = 48_000, level: float = 0.5
) -> NDArray[np.float32]:
    """Return a sine of the given frequency, length and peak."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def main_frequency(samples: NDArray[np.floating], rate: int) -> float:
    """Return the strongest frequency in Hz, to within a bin of the spectrum."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
