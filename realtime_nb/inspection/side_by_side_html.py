"""How the same recording, heard by several, is shown: the waits as bars, a table, the timelines."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.inspection.timeline.svg import as_image, clean
from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.inspection.side_by_side import Side

COLUMNS: Final[Mapping[str, str]] = {
    "name": "which conversation",
    "model": "what answered",
    "practice": "whether that was the practice server, which is no model",
    "heard": "what it heard",
    "answered": "what it answered",
    "vad_ms": "end of speech in the sound → decision that the turn is over, ms",
    "transcript_ms": "that decision → transcript, ms; of a chain, which waits for it",
    "first_token_ms": "that decision → first word, ms; of a chain, which waits for it",
    "first_sound_ms": "end of speech → first sound of the answer at the socket, ms",
    "audio_ms": "sound of the answer, ms",
    "usd": "cost in USD; missing where a part of it is not known",
    "events": "events of the protocol that it took",
    "problem": "what went wrong, in one line",
}
"""What stands in each column of `SideBySide.df`."""

_LONGEST: Final = 2_000
_CELL: Final = "text-align: left; vertical-align: top; padding: 2px 12px 2px 0"
_WORDS: Final = f"{_CELL}; overflow-wrap: anywhere; min-width: 8em"
_NAME: Final = "white-space: nowrap"

# Until when, in ms from the end of speech; what it is; its colour, as in a timeline's bars.
_WAITS: Final = (
    ("vad", "silence that ends the turn", "#1b7fb5"),
    ("transcript", "→ transcript", "#9a8a10"),
    ("token", "→ first word", "#6a4fd6"),
    ("sound", "→ first sound", "#b067b8"),
)
_WIDTH: Final = 960
_ROW: Final = 24
_LABEL: Final = 132
_AFTER: Final = 84
_NAME_LENGTH: Final = 18


def ms(value: float | None) -> str:
    """Return a time for people; ``none`` for none."""
    return "none" if value is None else f"{value:,.0f} ms"


def side_by_side_html(clip: AudioClip, sides: Sequence[Side]) -> str:
    """Return what a cell shows; every word of others in it escaped."""
    heads = "".join(f'<th style="{_WORDS}">{_text(side.name)}</th>' for side in sides)
    rows = "".join(
        f'<tr><th style="{_CELL}; {_NAME}" title="{html.escape(COLUMNS[name])}">{name}</th>'
        f"{cells}</tr>"
        for name in COLUMNS
        if name not in ("name", "practice") and (cells := _cells(sides, name))
    )
    players = "".join(f'<td style="{_CELL}">{_player(side.audio)}</td>' for side in sides)
    pictures = "".join(
        f"<div><strong>{_text(side.name)}</strong></div>"
        + as_image(side.picture, f"Timeline of {side.name}")
        for side in sides
        if side.picture
    )
    waits = draw_waits(sides)
    return (
        f"<div><small>The recording:</small> {_player(clip)}</div>"
        + (as_image(waits, _told(sides)) if waits else "")
        + f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}"
        f"<tr><th></th>{players}</tr></tbody></table>{pictures}"
    )


def draw_waits(sides: Sequence[Side]) -> str:
    """Return how long each lets one wait, from the end of speech, as an SVG element.

    A bar for each, on one scale; ``""`` where nobody answered with sound.
    """
    longest_ms = max((side.times["first_sound_ms"] or 0.0 for side in sides), default=0.0)
    if longest_ms <= 0:
        return ""
    per_ms = (_WIDTH - _LABEL - _AFTER) / longest_ms
    height = (len(sides) + 2) * _ROW
    bars = "".join(
        "".join(_bar(side, 36 + number * _ROW, per_ms)) for number, side in enumerate(sides)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="100%" '
        'font-family="system-ui, sans-serif" font-size="12" fill="currentColor">'
        '<text x="0" y="12" font-weight="600">From the end of speech to the first sound</text>'
        f"{_legend()}{bars}</svg>"
    )


def _bar(side: Side, y: int, per_ms: float) -> Iterator[str]:
    name = side.name if len(side.name) <= _NAME_LENGTH else side.name[: _NAME_LENGTH - 1] + "…"
    yield f'<text x="0" y="{y + 13}">{clean(name)}</text>'
    whole_ms = side.times["first_sound_ms"]
    if whole_ms is None:
        yield f'<text x="{_LABEL}" y="{y + 13}">no sound</text>'
        return
    at_ms = 0.0
    for words, colour, until_ms in _ways(side.times):
        x, width = _LABEL + at_ms * per_ms, (until_ms - at_ms) * per_ms
        yield (
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="17" fill="{colour}">'
            f"<title>{words}: {ms(until_ms - at_ms)}</title></rect>"
        )
        at_ms = until_ms
    x = _LABEL + whole_ms * per_ms + 6
    yield f'<text x="{x:.1f}" y="{y + 13}" font-weight="600">{ms(whole_ms)}</text>'


def _ways(times: Mapping[str, float | None]) -> Iterator[tuple[str, str, float]]:
    """Yield what is waited for, its colour and until when; each after the one before it."""
    whole_ms = times["first_sound_ms"] or 0.0
    decided_ms = times["vad_ms"] or 0.0
    asked = (times["transcript_ms"], times["first_token_ms"])
    ends = (
        times["vad_ms"],
        *(None if one is None else decided_ms + one for one in asked),
        whole_ms,
    )
    at_ms = 0.0
    for (_, words, colour), end_ms in zip(_WAITS, ends, strict=True):
        if end_ms is not None and at_ms < min(end_ms, whole_ms):
            at_ms = min(end_ms, whole_ms)
            yield words, colour, at_ms


def _legend() -> str:
    parts: list[str] = []
    x = 290
    for _, words, colour in _WAITS:
        parts.append(f'<rect x="{x}" y="3" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 15}" y="12">{words}</text>')
        x += 32 + round(6.6 * len(words))
    return "".join(parts)


def _told(sides: Sequence[Side]) -> str:
    """Return the bars in words."""
    told = ", ".join(f"{side.name} {ms(side.times['first_sound_ms'])}" for side in sides)
    return f"From the end of speech to the first sound: {told}"


def _cells(sides: Sequence[Side], name: str) -> str:
    """Return the cells of a row; nothing where no side has any."""
    values = [side.row.get(name) for side in sides]
    if all(value is None or value == "" for value in values):
        return ""
    if name == "model":
        values = [f"{side.model} (not a model)" if side.practice else side.model for side in sides]
    if name == "usd":
        values = [str(side.total) for side in sides]
    return "".join(f'<td style="{_WORDS}">{_shown(name, value)}</td>' for value in values)


def _player(clip: AudioClip | None) -> str:
    if clip is None:
        return ""
    return clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- what IPython itself calls


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("_ms"):
        return ms(value)
    return _text(str(value))


def _text(text: str) -> str:
    return escaped(text, _LONGEST)
