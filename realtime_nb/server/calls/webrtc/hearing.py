"""From a track's frames to what a call hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.pcm import float_to_int16, int16_to_pcm16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.audio_format import DEFAULT_RATE

if TYPE_CHECKING:
    from av import AudioFrame

SILENCE_AFTER_S: Final = 0.2
_RATE: Final = 48_000


class Hearing:
    """One track's way down to 24 kHz mono."""

    def __init__(self) -> None:
        self._resampler = StreamResampler(_RATE, DEFAULT_RATE)

    def pcm(self, frame: AudioFrame) -> bytes:
        """Return a frame as PCM16 24 kHz mono.

        Parameters
        ----------
        frame
            As aiortc decodes Opus: 48 kHz, int16, interleaved stereo of shape (1, 2 n).
        """
        if frame.sample_rate != self._resampler.from_rate:
            self._resampler = StreamResampler(frame.sample_rate, DEFAULT_RATE)
        samples = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
        mono = samples.mean(axis=1, dtype=np.float32) / np.float32(32_768)
        return int16_to_pcm16(float_to_int16(self._resampler.feed(mono)))

    def silence(self) -> bytes:
        """Return the silence that stands for `SILENCE_AFTER_S` without a frame."""
        return bytes(2 * int(SILENCE_AFTER_S * DEFAULT_RATE))
