"""The transcript of a recording that was sent in parts: one after the other, times shifted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from realtime_nb.protocol.audio_api.transcript import Transcript
from realtime_nb.protocol.audio_api.word_cues import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from realtime_nb.protocol.audio_api.transcript_times import Segment


def join_transcripts(
    parts: Sequence[tuple[float, Transcript]], known: Collection[str] = ()
) -> Transcript:
    """Return the transcript of the whole.

    Parameters
    ----------
    parts
        For each, where it begins in seconds, and its transcript.
    known
        Names of speakers that are the same in all parts. A label of the service's own, such
        as ``A``, is another speaker's in each, and is told apart: ``A (part 2)``.
    """
    if len(parts) == 1 and not parts[0][0]:
        return parts[0][1]
    heard = [transcript for _, transcript in parts]
    last = heard[-1] if heard else Transcript()
    languages = dict.fromkeys(code for one in heard for code in one.languages)
    spoken = {one.language for one in heard if one.language}
    return Transcript(
        text=joined([one.text for one in heard if one.text]),
        language=spoken.pop() if len(spoken) == 1 else "",
        languages=tuple(languages),
        segments=tuple(
            named
            for number, (start_s, one) in enumerate(parts, 1)
            for named in _named(one.segments, start_s, number, known)
        ),
        words=tuple(word.shifted(start_s) for start_s, one in parts for word in one.words),
        logprobs=tuple(told for one in heard for told in one.logprobs),
        usage=sum_usage([one.usage for one in heard]),
        partial=last.partial,
        problem=last.problem,
    )


def _named(
    segments: Iterable[Segment], start_s: float, part: int, known: Collection[str]
) -> Iterable[Segment]:
    for segment in segments:
        speaker = segment.speaker
        if speaker and speaker not in known:
            speaker = f"{speaker} (part {part})"
        yield replace(segment.shifted(start_s), speaker=speaker)


def sum_usage(told: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """Return the sum of what was counted; None where any of it is not told."""
    if not told or any(one is None for one in told):
        return None
    total: dict[str, Any] = {}
    for one in told:
        _add(total, one or {})
    return total


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            inner = total.setdefault(name, {})
            if isinstance(inner, dict):
                _add(cast("dict[str, Any]", inner), cast("dict[str, Any]", value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            held = total.get(name, 0)
            total[name] = held + value if isinstance(held, int | float) else value
        else:
            total.setdefault(name, value)
