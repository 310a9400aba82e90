"""What a log says of a connection that was lost and restored: three types no service sends.

All three have the direction "received" and the size 0, and are made here:

`LOST`
    Once, when the connection is gone: whatever was under way ends here.
`SUCCESSOR`
    Before the first frame of each new connection, one that fails at once as well: what
    follows is of another session of the service, with a clock of its own.
`RESTORED`
    When the talk goes on: what was told again, and what could not be.

The `InputClock` (see there) reads a successor's times. A log may come from a file, so the
readers take anything for what it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

LOST: Final = "realtime_nb.lost"
SUCCESSOR: Final = "realtime_nb.successor"
RESTORED: Final = "realtime_nb.restored"

Reason: TypeAlias = Literal["lost", "expired", "renewal"]
"""Why: the connection broke, the session's time was up, or it was renewed before that."""

_REASONS: Final[tuple[Reason, ...]] = ("lost", "expired", "renewal")


@dataclass(frozen=True, slots=True)
class Lost:
    """A connection that is gone.

    Attributes
    ----------
    reason
        Why; see `Reason`.
    code
        The close code of the WebSocket, None where there was no farewell.
    detail
        What is known of it in words; untrusted.
    """

    reason: Reason
    code: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Successor:
    """A new session of the service in the place of the one that was lost.

    Attributes
    ----------
    tries
        The how-manyth it is since the loss, from 1; ``try`` on the wire.
    items
        Ids of the items that are told to it as copies. Their copies coming back say nothing
        new; of what is not among them the new session knows nothing.
    audio_ms
        The place in the log's input sound at which the new session's clock is 0, in ms.
    resent_ms
        How much of the sound appended next was in the log before, in ms: it is neither
        counted nor recorded twice.
    """

    tries: int = 1
    items: tuple[str, ...] = ()
    audio_ms: float = 0.0
    resent_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Restored:
    """A talk that goes on in a new session.

    Attributes
    ----------
    reason
        Why it had to; see `Reason`.
    away_ms
        How long there was no session, in ms.
    tries
        How often the service was dialled.
    carried
        How many items the new session was told.
    lost
        What could not be told, and why: ``"1 message whose words are not known"``; see
        `carry_over`.
    refused
        The ids of items that the new session was told and did not take.
    resent_ms
        How much sound was sent a second time, in ms.
    dropped_ms
        How much sound was spoken meanwhile and not kept, in ms.
    asked_again
        Whether an answer was owed. It is asked for anew, unless it comes with the one to what
        the user goes on to say.
    session_id
        The new session's id; None where the service told none.
    """

    reason: Reason
    away_ms: float = 0.0
    tries: int = 1
    carried: int = 0
    lost: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    resent_ms: float = 0.0
    dropped_ms: float = 0.0
    asked_again: bool = False
    session_id: str | None = None


def lost_event(reason: Reason, *, code: int | None = None, detail: str = "") -> Event:
    """Return the event that tells of a lost connection; see `Lost`."""
    told = None if code is None else int(code)  # not one that prints as a name
    return Event({"type": LOST, "reason": reason, "code": told, "detail": detail})


def successor_event(
    tries: int, *, items: Iterable[str], audio_ms: float, resent_ms: float
) -> Event:
    """Return the event that tells of a new session; see `Successor`."""
    return Event(
        {
            "type": SUCCESSOR,
            "try": tries,
            "items": list(items),
            "audio_ms": audio_ms,
            "resent_ms": resent_ms,
        }
    )


def restored_event(told: Restored) -> Event:
    """Return the event that tells of a restored talk."""
    return Event(
        {
            "type": RESTORED,
            "reason": told.reason,
            "away_ms": round(told.away_ms),
            "tries": told.tries,
            "carried": told.carried,
            "lost": list(told.lost),
            "refused": list(told.refused),
            "resent_ms": round(told.resent_ms),
            "dropped_ms": round(told.dropped_ms),
            "asked_again": told.asked_again,
            "session_id": told.session_id,
        }
    )


def read_lost(event: Event) -> Lost | None:
    """Return what an event tells of a lost connection, None when it is another one."""
    if event.type != LOST:
        return None
    return Lost(_reason(event), _whole(event, "code"), _text(event, "detail") or "")


def read_successor(event: Event) -> Successor | None:
    """Return what an event tells of a new session, None when it is another one."""
    if event.type != SUCCESSOR:
        return None
    return Successor(
        tries=_whole(event, "try") or 1,
        items=_texts(event, "items"),
        audio_ms=max(0.0, told_ms(event, "audio_ms") or 0.0),
        resent_ms=max(0.0, told_ms(event, "resent_ms") or 0.0),
    )


def read_restored(event: Event) -> Restored | None:
    """Return what an event tells of a restored talk, None when it is another one."""
    if event.type != RESTORED:
        return None
    return Restored(
        reason=_reason(event),
        away_ms=max(0.0, told_ms(event, "away_ms") or 0.0),
        tries=_whole(event, "tries") or 1,
        carried=_whole(event, "carried") or 0,
        lost=_texts(event, "lost"),
        refused=_texts(event, "refused"),
        resent_ms=max(0.0, told_ms(event, "resent_ms") or 0.0),
        dropped_ms=max(0.0, told_ms(event, "dropped_ms") or 0.0),
        asked_again=event.get("asked_again") is True,
        session_id=_text(event, "session_id"),
    )


def _reason(event: Event) -> Reason:
    told = event.get("reason")
    return told if told in _REASONS else "lost"


def _text(event: Event, field: str) -> str | None:
    told = event.get(field)
    return told if isinstance(told, str) else None


def _whole(event: Event, field: str) -> int | None:
    told = event.get(field)
    if isinstance(told, bool) or not isinstance(told, int):
        return None
    return told if 0 <= told < 2**31 else None


def _texts(event: Event, field: str) -> tuple[str, ...]:
    told: Any = event.get(field)
    if not isinstance(told, list):
        return ()
    return tuple(one for one in cast("list[Any]", told) if isinstance(one, str))
