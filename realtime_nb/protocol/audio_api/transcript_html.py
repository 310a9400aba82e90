"""A transcript in a notebook's cell: its words, its recording, and what is said when.

What is said is the service's text, and anybody's: it is escaped, and of hours the first rows
are shown and the rest counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.audio.clip_html import clip_html
from realtime_nb.audio.waveform_marks import colour_of
from realtime_nb.protocol.audio_api.answer_html import told_price
from realtime_nb.protocol.shown_text import clipped, clock, escaped, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.audio.waveform_marks import Mark
    from realtime_nb.protocol.audio_api.transcript import Transcript
    from realtime_nb.protocol.audio_api.transcript_times import Segment, Word

SHOWN_ROWS: Final = 120
"""Segments, or else words, that a cell lists."""

LONGEST_TEXT: Final = 8_000
"""Characters of the text that a cell shows."""

LONGEST_ROW: Final = 600

_MOST_MARKS: Final = 20_000
_LONGEST_MARK: Final = 200


def transcript_html(transcript: Transcript) -> str:
    """Return a transcript as HTML."""
    body = [_text(transcript)]
    clip = transcript.clip
    if clip is not None:
        seconds = f"{clip.duration_ms / 1000:,.2f} s"
        body.append(clip_html(clip, seconds, marks(transcript)))
    if transcript.speakers:
        body.append(_legend(transcript.speakers))
    rows = transcript.segments or transcript.words
    if rows:
        table = _table(rows, transcript.speakers)
        # Bare words stand under the waveform; as rows they are long and say little more.
        summary = f"<summary>{len(rows):,} words and their times</summary>"
        body.append(table if transcript.segments else f"<details>{summary}{table}</details>")
    body.append(f"<p><small>{escaped(facts(transcript), 1_000)}</small></p>")
    return f"<div>{''.join(body)}</div>"


def marks(transcript: Transcript) -> list[Mark]:
    """Return what is said as spans under its waveform: words, else segments by speaker."""
    numbers = {name: number for number, name in enumerate(transcript.speakers)}
    return [
        (
            one.start_s,
            one.end_s,
            visible(clipped(one.text, _LONGEST_MARK)),
            numbers.get(one.speaker, 0),
        )
        for one in (transcript.words or transcript.segments)[:_MOST_MARKS]
    ]


def _text(transcript: Transcript) -> str:
    if not transcript.text.strip():
        return "<p><em>Nothing was said.</em></p>" if not transcript.partial else ""
    return f'<p style="white-space: pre-wrap">{escaped(transcript.text, LONGEST_TEXT)}</p>'


def facts(transcript: Transcript) -> str:
    """Return what is known about a transcript in one line, unescaped."""
    who = "local practice server, not a model" if transcript.practice else transcript.model
    told = [who]
    if transcript.task == "translate":
        told.append("not translated" if transcript.practice else "translated into English")
    told.append(", ".join(transcript.languages) or transcript.language)
    if transcript.duration_s is not None:
        told.append(f"{transcript.duration_s:,.1f} s")
    told.append(told_price(transcript.price))
    if transcript.partial:
        told.append(f"partial: {transcript.problem}")
    return " · ".join(one for one in told if one)


def _legend(speakers: Sequence[str]) -> str:
    shown = "".join(
        f'<span style="margin-right: 1em">{_swatch(number)} {escaped(name, 80)}</span>'
        for number, name in enumerate(speakers[:SHOWN_ROWS])
    )
    return f"<p>{shown}</p>"


def _swatch(number: int) -> str:
    colour = colour_of(number)
    style = "display: inline-block; width: 0.8em; height: 0.8em; border-radius: 2px"
    return f'<span style="{style}; background: {colour}"></span>'


def _table(rows: Sequence[Segment | Word], speakers: Sequence[str]) -> str:
    numbers = {name: number for number, name in enumerate(speakers)}
    heads = ("Time", *(("Speaker",) if speakers else ()), "Words")
    head = "".join(f'<th style="text-align: left">{name}</th>' for name in heads)
    body = "".join(_row(row, numbers) for row in rows[:SHOWN_ROWS])
    more = len(rows) - SHOWN_ROWS
    note = f"<p><small>{more:,} more; .df has them all</small></p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _row(row: Segment | Word, numbers: dict[str, int]) -> str:
    time = f"{clock(row.start_s * 1000)}–{clock(row.end_s * 1000)}"  # noqa: RUF001 -- a span
    cells = [f'<td style="white-space: nowrap">{time}</td>']
    if numbers:
        swatch = f"{_swatch(numbers[row.speaker])} " if row.speaker in numbers else ""
        cells.append(f'<td style="text-align: left">{swatch}{escaped(row.speaker, 80)}</td>')
    cells.append(f'<td style="text-align: left">{escaped(row.text, LONGEST_ROW)}</td>')
    return f"<tr>{''.join(cells)}</tr>"
