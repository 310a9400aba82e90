"""Whatever holds sound, as one channel of samples: what `AudioClip.read` takes."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import numpy as np

from realtime_nb.audio.codec_reading import Decoded, read_sound
from realtime_nb.audio.gathering import cancelled_channel
from realtime_nb.audio.pcm import channels_last, to_mono
from realtime_nb.audio.plain_file import open_plain, reason
from realtime_nb.audio.resample import resample
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Readable: TypeAlias = (
        str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | IO[bytes]
        | tuple[NDArray[Any], int]
        | tuple[int, NDArray[Any]]
    )
    """What holds sound; see `AudioClip.read`."""

__all__ = ["read_any"]


def read_any(source: Readable, rate: int | None, max_s: float) -> Decoded:
    """Return the sound in a path, bytes, an open file, or an array with its rate.

    Raises
    ------
    UsageError
        For what cannot be read, saying why.
    """
    match source:
        case bytes() | bytearray() | memoryview():
            return read_sound(io.BytesIO(source), "the sound", rate=rate, max_s=max_s)
        case str() | os.PathLike():
            return _read_path(Path(source), rate, max_s)
        case (int() | np.integer() as own, samples) | (samples, int() | np.integer() as own):
            return _read_array(np.asarray(samples), int(own), rate)
        case _ if hasattr(source, "read"):
            name = getattr(source, "name", None)
            label = repr(name) if isinstance(name, str) else "the file"
            content = io.BytesIO(_read_open(source, label))
            return read_sound(content, label, rate=rate, max_s=max_s)
        case _:
            raise UsageError(
                f"no sound in a {type(source).__name__}: give a sound file's path, its bytes, "
                "an open file, or (samples, rate)."
            )


def _read_path(path: Path, rate: int | None, max_s: float) -> Decoded:
    name = repr(os.fspath(path))
    try:
        with open_plain(path) as file:
            return read_sound(file, name, rate=rate, max_s=max_s)
    except OSError as error:
        raise UsageError(f"cannot read {name}: {reason(error)}.") from error


def _read_array(samples: NDArray[Any], own: int, rate: int | None) -> Decoded:
    mono = to_mono(samples)
    notes: tuple[str, ...] = ()
    if samples.ndim == 2 and samples.size:  # noqa: PLR2004 -- an array of rows
        channels = channels_last(samples)
        loudest = cancelled_channel(channels)
        if loudest is not None:
            mono = np.ascontiguousarray(channels[:, loudest])
            notes = (f"its channels cancel each other: channel {loudest + 1} alone",)
    if rate is not None and own != rate:
        return Decoded(resample(mono, own, rate), rate, notes)
    return Decoded(mono, own, notes)


def _read_open(file: IO[bytes], label: str) -> bytes:
    try:
        data = file.read()
    except (OSError, ValueError) as error:  # ValueError: the file is closed
        raise UsageError(f"cannot read {label}: {reason(error)}.") from error
    if not isinstance(data, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] -- people open files as text
        raise UsageError(f"{label} is open as text: open it with mode 'rb'.")
    return data
