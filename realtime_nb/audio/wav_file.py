"""WAV files on the disk: where their samples lie, and those block by block."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from realtime_nb.audio.codec_base import SoundBlocks
from realtime_nb.audio.plain_file import reason
from realtime_nb.audio.wav import (
    WavFormat,
    decode_samples,
    no_samples,
    not_a_wav,
    read_format,
)
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["find_samples", "open_wav", "write_wav"]

_HEAD: Final = 12
_LIKELY_UNKNOWN: Final = 0x7FFF0000  # and more: what streaming writers put where the length belongs
_LONGEST_FORMAT: Final = 4096
_MOST_CHUNKS: Final = 10_000  # of zeros alone there would be one every eight bytes
_BLOCK: Final = 2**16  # instants read at once


def find_samples(file: IO[bytes], name: str) -> tuple[WavFormat, int, int, int | None]:
    """Return the format, where the samples begin, and how many bytes of them there are.

    The last value is how many the header says; None where it does not know.

    Raises
    ------
    UsageError
        For what is no WAV file, or one that holds no samples.
    """
    head = file.read(_HEAD)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise not_a_wav(head, name)
    whole = file.seek(0, os.SEEK_END)
    form: WavFormat | None = None
    start = _HEAD
    for _ in range(_MOST_CHUNKS):
        if start + 8 > whole:
            break
        file.seek(start)
        chunk, size = struct.unpack("<4sI", file.read(8))
        start += 8
        if chunk == b"fmt ":
            form = read_format(file.read(min(size, _LONGEST_FORMAT)), name)
        elif chunk == b"data":
            if form is None:
                raise UsageError(f"{name} is a broken WAV file: its samples come before `fmt `.")
            left = whole - start
            unknown = size >= _LIKELY_UNKNOWN if size else not _is_whole(head, whole)
            if unknown and size != left:
                return form, start, min(size, left) if size else left, None
            return form, start, min(size, left), size
        start += size + size % 2
    raise no_samples(name)


def _is_whole(head: bytes, size: int) -> bool:
    """Return whether the file is as long as its beginning says: nobody was cut off writing it."""
    (said,) = struct.unpack_from("<I", head, 4)
    return said == size - 8


def open_wav(file: IO[bytes], name: str) -> SoundBlocks:
    """Open a WAV file, from where `file` stands; raises UsageError for what is none."""
    form, start, size, said = find_samples(file, name)
    # Once, so that a form that cannot be read is said at the start.
    decode_samples(b"", form, name)
    frames = None if said is None else said // form.frame_bytes
    blocks = _blocks(file, form, start, size, name)
    return SoundBlocks(form.rate, form.channels, frames, blocks, here=size // form.frame_bytes)


def _blocks(
    file: IO[bytes], form: WavFormat, start: int, size: int, name: str
) -> Iterator[NDArray[np.float32]]:
    file.seek(start)
    left = size // form.frame_bytes * form.frame_bytes
    while left > 0:
        content = file.read(min(left, _BLOCK * form.frame_bytes))
        if not content:
            return
        left -= len(content)
        yield decode_samples(content, form, name)


def write_wav(path: str | os.PathLike[str], blocks: Iterable[bytes]) -> Path:
    """Write a WAV file that is whole or not there; see `AudioClip.save`."""
    target = Path(path).expanduser()
    if target.suffix.lower() not in {".wav", ".wave", ""}:
        raise UsageError(
            f"a clip of two channels is saved as WAV, not {target.suffix!r}: "
            f"write save({os.fspath(target.with_suffix('.wav'))!r})."
        )
    try:
        with whole_file(target) as file:
            file.writelines(blocks)
    except OSError as error:
        raise UsageError(f"cannot write {os.fspath(path)!r}: {reason(error)}.") from error
    return target
