"""WAV files: read what people have, write PCM16.

Reads PCM of 8, 16, 24 and 32 bits, float of 32 and 64 bits, A-law and mu-law, plain
or "extensible", any number of channels. Streamed files whose header does not know the
length (as speech services send them) are read to their end, and so are files cut short.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from realtime_nb.audio import g711
from realtime_nb.audio.pcm import int16_to_float
from realtime_nb.audio.resample import HIGHEST_RATE
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "WavFormat",
    "decode_samples",
    "encode_wav",
    "no_samples",
    "not_a_wav",
    "read_format",
    "wav_header",
]

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_LARGEST = 0xFFFFFFFF
_WIDE = (24, 4)  # bits, and the bytes they stand in
_SHORTEST_FORMAT = 16
_SHORTEST_EXTENSIBLE = 26


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a file's `fmt ` chunk says of its samples.

    Attributes
    ----------
    tag
        PCM, float, A-law or mu-law, by the number that the file gives it.
    channels
        Samples that make one instant.
    rate
        Sampling rate in Hz.
    bits
        Bits that one sample takes in the file.
    """

    tag: int
    channels: int
    rate: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one instant, all channels."""
        return self.bits // 8 * self.channels


def encode_wav(pcm: bytes, rate: int, channels: int = 1) -> bytes:
    """Return a WAV file of PCM16 samples.

    Parameters
    ----------
    pcm
        Little-endian PCM16, channels interleaved.
    rate
        Sampling rate in Hz.
    channels
        How many samples make one instant.
    """
    return wav_header(len(pcm), rate, channels) + pcm


def wav_header(size: int | None, rate: int, channels: int = 1) -> bytes:
    """Return what stands before `size` bytes of PCM16 in a WAV file; see `encode_wav`.

    Without a size, or with one that the format cannot say, the header says that it is unknown.
    """
    frame = 2 * channels
    if size is None or 36 + size > _LARGEST:
        size = _LARGEST - 36
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVE"),
        *(b"fmt ", 16, _PCM, channels, rate, rate * frame, frame, 16),
        *(b"data", _LARGEST if size == _LARGEST - 36 else size),
    )


def not_a_wav(data: bytes, name: str) -> UsageError:
    """Return the error for a file that begins with `data`, saying what it may be."""
    return UsageError(
        f"{name} is not a WAV file ({_guess(data)}): "
        "convert it first, e.g. `ffmpeg -i in.mp3 out.wav`."
    )


def no_samples(name: str) -> UsageError:
    """Return the error for a WAV file without a `data` chunk."""
    return UsageError(f"{name} is a broken WAV file: it holds no samples (no `data` chunk).")


def read_format(content: bytes, name: str) -> WavFormat:
    """Read the content of a `fmt ` chunk; raises UsageError for one that makes no sense."""
    if len(content) < _SHORTEST_FORMAT:
        raise UsageError(f"{name} is a broken WAV file: its `fmt ` chunk is cut short.")
    tag, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", content)
    if tag == _EXTENSIBLE and len(content) >= _SHORTEST_EXTENSIBLE:
        (tag,) = struct.unpack_from("<H", content, 24)  # the first bytes of the subformat's GUID
    if channels == 0 or not 0 < rate <= HIGHEST_RATE:
        raise UsageError(f"{name} is a broken WAV file: {channels} channels at {rate} Hz.")
    return WavFormat(tag, channels, rate, _taken(tag, bits, frame // channels))


def _taken(tag: int, bits: int, size: int) -> int:
    """Return how many bits a sample takes: 20 stand in the upper ones of 24, and 24 may in 32.

    Where the two fit together otherwise it is `bits` that writers have right.
    """
    odd = bits % 8 != 0 or (bits, size) == _WIDE
    return 8 * size if tag == _PCM and odd and bits <= 8 * size else bits


def decode_samples(content: bytes, form: WavFormat, name: str) -> NDArray[np.float32]:
    """Read the content of a `data` chunk, or any whole number of instants of it.

    Returns
    -------
    NDArray[np.float32]
        Shape (frames, channels), in -1..1.

    Raises
    ------
    UsageError
        For a form of samples that cannot be read here.
    """
    if (form.tag, form.bits) not in _READERS:
        raise UsageError(
            f"{name} holds samples of {form.bits} bits in WAV format {form.tag}, which cannot be "
            "read here: convert it, e.g. `ffmpeg -i in.wav -c:a pcm_s16le out.wav`."
        )
    whole = content[: len(content) // form.frame_bytes * form.frame_bytes]
    return _READERS[form.tag, form.bits](whole).reshape(-1, form.channels)


def _from_u8(data: bytes) -> NDArray[np.float32]:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0


def _from_s16(data: bytes) -> NDArray[np.float32]:
    return int16_to_float(np.frombuffer(data, "<i2").astype(np.int16, copy=False))


def _from_s24(data: bytes) -> NDArray[np.float32]:
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)  # into the upper three bytes
    return _from_s32(wide.tobytes())


def _from_s32(data: bytes) -> NDArray[np.float32]:
    return (np.frombuffer(data, "<i4") / 2147483648.0).astype(np.float32)


def _from_f32(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, "<f4").astype(np.float32)


def _from_f64(data: bytes) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # what float32 cannot hold is mended as infinity is
        return np.frombuffer(data, "<f8").astype(np.float32)


def _from_alaw(data: bytes) -> NDArray[np.float32]:
    return int16_to_float(g711.alaw_decode(data))


def _from_ulaw(data: bytes) -> NDArray[np.float32]:
    return int16_to_float(g711.ulaw_decode(data))


_READERS = {
    (_PCM, 8): _from_u8,
    (_PCM, 16): _from_s16,
    (_PCM, 24): _from_s24,
    (_PCM, 32): _from_s32,
    (_FLOAT, 32): _from_f32,
    (_FLOAT, 64): _from_f64,
    (_ALAW, 8): _from_alaw,
    (_ULAW, 8): _from_ulaw,
}

_MAGIC = (
    (b"ID3", "it looks like MP3"),
    (b"\xff\xfb", "it looks like MP3"),
    (b"\xff\xf3", "it looks like MP3"),
    (b"OggS", "it looks like Ogg"),
    (b"fLaC", "it looks like FLAC"),
    (b"\x1aE\xdf\xa3", "it looks like WebM"),
    (b"FORM", "it looks like AIFF"),
    (b"RF64", "it is the 64-bit variant RF64"),
)


def _guess(data: bytes) -> str:
    if not data:
        return "it is empty"
    if data[4:8] == b"ftyp":
        return "it looks like MP4"
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return what
    return f"it begins with {data[:4]!r}"
