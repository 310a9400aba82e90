"""A conversation carried over into a new session, as items.

A session ends with its connection and nothing of it can be resumed; what was said is told
again as items. Sound of the assistant cannot be created by a client (protocol: items), and
sound of the user is not kept here, so what was spoken goes over as its transcript.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.items import Item

_PART_TYPES: Final = {"user": "input_text", "system": "input_text", "assistant": "output_text"}


@dataclass(frozen=True, slots=True)
class Carried:
    """Items for a new session.

    Attributes
    ----------
    items
        The `item` of a ``conversation.item.create`` each, in the order of the conversation.
    left
        How many had no words to carry.
    """

    items: tuple[dict[str, Any], ...]
    left: int


def carry_over(items: Iterable[Item]) -> Carried:
    """Return what a new session has to be told of a conversation.

    Of an answer that was cut, what was heard of it; of function calls, those that have
    their output, with it. They get new ids from the service.
    """
    known = list(items)
    answered = {item.call_id for item in known if item.type == "function_call_output"}
    asked = {item.call_id for item in known if item.type == "function_call"}
    carried: list[dict[str, Any]] = []
    left = 0
    for item in known:
        wire = _wire(item, answered & asked)
        if wire is None:
            left += 1
        else:
            carried.append(wire)
    return Carried(tuple(carried), left)


def _wire(item: Item, whole_calls: set[str | None]) -> dict[str, Any] | None:
    if item.type in ("function_call", "function_call_output"):
        if item.call_id is None or item.call_id not in whole_calls:
            return None
        fields: dict[str, Any] = {"type": item.type, "call_id": item.call_id}
        if item.type == "function_call":
            return {**fields, "name": item.name or "", "arguments": item.arguments or "{}"}
        return {**fields, "output": item.output or ""}
    part_type = _PART_TYPES.get(item.role or "")
    text = item.heard_text
    if item.type != "message" or part_type is None or not text:
        return None
    content = [{"type": part_type, "text": text}]
    return {"type": "message", "role": item.role, "content": content}
