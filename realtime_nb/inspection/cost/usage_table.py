"""What a conversation has cost: a row for each thing that is billed, and the bill.

The counts are the service's own, the prices those of the model registry, with their date;
see `realtime_nb.protocol.cost.prices`. What has no known price is missing in the frames and said to
be unknown in the bill: it is never 0.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.inspection.cost.bill import Bill, Line, lines_of
from realtime_nb.inspection.frames import frame, to_polars
from realtime_nb.protocol.cost.meter import Charge, Total, charges, total_of
from realtime_nb.protocol.cost.prices import COUNTS
from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import polars as pl

    from realtime_nb.inspection.talk import Talk

__all__ = ["TURN_USAGE_COLUMNS", "USAGE_COLUMNS", "Bill", "Line", "UsageTable", "bill", "usage"]

_COUNTED: Final[Mapping[str, str]] = {
    "text_in": "text tokens that went in, cached ones included",
    "audio_in": "audio tokens that went in, cached ones included",
    "image_in": "image tokens that went in, cached ones included",
    "text_cached": "those of text_in that were cached",
    "audio_cached": "those of audio_in that were cached",
    "image_cached": "those of image_in that were cached",
    "text_out": "text tokens that came out",
    "audio_out": "audio tokens that came out",
    "seconds": "sound billed by its length, s; missing where tokens are counted",
}
USAGE_COLUMNS: Final[Mapping[str, str]] = {
    "seq": "number of the event that told it; missing for what is billed by the sound sent",
    "t_ms": "when that came, ms on the session's clock",
    "kind": "response, transcription (of one turn of the user), translation, or speech of a chain",
    "id": "of the response, or of the item transcribed",
    "turn": "turn of the user, as in `turns`; missing for what belongs to none",
    "model": "which model it is billed for",
    "status": "completed, cancelled, failed, incomplete; in_progress or so far",
    **_COUNTED,
    "usd": "cost in USD; missing where it is not known",
    "note": "why it is not known, or how it was found",
}
"""What stands in each column of `UsageTable.df`."""

TURN_USAGE_COLUMNS: Final[Mapping[str, str]] = {
    "turn": "turn of the user, as in `turns`; missing for what belongs to none",
    "responses": "how many responses were billed",
    "transcriptions": "how many transcripts were billed",
    **_COUNTED,
    "usd": "cost in USD; missing where a part of it is not known",
    "known_usd": "cost in USD of what is known",
}
"""What stands in each column of `UsageTable.by_turn`."""

_SHOWN: Final = tuple(name for name in USAGE_COLUMNS if name not in ("seq", "t_ms", "id"))
_SHOWN_ROWS: Final = 200
_LONGEST: Final = 120


@dataclass(frozen=True)
class UsageTable:
    """What the service counted: a row for each response, transcript and translation.

    Attributes
    ----------
    charges
        What is billed, in order.
    turns
        For each of them the user's turn it belongs to; None for none.
    total
        What it comes to.
    """

    charges: tuple[Charge, ...]
    turns: tuple[int | None, ...]
    total: Total

    def __len__(self) -> int:
        return len(self.charges)

    def __iter__(self) -> Iterator[Charge]:
        return iter(self.charges)

    @property
    def df(self) -> pd.DataFrame:
        """A row for each thing billed; see `USAGE_COLUMNS`."""
        return frame(self._rows(), USAGE_COLUMNS)

    @property
    def by_turn(self) -> pd.DataFrame:
        """A row for each turn of the user; see `TURN_USAGE_COLUMNS`."""
        numbers = dict.fromkeys(sorted(self.turns, key=lambda turn: (turn is None, turn or 0)))
        return frame([self._turn(number) for number in numbers], TURN_USAGE_COLUMNS)

    def to_polars(self) -> pl.DataFrame:
        """Return `df` as a frame of polars."""
        return to_polars(self.df)

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "seq": charge.seq if charge.seq >= 0 else None,
                "t_ms": charge.t_ms,
                "kind": charge.kind,
                "id": charge.id,
                "turn": turn,
                "model": charge.model,
                "status": charge.status,
                **(_counts(charge) or {}),
                "usd": charge.usd,
                "note": charge.note,
            }
            for charge, turn in zip(self.charges, self.turns, strict=True)
        ]

    def _turn(self, number: int | None) -> dict[str, Any]:
        pairs = zip(self.charges, self.turns, strict=True)
        mine = [charge for charge, turn in pairs if turn == number]
        total = total_of(mine)
        counted = [_counts(charge) or {} for charge in mine]
        return {
            "turn": number,
            "responses": sum(charge.kind == "response" for charge in mine),
            "transcriptions": sum(charge.kind == "transcription" for charge in mine),
            **{name: sum(one.get(name) or 0 for one in counted) for name in COUNTS},
            "usd": total.usd,
            "known_usd": total.known_usd,
        }

    def __repr__(self) -> str:
        return f"<usage: {len(self.charges)} billed, {self.total}>"

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th title="{html.escape(USAGE_COLUMNS[name])}">{name}</th>' for name in _SHOWN
        )
        rows = self._rows()[-_SHOWN_ROWS:]
        body = "".join(
            f"<tr>{''.join(_cell(row.get(name)) for name in _SHOWN)}</tr>" for row in rows
        )
        more = len(self.charges) - len(rows)
        note = f"{more:,} before these; " if more else ""
        return (
            f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
            f"<small>{note}in all {escaped(str(self.total), _LONGEST)}</small>"
        )


def usage(talk: Talk) -> UsageTable:
    """Return what the service counted for a conversation, and what each of it costs."""
    found = _charges(talk)
    turns = _Turns(talk)
    return UsageTable(
        tuple(found),
        tuple(turns.of(charge) for charge in found),
        total_of(found, free=talk.practice),
    )


def bill(talk: Talk, *, budget_usd: float | None = None) -> Bill:
    """Return what a conversation has cost, model by model and kind by kind.

    Parameters
    ----------
    talk
        The conversation.
    budget_usd
        What it may cost, where that was said.
    """
    found = _charges(talk)
    return Bill(
        total=total_of(found, free=talk.practice),
        lines=lines_of(found),
        budget_usd=budget_usd,
        lost_events=talk.log.dropped_records,
    )


def _charges(talk: Talk) -> list[Charge]:
    return charges(
        talk.log,
        talk.model,
        free=talk.practice,
        kind=talk.kind,
        sent_ms=talk.conversation.sent_audio_ms,
    )


def _counts(charge: Charge) -> dict[str, Any] | None:
    if charge.usage is None:
        return None
    return {name: getattr(charge.usage, name) for name in COUNTS}


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f'<td style="text-align: left">{escaped(value, _LONGEST)}</td>'
    if value is None:
        return "<td></td>"
    return f"<td>{value:,.6g}</td>" if isinstance(value, float) else f"<td>{value:,}</td>"


class _Turns:
    """Which turn of the user something belongs to: numbered as in `frames.turns`."""

    def __init__(self, talk: Talk) -> None:
        self._of: dict[str, int] = {}
        number = 0
        for item in talk.conversation.items:
            number += item.role == "user"
            self._of[item.id] = number
            if item.response_id is not None:
                self._of.setdefault(item.response_id, number)

    def of(self, charge: Charge) -> int | None:
        """Return the number of its turn; None where it belongs to none."""
        return self._of.get(charge.id)
