"""WAV files as the room reads them, all channels."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from realtime_nb.audio.wav_file import open_wav

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decode_wav(data: bytes, name: str = "the sound") -> tuple[NDArray[np.float32], int]:
    """Return the samples of a file, shape (frames, channels), and the rate in Hz."""
    sound = open_wav(io.BytesIO(data), name)
    return np.concatenate([np.zeros((0, sound.channels), np.float32), *sound.blocks]), sound.rate
