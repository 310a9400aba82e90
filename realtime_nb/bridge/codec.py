"""Between the page's PCM16 at 24 kHz and the session's audio format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from realtime_nb.audio.pcm import (
    float_to_int16,
    float_to_pcm16,
    int16_to_float,
    int16_to_pcm16,
    pcm16_to_float,
    pcm16_to_int16,
)
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.bridge.frames import RATE

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Encode: TypeAlias = Callable[[NDArray[np.int16]], bytes]
    Decode: TypeAlias = Callable[[bytes], NDArray[np.int16]]

_G711_RATE: Final = 8_000
_SAMPLE_BYTES: Final = 2
# What a service says beyond is a mistake, and would cost memory without end.
_LOWEST, _HIGHEST, _MOST_CHANNELS = 1_000, 384_000, 32


def _rate(wire: dict[str, Any]) -> int:
    if wire.get("type") in ("audio/pcmu", "audio/pcma"):
        return _G711_RATE
    rate = wire.get("rate")
    return rate if isinstance(rate, int) and _LOWEST <= rate <= _HIGHEST else RATE


class Encoder:
    """Turns the page's sound into a session's input format, chunk by chunk.

    Parameters
    ----------
    wire
        The session's ``audio.input.format`` object; None stands for PCM16 at 24 kHz.
    """

    def __init__(self, wire: dict[str, Any] | None) -> None:
        self.wire = wire or {}
        rate = _rate(self.wire)
        self._resampler = None if rate == RATE else StreamResampler(RATE, rate)
        kinds = {"audio/pcmu": ulaw_encode, "audio/pcma": alaw_encode}
        self._encode: Encode = kinds.get(self.wire.get("type", ""), int16_to_pcm16)

    def __call__(self, pcm: bytes) -> bytes:
        """Return PCM16 at 24 kHz in the session's format; the same bytes when it is that."""
        if self._resampler is None and self._encode is int16_to_pcm16:
            return pcm
        samples = pcm16_to_float(pcm)
        if self._resampler is not None:
            samples = self._resampler.feed(samples)
        return self._encode(float_to_int16(samples))


class Decoder:
    """Turns a session's output format into the page's PCM16, chunk by chunk.

    A chunk may end inside a sample: the odd byte waits for the next one.

    Parameters
    ----------
    wire
        The session's ``audio.output.format`` object; None stands for PCM16 at 24 kHz.
    channels
        Interleaved channels of PCM16; they are mixed into one.
    """

    def __init__(self, wire: dict[str, Any] | None, *, channels: int = 1) -> None:
        self.wire = wire or {}
        self._channels = channels if 1 <= channels <= _MOST_CHANNELS else 1
        rate = _rate(self.wire)
        self._resampler = None if rate == RATE else StreamResampler(rate, RATE)
        kinds: dict[str, Decode] = {"audio/pcmu": ulaw_decode, "audio/pcma": alaw_decode}
        self._decode: Decode | None = kinds.get(self.wire.get("type", ""))
        self._odd = b""

    def __call__(self, sound: bytes) -> bytes:
        """Return a chunk of the session's sound as PCM16 at 24 kHz."""
        if self._decode is not None:
            samples = int16_to_float(self._decode(sound))
        else:
            sound = self._odd + sound
            whole = len(sound) - len(sound) % (_SAMPLE_BYTES * self._channels)
            self._odd, sound = sound[whole:], sound[:whole]
            if self._resampler is None and self._channels == 1:
                return sound
            samples = int16_to_float(pcm16_to_int16(sound))
            if self._channels > 1:
                samples = samples.reshape(-1, self._channels).mean(axis=1)
        if self._resampler is not None:
            samples = self._resampler.feed(samples)
        return float_to_pcm16(samples)

    def rest(self) -> bytes:
        """Return what is left when no more comes: a resampler stays a few samples behind."""
        return b"" if self._resampler is None else float_to_pcm16(self._resampler.flush())
