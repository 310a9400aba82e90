"""The three audio formats of the wire, as bytes and as samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_nb.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from realtime_nb.audio.pcm import int16_to_pcm16, pcm16_to_int16

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Json = dict[str, Any]

TELEPHONE_RATE = 8_000
DEFAULT_RATE = 24_000


@dataclass(frozen=True, slots=True)
class WireFormat:
    """One audio format: how bytes become samples and back.

    Parameters
    ----------
    type
        ``audio/pcm`` (16 bits, little endian), ``audio/pcmu`` or ``audio/pcma``.
    rate
        Samples per second; 8000 for the two telephone formats.
    """

    type: str
    rate: int

    @classmethod
    def from_wire(cls, value: Json) -> WireFormat:
        """Read a checked `format` object of a session or response."""
        kind = value["type"]
        return cls(kind, value["rate"] if kind == "audio/pcm" else TELEPHONE_RATE)

    def to_wire(self) -> Json:
        """Return the `format` object; only PCM names its rate."""
        return {"type": self.type, "rate": self.rate} if self._is_pcm else {"type": self.type}

    @property
    def _is_pcm(self) -> bool:
        return self.type == "audio/pcm"

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample."""
        return 2 if self._is_pcm else 1

    def ms(self, size: int) -> float:
        """Return how long `size` bytes sound, in ms."""
        return size / self.sample_bytes * 1000.0 / self.rate

    def size(self, ms: float) -> int:
        """Return the bytes of `ms`, rounded down to whole samples."""
        # The small nudge keeps 1/3 ms sums from falling one sample short.
        return int(ms * self.rate / 1000.0 + 1e-6) * self.sample_bytes

    def decode(self, data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
        """Return the bytes as int16 samples (n,) at `rate`; whole samples only."""
        if self.type == "audio/pcmu":
            return ulaw_decode(data)
        if self.type == "audio/pcma":
            return alaw_decode(data)
        return pcm16_to_int16(data)

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """Return int16 samples (n,) at `rate` as bytes."""
        if self.type == "audio/pcmu":
            return ulaw_encode(samples)
        if self.type == "audio/pcma":
            return alaw_encode(samples)
        return int16_to_pcm16(samples)


PCM_24K = WireFormat("audio/pcm", DEFAULT_RATE)
