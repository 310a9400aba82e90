"""Which items a client may create, and making them from their JSON."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.config.schema import (
    Choice,
    Constant,
    Flag,
    Listing,
    Nullable,
    Record,
    Tagged,
    Text,
)
from realtime_nb.server.items import Item, Part
from realtime_nb.server.mcp.items import McpApprovalResponse
from realtime_nb.server.pictures import BadPicture, read_picture
from realtime_nb.server.wire_errors import invalid_value

if TYPE_CHECKING:
    from realtime_nb.server.audio_format import WireFormat

Json = dict[str, Any]

# Accepted on create because an echoed item may be sent back; none has an effect.
_COMMON: Final = {
    "id": Text(512),
    "object": Constant("realtime.item"),
    "status": Choice(("in_progress", "completed", "incomplete")),
    "phase": Nullable(Text(64)),
}
_INPUT_TEXT: Final = Record({"type": Constant("input_text"), "text": Text()}, ("text",))
_USER_PARTS: Final = Tagged(
    {
        "input_text": _INPUT_TEXT,
        "input_audio": Record(
            {
                "type": Constant("input_audio"),
                "audio": Text(),
                "transcript": Nullable(Text()),
            },
            ("audio",),
        ),
        "input_image": Record(
            {
                "type": Constant("input_image"),
                "image_url": Text(),
                "detail": Nullable(Choice(("auto", "low", "high"))),
            },
            ("image_url",),
        ),
    }
)
_ASSISTANT_PARTS: Final = Tagged(
    {"output_text": Record({"type": Constant("output_text"), "text": Text()}, ("text",))}
)


def _message(role: str, parts: Tagged) -> Record:
    return Record(
        {
            **_COMMON,
            "type": Constant("message"),
            "role": Constant(role),
            "content": Listing(parts),
        },
        ("content",),
    )


_ITEM_KINDS: Final = {
    "message": Tagged(
        {
            "system": _message("system", Tagged({"input_text": _INPUT_TEXT})),
            "user": _message("user", _USER_PARTS),
            "assistant": _message("assistant", _ASSISTANT_PARTS),
        },
        tag="role",
    ),
    "function_call": Record(
        {
            **_COMMON,
            "type": Constant("function_call"),
            "name": Text(64),
            "arguments": Text(),
            "call_id": Text(512),
        },
        ("name", "arguments"),
    ),
    "function_call_output": Record(
        {
            **_COMMON,
            "type": Constant("function_call_output"),
            "call_id": Text(512),
            "output": Text(),
        },
        ("call_id", "output"),
    ),
    "mcp_approval_response": Record(
        {
            **_COMMON,
            "type": Constant("mcp_approval_response"),
            "approval_request_id": Text(512),
            "approve": Flag(),
            "reason": Nullable(Text()),
        },
        ("approval_request_id", "approve"),
    ),
}
ITEM: Final = Tagged(_ITEM_KINDS)
ITEM_OR_REFERENCE: Final = Tagged(
    {
        **_ITEM_KINDS,
        "item_reference": Record({"type": Constant("item_reference"), "id": Text(512)}, ("id",)),
    }
)


def decode_audio(text: str, wire_format: WireFormat, path: str) -> bytes:
    """Return the bytes behind base64 text.

    Raises
    ------
    WireError
        When it is not base64, or does not hold whole samples; `path` is named.
    """
    try:
        audio = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise invalid_value(path, "expected base64-encoded audio bytes.") from None
    if len(audio) % wire_format.sample_bytes:
        raise invalid_value(path, f"expected whole 16-bit samples, but got {len(audio)} bytes.")
    return audio


def make_item(checked: Json, wire_format: WireFormat, *, made_s: float, path: str = "item") -> Item:
    """Return a new item from its checked JSON.

    Parameters
    ----------
    checked
        What `ITEM` has let through.
    wire_format
        The session's input format, in which user audio is expected.
    made_s
        The session's clock.
    path
        Where the item stands in its event, for messages.

    Raises
    ------
    WireError
        When a part's audio or image cannot be read.
    """
    if checked["type"] == "mcp_approval_response":
        return McpApprovalResponse(
            id=checked.get("id") or new_id("item"),
            type="mcp_approval_response",
            approval_request_id=checked["approval_request_id"],
            approve=checked["approve"],
            reason=checked.get("reason"),
            made_s=made_s,
        )
    item = Item(
        id=checked.get("id") or new_id("item"),
        type=checked["type"],
        role=checked.get("role"),
        name=checked.get("name", ""),
        arguments=checked.get("arguments", ""),
        call_id=checked.get("call_id", ""),
        output=checked.get("output", ""),
        made_s=made_s,
    )
    if item.type == "function_call" and not item.call_id:
        item.call_id = new_id("call")
    item.parts = [
        _make_part(part, wire_format, f"{path}.content[{index}]")
        for index, part in enumerate(checked.get("content", []))
    ]
    return item


def _make_part(checked: Json, wire_format: WireFormat, path: str) -> Part:
    kind = checked["type"]
    if kind == "input_audio":
        audio = decode_audio(checked["audio"], wire_format, f"{path}.audio")
        return Part(
            "input_audio",
            transcript=checked.get("transcript"),
            audio=bytearray(audio),
            format=wire_format,
        )
    if kind == "input_image":
        return _make_image(checked, f"{path}.image_url")
    return Part(kind, text=checked["text"])


def _make_image(checked: Json, path: str) -> Part:
    url = checked["image_url"]
    try:
        picture = read_picture(url)
    except BadPicture as bad:
        raise invalid_value(path, f"{bad}.") from None
    return Part("input_image", image_url=url, detail=checked.get("detail"), picture=picture)
