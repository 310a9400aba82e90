"""`Speech`: a text that was read aloud, as a value."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.answer_html import told_price
from realtime_nb.protocol.cost.prices import Price
from realtime_nb.protocol.shown_text import escaped, visible
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.audio.spool import PcmSpool

SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "mp3": (".mp3",),
    "opus": (".opus", ".ogg"),
    "aac": (".aac",),
    "flac": (".flac",),
    "wav": (".wav", ".wave"),
    "pcm": (".pcm", ".raw"),
}
"""How a file of each format is called."""

PCM_RATE: Final = 24_000
"""Hz of a service's PCM."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Speech:
    """A text that was read aloud.

    Attributes
    ----------
    text
        What was read.
    sound
        The file, as `format` has it; empty when the stream broke before anything could be
        made of it.
    format
        ``mp3``, ``opus``, ``aac``, ``flac``, ``wav`` or ``pcm`` (24 kHz, little-endian 16 bit,
        one channel, no header).
    voice, model
        Who read it.
    spool
        The same sound where it came as samples; None where it has to be decoded.
    usage
        What the service counted, as on the wire; None where it told nothing.
    price
        What that costs, with the reason where that is not known.
    timings
        Milliseconds since the request: ``first_sound`` and ``whole``.
    parts
        Requests that it took; a long text is read in parts.
    partial, problem
        Whether the end is missing, and what happened then, in one line.
    practice
        Whether it is the practice server's voice, which is no model.
    """

    text: str
    sound: bytes
    format: str
    voice: str
    model: str
    spool: PcmSpool | None = None
    usage: Mapping[str, Any] | None = None
    price: Price = field(default_factory=lambda: Price(None, reason="the service told no usage"))
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    parts: int = 1
    partial: bool = False
    problem: str = ""
    practice: bool = False

    @property
    def cost(self) -> float | None:
        """What it cost in USD; None where that is not known: `price` has the reason."""
        return self.price.usd

    @cached_property
    def clip(self) -> AudioClip | None:
        """The sound as a clip, its first hour; None when nothing here can decode it."""
        if self.spool is not None:
            return self.spool.clip(caption=self._caption()) if len(self.spool) else None
        if not self.sound:
            return None
        if self.format == "pcm":
            whole = self.sound[: len(self.sound) // 2 * 2]
            return AudioClip.from_pcm16(whole, PCM_RATE, caption=self._caption())
        try:
            return AudioClip.read(self.sound, caption=self._caption())
        except UsageError:
            return None

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the sound to a file and return its path.

        A name of another format's has the sound converted. The file is whole or not there.

        Raises
        ------
        UsageError
            For a place that cannot be written, or a format that cannot be made here.
        """
        target = Path(path).expanduser()
        if target.suffix.lower() not in SUFFIXES.get(self.format, ()):
            if self.spool is not None:
                return self.spool.save(target)
            if self.clip is None:
                raise UsageError(
                    f"this is {self.format}, which nothing here decodes: write "
                    f"save({os.fspath(target.with_suffix('.' + self.format))!r})."
                )
            return self.clip.save(target)
        try:
            with whole_file(target) as file:
                file.write(self.sound)
        except OSError as error:
            reason = (error.strerror or str(error)).rstrip(".")
            raise UsageError(f"cannot write {os.fspath(target)!r}: {reason}.") from error
        return target

    def _caption(self) -> str:
        return visible(shorten(self.text, 80))

    def __repr__(self) -> str:
        more = ", partial" if self.partial else ""
        kept = f"{self.format}, {len(self.sound):,} bytes"
        return f"<Speech {shorten(self.text, 60)!r} ({self.voice} of {self.model}, {kept}{more})>"

    def _repr_html_(self) -> str:
        clip = self.clip
        if clip is not None:
            player = clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- what IPython itself calls
        elif self.sound:
            kept = f"{len(self.sound):,} bytes of {self.format}"
            player = f"<p>{escaped(kept, 80)}: .save(…) keeps them.</p>"
        else:
            player = "<p>No sound came.</p>"
        return f"<div>{player}<p><small>{escaped(self._facts(), 1_000)}</small></p></div>"

    def _facts(self) -> str:
        """Return what is known about it, in one line."""
        who = "local practice server, not a model" if self.practice else self.model
        facts = [f"{self.voice} · {who}", self.format]
        if "first_sound" in self.timings:
            facts.append(f"first sound after {self.timings['first_sound']:,.0f} ms")
        if self.parts > 1:
            facts.append(f"{self.parts} parts")
        facts.append(told_price(self.price))
        if self.partial:
            facts.append(f"partial: {self.problem}")
        return " · ".join(fact for fact in facts if fact)
