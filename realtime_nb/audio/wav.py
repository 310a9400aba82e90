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
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["decode_wav", "encode_wav"]

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # what streaming writers put where the length belongs
_SHORTEST_FORMAT = 16
_SHORTEST_EXTENSIBLE = 26


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate: int
    bits: int


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
    frame = 2 * channels
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + len(pcm), b"WAVE"),
        *(b"fmt ", 16, _PCM, channels, rate, rate * frame, frame, 16),
        *(b"data", len(pcm)),
    )
    return head + pcm


def decode_wav(data: bytes, name: str = "the sound") -> tuple[NDArray[np.float32], int]:
    """Read a WAV file.

    Parameters
    ----------
    data
        The whole file.
    name
        What to call it in an error.

    Returns
    -------
    samples : NDArray[np.float32]
        Shape (frames, channels), in -1..1 (float files may exceed that).
    rate : int
        Sampling rate in Hz.

    Raises
    ------
    UsageError
        For what is no WAV file, or has a form of samples not named above.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UsageError(
            f"{name} is not a WAV file ({_guess(data)}): "
            "convert it first, e.g. `ffmpeg -i in.mp3 out.wav`."
        )
    form: _Format | None = None
    for chunk, start, size in _chunks(data):
        if chunk == b"fmt ":
            form = _read_format(data[start : start + size], name)
        elif chunk == b"data":
            if form is None:
                raise UsageError(f"{name} is a broken WAV file: its samples come before `fmt `.")
            return _samples(data[start : start + size], form, name), form.rate
    raise UsageError(f"{name} is a broken WAV file: it holds no samples (no `data` chunk).")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's id, where its content starts and how long it is."""
    start = 12
    while start + 8 <= len(data):
        chunk, size = struct.unpack_from("<4sI", data, start)
        start += 8
        if chunk == b"data" and size in _UNKNOWN_SIZES:
            size = len(data) - start
        yield chunk, start, min(size, len(data) - start)
        start += size + size % 2


def _read_format(content: bytes, name: str) -> _Format:
    if len(content) < _SHORTEST_FORMAT:
        raise UsageError(f"{name} is a broken WAV file: its `fmt ` chunk is cut short.")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content)
    if tag == _EXTENSIBLE and len(content) >= _SHORTEST_EXTENSIBLE:
        (tag,) = struct.unpack_from("<H", content, 24)  # the first bytes of the subformat's GUID
    if channels == 0 or rate == 0:
        raise UsageError(f"{name} is a broken WAV file: {channels} channels at {rate} Hz.")
    return _Format(tag, channels, rate, bits)


def _samples(content: bytes, form: _Format, name: str) -> NDArray[np.float32]:
    width = form.bits // 8
    frame = width * form.channels
    if (form.tag, form.bits) not in _READERS:
        raise UsageError(
            f"{name} holds samples of {form.bits} bits in WAV format {form.tag}, which cannot be "
            "read here: convert it, e.g. `ffmpeg -i in.wav -c:a pcm_s16le out.wav`."
        )
    whole = content[: len(content) // frame * frame]
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
