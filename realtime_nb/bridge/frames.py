"""Frames of sound between page and kernel: a 24-byte header and PCM16.

The twin of ``js/src/frames.ts``; ``tests/vectors/frames.json`` holds both to the same bytes.

======  ====  =====================================================================
offset  type  field
======  ====  =====================================================================
0       u8    version, 1
1       u8    kind, 1 microphone, 2 answer
2       u16   0
4       u32   stream: one opening of the microphone, or one content part of an answer
8       u32   seq: number of the frame in its stream
12      u32   offset: samples of the stream before this frame
16      f64   t_ms: page epoch ms of the first sample that a page captured, else 0
24      s16   samples, mono, 24 kHz, little endian
======  ====  =====================================================================
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
MICROPHONE: Final = 1
ANSWER: Final = 2
RATE: Final = 24_000
"""Samples a second, in Hz."""

_HEADER: Final = struct.Struct("<BBHIIId")
_SAMPLE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of sound.

    Attributes
    ----------
    kind
        `MICROPHONE` or `ANSWER`.
    stream, seq
        Which stream, and the frame's number in it.
    offset
        Samples of the stream before this frame.
    t_ms
        Page epoch milliseconds of the first sample; 0 for answers on their way to a page.
    pcm
        PCM16, little endian, mono, 24 kHz.
    """

    kind: int
    stream: int
    seq: int
    offset: int
    t_ms: float
    pcm: bytes

    @property
    def samples(self) -> int:
        """How many samples the frame holds."""
        return len(self.pcm) // _SAMPLE_BYTES

    @property
    def duration_ms(self) -> float:
        """How long the frame sounds, in milliseconds."""
        return self.samples * 1000 / RATE

    def pack(self) -> bytes:
        """Return the frame as bytes."""
        header = _HEADER.pack(VERSION, self.kind, 0, self.stream, self.seq, self.offset, self.t_ms)
        return header + self.pcm

    @classmethod
    def unpack(cls, data: bytes | memoryview) -> Frame:
        """Read a frame.

        Raises
        ------
        ValueError
            When the bytes are too few, of another version or kind, or half a sample.
        """
        if len(data) < _HEADER.size:
            raise ValueError(f"a frame has at least {_HEADER.size} bytes, not {len(data)}")
        version, kind, _, stream, seq, offset, t_ms = _HEADER.unpack_from(data)
        if version != VERSION:
            raise ValueError(f"frame version {version}, expected {VERSION}")
        if kind not in (MICROPHONE, ANSWER):
            raise ValueError(f"frame kind {kind}, expected {MICROPHONE} or {ANSWER}")
        pcm = bytes(data[_HEADER.size :])
        if len(pcm) % _SAMPLE_BYTES:
            raise ValueError("the frame ends in half a sample")
        return cls(kind, stream, seq, offset, t_ms, pcm)
