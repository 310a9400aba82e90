"""Subtitles of a transcript, as SubRip and as WebVTT.

A cue is at most two lines of 42 characters and seven seconds long where the times of words
are known; a segment without them stays one cue, since nobody knows when its middle is said.
Cues follow each other in time, none is empty, and those of one speaker do not overlap.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.word_cues import LINE, cues_of_words, fit
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_nb.protocol.audio_api.transcript import Transcript

_SHORTEST_S: Final = 0.001
# Controls end lines where none should; what follows a mark of direction is turned around.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_ARROW: Final = re.compile(r"--+>")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are shown at a time.

    Attributes
    ----------
    start_s, end_s
        When, in seconds.
    text
        The words, in one line.
    speaker
        Who says them; ``""`` where that is not known.
    """

    start_s: float
    end_s: float
    text: str
    speaker: str = ""


def cues_of(transcript: Transcript) -> list[Cue]:
    """Return the cues of a transcript, in order; none where nothing was said.

    Raises
    ------
    UsageError
        When it has words but no times.
    """
    if transcript.words:
        text = " ".join(one.text for one in transcript.segments) or transcript.text
        made = (
            Cue(start_s, end_s, said, speaker)
            for start_s, end_s, said, speaker in cues_of_words(transcript.words, text)
        )
    elif transcript.segments:
        made = (Cue(one.start_s, one.end_s, one.text, one.speaker) for one in transcript.segments)
    elif transcript.text.strip():
        raise UsageError(
            "this transcript has no times to make subtitles of: ask for them with "
            "segments=True or words=True (whisper-1), or diarize=True."
        )
    else:
        return []
    return _in_order(made)


def _in_order(cues: Iterable[Cue]) -> list[Cue]:
    tidy = (
        replace(cue, text=_line(cue.text), speaker=_line(cue.speaker), end_s=_end(cue))
        for cue in cues
    )
    ordered = sorted((cue for cue in tidy if cue.text), key=lambda cue: cue.start_s)
    for index, (cue, after) in enumerate(itertools.pairwise(ordered)):
        overlaps = cue.speaker == after.speaker and cue.end_s > after.start_s
        if overlaps and after.start_s - cue.start_s >= _SHORTEST_S:
            ordered[index] = replace(cue, end_s=after.start_s)
    return ordered


def _end(cue: Cue) -> float:
    return max(cue.end_s, cue.start_s + _SHORTEST_S)


def _line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", whole_text(text)).split())


def srt(cues: Sequence[Cue]) -> str:
    """Return cues as SubRip; ``""`` for none.

    A speaker stands before the words. The format knows no escapes: an arrow in the words,
    which would begin a time, is written as ``→``.
    """
    blocks = (
        f"{number}\n{_clock(cue.start_s, ',')} --> {_clock(cue.end_s, ',')}\n"
        f"{_ARROW.sub('→', _lines(_spoken(cue)))}\n"
        for number, cue in enumerate(cues, 1)
    )
    return "\n".join(blocks)


def vtt(cues: Sequence[Cue]) -> str:
    """Return cues as WebVTT: a speaker is a voice span, ``&``, ``<`` and ``>`` are escaped."""
    blocks = (
        f"{_clock(cue.start_s, '.')} --> {_clock(cue.end_s, '.')}\n{_voiced(cue)}\n" for cue in cues
    )
    return "\n".join(("WEBVTT\n", *blocks))


def _spoken(cue: Cue) -> str:
    return f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text


def _voiced(cue: Cue) -> str:
    # Wrapped before it is escaped, as people will see it.
    lines = _escaped(_lines(cue.text))
    return f"<v {_escaped(cue.speaker)}>{lines}</v>" if cue.speaker else lines


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(text: str) -> str:
    return "\n".join(fit(text) or textwrap.wrap(text, LINE))


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
