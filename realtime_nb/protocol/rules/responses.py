"""Rules of responses: begun before they go on, one at a time, and quiet once done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.protocol.rules.breach import Memory, Rule, quoted, text

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record


class Responses(Rule):
    """created, then its events, then done; one at a time in the default conversation.

    Rules: ``response-created-twice``, ``two-active-responses``, ``done-without-created``,
    ``event-without-created``, ``event-after-done``, ``done-twice``, ``response-not-done``,
    ``part-done-without-added``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._created = Memory()
        self._done = Memory()
        self._active: dict[str, int] = {}
        self._apart: dict[str, int] = {}
        self._parts = Memory()
        self._seen = False
        self._last = 0

    def succeed(self) -> None:
        """Expect no end of what was in progress: it went with its session."""
        self.partial = False
        self._active.clear()
        self._apart.clear()

    def take(self, record: Record) -> None:
        """Look at an event."""
        event = record.event
        if record.direction != "received":
            return
        self._last = record.seq
        if event.type == "response.created":
            self._on_created(event, record.seq)
        elif event.type == "response.done":
            self._on_done(event, record.seq)
        elif event.type.startswith("response."):
            self._on_other(event, record.seq)

    def _on_created(self, event: Event, seq: int) -> None:
        self._seen = True
        response_id = text(event, "response.id")
        if response_id is None:
            return
        name = quoted(response_id)
        if response_id in self._created:
            self.breach(
                "response-created-twice",
                f"{name} was created twice",
                self._created[response_id],
                seq,
            )
            return
        self._created.keep(response_id, seq)
        if event.get("response.conversation_id", "default") is None:
            self._apart[response_id] = seq
            return
        for other, began in self._active.items():
            self.breach(
                "two-active-responses",
                f"{name} was created while {quoted(other)} was not done",
                began,
                seq,
            )
        self._active[response_id] = seq

    def _on_done(self, event: Event, seq: int) -> None:
        response_id = text(event, "response.id")
        if response_id is None:
            return
        name = quoted(response_id)
        if response_id in self._done:
            self.breach("done-twice", f"{name} was done twice", self._done[response_id], seq)
        elif response_id not in self._created:
            self.unknown("done-without-created", f"{name} was done and never created", seq)
        self._done.keep(response_id, seq)
        self._active.pop(response_id, None)
        self._apart.pop(response_id, None)

    def _on_other(self, event: Event, seq: int) -> None:
        response_id = text(event, "response_id")
        if response_id is None:
            return
        name = quoted(response_id)
        if response_id in self._done:
            self.breach(
                "event-after-done",
                f"{event.type} of {name} came after its response.done",
                self._done[response_id],
                seq,
            )
        elif response_id not in self._created:
            self.unknown(
                "event-without-created", f"{event.type} of {name}, which was never created", seq
            )
        self._pair(event, seq)

    def _pair(self, event: Event, seq: int) -> None:
        """See that an output item or a content part that is done was added."""
        for kind in ("response.output_item", "response.content_part"):
            if not event.type.startswith(kind):
                continue
            item = text(event, "item.id") or text(event, "item_id") or ""
            key = f"{kind}|{item}|{event.get('content_index')}"
            if event.type.endswith(".added"):
                self._parts.keep(key, seq)
            elif event.type.endswith(".done") and key not in self._parts:
                self.unknown(
                    "part-done-without-added",
                    f"{event.type} of {quoted(item)}, which was never added",
                    seq,
                )

    def end(self) -> None:
        """Say which responses had no end."""
        for response_id, seq in (self._active | self._apart).items():
            self.breach(
                "response-not-done",
                f"{quoted(response_id)} was not done when the log ends",
                seq,
                severity="note",
            )
