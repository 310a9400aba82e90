"""What a chain tells beyond the protocol: each request of each of its legs, as an event.

A chain is a realtime session whose ears, words and voice are three services of their own. Its
model is called ``chain: A > B > C``, and it sends `LEG_DONE` for each request that it made of
one of them: so what was asked, what it took and what it cost stands in the log, beside the
events of the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_nb.protocol.events import Event

LegName: TypeAlias = Literal["transcribe", "chat", "speak"]

LEG_DONE: Final = "chain.leg.done"
"""The type of the event."""

LEGS: Final[tuple[LegName, ...]] = ("transcribe", "chat", "speak")
"""The legs, in the order of a turn."""

_PREFIX: Final = "chain: "
_BETWEEN: Final = " > "


def chain_model(models: Sequence[str]) -> str:
    """Return what the session of a chain calls its model."""
    return _PREFIX + _BETWEEN.join(models)


def is_chain(model: object) -> bool:
    """Whether a session's model is a chain."""
    return isinstance(model, str) and model.startswith(_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDone:
    """One request of a leg.

    Attributes
    ----------
    leg
        ``transcribe``, ``chat`` or ``speak``; as told, where it is none of these.
    model, service
        Who did it.
    practice
        Whether that is the practice server of this package: no model, and free of charge.
    item_id, response_id
        The user's item that was transcribed, or the response; ``""`` for the other.
    begin_ms
        When it was asked, in ms since the end of the user's turn; since the response was
        wanted, where no spoken turn came before it.
    first_ms
        When its first words or sound came, in ms since it was asked; None when none came.
    whole_ms
        When it ended, in ms since it was asked.
    status
        ``completed``, ``failed`` or ``cancelled``.
    problem
        What failed, in one line.
    usage
        What the service counted, as it told it; None where it told nothing.
    characters
        How many it was given to read, for ``speak``.
    """

    leg: str
    model: str = ""
    service: str = ""
    practice: bool = False
    item_id: str = ""
    response_id: str = ""
    begin_ms: float = 0.0
    first_ms: float | None = None
    whole_ms: float = 0.0
    status: str = "completed"
    problem: str = ""
    usage: Mapping[str, Any] | None = None
    characters: int | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return the event's fields."""
        return {
            "leg": self.leg,
            "model": self.model,
            "service": self.service,
            "practice": self.practice,
            "item_id": self.item_id or None,
            "response_id": self.response_id or None,
            "begin_ms": round(self.begin_ms, 1),
            "first_ms": None if self.first_ms is None else round(self.first_ms, 1),
            "whole_ms": round(self.whole_ms, 1),
            "status": self.status,
            "problem": self.problem or None,
            "usage": dict(self.usage) if self.usage is not None else None,
            "characters": self.characters,
        }


def read_leg(event: Event) -> LegDone:
    """Return what a `LEG_DONE` event tells; what is missing or none of its kind is left out."""
    usage = event.get("usage")
    characters = event.get("characters")
    first_ms = event.get("first_ms")
    return LegDone(
        leg=_text(event.get("leg")),
        model=_text(event.get("model")),
        service=_text(event.get("service")),
        practice=event.get("practice") is True,
        item_id=_text(event.get("item_id")),
        response_id=_text(event.get("response_id")),
        begin_ms=_ms(event.get("begin_ms")),
        first_ms=None if first_ms is None else _ms(first_ms),
        whole_ms=_ms(event.get("whole_ms")),
        status=_text(event.get("status")),
        problem=_text(event.get("problem")),
        usage=cast("dict[str, Any]", usage) if isinstance(usage, dict) else None,
        characters=characters if isinstance(characters, int) else None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _ms(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) < float("inf") else 0.0
