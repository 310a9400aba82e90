"""Sound into whole files: as bytes, or block by block to a place on the disk."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from realtime_nb.audio.codec_stream import Pieces, check_format, file_rate, open_writer
from realtime_nb.audio.plain_file import reason
from realtime_nb.audio.resample import checked_rate
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SUFFIXES", "encode_blocks", "in_blocks", "save_blocks"]

_BLOCK: Final = 2**18

SUFFIXES: Final = {
    "": "wav",
    ".wav": "wav",
    ".wave": "wav",
    ".mp3": "mp3",
    ".flac": "flac",
    ".opus": "opus",
    ".ogg": "opus",
    ".oga": "opus",
    ".aac": "aac",
    ".m4a": "m4a",
    ".mp4": "m4a",
    ".pcm": "pcm16",
    ".raw": "pcm16",
}
"""The format that a file's suffix names."""


def encode_blocks(  # noqa: PLR0913 -- a file's blocks, and what is known of them
    blocks: Iterable[NDArray[np.float32]],
    rate: int,
    form: str,
    frames: int,
    *,
    bitrate_kbps: int | None = None,
    file: IO[bytes] | None = None,
) -> bytes:
    """Encode one channel's blocks; return the file, nothing where `file` is given.

    Parameters
    ----------
    blocks
        Arrays of shape (n,), float.
    rate
        Of the samples, in Hz.
    form
        One of `encoders()`.
    frames
        How many samples all blocks have together.
    bitrate_kbps
        For mp3, opus and aac; without it what speech needs.
    file
        Binary, can be sought in; it gets the bytes in place of the caller.
    """
    form = check_format(form)
    rate = checked_rate(rate)
    target = file if file is not None else io.BytesIO()
    final = file_rate(form, rate)
    due = -(-frames * final // rate)
    pieces = Pieces(open_writer(target, form, final, bitrate_kbps, frames=due), rate, final)
    try:
        for block in blocks:
            pieces.feed(block)
        pieces.finish()
    except BaseException:
        pieces.abandon()
        raise
    return target.getvalue() if isinstance(target, io.BytesIO) and file is None else b""


def in_blocks(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield samples of shape (n,) in blocks, so that no copy is made of all of them."""
    for start in range(0, len(samples), _BLOCK):
        yield samples[start : start + _BLOCK]


def save_blocks(
    path: str | os.PathLike[str], blocks: Iterable[NDArray[np.float32]], rate: int, frames: int
) -> Path:
    """Write a file that is whole or not there, in the format that its suffix names.

    Parameters
    ----------
    path
        Where to; see `SUFFIXES`.
    blocks, rate, frames
        As for `encode_blocks`.

    Raises
    ------
    UsageError
        For a suffix that names no format, a format that cannot be made here, or a place
        that cannot be written.
    """
    target = Path(path).expanduser()
    form = SUFFIXES.get(target.suffix.lower())
    if form is None:
        raise UsageError(
            f"a clip is not saved as {target.suffix!r}: write, for example, "
            f"save({os.fspath(target.with_suffix('.wav'))!r}); .mp3, .flac, .opus and .m4a are "
            "known, too."
        )
    check_format(form)
    try:
        with whole_file(target) as file:
            encode_blocks(blocks, rate, form, frames, file=file)
    except OSError as error:
        raise UsageError(f"cannot write {os.fspath(path)!r}: {reason(error)}.") from error
    return target
