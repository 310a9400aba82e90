"""G.711, the telephone's codec: 8 bits a sample, mu-law and A-law, by table.

The tables are computed once from the formulas of ITU-T G.711, on the samples' upper
14 bits (mu-law) and 13 bits (A-law). They agree with CPython's former `audioop`
on all 65,536 inputs. On the wire: `audio/pcmu` and `audio/pcma`, 8000 Hz, one channel.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["alaw_decode", "alaw_encode", "ulaw_decode", "ulaw_encode"]

_ULAW_BIAS = 33  # in units of 14-bit samples: moves every segment's edge to a power of two
_ULAW_CLIP = 8158  # with the bias the last value of the eighth segment


def ulaw_encode(samples: NDArray[np.int16]) -> bytes:
    """Encode int16 samples (n,) as n mu-law bytes."""
    return _ulaw_encoding()[samples.astype(np.int16, copy=False).view(np.uint16)].tobytes()


def ulaw_decode(data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
    """Decode n mu-law bytes to int16 samples (n,), at most 32124 in size."""
    return _ulaw_decoding()[np.frombuffer(data, dtype=np.uint8)]


def alaw_encode(samples: NDArray[np.int16]) -> bytes:
    """Encode int16 samples (n,) as n A-law bytes."""
    return _alaw_encoding()[samples.astype(np.int16, copy=False).view(np.uint16)].tobytes()


def alaw_decode(data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
    """Decode n A-law bytes to int16 samples (n,), at most 32256 in size."""
    return _alaw_decoding()[np.frombuffer(data, dtype=np.uint8)]


def _every_sample() -> NDArray[np.int32]:
    """Return all int16 values in the order of their bits read as uint16."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


def _highest_bit(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the index of the highest bit set; frexp is exact where log2 is not."""
    exponent = np.frexp(values.astype(np.float64))[1]
    return exponent.astype(np.int32) - 1


@cache
def _ulaw_encoding() -> NDArray[np.uint8]:
    value = _every_sample() >> 2
    magnitude = np.minimum(np.abs(value), _ULAW_CLIP) + _ULAW_BIAS
    segment = _highest_bit(magnitude) - 5
    step = (magnitude >> (segment + 1)) & 0x0F
    sign = np.where(value < 0, 0x80, 0)
    # Every bit goes out inverted, so that silence has many ones for the line's clock.
    return (~(sign | (segment << 4) | step) & 0xFF).astype(np.uint8)


@cache
def _ulaw_decoding() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 1) + _ULAW_BIAS) << ((code >> 4) & 7)) - _ULAW_BIAS
    return np.where(code & 0x80, -(magnitude << 2), magnitude << 2).astype(np.int16)


@cache
def _alaw_encoding() -> NDArray[np.uint8]:
    value = _every_sample() >> 3
    magnitude = np.where(value < 0, ~value, value)
    # The two lowest segments share one step size: both are linear.
    segment = np.maximum(_highest_bit(np.maximum(magnitude, 1)) - 4, 0)
    step = (magnitude >> np.maximum(segment, 1)) & 0x0F
    mask = np.where(value < 0, 0x55, 0xD5)  # even bits go out inverted; the sign bit is 1 for plus
    return (((segment << 4) | step) ^ mask).astype(np.uint8)


@cache
def _alaw_decoding() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code >> 4) & 7
    half_step_in = ((code & 0x0F) << 4) + 8
    magnitude = np.where(
        segment == 0, half_step_in, (half_step_in + 0x100) << np.maximum(segment - 1, 0)
    )
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)
