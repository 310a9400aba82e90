"""Sound that goes along with a question: read, encoded, and of a size that can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.codec_files import encode_blocks, in_blocks
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.completion import LARGEST_SOUND
from realtime_nb.protocol.shown_text import clock

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

Sound: TypeAlias = "AudioClip | str | os.PathLike[str] | bytes"

# What an MP3 of speech takes at the least: more is not worth the minutes of encoding it.
_LEAST_BYTES_PER_S: Final[Mapping[str, int]] = {"mp3": 3_000}


def read_sounds(sounds: Iterable[Sound], encoding: str) -> list[AudioClip]:
    """Return clips, files or their bytes as clips; raises `UsageError` for what is too long."""
    clips = [AudioClip.read(sound) for sound in sounds]
    for clip in clips:
        least = clip.duration_ms / 1000 * _LEAST_BYTES_PER_S.get(encoding, 2 * clip.rate)
        if least > LARGEST_SOUND:
            raise _too_much(f"{clock(clip.duration_ms)} of sound are", least, encoding)
    return clips


def encode_sounds(
    clips: Sequence[AudioClip], encoding: str, given_up: Callable[[], bool] = lambda: False
) -> list[tuple[bytes, str]]:
    """Return clips as files with their format.

    Parameters
    ----------
    clips
        The sound.
    encoding
        ``wav`` or ``mp3``.
    given_up
        Whether nobody waits for it any more: it then ends within a second.

    Raises
    ------
    UsageError
        For more than can be sent, and when given up.
    """
    files = [(_encoded(clip, encoding, given_up), encoding) for clip in clips]
    size = sum(len(data) for data, _ in files)
    if size > LARGEST_SOUND:
        raise _too_much("the sound is", size, encoding)
    return files


def told_left_out(count: int, largest: int) -> str:
    """Return what is said of recordings left out of a request of `largest` bytes of sound."""
    which = "an old recording is" if count == 1 else f"{count} old recordings are"
    return f"{which} left out: a request takes {largest / 1e6:g} MB of sound"


def _encoded(clip: AudioClip, encoding: str, given_up: Callable[[], bool]) -> bytes:
    def blocks() -> Iterator[NDArray[np.float32]]:
        for block in in_blocks(clip.samples):
            if given_up():
                raise UsageError("stopped")
            yield block

    return encode_blocks(blocks(), clip.rate, encoding, len(clip.samples))


def _too_much(what: str, size: float, encoding: str) -> UsageError:
    mp3 = "send it as mp3, " if encoding != "mp3" else ""
    return UsageError(
        f"{what} {size / 1e6:,.0f} MB as {encoding}, and one question takes"
        f" {LARGEST_SOUND / 1e6:.0f} MB: {mp3}send a part of it, clip.cut(0, 600), or write it"
        " down first with %transcribe"
    )
