"""`Talk`: everything that can be asked of a conversation, while it runs or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.credentials import hide_credentials, hide_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from realtime_nb.bridge.recording.notes import Notes
    from realtime_nb.bridge.timing import TurnTiming
    from realtime_nb.protocol.config.compare import Row
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.log.event_log import EventLog

_HIDE: Final[dict[str, Callable[[Any], Any]]] = {
    "tools": hide_credentials,
    "prompt": hide_variables,
}

ConfigRow = dict[str, Any]
"""path, verdict, note, origin; requested, effective and was where there is such a value."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The facts of one conversation; cheap to make, since it only refers to them.

    Attributes
    ----------
    log
        The events. Of a running session it goes on growing.
    conversation
        What the events say of items and responses.
    notes
        Where the sound lies on the conversation's clock, and what the page played of it; a
        copy. None where nobody noted it, as for another tool's log.
    timings
        Where the milliseconds of each spoken turn went.
    model
        Which model answered, ``""`` where nobody said.
    kind
        ``"realtime"``, ``"transcription"`` or ``"translation"``.
    config_rows
        Requested, effective and verdict for each field of the session; see `config_rows`.
    name
        What the chat is called.
    practice
        Whether the practice server answered, which is free of charge.
    """

    log: EventLog
    conversation: Conversation
    notes: Notes | None = None
    timings: Sequence[TurnTiming] = ()
    model: str = ""
    kind: SessionKind = "realtime"
    config_rows: Sequence[ConfigRow] = ()
    name: str = "chat"
    practice: bool = False


def config_rows(rows: Iterable[Row]) -> list[ConfigRow]:
    """Return the rows of a config's table as plain objects that JSON can hold.

    What nobody asked for has no ``requested``, and so on; what may be a tool's credential
    has a word in its place.
    """
    return [_plain(row) for row in rows]


def _plain(row: Row) -> ConfigRow:
    values = {"requested": row.requested, "effective": row.effective, "was": row.was}
    told = {
        name: _HIDE[row.path](value) if row.path in _HIDE else value
        for name, value in values.items()
        if value is not MISSING
    }
    rest = {"verdict": row.verdict, "note": row.note, "origin": row.origin}
    return cast("ConfigRow", {"path": row.path, **told, **rest})
