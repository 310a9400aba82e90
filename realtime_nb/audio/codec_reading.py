"""A sound file of any usual kind, read in blocks, mixed to one channel, within bounds."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from realtime_nb.audio.codec_av import av_library, open_av
from realtime_nb.audio.codec_base import SoundBlocks, Undecodable
from realtime_nb.audio.codec_sndfile import open_sndfile
from realtime_nb.audio.gathering import Bounds, Gathering
from realtime_nb.audio.mp3_frames import with_true_length
from realtime_nb.audio.sniff import HEAD_BYTES, beginning, sniff
from realtime_nb.audio.timing import clock
from realtime_nb.audio.wav_file import open_wav
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MAX_S", "Decoded", "read_sound"]

MAX_S: Final = 4 * 3600.0
"""The longest sound that is decoded unless more is asked for, in seconds."""

_AV_KINDS: Final = frozenset(("aac", "m4a", "webm"))
_SHORT_S: Final = 0.25  # how much a file may lack of what it says without being cut short
_KNOWN: Final = "wav, mp3, flac, ogg, opus, aiff, aac, m4a, mp4 and webm"


@dataclass(frozen=True, eq=False, slots=True)
class Decoded:
    """A sound file's content.

    Attributes
    ----------
    samples
        Shape (n,), float32, finite; nobody else has the array.
    rate
        In Hz.
    notes
        What people should know: that it was cut short, or could not be mixed. One line each.
    """

    samples: NDArray[np.float32]
    rate: int
    notes: tuple[str, ...]


def read_sound(
    file: IO[bytes], name: str, *, rate: int | None = None, max_s: float = MAX_S
) -> Decoded:
    """Decode a file; it is read from its beginning, and may be read twice.

    Parameters
    ----------
    file
        Binary, can be sought in.
    name
        What to call it in an error.
    rate
        In Hz: what to resample to while it is read; the file's own without it.
    max_s
        The longest sound that is taken, in seconds.

    Raises
    ------
    UsageError
        For what is no sound, cannot be read, or is longer than that.
    """
    bounds = Bounds(name, rate, max_s)
    file.seek(0)
    kind = sniff(file.read(HEAD_BYTES))
    if not kind:
        raise _no_sound(file, name)
    if kind == "mp3":
        file = with_true_length(file)
    gathered, notes = _gather(file, kind, bounds)
    loudest = gathered.cancelled()
    if loudest is not None:
        gathered, notes = _gather(file, kind, bounds, channel=loudest)
        notes = (*notes, f"its channels cancel each other: channel {loudest + 1} alone")
    return Decoded(gathered.samples(), gathered.rate, notes)


def _gather(
    file: IO[bytes], kind: str, bounds: Bounds, *, channel: int | None = None
) -> tuple[Gathering, tuple[str, ...]]:
    try:
        with _open(file, kind, bounds.name) as sound:
            gathered = Gathering(sound.rate, bounds, channel=channel)
            gathered.expect(sound.frames if sound.here is None else sound.here)
            reason = ""
            try:
                for block in sound.blocks:
                    gathered.add(block)
            except Undecodable as error:
                if not gathered.taken:
                    raise
                reason = f" ({error})"
            gathered.end()
            return gathered, _cut_short(sound, gathered, reason)
    except Undecodable as error:
        raise _broken(bounds.name, kind, error) from error


def _cut_short(sound: SoundBlocks, gathered: Gathering, reason: str) -> tuple[str, ...]:
    here_s = gathered.taken / sound.rate
    said_s = None if sound.frames is None else sound.frames / sound.rate
    if said_s is not None and here_s < said_s - _SHORT_S:
        return (f"cut short: {clock(here_s)} of {clock(said_s)}{reason}",)
    return (f"cut short after {clock(here_s)}{reason}",) if reason else ()


@contextmanager
def _open(file: IO[bytes], kind: str, name: str) -> Generator[SoundBlocks]:
    file.seek(0)
    if kind == "wav":
        yield open_wav(file, name)
    elif kind in _AV_KINDS:
        with open_av(file, kind) as sound:
            yield sound
    else:
        with open_sndfile(file) as sound:
            yield sound


def _no_sound(file: IO[bytes], name: str) -> UsageError:
    file.seek(0)
    head = file.read(8)
    if not head:
        return UsageError(f"{name} is empty: it holds no sound.")
    begins = beginning(head)
    return UsageError(f"{name} is not a sound file that is known here ({begins}): {_KNOWN} are.")


def _broken(name: str, kind: str, error: Undecodable) -> UsageError:
    if kind in _AV_KINDS and av_library() is None:
        return UsageError(
            f"{name} looks like {kind.upper()}, which needs PyAV: "
            "`pip install 'realtime_nb[formats]'`, or convert it to mp3, flac or wav."
        )
    return UsageError(f"{name} looks like {kind.upper()}, but cannot be decoded: {error}.")
