"""What is known of each call of a session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.client.listeners import Listeners

if TYPE_CHECKING:
    from realtime_nb.client.tools.outcome import ToolCall

MAX_RECORDS: Final = 1000
"""Calls that are kept of a session; past them the first one that has ended goes."""

CallStatus: TypeAlias = Literal[
    "waiting",
    "queued",
    "running",
    "yours",
    "ok",
    "failed",
    "bad_arguments",
    "timeout",
    "cancelled",
    "denied",
    "unknown",
]
OPEN: Final[frozenset[str]] = frozenset({"waiting", "queued", "running", "yours"})
"""The states of a call that has not ended."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, as far as it has come.

    Attributes
    ----------
    call
        The call: its id, name and arguments.
    status
        ``"waiting"`` for an approval, ``"queued"``, ``"running"``, ``"yours"`` (nothing here
        answers it, the user may), or how it ended, as in `Outcome`.
    started_ms
        When it came in, on the session's clock.
    ms
        How long it has run, in milliseconds, so far or at its end; None before it runs.
    output
        What the model was told.
    error
        What went wrong, for people.
    approval
        How it was approved or denied: ``"once"``, ``"always"``, ``"deny"``, ``"late"``; empty
        where nobody was asked.
    began_ms
        When it began to run; 0 before.
    """

    call: ToolCall
    status: CallStatus
    started_ms: float
    ms: float | None = None
    output: str = ""
    error: str = ""
    approval: str = ""
    began_ms: float = 0.0

    @property
    def call_id(self) -> str:
        """The id of the call."""
        return self.call.call_id

    @property
    def tool(self) -> str:
        """The name that was called."""
        return self.call.name

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.status not in OPEN

    def at(self, now_ms: float) -> CallRecord:
        """Return it as it stands at a time of the session's clock."""
        if self.status != "running":
            return self
        return replace(self, ms=max(0.0, now_ms - self.began_ms))


class CallRecords:
    """The calls of a session by id, the oldest first; written on the session's thread.

    Attributes
    ----------
    changed
        Told of each new state of a call.
    """

    def __init__(self) -> None:
        self._kept: dict[str, CallRecord] = {}
        self.changed: Listeners[CallRecord] = Listeners()

    def all(self, now_ms: float) -> tuple[CallRecord, ...]:
        """Return the records as they stand now; may be asked for from any thread."""
        return tuple(record.at(now_ms) for record in self._kept.copy().values())

    def get(self, call_id: str) -> CallRecord | None:
        """Return the record of a call."""
        return self._kept.get(call_id)

    def begin(self, call: ToolCall, status: CallStatus, now_ms: float) -> None:
        """Enter a call."""
        self._put(CallRecord(call, status, now_ms))
        while len(self._kept) > MAX_RECORDS:
            ended = (one for one, record in self._kept.items() if record.ended)
            del self._kept[next(ended, next(iter(self._kept)))]

    def change(self, call_id: str, **fields: Any) -> CallRecord | None:
        """Change what is known of a call that has not ended; return the record, if there is one."""
        record = self._kept.get(call_id)
        if record is None or record.ended:
            return None
        changed = replace(record, **fields)
        self._put(changed)
        return changed

    def _put(self, record: CallRecord) -> None:
        self._kept[record.call.call_id] = record
        self.changed.tell(record)
