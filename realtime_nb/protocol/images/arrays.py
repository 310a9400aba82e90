"""Arrays as pixels, and pixels as a PNG."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.errors import UsageError
from realtime_nb.protocol.images.picture import PNG

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHAPES: Final = "an array of shape (h, w), (h, w, 3) or (h, w, 4)"
_COLOUR_TYPES: Final = {1: 0, 3: 2, 4: 6}  # grey, RGB, RGB with alpha
_LARGEST_SIDE: Final = 20_000
_FULL: Final = 255


def as_pixels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an array as pixels of shape (h, w, channels), channels 1, 3 or 4.

    Parameters
    ----------
    array
        Of shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4): uint8, bool, or floats 0..1.

    Raises
    ------
    UsageError
        For another shape or kind, for values outside, and for NaN; one line.
    """
    pixels = array[:, :, None] if array.ndim == 2 else array  # noqa: PLR2004 -- grey
    if pixels.ndim != 3 or pixels.shape[2] not in _COLOUR_TYPES or not pixels.size:  # noqa: PLR2004
        channels_first = array.ndim == 3 and array.shape[0] in _COLOUR_TYPES  # noqa: PLR2004
        hint = "; write array.transpose(1, 2, 0)" if channels_first else ""
        raise UsageError(f"a picture is {_SHAPES}, and this one has shape {array.shape}{hint}")
    if max(pixels.shape[:2]) > _LARGEST_SIDE:
        raise UsageError(f"an array of shape {array.shape} is too large a picture; take every nth")
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * _FULL
    if np.issubdtype(pixels.dtype, np.floating):
        return _from_floats(pixels)
    if np.issubdtype(pixels.dtype, np.integer):
        low, high = pixels.min(), pixels.max()
        if low >= 0 and high <= _FULL:
            return pixels.astype(np.uint8)
        raise UsageError(f"a picture's integers are 0 to 255, and these are {low} to {high}")
    raise UsageError(f"a picture is uint8, or floats 0 to 1, and this array holds {array.dtype}")


def _from_floats(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = float(pixels.min()), float(pixels.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise UsageError("the array holds NaN or infinity; write numpy.nan_to_num(array)")
    if low < 0 or high > 1:
        advice = "divide by its maximum" if low >= 0 else "scale it, or draw it with plt.imshow"
        raise UsageError(
            f"a picture's floats are 0 to 1, and these are {low:g} to {high:g}; {advice}"
        )
    return np.rint(pixels * _FULL).astype(np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels of shape (h, w, 1 | 3 | 4) as a PNG file."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each row begins with its filter
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return PNG + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check
