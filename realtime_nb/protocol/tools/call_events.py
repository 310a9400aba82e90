"""Reading the events that calls come in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from realtime_nb.protocol.told import as_object
from realtime_nb.protocol.tools.actions import ModelCall

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event


def read_call(response_id: str, item: Any) -> ModelCall | None:
    """Return the call that a finished item of the wire is; None for any other item.

    Parameters
    ----------
    response_id
        The response it is of.
    item
        The item. A function call that is incomplete, or has no id to answer to, is none.
    """
    if not isinstance(item, dict):
        return None
    wire = cast("dict[str, Any]", item)
    request = wire.get("type") == "mcp_approval_request"
    if not request and wire.get("type") != "function_call":
        return None
    call_id = wire.get("id" if request else "call_id")
    name, written = wire.get("name"), wire.get("arguments")
    if not isinstance(call_id, str) or not call_id or not isinstance(name, str):
        return None
    if wire.get("status", "completed") != "completed":
        return None
    return ModelCall(
        call_id=call_id,
        name=name,
        arguments=written if isinstance(written, str) else json.dumps(written),
        response_id=response_id,
        item_id=str(wire.get("id") or ""),
        server=str(wire.get("server_label") or "the server") if request else "",
    )


def out_of_band(event: Event) -> bool:
    """Whether the response of an event is; one that says nothing of it is not."""
    response = event.get("response")
    fields = as_object(response)
    return fields.get("conversation_id", "default") is None


def text_at(event: Event, path: str) -> str:
    """Return the text at a dotted path of an event; empty for anything else there."""
    value = event.get(path)
    return value if isinstance(value, str) else ""
