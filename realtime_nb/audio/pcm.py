"""PCM16 bytes, int16 arrays and float arrays, and the way between them.

One convention everywhere: the int16 value 32768 would be 1.0. So every int16 value
survives the way to float32 and back unchanged, and 1.0 itself, which int16 cannot
hold, becomes 32767.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "channels_last",
    "float_to_int16",
    "float_to_pcm16",
    "int16_to_float",
    "int16_to_pcm16",
    "pcm16_to_float",
    "pcm16_to_int16",
    "to_mono",
]

_SCALE = np.float32(32768.0)


def float_to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Round samples to int16; what is louder than full scale is clipped.

    Parameters
    ----------
    samples
        Any shape, float, finite, full scale -1..1.

    Returns
    -------
    NDArray[np.int16]
        A new array of the same shape.
    """
    scaled = np.multiply(samples, _SCALE, dtype=np.float32)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768.0, 32767.0, out=scaled)
    return scaled.astype(np.int16)


def int16_to_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return int16 samples as float32 in -1..1, a new array of the same shape."""
    return np.divide(samples, _SCALE, dtype=np.float32)


def int16_to_pcm16(samples: NDArray[np.int16]) -> bytes:
    """Return int16 samples as the wire's little-endian bytes."""
    return samples.astype("<i2", copy=False).tobytes()


def pcm16_to_int16(pcm: bytes | bytearray | memoryview) -> NDArray[np.int16]:
    """Return the wire's little-endian bytes as an int16 array of shape (n,).

    The array is a view of `pcm` where the machine's byte order allows it: copy it
    before writing.

    Raises
    ------
    UsageError
        For an odd number of bytes: a sample was cut in two.
    """
    size = memoryview(pcm).nbytes
    if size % 2:
        raise UsageError(
            f"PCM16 holds two bytes a sample, here are {size} bytes: cut at an even offset."
        )
    return np.frombuffer(pcm, dtype="<i2").astype(np.int16, copy=False)


def float_to_pcm16(samples: NDArray[np.float32]) -> bytes:
    """Return float samples as little-endian PCM16 bytes; louder than 1.0 is clipped."""
    return int16_to_pcm16(float_to_int16(samples))


def pcm16_to_float(pcm: bytes | bytearray | memoryview) -> NDArray[np.float32]:
    """Return little-endian PCM16 bytes as float32 samples of shape (n,) in -1..1.

    Raises
    ------
    UsageError
        For an odd number of bytes.
    """
    return int16_to_float(pcm16_to_int16(pcm))


def to_mono(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Mix samples of any usual kind and shape to one channel of float32.

    Parameters
    ----------
    samples
        Shape (n,), (n, channels) or (channels, n); floats with full scale -1..1, or
        integers at their own full scale (uint8 has its middle at 128).

    Returns
    -------
    NDArray[np.float32]
        Shape (n,): the channels' mean.

    Raises
    ------
    UsageError
        For another number of axes, or another kind of values.
    """
    if samples.ndim == 1:
        return _scaled(samples)
    channels = channels_last(samples)
    return channels.mean(axis=1, dtype=np.float32) if channels.size else channels.reshape(-1)


def channels_last(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples of any usual kind as float32 of shape (n, channels); see `to_mono`."""
    if samples.ndim not in {1, 2}:
        raise UsageError(
            f"sound has shape (n,) or (n, channels), this array {samples.shape}: pick one part."
        )
    scaled = _scaled(samples)
    if scaled.ndim == 1:
        return scaled[:, None]
    # There are always more instants than channels, so the shorter axis is the channels.
    return scaled.T if scaled.shape[0] <= scaled.shape[1] else scaled


def _scaled(samples: NDArray[Any]) -> NDArray[np.float32]:
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128.0) / 128.0
    if np.issubdtype(samples.dtype, np.signedinteger):
        return (samples / -float(np.iinfo(samples.dtype).min)).astype(np.float32)
    if np.issubdtype(samples.dtype, np.floating):
        return samples.astype(np.float32)
    raise UsageError(f"sound is made of floats or integers, not {samples.dtype}.")
