"""Rules of items: in their places, told before they are spoken of, gone once deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.rules.breach import Memory, Rule, quoted, text

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

_ADDED: Final = frozenset({"conversation.item.added", "conversation.item.created"})
_FRONT: Final = "root"


class Items(Rule):
    """Each item added once, after one that is there; nothing of an item that is not.

    Rules: ``previous-item-unknown``, ``item-added-twice``, ``item-done-without-added``,
    ``item-unknown``, ``item-after-delete``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told = Memory()
        self._added = Memory()
        self._deleted = Memory()

    def succeed(self) -> None:
        """Forget all items: a new session knows those alone that it is told."""
        self.partial = False
        for known in (self._told, self._added, self._deleted):
            known.clear()

    def take(self, record: Record) -> None:
        """Look at an event."""
        event = record.event
        if record.direction != "received":
            return
        if event.type in _ADDED:
            self._on_added(event, record.seq)
        elif event.type == "conversation.item.done":
            item_id = text(event, "item.id")
            if item_id is not None and item_id not in self._added:
                self.unknown(
                    "item-done-without-added",
                    f"{quoted(item_id)} was done and never added",
                    record.seq,
                )
        elif event.type == "conversation.item.deleted":
            item_id = text(event, "item_id")
            if item_id is not None:
                self._require(event, item_id, record.seq)
                self._deleted.keep(item_id, record.seq)
        else:
            self._on_other(event, record.seq)

    def _on_added(self, event: Event, seq: int) -> None:
        item_id = text(event, "item.id")
        if item_id is None:
            return
        self._previous(event, seq)
        if item_id in self._added and item_id not in self._deleted:
            # The beta's name may come beside the one of today.
            if event.type == "conversation.item.added":
                self.breach(
                    "item-added-twice",
                    f"{quoted(item_id)} was added twice",
                    self._added[item_id],
                    seq,
                )
            return
        self._deleted.pop(item_id, None)
        self._added.keep(item_id, seq)
        self._told.keep(item_id, seq)

    def _previous(self, event: Event, seq: int) -> None:
        previous = text(event, "previous_item_id")
        if previous is not None and previous not in self._told and previous != _FRONT:
            self.unknown(
                "previous-item-unknown",
                f"{event.type} names {quoted(previous)} as the item before it, which is unknown",
                seq,
            )

    def _on_other(self, event: Event, seq: int) -> None:
        item_id = text(event, "item_id") or text(event, "item.id")
        if item_id is None:
            return
        if event.type.startswith("input_audio_buffer."):
            if event.type.endswith(("committed", "speech_started", "timeout_triggered")):
                # They name what the sound will become.
                self._told.keep(item_id, seq)
                if event.type.endswith("committed"):
                    self._previous(event, seq)
        elif event.type.startswith(("response.output_item.", "mcp_list_tools.")):
            self._told.keep(item_id, seq)
        else:
            self._require(event, item_id, seq)

    def _require(self, event: Event, item_id: str, seq: int) -> None:
        if item_id in self._deleted:
            self.breach(
                "item-after-delete",
                f"{event.type} of {quoted(item_id)}, which was deleted",
                self._deleted[item_id],
                seq,
                severity="warning",
            )
        elif item_id not in self._told and not event.type.endswith(
            "input_audio_transcription.delta"
        ):
            # A streaming transcriber's words come before their item.
            self.unknown(
                "item-unknown", f"{event.type} of {quoted(item_id)}, which is unknown", seq
            )
