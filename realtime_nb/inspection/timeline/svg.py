"""A timeline as one SVG element: no script, no style sheet, nothing loaded, all text escaped.

Colours are attributes in middle tones and words take the page's own colour, so that it can be
read on light and dark; a sanitiser that takes styles away takes nothing of it.
"""

from __future__ import annotations

import base64
import html
import math
import re
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.restored.text import span
from realtime_nb.protocol.shown_text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from realtime_nb.inspection.timeline.marks import Kind, Mark, Side, Turn
    from realtime_nb.inspection.timeline.view import Region, Timeline

KINDS: Final[dict[Kind, tuple[str, str]]] = {
    "speech_started": ("speech started", "#2e9e5b"),
    "speech_stopped": ("speech stopped", "#1b7fb5"),
    "committed": ("committed", "#9a8a10"),
    "typed": ("sent", "#2e9e5b"),
    "response_created": ("response created", "#6a4fd6"),
    "first_delta": ("first delta", "#b067b8"),
    "audible": ("first sample audible", "#d07a1e"),
    "tool_call": ("tool call", "#a07a2c"),
    "tool_output": ("tool output", "#a07a2c"),
    "barge_in": ("barge-in", "#d64545"),
    "truncated": ("truncated", "#d64545"),
    "silent": ("silent again", "#8c8c8c"),
    "response_done": ("response done", "#8c8c8c"),
    "error": ("error", "#d64545"),
    "lost": ("connection lost", "#d64545"),
    "restored": ("restored", "#2e9e5b"),
}
"""What each kind of mark is called, and its colour."""

STAGES: Final = (
    ("vad", "end of speech → VAD decision", "#1b7fb5"),
    ("commit", "→ committed", "#9a8a10"),
    ("create", "→ response.created", "#6a4fd6"),
    ("delta", "→ first delta", "#b067b8"),
    ("playback", "→ first sample audible", "#d07a1e"),
)
"""The legs of the way: name, words, colour. Neighbours differ for the colour-blind, too."""

CHAIN_STAGES: Final = (
    STAGES[0],
    ("transcript", "→ transcript", "#9a8a10"),
    ("token", "→ first word", "#6a4fd6"),
    ("delta", "→ first sound", "#b067b8"),
    STAGES[-1],
)
"""The same of a chain's turns: what takes their time is its legs."""

SIDES: Final[dict[Side, str]] = {"user": "#3a8f6a", "assistant": "#4a7fc1"}

_IMAGE_STYLE: Final = "width: 100%; max-width: 960px"
IMAGE_INK: Final = "#797979"
"""Of words in an image: as far from a white page as from a dark one."""

_AWAY: Final = "#8c8c8c"
_CHAR: Final = 6.2  # pixels, of the font that is asked for
_WIDTH: Final = 960
_LANE: Final = 72
_TOP: Final = 26
_ROW: Final = 16
_SHOWN_MARKS: Final = 600
_SHOWN_TURNS: Final = 12
_SHOWN_REGIONS: Final = 300
_OF_MINUTES: Final = 50_000
_NAME: Final = 92
# Besides what XML forbids: marks that would turn the direction of what follows.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """Return text with a sign for each control, direction mark and lone surrogate in it."""
    return _UNSEEN.sub("�", text)


def clean(text: str) -> str:
    """Return text for markup: `visible`, and escaped."""
    return html.escape(visible(text))


def as_image(svg: str, alt: str, *, style: str = "") -> str:
    """Return an SVG element as an image, which pages keep that take inline SVG away.

    An image cannot know the page's colours: it has no ground, and words in `IMAGE_INK`.

    Parameters
    ----------
    svg
        The element.
    alt
        What it shows, in words; escaped here.
    style
        CSS beside what every such image has.
    """
    inked = svg.replace("<svg ", f'<svg color="{IMAGE_INK}" ', 1)
    picture = base64.b64encode(inked.encode()).decode("ascii")
    whole = f"{_IMAGE_STYLE}; {style}" if style else _IMAGE_STYLE
    return f'<img alt="{clean(alt)}" style="{whole}" src="data:image/svg+xml;base64,{picture}">'


def draw_timeline(line: Timeline, from_ms: float, to_ms: float, *, least_ms: float = 0.0) -> str:
    """Return the SVG element of a stretch of a timeline; see `Timeline.svg`.

    The bars of the turns are at least `least_ms` wide: what stands beside it has that scale.
    """
    marks = [mark for mark in line.marks if from_ms <= mark.t_ms <= to_ms]
    shown = _rarest(marks)
    kinds = {mark.kind for mark in shown}
    legend: list[Kind] = [kind for kind in KINDS if kind in kinds]
    turns = [turn for turn in line.turns if _within(turn, from_ms, to_ms)][-_SHOWN_TURNS:]
    scale = _Scale(from_ms, to_ms)
    axis_y = _TOP + 2 * _LANE
    body = [
        *_aways(line, scale),
        *_lanes(line, scale),
        *_marks(shown, scale),
        *_axis(scale, axis_y),
    ]
    y = axis_y + 36
    body += _legend(legend, y)
    y += _ROW * math.ceil(len(legend) / 5) + 8
    body += _waterfall(turns, y, least_ms)
    height = y + ((len(turns) + 2) * _ROW + 6 if turns else 0)
    note = f", {len(marks) - len(shown)} marks left out" if len(marks) > len(shown) else ""
    title = clean(f"Timeline of {line.name}: {_span(line, from_ms, to_ms)}{note}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="100%" '
        # Between dollars JupyterLab would see mathematics.
        f'role="img" class="mathjax_ignore tex2jax_ignore" aria-label="{title}" '
        f'font-family="system-ui, sans-serif" font-size="11" '
        f'fill="currentColor"><title>{title}</title>'
        f'<text x="0" y="12" font-weight="600">{title}</text>{"".join(body)}</svg>'
    )


class _Scale:
    def __init__(self, from_ms: float, to_ms: float) -> None:
        self.from_ms, self.to_ms = from_ms, to_ms
        self._per_ms = _WIDTH / (to_ms - from_ms)

    def x(self, t_ms: float) -> float:
        return round(min(max((t_ms - self.from_ms) * self._per_ms, 0.0), _WIDTH), 1)


def _lanes(line: Timeline, scale: _Scale) -> Iterator[str]:
    for number, (side, colour) in enumerate(SIDES.items()):
        top = _TOP + number * _LANE
        middle = top + _LANE / 2
        yield f'<g><text x="2" y="{top + 11}">{side}</text>'
        for region in _longest(line, side, scale):
            x = scale.x(region.start_ms)
            width = max(1.0, scale.x(region.end_ms) - x)
            yield (
                f'<rect x="{x}" y="{top + 2}" width="{width:.1f}" height="{_LANE - 4}" rx="2" '
                f'fill="{colour}" fill-opacity="0.12"><title>{clean(region.text)}</title></rect>'
            )
        half = _LANE / 2 - 4
        pairs = line.peaks.columns(side, scale.from_ms, scale.to_ms, _WIDTH)
        path = "".join(
            f"M{x} {middle - high * half / 32768:.1f}V{middle - low * half / 32768 + 0.6:.1f}"
            for x, (low, high) in enumerate(pairs.tolist())
            if low or high
        )
        yield (
            f'<line x1="0" x2="{_WIDTH}" y1="{middle}" y2="{middle}" stroke="{colour}" '
            f'stroke-opacity="0.4"/><path d="{path}" stroke="{colour}" fill="none"/></g>'
        )


def _aways(line: Timeline, scale: _Scale) -> Iterator[str]:
    """Yield the stretches without a session: grey over both lanes, named where there is room."""
    for away, (start_ms, end_ms) in zip(line.aways, line.away_spans, strict=True):
        if end_ms < scale.from_ms or start_ms > scale.to_ms:
            continue
        x = scale.x(start_ms)
        width = max(1.0, scale.x(end_ms) - x)
        yield (
            f'<g><title>{clean(away.text)}</title><rect x="{x}" y="{_TOP}" width="{width:.1f}" '
            f'height="{2 * _LANE}" fill="{_AWAY}" fill-opacity="0.25"/>'
        )
        words = away_text(end_ms - start_ms)
        if width > _CHAR * len(words):
            yield (
                f'<text x="{x + width / 2:.1f}" y="{_TOP + _LANE + 4}" text-anchor="middle">'
                f"{words}</text>"
            )
        yield "</g>"


def away_text(ms: float) -> str:
    """Return what is written over a stretch of so many ms without a session."""
    return f"no session, {span(ms)}"


def _longest(line: Timeline, side: Side, scale: _Scale) -> list[Region]:
    """Return one side's regions in view, of too many the longest."""
    shown = [
        region
        for region in line.regions
        if region.side == side and region.end_ms > scale.from_ms and region.start_ms < scale.to_ms
    ]
    return nlargest(_SHOWN_REGIONS, shown, key=lambda region: region.end_ms - region.start_ms)


def _marks(marks: list[Mark], scale: _Scale) -> Iterator[str]:
    for mark in marks:
        name, colour = KINDS[mark.kind]
        x = scale.x(mark.t_ms)
        y = _TOP + (0 if mark.side == "user" else _LANE)
        label = f"{name}: {mark.label}" if mark.label else name
        yield (
            f'<g stroke="{colour}"><line x1="{x}" x2="{x}" y1="{y}" y2="{y + _LANE}" '
            f'stroke-width="1.4"/><circle cx="{x}" cy="{y + 4}" r="2.6" fill="{colour}"/>'
            f"<title>{clean(label)} at {_seconds(mark.t_ms)} (event {mark.seq})</title></g>"
        )


def _axis(scale: _Scale, y: int) -> Iterator[str]:
    step = nice_step((scale.to_ms - scale.from_ms) / 8)
    first = math.ceil(scale.from_ms / step) * step
    count = min(40, int((scale.to_ms - first) // step) + 1)
    for number in range(count):
        t_ms = first + number * step
        x = scale.x(t_ms)
        anchor = "start" if x < 20 else "end" if x > _WIDTH - 20 else "middle"  # noqa: PLR2004 -- the label's width
        yield (
            f'<line x1="{x}" x2="{x}" y1="{y}" y2="{y + 5}" stroke="currentColor" '
            f'stroke-opacity="0.5"/><text x="{x}" y="{y + 17}" text-anchor="{anchor}">'
            f"{_seconds(t_ms)}</text>"
        )


def _legend(kinds: list[Kind], y: int) -> Iterator[str]:
    for number, kind in enumerate(kinds):
        name, colour = KINDS[kind]
        x, row = (number % 5) * _WIDTH // 5, y + (number // 5) * _ROW
        yield f'<circle cx="{x + 5}" cy="{row - 4}" r="3.5" fill="{colour}"/>'
        yield f'<text x="{x + 13}" y="{row}">{name}</text>'


def _waterfall(turns: list[Turn], y: int, least_ms: float) -> Iterator[str]:
    if not turns:
        return
    x = _NAME
    for _, words, colour in stages_shown(turns):
        yield f'<rect x="{x}" y="{y}" width="9" height="9" fill="{colour}"/>'
        yield f'<text x="{x + 13}" y="{y + 9}">{words}</text>'
        x += 24 + round(_CHAR * len(words))
    ways = [(turn, stages_of(turn)) for turn in turns]
    ends = [end for _, legs in ways for _, _, end, _ in legs]
    longest = max([least_ms, *ends]) or 1.0
    width = _WIDTH - _NAME - 76
    for number, (turn, legs) in enumerate(ways):
        row = y + (number + 1) * _ROW + 4
        yield f'<text x="0" y="{row + 10}">turn {turn.number} ({turn.kind})</text>'
        for words, start, end, colour in legs:
            at, long = _NAME + start / longest * width, max(0.5, (end - start) / longest * width)
            yield (
                f'<rect x="{at:.1f}" y="{row}" width="{long:.1f}" height="12" fill="{colour}">'
                f"<title>{words}: {end - start:.0f} ms</title></rect>"
            )
        if legs:
            at = _NAME + legs[-1][2] / longest * width
            yield f'<text x="{at + 5:.1f}" y="{row + 10}">{legs[-1][2]:.0f} ms</text>'


def stages_shown(turns: Iterable[Turn]) -> tuple[tuple[str, str, str], ...]:
    """Return what the bars of turns are made of."""
    return CHAIN_STAGES if any(_chained(turn) for turn in turns) else STAGES


def _chained(turn: Turn) -> bool:
    return turn.transcript_ms is not None or turn.token_ms is not None


def stages_of(turn: Turn) -> list[tuple[str, float, float, str]]:
    """Return the legs of a turn's way: words, from and to in ms after its begin, colour.

    What is not known joins the leg after it.
    """
    begin = turn.begin_ms
    if begin is None:
        return []
    chained = _chained(turn)
    ends = (
        turn.decided_ms,
        turn.transcript_ms if chained else turn.committed_ms,
        turn.token_ms if chained else turn.created_ms,
        turn.delta_ms,
        turn.audible_ms,
    )
    stages = CHAIN_STAGES if chained else STAGES
    legs: list[tuple[str, float, float, str]] = []
    at = 0.0
    for (_, words, colour), end in zip(stages, ends, strict=True):
        if end is not None and end - begin > at:
            legs.append((words, at, end - begin, colour))
            at = end - begin
    return legs


def nice_step(least: float) -> float:
    """Return a round step of at least `least` ms, of minutes where it is so long."""
    if least > _OF_MINUTES:
        for minutes in (1, 2, 5, 10, 20, 30, 60):
            if 60_000 * minutes >= least * 0.999:
                return 60_000.0 * minutes
    power = 10.0 ** math.floor(math.log10(max(least, 1e-3)))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least * 0.999)


def _rarest(marks: list[Mark]) -> list[Mark]:
    """Return what is drawn: all, or of too many those of the rarest kinds."""
    if len(marks) <= _SHOWN_MARKS:
        return marks
    by_kind: dict[str, list[Mark]] = {}
    for mark in marks:
        by_kind.setdefault(mark.kind, []).append(mark)
    shown: list[Mark] = []
    for group in sorted(by_kind.values(), key=len):
        shown += group[: max(0, _SHOWN_MARKS - len(shown))]
    return sorted(shown, key=lambda mark: mark.t_ms)


def _span(line: Timeline, from_ms: float, to_ms: float) -> str:
    """Return in words what of it is drawn."""
    whole = len(line.turns)
    if from_ms <= 0 and to_ms >= line.duration_ms:
        return f"{_seconds(to_ms - from_ms)}, {plural(whole, 'turn')}"
    shown = sum(_within(turn, from_ms, to_ms) for turn in line.turns)
    turns = plural(whole, "turn") if shown == whole else f"{shown} of {plural(whole, 'turn')}"
    return f"{_seconds(from_ms)} to {_seconds(to_ms)}, {turns}"


def _within(turn: Turn, from_ms: float, to_ms: float) -> bool:
    return turn.begin_ms is not None and from_ms <= turn.begin_ms <= to_ms


def _seconds(ms: float) -> str:
    minutes, rest = divmod(ms / 1000, 60)
    return (
        f"{int(minutes)}:{rest:04.1f}" if minutes else f"{rest:.2f}".rstrip("0").rstrip(".") + " s"
    )
