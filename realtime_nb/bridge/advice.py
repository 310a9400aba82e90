"""What to do when an answer failed, or a session was restored: one line for people.

What a service says stands in these lines as it is: a page shows it as text.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.restored.restored import Restored

_LONGEST: Final = 300
_MINUTE_S: Final = 60

_FAILED: Final[Mapping[str, tuple[str, str]]] = {
    "rate_limit_exceeded": ("the service's rate limit is reached", "{wait}, then ask again"),
    "insufficient_quota": (
        "the account's quota is used up",
        "check its plan and billing, then ask again",
    ),
    "content_filter": ("the service's filter stopped it", "say it in other words, or ask again"),
    "server_error": ("the fault is on the service's side", "ask again"),
    "max_output_tokens": (
        "it reached its limit of tokens",
        "raise max_output_tokens in the cell, or ask again",
    ),
}
"""By code or reason: what is wrong, and what to do."""

_OTHER: Final = ("", "ask again, or look into the events")


def failure_line(event: Event, *, wait_s: float | None = None) -> str | None:
    """Return why an answer failed or ended early, and what to do; None where it did not.

    Parameters
    ----------
    event
        The ``response.done``.
    wait_s
        After how many seconds the service's limit is full again, where that is known.
    """
    status = event.get("response.status")
    details: Any = event.get("response.status_details")
    fields = cast("dict[str, Any]", details) if isinstance(details, dict) else {}
    if status == "incomplete":
        reason = fields.get("reason")
        known = _FAILED.get(reason) if isinstance(reason, str) else None
        if known is None:
            return None  # broken off: nothing went wrong
        return _line("The answer is not whole", known, "", wait_s)
    error: Any = fields.get("error")
    if status != "failed" and not isinstance(error, dict):
        return None
    told = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code = told.get("code") or told.get("type")
    said = told.get("message") or code or "no reason given"
    known = _FAILED.get(code, _OTHER) if isinstance(code, str) else _OTHER
    return _line("The answer failed", known, str(said), wait_s)


def restored_line(told: Restored) -> tuple[str, str]:
    """Return what a page says of a restored talk: level and line."""
    lost: list[str] = []
    if told.lost:
        lost.append(f"It could not be told {' and '.join(told.lost)}.")
    if told.refused:
        lost.append(f"It did not take {_items(len(told.refused))}.")
    if told.dropped_ms >= 1:
        lost.append(f"{_seconds(told.dropped_ms)} of what was said meanwhile was not kept.")
    if told.reason == "renewal":
        head = "The session was renewed before its time was up"
    elif told.reason == "expired":
        head = f"The session's time was up: restored after {_seconds(told.away_ms)}"
    else:
        tries = f" ({told.tries} tries)" if told.tries > 1 else ""
        head = f"The connection broke: restored after {_seconds(told.away_ms)}{tries}"
    knows = f"the talk so far, {_items(told.carried)}" if told.carried else "nothing said before"
    parts = [f"{head}.", f"The new session knows {knows}.", *lost]
    if told.asked_again:
        parts.append("The answer that was owed comes now, or with that to what you say next.")
    return ("warning" if lost else "info"), shorten(" ".join(parts), _LONGEST)


def _line(head: str, known: tuple[str, str], said: str, wait_s: float | None) -> str:
    what, advice = known
    wait = "wait a little" if wait_s is None else f"wait {math.ceil(wait_s)} s"
    said = shorten(said, _LONGEST).rstrip(".")
    why = f"{what} ({said})" if what and said else what or said
    return f"{head}: {why}. To do: {advice.format(wait=wait)}."


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"


def _seconds(ms: float) -> str:
    seconds = ms / 1000
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    return f"{seconds // _MINUTE_S:.0f} min {seconds % _MINUTE_S:.0f} s"
