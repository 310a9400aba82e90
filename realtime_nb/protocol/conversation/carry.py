"""A conversation carried over into a new session, as items.

A session ends with its connection and nothing of it can be resumed; what was said is told
again as items. Sound of the assistant cannot be created by a client (protocol: items), and
sound of the user is not kept here, so what was spoken goes over as its transcript.

`carry_over` tells it to a session of somebody else's, with new ids. `carry_on` tells it to the
session that takes the place of one that was lost, with the ids that are known.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.log.event_log import Record

Pictures: TypeAlias = dict[tuple[str, int], dict[str, Any]]
"""Content parts that hold a picture, by their item's id and their place in it."""

_PART_TYPES: Final = {"user": "input_text", "system": "input_text", "assistant": "output_text"}
_CALLS: Final = ("function_call", "function_call_output")
_KINDS: Final = {
    "message": ("message", "whose words are not known"),
    "function_call": ("function call", "whose output is missing"),
    "function_call_output": ("function output", "whose call is missing"),
}
_OTHER: Final = ("item", "of a kind that cannot be told again")
_PICTURE: Final = ("picture", "not at hand any more")
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
        How many could not be carried and why, ``"2 messages whose words are not known"``; empty
        when all could.
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
    return _told(known, _Teller(_whole_calls(known), pictures or {}))


def carry_on(
    items: Iterable[Item],
    pictures: Pictures | None = None,
    *,
    open_calls: Collection[str] = (),
    sounds: Mapping[str, str] | None = None,
) -> Carried:
    """Return what the successor of a lost session has to be told of its conversation.

    As `carry_over`, and each item has its id, by which it is still known. What nobody misses
    is not counted as lost: answers of which nothing had come, and lists of tools, which the
    service makes anew.

    Parameters
    ----------
    items
        The conversation, without the turn that is under way (`Conversation.begun_id`).
    pictures
        Its pictures; see `pictures_in`.
    open_calls
        The ``call_id`` of function calls whose output is still to come.
    sounds
        By item id, what the user said and nobody has written down: base64 of sound in the
        session's input format.
    """
    known = [item for item in items if not _missed_by_nobody(item)]
    calls = _whole_calls(known) | {item.call_id for item in known if item.call_id in open_calls}
    return _told(known, _Teller(calls, pictures or {}, sounds or {}, same_ids=True))


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells items; `calls` are the ids of the function calls that can be told."""

    calls: set[str | None]
    pictures: Pictures
    sounds: Mapping[str, str] = field(default_factory=dict[str, str])
    same_ids: bool = False

    def wire(self, item: Item) -> dict[str, Any] | None:
        """Return an item as it is told, None where it cannot be."""
        told = self._call(item) if item.type in _CALLS else self._message(item)
        return {"id": item.id, **told} if told is not None and self.same_ids else told

    def _call(self, item: Item) -> dict[str, Any] | None:
        if item.call_id is None or item.call_id not in self.calls:
            return None
        fields: dict[str, Any] = {"type": item.type, "call_id": item.call_id}
        if item.type == "function_call":
            return {**fields, "name": item.name or "", "arguments": item.arguments or "{}"}
        return {**fields, "output": item.output or ""}

    def _message(self, item: Item) -> dict[str, Any] | None:
        part_type = _PART_TYPES.get(item.role or "")
        if item.type != "message" or part_type is None:
            return None
        text = item.heard_text
        content: list[dict[str, Any]] = [{"type": part_type, "text": text}] if text else []
        if item.role == "user" and any(part.kind == "image" for part in item.parts.values()):
            content = _with_pictures(item, part_type, self.pictures)
        if item.role == "user" and not content and item.id in self.sounds:
            content = [{"type": "input_audio", "audio": self.sounds[item.id]}]
        return {"type": "message", "role": item.role, "content": content} if content else None


def _whole_calls(items: list[Item]) -> set[str | None]:
    answered = {item.call_id for item in items if item.type == "function_call_output"}
    return answered & {item.call_id for item in items if item.type == "function_call"}


def _missed_by_nobody(item: Item) -> bool:
    if item.type == "mcp_list_tools":
        return True
    nothing = not item.text and item.audio_ms <= 0
    return item.type == "message" and item.role == "assistant" and nothing


def _told(items: list[Item], teller: _Teller) -> Carried:
    carried: list[dict[str, Any]] = []
    lost: Counter[tuple[str, str]] = Counter()
    for item in items:
        wire = teller.wire(item)
        if wire is not None:
            carried.append(wire)
        else:
            lost[_KINDS.get(item.type, _OTHER)] += 1
        gone = sum(part.kind == "image" for part in item.parts.values()) - _pictures(wire)
        if gone > 0:
            lost[_PICTURE] += gone
    return Carried(
        tuple(carried),
        tuple(f"{n} {what}{'s' * (n != 1)} {why}" for (what, why), n in lost.items()),
    )


def _pictures(wire: dict[str, Any] | None) -> int:
    content: list[dict[str, Any]] = (wire or {}).get("content", [])
    return sum(part["type"] == "input_image" for part in content)


def _with_pictures(item: Item, part_type: str, pictures: Pictures) -> list[dict[str, Any]]:
    """Return the parts of a message in their order: what they show may be spoken of."""
    content: list[dict[str, Any]] = []
    for place, part in sorted(item.parts.items()):
        if part.kind != "image":
            content += [{"type": part_type, "text": part.text}] if part.text else []
        elif (item.id, place) in pictures:
            content.append(dict(pictures[item.id, place]))
    return content
