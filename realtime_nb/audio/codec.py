"""Sound files of every usual format: bytes to samples, samples to bytes.

WAV is read and written here without any library; MP3, FLAC, Opus, Vorbis and AIFF through
libsndfile; AAC, M4A, MP4 and WebM through PyAV where it is installed. Files are read in
blocks and mixed to one channel at once, within a stated bound.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from realtime_nb.audio.codec_files import encode_blocks, in_blocks
from realtime_nb.audio.codec_reading import MAX_S, read_sound
from realtime_nb.audio.codec_stream import encoders

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MEDIA_TYPES", "decode", "encode", "encoders"]

MEDIA_TYPES: Final = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "pcm16": "audio/pcm",
    "pcm": "audio/pcm",
}
"""The media type of each format; ``"opus"`` is Opus in Ogg, ``"aac"`` is AAC in ADTS."""


def encode(
    samples: NDArray[np.float32],
    rate: int,
    format: str = "wav",  # noqa: A002 -- what everybody calls it
    *,
    bitrate_kbps: int | None = None,
) -> bytes:
    """Return a whole file of one channel.

    Parameters
    ----------
    samples
        Shape (n,), float, full scale -1..1; louder is clipped, NaN is silence.
    rate
        In Hz. Where the format does not take it, the sound is resampled: mp3 and aac to the
        next higher rate of their lists, opus to 8, 12, 16, 24 or 48 kHz, pcm16 to 24 kHz.
    format
        One of `encoders()`.
    bitrate_kbps
        For mp3, opus and aac; without it what speech needs.

    Raises
    ------
    UsageError
        For a format that cannot be made here.
    """
    return encode_blocks(in_blocks(samples), rate, format, len(samples), bitrate_kbps=bitrate_kbps)


def decode(
    data: bytes, name: str = "the sound", *, max_s: float = MAX_S
) -> tuple[NDArray[np.float32], int]:
    """Return the samples of a whole file, mixed to one channel, and their rate.

    Parameters
    ----------
    data
        The file: wav, mp3, flac, Opus or Vorbis in Ogg, aiff, au, caf; with PyAV aac, m4a, mp4
        and webm.
    name
        What to call it in an error.
    max_s
        The longest sound that is taken, in seconds.

    Returns
    -------
    samples : NDArray[np.float32]
        Shape (n,), finite.
    rate : int
        In Hz.

    Raises
    ------
    UsageError
        For what is no sound, cannot be read, or is longer than that.
    """
    sound = read_sound(io.BytesIO(data), name, max_s=max_s)
    return sound.samples, sound.rate
