"""What is said when: the words and segments of a transcript."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from realtime_nb.protocol.told import as_objects

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Word:
    """One word.

    Attributes
    ----------
    text
        The word; most services leave its punctuation out.
    start_s, end_s
        When, in seconds of the recording.
    speaker
        Who says it; ``""`` where speakers are not told apart.
    """

    text: str
    start_s: float
    end_s: float
    speaker: str = ""

    def shifted(self, by_s: float) -> Word:
        """Return it so many seconds later."""
        return replace(self, start_s=self.start_s + by_s, end_s=self.end_s + by_s)

    def as_dict(self) -> dict[str, Any]:
        """Return it as the wire has it."""
        return {"word": self.text, "start": self.start_s, "end": self.end_s}


@dataclass(frozen=True, slots=True)
class Segment:
    """A phrase, or what one speaker says in a row.

    Attributes
    ----------
    text
        What is said.
    start_s, end_s
        When, in seconds of the recording.
    speaker
        Who says it; ``""`` where speakers are not told apart.
    facts
        What else the service told of it, such as ``no_speech_prob``, as on the wire.
    """

    text: str
    start_s: float
    end_s: float
    speaker: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)

    def shifted(self, by_s: float) -> Segment:
        """Return it so many seconds later."""
        return replace(self, start_s=self.start_s + by_s, end_s=self.end_s + by_s)

    def as_dict(self) -> dict[str, Any]:
        """Return it as the wire has it."""
        told = {"text": self.text, "start": self.start_s, "end": self.end_s}
        return {**self.facts, **told, **({"speaker": self.speaker} if self.speaker else {})}


_OWN_FIELDS = frozenset({"text", "start", "end", "speaker"})


def read_words(value: Any) -> tuple[Word, ...]:
    """Return the words of a wire's list, in order; what is no word is left out."""
    found: list[Word] = []
    for told in as_objects(value):
        text = told.get("word")
        span = _span(told)
        if isinstance(text, str) and span is not None:
            found.append(Word(text.strip(), *span))
    return tuple(sorted(found, key=lambda word: word.start_s))


def read_segments(value: Any) -> tuple[Segment, ...]:
    """Return the segments of a wire's list, in order; what is no segment is left out."""
    found = (read_segment(told) for told in as_objects(value))
    told = [one for one in found if one is not None]
    return tuple(sorted(told, key=lambda segment: segment.start_s))


def read_segment(told: Mapping[str, Any]) -> Segment | None:
    """Return one segment of the wire; None for what has no text or no times."""
    text, speaker, span = told.get("text"), told.get("speaker"), _span(told)
    if not isinstance(text, str) or span is None:
        return None
    facts = {name: fact for name, fact in told.items() if name not in _OWN_FIELDS}
    return Segment(text.strip(), *span, speaker if isinstance(speaker, str) else "", facts)


def read_seconds(value: Any) -> float | None:
    """Return a time or length in seconds; None for what is none."""
    if isinstance(value, str):
        # Some services write a duration as a string.
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return max(0.0, float(value))


def _span(told: Mapping[str, Any]) -> tuple[float, float] | None:
    start, end = read_seconds(told.get("start")), read_seconds(told.get("end"))
    if start is None:
        return None
    return start, max(start, end if end is not None else start)
