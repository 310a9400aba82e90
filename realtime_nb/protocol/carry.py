"""A conversation carried over into a new session, as items.

A session ends with its connection and nothing of it can be resumed; what was said is told
again as items. Sound of the assistant cannot be created by a client (protocol: items), and
sound of the user is not kept here, so what was spoken goes over as its transcript.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.items import Item
    from realtime_nb.protocol.log import Record

Pictures: TypeAlias = dict[tuple[str, int], dict[str, Any]]
"""Content parts that hold a picture, by their item's id and their place in it."""

_PART_TYPES: Final = {"user": "input_text", "system": "input_text", "assistant": "output_text"}
_KINDS: Final = {
    "message": "without words",
    "function_call": "without the output it asked for",
    "function_call_output": "without its function call",
}
_WITH_CONTENT: Final = frozenset(
    {"conversation.item.create", "conversation.item.added", "conversation.item.created"}
)


@dataclass(frozen=True, slots=True)
class Carried:
    """Items for a new session.

    Attributes
    ----------
    items
        The `item` of a ``conversation.item.create`` each, in the order of the conversation.
    lost
        How many could not be carried and why, ``"2 without words"``; empty when all could.
    """

    items: tuple[dict[str, Any], ...]
    lost: tuple[str, ...] = ()


def pictures_in(records: Iterable[Record]) -> Pictures:
    """Return the pictures that a log holds, by item and content index, as they were sent."""
    found: Pictures = {}
    for record in records:
        if record.event.type in _WITH_CONTENT:
            item = record.event.get("item")
            if isinstance(item, dict):
                _take_pictures(cast("dict[str, Any]", item), found)
    return found


def _take_pictures(item: dict[str, Any], found: Pictures) -> None:
    content, item_id = item.get("content"), item.get("id")
    if not isinstance(content, list) or not isinstance(item_id, str):
        return
    for place, part in enumerate(cast("list[Any]", content)):
        told = cast("dict[str, Any]", part) if isinstance(part, dict) else {}
        # A service that tells items need not tell the picture again.
        if told.get("type") == "input_image" and told.get("image_url"):
            found[item_id, place] = {
                name: told[name] for name in ("type", "image_url", "detail") if told.get(name)
            }


def carry_over(items: Iterable[Item], pictures: Pictures | None = None) -> Carried:
    """Return what a new session has to be told of a conversation.

    Of an answer that was cut, what was heard of it; of function calls, those that have
    their output, with it; of messages with pictures, those too where they are at hand. They
    get new ids from the service.

    Parameters
    ----------
    items
        The conversation.
    pictures
        Its pictures; see `pictures_in`.
    """
    known = list(items)
    answered = {item.call_id for item in known if item.type == "function_call_output"}
    asked = {item.call_id for item in known if item.type == "function_call"}
    carried: list[dict[str, Any]] = []
    lost: Counter[str] = Counter()
    for item in known:
        wire = _wire(item, answered & asked, pictures or {})
        if wire is not None:
            carried.append(wire)
        else:
            lost[_KINDS.get(item.type, "of a kind that cannot be told again")] += 1
        gone = sum(part.kind == "image" for part in item.parts.values()) - _pictures(wire)
        if gone > 0:
            lost["picture or pictures not at hand"] += gone
    return Carried(tuple(carried), tuple(f"{n} {what}" for what, n in lost.items()))


def _pictures(wire: dict[str, Any] | None) -> int:
    content: list[dict[str, Any]] = (wire or {}).get("content", [])
    return sum(part["type"] == "input_image" for part in content)


def _wire(item: Item, whole_calls: set[str | None], pictures: Pictures) -> dict[str, Any] | None:
    if item.type in ("function_call", "function_call_output"):
        if item.call_id is None or item.call_id not in whole_calls:
            return None
        fields: dict[str, Any] = {"type": item.type, "call_id": item.call_id}
        if item.type == "function_call":
            return {**fields, "name": item.name or "", "arguments": item.arguments or "{}"}
        return {**fields, "output": item.output or ""}
    part_type = _PART_TYPES.get(item.role or "")
    if item.type != "message" or part_type is None:
        return None
    text = item.heard_text
    content: list[dict[str, Any]] = [{"type": part_type, "text": text}] if text else []
    if item.role == "user" and any(part.kind == "image" for part in item.parts.values()):
        content = _with_pictures(item, part_type, pictures)
    return {"type": "message", "role": item.role, "content": content} if content else None


def _with_pictures(item: Item, part_type: str, pictures: Pictures) -> list[dict[str, Any]]:
    """Return the parts of a message in their order: what they show may be spoken of."""
    content: list[dict[str, Any]] = []
    for place, part in sorted(item.parts.items()):
        if part.kind != "image":
            content += [{"type": part_type, "text": part.text}] if part.text else []
        elif (item.id, place) in pictures:
            content.append(dict(pictures[item.id, place]))
    return content
