"""`Transcript`: what a service heard in a recording, as a value.

It is made of whatever was asked for: words alone, or with their times, segments, speakers and
languages. It shows itself under its recording's waveform, becomes a frame, and is saved as
subtitles. What it holds is the service's text, and anybody's: whoever shows it escapes it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import orjson

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.subtitles import cues_of, srt, vtt
from realtime_nb.protocol.audio_api.transcript_html import transcript_html
from realtime_nb.protocol.cost.prices import Price
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from realtime_nb.protocol.audio_api.transcript_times import Segment, Word

Sound: TypeAlias = AudioClip | Path | bytes
Task: TypeAlias = Literal["transcribe", "translate"]

COLUMNS: Final[Mapping[str, str]] = {
    "start_s": "where it begins in the recording, in seconds",
    "end_s": "where it ends, in seconds",
    "speaker": "who speaks, where speakers were told apart",
    "text": "what is said",
}
"""The columns of `Transcript.df`, and what each is."""

_LARGE: Final = 16 << 20
_LONG_RATE: Final = 16_000

_UNTOLD: Final = "the service told no usage"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Transcript:
    """What a service heard in a recording.

    Attributes
    ----------
    text
        All that was said, or its translation.
    language
        The language as the service names it (``english`` or ``en``); ``""`` where it told
        none.
    languages
        Codes of all languages that it heard, where it told them.
    duration_s
        Length of the recording in seconds; None where nobody told it.
    segments, words
        Phrases and words with their times; empty where they were not asked for.
    logprobs
        How sure it was of each token, as on the wire, where that was asked for.
    usage
        What the service counted, as on the wire; None where it told nothing.
    price
        What that costs, with the reason where that is not known.
    model
        The model that wrote it down.
    task
        Whether it is what was said, or its translation into English.
    sound
        The recording: a clip, its file's path, or the file's bytes.
    partial, problem
        Whether the end is missing, and what happened then, in one line.
    practice
        Whether it is the practice server's, which is no model.
    timings
        Milliseconds since the request: ``first_text`` and ``whole``.
    """

    text: str = ""
    language: str = ""
    languages: tuple[str, ...] = ()
    duration_s: float | None = None
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()
    logprobs: tuple[Mapping[str, Any], ...] = ()
    usage: Mapping[str, Any] | None = None
    price: Price = field(default_factory=lambda: Price(None, reason=_UNTOLD))
    model: str = ""
    task: Task = "transcribe"
    sound: Sound | None = None
    partial: bool = False
    problem: str = ""
    practice: bool = False
    timings: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def cost(self) -> float | None:
        """What it cost in USD; None where that is not known: `price` has the reason."""
        return self.price.usd

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, each once, in the order in which they begin."""
        return tuple(dict.fromkeys(one.speaker for one in self.segments if one.speaker))

    @cached_property
    def clip(self) -> AudioClip | None:
        """The recording as a clip; None where there is none, or nothing here can decode it."""
        if self.sound is None or isinstance(self.sound, AudioClip):
            return self.sound
        size = len(self.sound) if isinstance(self.sound, bytes) else _size(self.sound)
        try:
            # Hours at their file's own rate are gigabytes.
            return AudioClip.read(self.sound, rate=_LONG_RATE if size > _LARGE else None)
        except UsageError:
            return None

    @property
    def df(self) -> pd.DataFrame:
        """A row for each word, else for each segment, else one for it all.

        See `COLUMNS`; times that nobody told are missing.
        """
        import pandas as pd  # noqa: PLC0415 -- it takes a third of a second to load

        rows: list[dict[str, Any]] = [
            {"start_s": one.start_s, "end_s": one.end_s, "speaker": one.speaker, "text": one.text}
            for one in self.words or self.segments
        ]
        if not rows and self.text:
            whole = {"start_s": None, "end_s": None, "speaker": "", "text": self.text}
            rows.append(whole)
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        return frame.astype({"start_s": "float64", "end_s": "float64", "speaker": "str"})  # pyright: ignore[reportUnknownMemberType] -- pandas

    def srt(self) -> str:
        """Return it as SubRip subtitles; ``""`` when nothing was said.

        Raises
        ------
        UsageError
            When it has words but no times.
        """
        return srt(cues_of(self))

    def vtt(self) -> str:
        """Return it as WebVTT subtitles, speakers as voices.

        Raises
        ------
        UsageError
            When it has words but no times.
        """
        return vtt(cues_of(self))

    def as_dict(self) -> dict[str, Any]:
        """Return what it holds, without the sound, as JSON has it."""
        return {
            "task": self.task,
            "model": self.model,
            "text": self.text,
            "language": self.language,
            "languages": list(self.languages),
            "duration": self.duration_s,
            "segments": [one.as_dict() for one in self.segments],
            "words": [one.as_dict() for one in self.words],
            "logprobs": [dict(one) for one in self.logprobs],
            "usage": None if self.usage is None else dict(self.usage),
            "cost_usd": self.cost,
            "partial": self.partial,
            "problem": self.problem,
        }

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file and return its path.

        The file is whole or not there.

        Parameters
        ----------
        path
            Ends in ``.txt``, ``.srt``, ``.vtt`` or ``.json``, which says what is written.

        Raises
        ------
        UsageError
            For another ending, a place that cannot be written, or subtitles without times.
        """
        target = Path(path).expanduser()
        match target.suffix.lower():
            case ".txt":
                data = f"{self.text}\n"
            case ".srt":
                data = self.srt()
            case ".vtt":
                data = self.vtt()
            case ".json":
                return _write(target, orjson.dumps(_whole(self.as_dict()), option=_INDENT))
            case other:
                raise UsageError(
                    f"a transcript is saved as .txt, .srt, .vtt or .json, not {other!r}: write "
                    f"save({os.fspath(target.with_suffix('.srt'))!r})."
                )
        return _write(target, whole_text(data).encode())

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        facts = [self.model or "no model"]
        if self.duration_s is not None:
            facts.append(f"{self.duration_s:.2f} s")
        if self.speakers:
            facts.append(f"{len(self.speakers)} speakers")
        if self.partial:
            facts.append("partial")
        return f"<Transcript {shorten(self.text, 80)!r} ({', '.join(facts)})>"

    def _repr_html_(self) -> str:
        return transcript_html(self)


_INDENT: Final = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _whole(value: Any) -> Any:
    """Return a value whose texts can be written, whatever halves of characters came."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, dict):
        return {whole_text(str(key)): _whole(one) for key, one in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, list):
        return [_whole(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _write(target: Path, data: bytes) -> Path:
    try:
        with whole_file(target) as file:
            file.write(data)
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise UsageError(f"cannot write {os.fspath(target)!r}: {reason}.") from error
    return target
