"""`AudioAnswer`: what a chat-completions model answered, as a value."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.answer_html import answer_html
from realtime_nb.protocol.audio_api.completion import RATE, STREAM_FORMAT
from realtime_nb.protocol.cost.prices import Price
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.audio.spool import PcmSpool

LONGEST_CLIP_S: Final = 600.0
"""Seconds of a streamed answer that its clip holds: 58 MB of samples. `save` writes all."""

_SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "wav": (".wav", ".wave"),
    "mp3": (".mp3",),
    "flac": (".flac",),
    "opus": (".opus", ".ogg"),
    "aac": (".aac",),
    "pcm16": (".pcm", ".raw"),
}


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A function of the notebook that the model called.

    Attributes
    ----------
    name, arguments
        What was called, and the JSON it was called with, as the model wrote it.
    output
        What was sent back.
    failed
        Whether it raised, or could not be called.
    """

    name: str
    arguments: str
    output: str
    failed: bool = False


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AudioAnswer:
    """What a model answered.

    Attributes
    ----------
    transcript
        What is said in the sound.
    content
        The text beside it, or instead of it.
    message
        The assistant's message as on the wire, without the sound: `clip` and `encoded` have it.
    usage
        What the service counted, of all requests it took; None where it told nothing.
    price
        What that costs, with the reason where that is not known.
    id, expires_at
        What the service calls the sound, and until when, in seconds since 1970.
    tool_calls
        Calls that nobody here has answered, in the wire's shape.
    runs
        The functions that were called and answered on the way.
    partial, problem
        Whether the end is missing, and what happened, in one line.
    refused
        Whether the model would not answer.
    model, voice, format
        Who answered, with which voice, and the format of `encoded`.
    practice
        Whether it was the practice server, which is no model.
    timings
        Milliseconds since it was asked: ``first_text``, ``first_sound``, ``whole``.
    spool
        The sound of a stream, 24 kHz; None where it came whole.
    data
        The sound as it came whole, a file in `format`.
    """

    transcript: str = ""
    content: str = ""
    message: dict[str, Any] = field(default_factory=dict[str, Any])
    usage: dict[str, Any] | None = None
    price: Price = field(default_factory=lambda: Price(None, reason="the service told no usage"))
    id: str | None = None
    expires_at: int | None = None
    tool_calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    runs: tuple[ToolRun, ...] = ()
    partial: bool = False
    problem: str = ""
    refused: bool = False
    model: str = ""
    voice: str = ""
    format: str = "wav"
    practice: bool = False
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    spool: PcmSpool | None = None
    data: bytes = b""

    @property
    def text(self) -> str:
        """What was answered: the transcript of the sound, or the text where there is none."""
        return self.transcript or self.content

    @property
    def cost(self) -> float | None:
        """What it cost in USD; None where that is not known: `price` has the reason."""
        return self.price.usd

    @property
    def seconds(self) -> float:
        """How long the sound is, in seconds; 0 where there is none that can be read here."""
        if self.spool is not None:
            return self.spool.duration_ms / 1000
        return self.clip.duration_ms / 1000 if self.clip is not None else 0.0

    @cached_property
    def clip(self) -> AudioClip | None:
        """The sound; None when none came, or nothing here can decode it.

        Of a stream longer than `LONGEST_CLIP_S` its beginning, which its caption says.
        """
        if self.spool is not None:
            return self.spool.clip(LONGEST_CLIP_S) if len(self.spool) > 1 else None
        if not self.data:
            return None
        if self.format == STREAM_FORMAT:
            return AudioClip.from_pcm16(self.data[: len(self.data) // 2 * 2], RATE)
        try:
            return AudioClip.read(self.data)
        except UsageError:
            return None

    def encoded(self, format: str | None = None) -> bytes:  # noqa: A002 -- the wire's own name
        """Return the sound as a file.

        Parameters
        ----------
        format
            As `AudioClip.encode` takes it; the answer's own when None.

        Raises
        ------
        UsageError
            When there is no sound, or no such format can be made here.
        """
        wanted = format or self.format
        if self.data and wanted == self.format:
            return self.data
        return self._sounding().encode(wanted)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the sound to a file, in the format that its suffix names, and return its path.

        Raises
        ------
        UsageError
            When there is no sound, or it cannot be written so.
        """
        target = Path(path).expanduser()
        if self.spool is not None and len(self.spool) > 1:
            return self.spool.save(target)
        if not self.data or target.suffix.lower() not in _SUFFIXES.get(self.format, ()):
            return self._sounding().save(target)
        try:
            with whole_file(target) as file:
                file.write(self.data)
        except OSError as error:
            reason = (error.strerror or str(error)).rstrip(".")
            raise UsageError(f"cannot write {os.fspath(target)!r}: {reason}.") from error
        return target

    def _sounding(self) -> AudioClip:
        if self.clip is None:
            raise UsageError(
                f"this is {self.format}, which nothing here decodes; save it as .{self.format}"
                if self.data
                else "this answer has no sound."
            )
        return self.clip

    def __repr__(self) -> str:
        sound = f"{self.seconds:.1f} s of {self.voice}" if self.seconds else "no sound"
        more = ", partial" if self.partial else ""
        return f"<AudioAnswer {shorten(self.text, 60)!r} ({sound}, {self.model}{more})>"

    def _repr_html_(self) -> str:
        return answer_html(self)
