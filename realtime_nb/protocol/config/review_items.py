"""Conversation items as programs write them, and what GA wants of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.migrate_names import BETA_CONTENT
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.review_shapes import check_shape, join
from realtime_nb.protocol.config.shapes import dicts_of, nearest, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES: Final = ("user", "assistant", "system")

RESULTS: Final = frozenset(
    {
        "function_result",
        "function_response",
        "function_output",
        "function_call_result",
        "tool_result",
        "tool_response",
        "tool_output",
        "tool",
    }
)
"""What programs call the output of a function, and no service ever did."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text",),
    "system": ("input_text",),
}
"""Types of content parts that a client may put into a message of each role."""

_HOLDS: Final[Mapping[str, str]] = {
    "input_text": "text",
    "output_text": "text",
    "input_audio": "audio",
    "input_image": "image_url",
}
_OUTPUT: Final = '{"type": "function_call_output", "call_id": "call_…", "output": "…"}'


def review_item(item: Any, path: str, *, reference: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with an item a client creates.

    Parameters
    ----------
    item
        As it would be sent.
    path
        Where it stands in the event.
    reference
        Whether ``{"type": "item_reference", "id": …}`` may stand here.
    """
    if not isinstance(item, Mapping):
        yield Problem(path, f"`{path}` is {shown(item)}, and takes an object", _message("user"))
        return
    fields = cast("Mapping[str, Any]", item)
    kind = fields.get("type")
    if kind == "item_reference" and reference:
        if not isinstance(fields.get("id"), str):
            yield Problem(join(path, "id"), f"`{path}` refers to an item and has no `id`")
    elif not isinstance(kind, str) or kind not in _item_types():
        yield _wrong_type(fields, path)
    elif kind == "message":
        yield from _review_message(fields, path)
    elif kind == "function_call_output":
        yield from _review_output(fields, path)
    else:
        yield from check_shape(fields, _item_union(), path)


def _message(role: str, text: str = "…") -> str:
    part = PARTS.get(role, PARTS["user"])[0]
    content = f'[{{"type": "{part}", "text": "{text}"}}]'
    return f'write {{"type": "message", "role": "{role}", "content": {content}}}'


@cache
def _item_union() -> Any:
    # The package's types take most of a second to load.
    from openai.types.realtime import ConversationItemParam  # noqa: PLC0415

    return ConversationItemParam


@cache
def _item_types() -> frozenset[str]:
    return frozenset(tag for shape in dicts_of(_item_union()) for tag in tags_of(shape))


def _wrong_type(item: Mapping[str, Any], path: str) -> Problem:
    kind, where = item.get("type"), join(path, "type")
    if kind is None:
        result = "output" in item and "call_id" in item
        advice = f"write {_OUTPUT}" if result else _message(_role_of(item))
        return Problem(where, f"`{path}` has no `type`, and must have it", advice)
    message = f"there is no item of type {shown(kind)}"
    word = kind if isinstance(kind, str) else ""
    if word in ROLES:
        return Problem(where, message, f"{word} is a role: {_message(word)}")
    if word in RESULTS:
        return Problem(where, message, f"write {_OUTPUT}")
    near = nearest(word, _item_types())
    listed = f"there are {', '.join(sorted(_item_types()))}"
    return Problem(where, message, near.removeprefix("; ") or listed)


def _role_of(item: Mapping[str, Any]) -> str:
    role = item.get("role")
    return role if role in ROLES else "user"


def _review_message(item: Mapping[str, Any], path: str) -> Iterator[Problem]:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        where = join(path, "role")
        near = nearest(role, ROLES).removeprefix("; ") if isinstance(role, str) else ""
        said = f"`{where}` is {shown(role)}" if role is not None else f"`{path}` has no `role`"
        yield Problem(where, said, near or f"it takes {', '.join(ROLES)}")
    where = join(path, "content")
    if isinstance(content, list):
        for place, part in enumerate(cast("list[Any]", content)):
            yield from _review_part(part, role, f"{where}[{place}]")
    else:
        said = "is missing" if content is None else f"is {shown(content)}, and takes a list"
        text = content[:40] if isinstance(content, str) else "…"
        yield Problem(where, f"`{where}` {said}", _message(_role_of(item), text))
    if role in ROLES:
        yield from check_shape({**item, "content": []}, _item_union(), path)


def _review_part(part: Any, role: Any, path: str) -> Iterator[Problem]:
    allowed = PARTS.get(role, tuple(_HOLDS)) if isinstance(role, str) else tuple(_HOLDS)
    if not isinstance(part, Mapping):
        advice = f'write {{"type": "{allowed[0]}", "text": "…"}}'
        yield Problem(path, f"`{path}` is {shown(part)}, and takes an object", advice)
        return
    fields = cast("Mapping[str, Any]", part)
    kind, where = fields.get("type"), join(path, "type")
    if not isinstance(kind, str) or kind not in allowed:
        yield _wrong_part(kind, role, allowed, where)
        return
    held = _HOLDS[kind]
    if not isinstance(fields.get(held), str):
        said = f"is {shown(fields[held])}" if held in fields else "is missing"
        yield Problem(join(path, held), f"`{join(path, held)}` {said}", "it takes text")
    elif kind == "input_image" and not str(fields[held]).startswith("data:image/"):
        advice = "write the PNG or JPEG itself: data:image/png;base64,…"
        yield Problem(join(path, held), f"`{join(path, held)}` is {shown(fields[held])}", advice)


def _wrong_part(kind: Any, role: Any, allowed: tuple[str, ...], where: str) -> Problem:
    takes = f"a part of a message of {role}'s is {' or '.join(allowed)}"
    if kind is None:
        return Problem(where, f"`{where}` is missing", takes)
    message = f"`{where}` is {shown(kind)}"
    word = kind if isinstance(kind, str) else ""
    if role == "assistant" and word in BETA_CONTENT:
        beta = f"a name of the beta API: GA has {BETA_CONTENT[word]}"
        if word == "audio":
            beta += ", and a client cannot create the assistant's sound; write output_text"
        return Problem(where, message, beta)
    if role == "assistant" and word == "output_audio":
        return Problem(where, message, "a client cannot create the assistant's sound; output_text")
    if f"input_{word}" in allowed:
        return Problem(where, message, f"write input_{word}")
    return Problem(where, message, takes)


def _review_output(item: Mapping[str, Any], path: str) -> Iterator[Problem]:
    output, where = item.get("output"), join(path, "output")
    if isinstance(output, str):
        yield from check_shape(item, _item_union(), path)
        return
    others = [name for name in ("result", "content", "response", "value") if name in item]
    if output is not None:
        message = f"`{where}` is {shown(output)}, and takes text"
        yield Problem(where, message, "write json.dumps(…) of it")
    elif others:
        yield Problem(where, f"`{path}` has `{others[0]}`", "the result's name is `output`, a text")
    rest = {name: value for name, value in item.items() if name not in others}
    checked = {**rest, "output": ""} if output is not None or others else rest
    yield from check_shape(checked, _item_union(), path)
