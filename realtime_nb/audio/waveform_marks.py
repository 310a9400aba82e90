"""Coloured spans under a waveform: words, turns, speakers."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["COLOURS", "LANE_PX", "Mark", "colour_of", "draw_marks", "place_marks"]

Mark: TypeAlias = tuple[float, float, str, int]
"""From and to in seconds, a text, and the number of a colour in `COLOURS` (it goes round)."""

COLOURS: Final = (
    *("#3f88c5", "#d9822b", "#2a9d74", "#b5599c"),
    *("#a6851c", "#56a5c9", "#c4553d", "#7d7d8c"),
)
"""Hues that the colour-blind can tell apart, of a lightness that reads on white and on black."""

LANE_PX: Final = 18
"""How high a lane of marks is."""

_MOST_LANES: Final = 4
_MOST_MARKS: Final = 100_000  # looked at; what is drawn is bounded by the pixels there are
_NARROW_PX: Final = 2.0  # what is narrower is drawn together with its neighbours
_TOUCHING_PX: Final = 1.05  # what is a moment long is drawn a pixel wide
_LETTER_PX: Final = 5.6
_LONGEST_TIP: Final = 160


@dataclass(frozen=True, slots=True)
class Placed:
    """A span where it is drawn.

    Attributes
    ----------
    x, end
        In px.
    lane
        From 0, the upmost.
    text
        As it came, untrusted.
    tip
        What the tooltip says of the time.
    colour
        A colour for SVG.
    count
        How many marks it stands for.
    """

    x: float
    end: float
    lane: int
    text: str
    tip: str
    colour: str
    count: int = 1


def colour_of(index: int) -> str:
    """Return the colour of a number; a legend's is that of the marks."""
    return COLOURS[index % len(COLOURS)]


def place_marks(
    marks: Iterable[Mark], duration_s: float, width: int
) -> tuple[int, Sequence[Placed]]:
    """Return how many lanes the marks need, and where each is drawn.

    Parameters
    ----------
    marks
        In any order; what lies outside the clip is cut, what is no time left out.
    duration_s
        Of the clip, in seconds.
    width
        Of the drawing, in px.
    """
    if duration_s <= 0:
        return 0, ()
    placed: list[Placed] = []
    last: list[int] = []  # the number in `placed` of each lane's last span
    for start_s, end_s, text, index in _in_order(marks, duration_s):
        x = min(start_s * width / duration_s, width - 1.0)
        end = max(end_s * width / duration_s, x + 1)
        tip = f"{start_s:.2f} to {end_s:.2f} s"
        one = Placed(x, end, len(last), text, tip, colour_of(index))
        lane = _free_lane(one, placed, last)
        if lane is None:
            last.append(len(placed))
            placed.append(one)
            continue
        before = placed[last[lane]]
        if _belong_together(before, one):
            placed[last[lane]] = _merged(before, one)
            continue
        last[lane] = len(placed)
        placed.append(replace(one, lane=lane))
    return len(last), placed


def _in_order(marks: Iterable[Mark], duration_s: float) -> list[Mark]:
    found: list[Mark] = []
    for number, (start_s, end_s, text, index) in enumerate(marks):
        if number == _MOST_MARKS:
            break
        if not (math.isfinite(start_s) and math.isfinite(end_s)) or start_s > duration_s:
            continue
        first = min(max(start_s, 0.0), duration_s)
        found.append((first, min(max(end_s, first), duration_s), text, index))
    return sorted(found, key=lambda mark: (mark[0], -mark[1]))


def _free_lane(one: Placed, placed: list[Placed], last: list[int]) -> int | None:
    """Return a lane with room; that of the same colour where there is one. None is a new one."""
    free = [
        lane
        for lane, number in enumerate(last)
        if placed[number].end <= one.x + _TOUCHING_PX
        # Narrow ones share a place with their neighbours, and need no lane of their own.
        or (one.end - placed[number].x < _NARROW_PX)
    ]
    alike = (lane for lane in free if placed[last[lane]].colour == one.colour)
    lane = next(alike, next(iter(free), None))
    if lane is None and len(last) == _MOST_LANES:
        return _MOST_LANES - 1
    return lane


def _belong_together(before: Placed, one: Placed) -> bool:
    narrow = one.end - one.x < _NARROW_PX and one.x - before.end < _NARROW_PX
    if one.x - before.x < _NARROW_PX:  # would cover each other
        return True
    return narrow and before.colour == one.colour and (before.count > 1 or _is_narrow(before))


def _is_narrow(placed: Placed) -> bool:
    return placed.end - placed.x < _NARROW_PX


def _merged(before: Placed, one: Placed) -> Placed:
    count = before.count + one.count
    tip = before.tip.partition(" to ")[0] + " to " + one.tip.rpartition(" to ")[2]
    return replace(before, end=max(before.end, one.end), text="", tip=tip, count=count)


def draw_marks(placed: Sequence[Placed], top: int) -> str:
    """Return SVG of the marks; `top` is where the first lane begins, in px."""
    return "".join(_draw(one, top + LANE_PX * one.lane) for one in placed)


def _draw(one: Placed, y: int) -> str:
    width = max(1.0, one.end - one.x - 0.5)  # half a pixel tells it from its neighbour
    text = _plain(one.text)
    shown = _fitting(text, int((width - 4) / _LETTER_PX))
    words = f"{one.count} marks" if one.count > 1 else _fitting(text, _LONGEST_TIP)
    label = (
        f'<text x="{one.x + 2:.1f}" y="{y + 12}" fill="currentColor">{html.escape(shown)}</text>'
        if shown
        else ""
    )
    tip = f"{words} ({one.tip})" if words else one.tip
    return (
        f"<g><title>{html.escape(tip)}</title>"
        f'<rect x="{one.x:.1f}" y="{y + 2}" width="{width:.1f}" height="{LANE_PX - 4}" rx="2" '
        f'fill="{one.colour}" fill-opacity=".3"/>'
        f'<rect x="{one.x:.1f}" y="{y + LANE_PX - 4}" width="{width:.1f}" height="2" '
        f'fill="{one.colour}"/>{label}</g>'
    )


def _fitting(text: str, letters: int) -> str:
    if len(text) <= letters:
        return text
    return text[: letters - 1].rstrip() + "…" if letters > 1 else ""


def _plain(text: str) -> str:
    """Return text without what is not seen: controls, marks of direction, half characters."""
    kept = (letter if letter.isprintable() else " " if letter.isspace() else "" for letter in text)
    return " ".join("".join(kept).split())
