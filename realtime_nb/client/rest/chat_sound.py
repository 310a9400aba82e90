"""Sound that goes along with a question: read, encoded, and of a size that can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from realtime_nb.audio.clip import AudioClip
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.completion import LARGEST_SOUND
from realtime_nb.protocol.shown_text import clock

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

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


def encode_sounds(clips: Sequence[AudioClip], encoding: str) -> list[tuple[bytes, str]]:
    """Return clips as files with their format; raises `UsageError` for more than can be sent."""
    files = [(clip.encode(encoding), encoding) for clip in clips]
    size = sum(len(data) for data, _ in files)
    if size > LARGEST_SOUND:
        raise _too_much("the sound is", size, encoding)
    return files


def _too_much(what: str, size: float, encoding: str) -> UsageError:
    mp3 = "send it as mp3, " if encoding != "mp3" else ""
    return UsageError(
        f"{what} {size / 1e6:,.0f} MB as {encoding}, and one question takes"
        f" {LARGEST_SOUND / 1e6:.0f} MB: {mp3}send a part of it, clip.cut(0, 600), or write it"
        " down first with %transcribe"
    )
