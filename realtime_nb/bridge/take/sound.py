"""A recording as a page plays and draws it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.bridge.stream_out.stream_out import StreamOut
from realtime_nb.bridge.stream_out.wire import obey

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Message

BARS: Final = 160
"""How many amplitudes a page draws of a recording."""

_SAMPLE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Recorded:
    """PCM16, little endian, mono, 24 kHz; a `realtime_nb.bridge.stream_out.stream_out.Growing`."""

    pcm: bytes

    def __len__(self) -> int:
        return len(self.pcm)

    def read(self, start_byte: int, n: int, /) -> bytes:
        """Return at most `n` bytes from `start_byte` on."""
        return self.pcm[start_byte : start_byte + n]

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return len(self.pcm) // _SAMPLE_BYTES

    def bars(self, count: int) -> list[float]:
        """Return the largest amplitude (0..1) of each of `count` equal parts, or of each sample."""
        sound = np.abs(np.frombuffer(self.pcm, "<i2").astype(np.int32))
        edges = np.linspace(0, len(sound), min(count, len(sound)) + 1).astype(np.intp)[:-1]
        if not len(edges):
            return []
        return [round(float(peak) / 32768, 3) for peak in np.maximum.reduceat(sound, edges)]


@dataclass
class Playable:
    """The recording that pages may play now.

    Attributes
    ----------
    number
        Grows with each other recording.
    """

    number: int = 0
    _out: StreamOut = field(default_factory=StreamOut)
    _told: Message = field(default_factory=lambda: {"samples": 0, "bars": []})

    def replace(self, pcm: bytes) -> None:
        """Have another recording: PCM16, mono, 24 kHz."""
        sound, out = Recorded(pcm), StreamOut()
        out.feed(sound)
        out.finish()
        self._out = out
        self._told = {"samples": sound.samples, "bars": sound.bars(BARS)}
        self.number += 1

    def obey(self, message: Message) -> bool:
        """Do what a page says about what it plays; whether it was about that."""
        return obey(self._out, message)

    @property
    def out(self) -> StreamOut:
        """What goes to the pages."""
        return self._out

    @property
    def told(self) -> Message:
        """What pages are told of it."""
        return {"number": self.number, **self._told}
