"""Where each turn's milliseconds went: from the end of speech to the first audible sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.inspection.frames import frame, to_polars
from realtime_nb.inspection.tables import html_table
from realtime_nb.inspection.timeline.notes import notes_of
from realtime_nb.inspection.timeline.turns import read_story
from realtime_nb.protocol.shown_text import inert, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import polars as pl

    from realtime_nb.inspection.talk import Talk
    from realtime_nb.inspection.timeline.marks import Turn

STAGES: Final = ("vad_ms", "commit_ms", "create_ms", "delta_ms", "playback_ms")
"""The legs of the way, one after the other."""

LATENCY_COLUMNS: Final[Mapping[str, str]] = {
    "turn": "number, from 1",
    "item_id": "the user's item; empty where an answer came without one",
    "kind": "voice, typed, or none for an answer that nobody asked for",
    "at_ms": "the end of the speech (else the first that is known), ms on the conversation's clock",
    "vad_ms": "end of speech in the sound → decision that the turn is over, ms",
    "commit_ms": "→ committed, ms",
    "create_ms": "→ response.created, ms; of a typed turn from its sending on",
    "delta_ms": "→ first delta, ms",
    "playback_ms": "→ first sample audible, ms",
    "to_delta_ms": "end of speech → first delta, ms",
    "total_ms": "end of speech → first sample audible, ms; missing where no page played it",
    "answer_ms": "first sample audible → end of the answer, ms; at the socket where no page played",
    "responses": "how many responses it took",
    "tools": "how many calls of tools",
    "interrupted": "whether the answer was cut or cancelled",
}
"""What stands in each column of `Latency.df`."""

_WIDE: Final = ("turn", "kind", "at_ms", *STAGES, "to_delta_ms", "total_ms", "answer_ms")


def row_of(turn: Turn) -> dict[str, Any]:
    """Return a turn as a row of the frame; see `LATENCY_COLUMNS`."""
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
        """A row for each turn; see `LATENCY_COLUMNS`. What is unknown is missing."""
        # As NaN from the start: a column of nothing but None would hold objects.
        rows = [
            {name: math.nan if value is None else value for name, value in row.items()}
            for row in self.rows
        ]
        return frame(rows, LATENCY_COLUMNS)

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame."""
        return to_polars(self.df)

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
        table = html_table(self.df, _WIDE, LATENCY_COLUMNS)
        return f"{table}<small>{inert(repr(self)[1:-1])}</small>"


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
