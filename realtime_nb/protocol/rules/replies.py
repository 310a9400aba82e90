"""Rules of replies: what the client asks for is answered, by an event or by an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.rules.breach import Rule, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "session.update": ("session.updated",),
    "session.close": ("session.closed",),
    "input_audio_buffer.commit": ("input_audio_buffer.committed",),
    "input_audio_buffer.clear": ("input_audio_buffer.cleared",),
    "output_audio_buffer.clear": ("output_audio_buffer.cleared",),
    "conversation.item.create": ("conversation.item.added", "conversation.item.created"),
    "conversation.item.retrieve": ("conversation.item.retrieved",),
    "conversation.item.truncate": ("conversation.item.truncated",),
    "conversation.item.delete": ("conversation.item.deleted",),
    "response.create": ("response.created",),
    "response.cancel": ("response.done",),
}
"""What answers each event of the client; an ``error`` answers any. Appends have no answer."""

PATIENCE_MS: Final = 5_000.0
"""How long an answer may take before it counts as missing, milliseconds."""

_PATIENCE_EVENTS: Final = 500  # where a log tells no times
_ERRORS: Final = (
    ("input_audio_buffer_commit", "input_audio_buffer.commit"),
    ("item_create", "conversation.item.create"),
    ("item_truncate", "conversation.item.truncate"),
    ("item_delete", "conversation.item.delete"),
    ("item_retrieve", "conversation.item.retrieve"),
    ("response_cancel", "response.cancel"),
    ("conversation_already_has_active_response", "response.create"),
    ("cannot_update", "session.update"),
)


@dataclass(slots=True)
class _Open:
    """An event that waits for its answer."""

    event: Event
    seq: int
    t_ms: float


class Replies(Rule):
    """Each request answered. Rule: ``not-answered``."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[_Open] = []
        self._last: Record | None = None

    def succeed(self) -> None:
        """Expect no answer to what was asked of a session that is gone."""
        self._open.clear()

    def take(self, record: Record) -> None:
        """Look at an event."""
        self._last = record
        event = record.event
        if record.direction == "sent":
            if event.type in ANSWERS:
                self._open.append(_Open(event, record.seq, record.t_ms))
                if len(self._open) > 10_000:  # noqa: PLR2004 -- a service that answers nothing
                    self._say(self._open.pop(0))
        elif self._open:
            if event.type == "error":
                self._on_error(event)
            else:
                self._close(lambda one: event.type in ANSWERS[one.event.type] and _fits(one, event))

    def _close(self, fits: Callable[[_Open], bool]) -> bool:
        for place, one in enumerate(self._open):
            if fits(one):
                del self._open[place]
                return True
        return False

    def _on_error(self, event: Event) -> None:
        event_id, code = text(event, "error.event_id"), text(event, "error.code") or ""
        if event_id is not None:
            self._close(lambda one: one.event.event_id == event_id)
            return
        kind = next((kind for begin, kind in _ERRORS if code.startswith(begin)), None)
        if kind is None and (text(event, "error.param") or "").startswith("session"):
            kind = "session.update"
        # One that says nothing of what it answers answers what has waited longest.
        self._close(lambda one: kind is None or one.event.type == kind)

    def end(self) -> None:
        """Say what has not been answered."""
        for one in self._open:
            self._say(one)

    def _say(self, one: _Open) -> None:
        last = self._last
        late = last is not None and (
            last.t_ms - one.t_ms >= PATIENCE_MS or last.seq - one.seq >= _PATIENCE_EVENTS
        )
        kind, wanted = one.event.type, " or ".join(ANSWERS[one.event.type])
        if late:
            self.breach(
                "not-answered", f"{kind} had no {wanted} and no error", one.seq, severity="warning"
            )
        else:
            self.breach(
                "not-answered",
                f"{kind} had no {wanted} yet when the log ends",
                one.seq,
                severity="note",
            )


def _fits(one: _Open, reply: Event) -> bool:
    """Whether a reply is about what was asked."""
    if not one.event.type.startswith("conversation.item."):
        return True
    if one.event.type != "conversation.item.create":
        return one.event.get("item_id") == reply.get("item_id", reply.get("item.id"))
    asked = one.event.get("item.id")
    if asked is not None:
        return asked == reply.get("item.id")
    return _kind(one.event) == _kind(reply)


def _kind(event: Event) -> tuple[Any, Any, Any]:
    """Return what tells an item that the client made from one of the service's own."""
    content = event.get("item.content")
    first: Any = cast("list[Any]", content)[0] if isinstance(content, list) and content else None
    part = cast("dict[str, Any]", first).get("type") if isinstance(first, dict) else None
    return event.get("item.type", "message"), event.get("item.role"), part
