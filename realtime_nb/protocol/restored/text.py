"""A lost and restored connection in a few words, for tables, timelines and pages.

They may quote what a service said: whoever shows them escapes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.restored.restored import (
    LOST,
    RESTORED,
    SUCCESSOR,
    Lost,
    Restored,
    Successor,
    read_lost,
    read_restored,
    read_successor,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.restored.restored import Reason

SUCCESSION_TYPES: Final = frozenset({LOST, SUCCESSOR, RESTORED})
"""The types of which `succession_text` has words."""

_WHY: Final[dict[Reason, str]] = {
    "lost": "the connection broke",
    "expired": "the session's time was up",
    "renewal": "the session is renewed before its time is up",
}
_BACK: Final[dict[Reason, str]] = {
    "lost": "restored",
    "expired": "restored",
    "renewal": "renewed",
}
_TENTH_MS: Final = 100.0
_MINUTE_MS: Final = 60_000.0


def succession_text(event: Event) -> str:
    """Return what one of `SUCCESSION_TYPES` says, ``""`` for any other event."""
    if (lost := read_lost(event)) is not None:
        return lost_text(lost)
    if (successor := read_successor(event)) is not None:
        return successor_text(successor)
    if (restored := read_restored(event)) is not None:
        return restored_text(restored)
    return ""


def lost_text(lost: Lost) -> str:
    """Return why a connection was lost: ``the connection broke (1006)``."""
    code = "" if lost.code is None else f" ({lost.code})"
    if lost.reason == "lost":
        return f"{lost.detail or _WHY['lost']}{code}"
    return f"{_WHY[lost.reason]}{code}"


def successor_text(successor: Successor) -> str:
    """Return what a new session is told: ``a new session, try 2: 5 items told again``."""
    told = [_many(len(successor.items), "item") + " told again"] if successor.items else []
    if successor.resent_ms:
        told.append(f"{span(successor.resent_ms)} of sound sent again")
    which = f"a new session, try {successor.tries}"
    return f"{which}: {', '.join(told)}" if told else which


def restored_text(restored: Restored) -> str:
    """Return how a talk goes on: ``restored after 3.2 s``, and what could not be."""
    tries = f" and {restored.tries} tries" if restored.tries > 1 else ""
    return "; ".join(
        [f"{_BACK[restored.reason]} after {span(restored.away_ms)}{tries}", *not_restored(restored)]
    )


def not_restored(restored: Restored) -> Iterator[str]:
    """Yield what could not be restored, each in a few words; nothing where all could."""
    if restored.lost:
        yield f"not told again: {', '.join(restored.lost)}"
    if restored.refused:
        yield f"{_many(len(restored.refused), 'item')} refused by the service"
    if restored.dropped_ms:
        yield f"{span(restored.dropped_ms)} of what was said meanwhile not kept"


def span(ms: float) -> str:
    """Return a length of time for people: ``40 ms``, ``0.3 s``, ``12 s``, ``4 min``."""
    if 0 < ms < _TENTH_MS:
        return f"{ms:.0f} ms"
    if ms >= 2 * _MINUTE_MS:
        return f"{ms / _MINUTE_MS:.0f} min"
    return f"{ms / 1000:.0f} s" if ms >= 10_000 else f"{ms / 1000:.1f} s"  # noqa: PLR2004 -- 10 s


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" + "s" * (number != 1)
