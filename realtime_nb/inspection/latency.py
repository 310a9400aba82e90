"""Where each turn's milliseconds went: from the end of speech to the first audible sample."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.inspection.svg import plural
from realtime_nb.inspection.timeline_notes import notes_of
from realtime_nb.inspection.timeline_turns import read_story

if TYPE_CHECKING:
    import pandas as pd

    from realtime_nb.inspection.talk import Talk
    from realtime_nb.inspection.timeline_turns import Turn

STAGES: Final = ("vad_ms", "commit_ms", "create_ms", "delta_ms", "playback_ms")
"""The legs of the way, one after the other; see `Latency.df`."""

_COLUMNS: Final = (
    "turn",
    "item_id",
    "kind",
    "at_ms",
    *STAGES,
    "to_delta_ms",
    "total_ms",
    "answer_ms",
    "responses",
    "tools",
    "interrupted",
)
_SHOWN: Final = 40


def row_of(turn: Turn) -> dict[str, Any]:
    """Return a turn as a row of the frame; see `Latency.df` for the columns."""
    way = (
        turn.said_ms,
        turn.decided_ms,
        turn.committed_ms,
        turn.created_ms,
        turn.delta_ms,
        turn.audible_ms,
    )
    legs = [_between(before, after) for before, after in pairwise(way)]
    if turn.kind == "typed":
        # Nothing is committed: the response follows what was sent.
        legs = [None, None, _between(turn.said_ms, turn.created_ms), *legs[3:]]
    heard_from = turn.audible_ms if turn.audible_ms is not None else turn.delta_ms
    return {
        "turn": turn.number,
        "item_id": turn.item_id,
        "kind": turn.kind,
        "at_ms": turn.begin_ms,
        **dict(zip(STAGES, legs, strict=True)),
        "to_delta_ms": _between(turn.said_ms, turn.delta_ms),
        "total_ms": _between(turn.said_ms, turn.audible_ms),
        "answer_ms": _between(heard_from, turn.end_ms),
        "responses": turn.responses,
        "tools": turn.tools,
        "interrupted": turn.interrupted,
    }


@dataclass(frozen=True, repr=False)
class Latency:
    """The turns of a conversation and where their time went.

    Attributes
    ----------
    turns
        With the moment of each stage on the conversation's clock.
    """

    turns: tuple[Turn, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The frame's rows as dicts; None where it has not come to that."""
        return [row_of(turn) for turn in self.turns]

    @property
    def df(self) -> pd.DataFrame:
        """One row a turn, as a `pandas.DataFrame`; milliseconds, NaN where unknown.

        Columns: turn (from 1), item_id, kind (``voice``, ``typed``, ``none``), at_ms (the end of
        speech on the conversation's clock, else the first that is known); then the legs of
        the way: vad_ms (end of speech in the sound → the decision that the turn is over),
        commit_ms (→ committed), create_ms (→ response.created; of a typed turn from the sending
        on), delta_ms (→ first delta), playback_ms (→ first sample audible); to_delta_ms and
        total_ms (end of speech → first delta, → first sample audible), answer_ms (first sample
        audible → end), responses, tools (how many), interrupted.
        """
        import pandas as pd  # noqa: PLC0415 -- it takes most of a second to load

        # As NaN from the start: a column of nothing but None would hold objects.
        rows = [
            {name: math.nan if value is None else value for name, value in row.items()}
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    @property
    def median_ms(self) -> float | None:
        """The median of ``total_ms``; None before the first answer was heard."""
        return _median(self.rows, "total_ms")

    def __len__(self) -> int:
        return len(self.turns)

    def __repr__(self) -> str:
        rows = self.rows
        heard, came = _median(rows, "total_ms"), _median(rows, "to_delta_ms")
        said = [plural(len(rows), "turn")]
        if heard is not None:
            said.append(f"end of speech to first sample audible: median {heard:.0f} ms")
        if came is not None:
            said.append(f"to first delta: median {came:.0f} ms")
        return f"<Latency: {', '.join(said)}>"

    def _repr_html_(self) -> str:
        rows = self.rows
        names = [name for name in _COLUMNS if name != "item_id"]
        heads = "".join(f"<th>{name.removesuffix('_ms')}</th>" for name in names)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(_shown(row[name]))}</td>" for name in names)
            + "</tr>"
            for row in rows[-_SHOWN:]
        )
        more = f" The last {_SHOWN} of {len(rows)} turns." if len(rows) > _SHOWN else ""
        return (
            f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
            f"<small>Times in ms. {html.escape(repr(self)[1:-1])}.{more}</small>"
        )


def latency(talk: Talk) -> Latency:
    """Return where the time of a conversation's turns went so far.

    Parameters
    ----------
    talk
        The conversation. Without notes, as for another tool's log, nothing is known of what
        was audible when.
    """
    notes = notes_of(talk)
    return Latency(tuple(read_story(talk.log, notes).turns))


def _between(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _median(rows: list[dict[str, Any]], name: str) -> float | None:
    values = [row[name] for row in rows if row[name] is not None]
    return median(values) if values else None


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
