"""Which answer belongs to which item that a new session is told of the talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.client.transport.refusals import is_fatal
from realtime_nb.client.turns.ledger import Entry, Ledger

if TYPE_CHECKING:
    from realtime_nb.errors import ServerError
    from realtime_nb.protocol.events import Event

_CREATE = "conversation.item.create"


class CopyLedger(Ledger):
    """The ledger of a session that takes over: nothing but what it is told is under way.

    So a service that gives items ids of its own is understood by their order, as is one whose
    errors name nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: set[Any] = set()

    def _answer(self, event: Event) -> None:
        super()._answer(event)
        self._told.add(event.get("item.id"))

    def _about(self, entry: Entry, event: Event, item_id: Any) -> bool:
        if super()._about(entry, event, item_id):
            return True
        known = item_id in self._told or any(one.item_id == item_id for one in self._entries)
        return not known and entry.shape == (event.get("item.type"), event.get("item.role"))

    def _guessed(self, error: ServerError) -> Entry | None:
        guessed = super()._guessed(error)
        if guessed is not None or is_fatal(error.code):
            return guessed
        return next((entry for entry in self._entries if entry.kind == _CREATE), None)
