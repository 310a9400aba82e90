"""What pages say of a recording, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.bridge.take.desk import TakeDesk
    from realtime_nb.bridge.view import Message

_MAX_ID: Final = 64


def take_name(message: Message) -> str:
    """Return which take a page speaks of; "" for none."""
    take = message.get("take")
    return take if isinstance(take, str) and len(take) <= _MAX_ID else ""


def standing(desk: TakeDesk, state: str) -> Message:
    """Return how it stands, for pages.

    Parameters
    ----------
    desk
        Where takes come in.
    state
        What it is while nothing is being recorded.
    """
    take = desk.current
    return {
        "state": state if take is None else "recording",
        "by": "" if take is None else take.client,
        "take": "" if take is None else take.id,
        "got": 0 if take is None else take.got,
        "max": desk.max_samples,
    }
