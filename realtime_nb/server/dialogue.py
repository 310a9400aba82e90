"""The client's hand on the conversation: create, retrieve, truncate, delete items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.config.item_fields import ITEM, make_item
from realtime_nb.server.mcp.items import McpApprovalResponse
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from realtime_nb.server.core import Core
    from realtime_nb.server.items import Item

Json = dict[str, Any]


MOST_ITEMS: Final = 10_000
MOST_BYTES: Final = 256 << 20
"""Items that a client may have created and not deleted, and what they may hold together.

A session that is honest ends after an hour and fits a model's context, far below either.
"""
_ITEM_COST: Final = 1_024


class Dialogue:
    """Item events of one session.

    Parameters
    ----------
    core
        What the session shares.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._brought: dict[str, int] = {}  # bytes of what the client created, by id
        self._held = 0

    def create(self, event: Json) -> None:
        """Add an item.

        Raises
        ------
        WireError
            When the item or its place is refused.
        """
        core = self._core
        checked = ITEM.check(event["item"], "item")
        item = make_item(checked, core.config.input_format, made_s=core.now_s())
        if item.type == "function_call_output" and not core.conversation.has_call(item.call_id):
            raise WireError(
                f"Tool call ID '{item.call_id}' not found in conversation.",
                code="invalid_tool_call_id",
                param="item.call_id",
            )
        if isinstance(item, McpApprovalResponse):
            core.mcp.check_answer(item)
        size = self._check_room(item)
        previous = core.conversation.add(item, event.get("previous_item_id"))
        self._brought[item.id] = size
        self._held += size
        core.listen_to(item)
        wire = item.to_wire()
        core.emit("conversation.item.added", previous_item_id=previous, item=wire)
        core.emit("conversation.item.done", previous_item_id=previous, item=wire)
        if isinstance(item, McpApprovalResponse):
            core.mcp.take_answer(item)

    def retrieve(self, event: Json) -> None:
        """Show an item, its sound included.

        Raises
        ------
        WireError
            When there is none of that id.
        """
        item = self._core.conversation.get(event["item_id"])
        if item is None:
            raise _no_item("retrieve", "retrieving", event["item_id"])
        self._core.emit("conversation.item.retrieved", item=item.to_wire(with_audio=True))

    def truncate(self, event: Json) -> None:
        """Cut what the user did not hear from an assistant's message.

        Raises
        ------
        WireError
            When there is none of that id, or nothing to cut there.
        """
        item_id, index, end_ms = event["item_id"], event["content_index"], event["audio_end_ms"]
        item = self._core.conversation.get(item_id)
        if item is None:
            error = _no_item("truncate", "truncating", item_id)
            error.names_event = False
            raise error
        item.truncate(index, end_ms)
        self._core.emit(
            "conversation.item.truncated",
            item_id=item_id,
            content_index=index,
            audio_end_ms=end_ms,
        )

    def delete(self, event: Json) -> None:
        """Take an item out.

        Raises
        ------
        WireError
            When there is none of that id.
        """
        if self._core.conversation.remove(event["item_id"]) is None:
            raise _no_item("delete", "deleting", event["item_id"])
        self._held -= self._brought.pop(event["item_id"], 0)
        self._core.emit("conversation.item.deleted", item_id=event["item_id"])

    def _check_room(self, item: Item) -> int:
        """Return about how many bytes an item holds; raise `WireError` where that is too many."""
        held = sum(
            len(part.text)
            + len(part.audio)
            + len(part.image_url or "")
            + len(part.transcript or "")
            for part in item.parts
        )
        size = held + len(item.arguments) + len(item.output) + _ITEM_COST
        if len(self._brought) >= MOST_ITEMS or self._held + size > MOST_BYTES:
            raise WireError(
                f"The practice server keeps {MOST_ITEMS} created items, of {MOST_BYTES >> 20} MiB"
                " together: delete some.",
                code="rate_limit_exceeded",
            )
        return size


def _no_item(verb: str, doing: str, item_id: str) -> WireError:
    return WireError(
        f"Error {doing} item: the item with id '{item_id}' does not exist.",
        code=f"item_{verb}_invalid_item_id",
        param="item_id",
    )
