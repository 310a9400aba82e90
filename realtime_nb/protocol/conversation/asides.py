"""Which responses are out of band: made beside the conversation, and never part of it.

A service says so by a null ``conversation_id`` in `response.created`. One that says nothing of
the conversation is taken at our word: what was asked for with ``conversation: "none"`` and
comes back with the metadata that was sent is out of band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.bounded import BoundedSet
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Direction

_KEPT: Final = 256


class Asides:
    """Follows a session's events, and knows its out-of-band responses.

    It remembers the newest 256 responses, and as many requests.
    """

    def __init__(self) -> None:
        self._ids: BoundedSet[str] = BoundedSet(_KEPT)
        self._asked: list[dict[str, Any]] = []

    def __contains__(self, response_id: object) -> bool:
        return isinstance(response_id, str) and response_id in self._ids

    def tells(self, event: Event) -> bool:
        """Return whether an event is of an out-of-band response that has begun."""
        return event.get("response_id") in self or event.get("response.id") in self

    def take(self, direction: Direction, event: Event) -> None:
        """Take one event; all but the beginnings of responses say nothing."""
        if event.type == "response.create" and direction == "sent":
            self._on_asked(as_object(event.get("response")))
        elif event.type == "response.created" and direction == "received":
            self._on_begun(as_object(event.get("response")))

    def _on_asked(self, asked: dict[str, Any]) -> None:
        if asked.get("conversation") == "none" and (metadata := as_object(asked.get("metadata"))):
            self._asked.append(metadata)
            del self._asked[:-_KEPT]

    def _on_begun(self, response: dict[str, Any]) -> None:
        response_id = response.get("id")
        if not isinstance(response_id, str):
            return
        metadata = as_object(response.get("metadata"))
        if response.get("conversation_id", "default") is None or metadata in self._asked:
            self._ids.add(response_id)
