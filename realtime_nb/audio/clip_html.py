"""What a clip is in a notebook's cell: its waveform above a player."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.audio.codec_stream import encoders
from realtime_nb.audio.player import player_html
from realtime_nb.audio.waveform import waveform_svg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.audio.waveform_marks import Mark

__all__ = ["clip_facts", "clip_html"]

_LONGEST_PLAYER_S: Final = 300.0  # 5 minutes at 24 kHz put 19 MB into the notebook as WAV
_LONGEST_WAV_S: Final = 1.0  # past that MP3: an eighth of its size, made in 25 ms a second
_MP3_RATE: Final = 24_000
_MP3_KBPS: Final = 48  # a notebook grows by 8 kB a second as base64


def clip_html(clip: AudioClip, caption: str, marks: Iterable[Mark] = ()) -> str:
    """Return a clip's waveform, a player of its sound, and a caption.

    Parameters
    ----------
    clip
        Any clip.
    caption
        A few words for people, escaped here.
    marks
        Spans under the waveform; see `waveform_svg`.
    """
    mp3 = clip.duration_s > _LONGEST_WAV_S and "mp3" in encoders()
    return player_html(
        lambda: _small(clip) if mp3 else clip.encode("wav"),
        caption,
        too_long=clip.duration_s > _LONGEST_PLAYER_S,
        file="clip.wav",
        form="mp3" if mp3 else "wav",
        above=waveform_svg(clip, marks=marks) if len(clip) else "",
    )


def clip_facts(clip: AudioClip) -> str:
    """Return how long and how loud a clip is, in a few words."""
    peak = f"peak {clip.peak_dbfs:.1f} dBFS" if clip.samples.any() else "silence"
    return f"{clip.duration_s:.2f} s, {clip.rate} Hz, {peak}"


def _small(clip: AudioClip) -> bytes:
    return clip.resample(min(clip.rate, _MP3_RATE)).encode("mp3", bitrate_kbps=_MP3_KBPS)
