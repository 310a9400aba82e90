"""The legs of a chain: what was asked of each service, when it answered, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.inspection.frames import frame, to_polars
from realtime_nb.inspection.tables import html_table
from realtime_nb.protocol.chain import LEG_DONE, LegDone, read_leg
from realtime_nb.protocol.cost.chain_cost import leg_price, leg_usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import polars as pl

    from realtime_nb.inspection.talk import Talk

LEG_COLUMNS: Final[Mapping[str, str]] = {
    "turn": "turn of the user it belongs to, from 1; missing for none",
    "leg": "transcribe, chat or speak (a clause each)",
    "model": "which model did it",
    "service": "whose it is; practice for the practice server, which is no model",
    "begin_ms": "when it was asked, ms since the end of the turn (the VAD's decision)",
    "first_ms": "when its first words or sound came, ms since it was asked",
    "whole_ms": "when it ended, ms since it was asked",
    "tokens_in": "tokens that went in, as the service told; missing where it did not",
    "tokens_out": "tokens that came out, likewise",
    "seconds": "seconds of sound, where it counts these",
    "characters": "characters that were read aloud",
    "usd": "cost in USD; missing where it is not known",
    "status": "completed, failed or cancelled",
    "note": "what failed, or why the cost is not known",
}
"""What stands in each column of `LegTable.df`."""

LEG_TURN_COLUMNS: Final[Mapping[str, str]] = {
    "turn": "turn of the user, from 1; missing for none",
    "transcript_ms": "end of the turn → its transcript, ms",
    "first_token_ms": "end of the turn → first word of the answer, ms",
    "decision_to_sound_ms": "end of the turn → first sound of the answer, ms",
    "whole_ms": "end of the turn → the last request's end, ms",
    "requests": "how many requests it took",
    "usd": "cost in USD; missing where a part of it is not known",
    "failed": "which leg failed; empty for none",
}
"""What stands in each column of `LegTable.by_turn`. The end of a turn is the VAD's decision, so
that its last wait is no `first_sound_ms` of `side_by_side`, which counts from the end of speech."""

_SHOWN: Final = tuple(LEG_COLUMNS)


@dataclass(frozen=True, slots=True)
class Leg:
    """One request of a leg, and the user's turn it belongs to; None for none."""

    turn: int | None
    done: LegDone


@dataclass(frozen=True, repr=False)
class LegTable:
    """The requests of a chain's legs, in the order in which they ended.

    Attributes
    ----------
    legs
        Each of them.
    """

    legs: tuple[Leg, ...]

    def __len__(self) -> int:
        return len(self.legs)

    @property
    def df(self) -> pd.DataFrame:
        """A row for each request; see `LEG_COLUMNS`."""
        return frame([_row(leg) for leg in self.legs], LEG_COLUMNS)

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The rows of `by_turn` as dicts; None where it has not come to that."""
        # Requests of turns that overlap end in any order.
        numbers = sorted({leg.turn for leg in self.legs if leg.turn is not None})
        numbers += [None] if any(leg.turn is None for leg in self.legs) else []
        return [
            _turn_row(turn, [leg.done for leg in self.legs if leg.turn == turn]) for turn in numbers
        ]

    @property
    def by_turn(self) -> pd.DataFrame:
        """A row for each turn of the user; see `LEG_TURN_COLUMNS`."""
        return frame(self.turns, LEG_TURN_COLUMNS)

    def to_polars(self) -> pl.DataFrame:
        """Return `df` as a frame of polars."""
        return to_polars(self.df)

    def __repr__(self) -> str:
        failed = sum(leg.done.status == "failed" for leg in self.legs)
        return f"<legs: {len(self.legs)} requests, {failed} failed>"

    def _repr_html_(self) -> str:
        turns = html_table(self.by_turn, tuple(LEG_TURN_COLUMNS), LEG_TURN_COLUMNS)
        table = self.df
        # In words here: there is room for them.
        table["service"] = [_whose(leg.done) for leg in self.legs]
        return turns + html_table(table, _SHOWN, LEG_COLUMNS)


def legs(talk: Talk) -> LegTable:
    """Return what a chain told of its legs; nothing for a service that is no chain."""
    found: list[Leg] = []
    turn = 0
    turns: dict[str, int] = {}
    for record in talk.log:
        event = record.event
        if record.direction != "received":
            continue
        if event.type == "conversation.item.added" and event.get("item.role") == "user":
            item_id = str(event.get("item.id"))
            # Told again to the next session it is the turn that it was.
            turn += item_id not in turns
            turns.setdefault(item_id, turn)
        elif event.type == "response.created":
            turns[str(event.get("response.id"))] = turn
        elif event.type == LEG_DONE:
            done = read_leg(event)
            found.append(Leg(turns.get(done.item_id or done.response_id) or None, done))
    return LegTable(tuple(found))


def _row(leg: Leg) -> dict[str, Any]:
    done, cost = leg.done, leg_price(leg.done)
    counted = leg_usage(done)
    by_tokens = counted is not None and counted.seconds is None and not counted.gap
    return {
        "turn": leg.turn,
        "leg": done.leg,
        "model": done.model,
        "service": "practice" if done.practice else done.service,
        "begin_ms": done.begin_ms,
        "first_ms": done.first_ms,
        "whole_ms": done.whole_ms,
        "tokens_in": counted.input_tokens if counted is not None and by_tokens else None,
        "tokens_out": counted.output_tokens if counted is not None and by_tokens else None,
        "seconds": counted.seconds if counted is not None else None,
        "characters": done.characters,
        "usd": cost.usd,
        "status": done.status,
        "note": done.problem or cost.reason,
    }


def _whose(done: LegDone) -> str:
    return f"{done.service}, not a model" if done.practice else done.service


def _turn_row(turn: int | None, done: list[LegDone]) -> dict[str, Any]:
    costs = [leg_price(one).usd for one in done]
    known = [usd for usd in costs if usd is not None]
    heard = [one.begin_ms + one.whole_ms for one in done if one.leg == "transcribe"]
    return {
        "turn": turn,
        "transcript_ms": min(heard, default=None),
        "first_token_ms": _first(done, "chat"),
        "decision_to_sound_ms": _first(done, "speak"),
        "whole_ms": max((one.begin_ms + one.whole_ms for one in done), default=None),
        "requests": len(done),
        "usd": sum(known) if len(known) == len(costs) else None,
        "failed": next((one.leg for one in done if one.status == "failed"), ""),
    }


def _first(done: list[LegDone], leg: str) -> float | None:
    times = [one.begin_ms + one.first_ms for one in done
             if one.leg == leg and one.first_ms is not None]  # fmt: skip
    return min(times, default=None)
