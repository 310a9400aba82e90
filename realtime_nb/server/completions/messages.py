"""Which messages a chat completion takes, and in which order they may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.server.config.schema import (
    AnyObject,
    Check,
    Choice,
    Constant,
    Integer,
    Listing,
    NotHere,
    Nullable,
    Record,
    Tagged,
    Text,
)
from realtime_nb.server.http.errors import bad_request
from realtime_nb.server.wire_errors import invalid_type, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

AUDIO_IN: Final = ("wav", "mp3")


@dataclass(frozen=True)
class _Content:
    """Text, or a list of parts."""

    parts: Check

    def check(self, value: Any, path: str) -> Any:
        """Return the content, or raise `WireError`."""
        if isinstance(value, str):
            return value
        if not isinstance(value, list):
            raise invalid_type(path, "one of a string or array of objects", value)
        return Listing(self.parts).check(cast("list[Any]", value), path)


_CACHING: Final = {"prompt_cache_breakpoint": Nullable(AnyObject())}
_TEXT: Final = Record({"type": Constant("text"), "text": Text(), **_CACHING}, ("text",))
_TEXTS: Final = _Content(Tagged({"text": _TEXT}))
_AUDIO: Final = Record(
    {
        "type": Constant("input_audio"),
        "input_audio": Record(
            {"data": Text(), "format": Choice(AUDIO_IN)},
            ("data", "format"),
        ),
        **_CACHING,
    },
    ("input_audio",),
)
_IMAGE: Final = Record(
    {
        "type": Constant("image_url"),
        "image_url": Record(
            {"url": Text(), "detail": Nullable(Choice(("auto", "low", "high")))}, ("url",)
        ),
        **_CACHING,
    },
    ("image_url",),
)
_USER_PARTS: Final = Tagged(
    {
        "text": _TEXT,
        "image_url": _IMAGE,
        "input_audio": _AUDIO,
        "file": NotHere("files are not read on the local practice server."),
    }
)
_REFUSAL: Final = Record({"type": Constant("refusal"), "refusal": Text()}, ("refusal",))
_ASSISTANT_PARTS: Final = _Content(Tagged({"text": _TEXT, "refusal": _REFUSAL}))

_NAME: Final = Nullable(Text(64, pattern=r"^[^\s<|\\/>]+$"))
_CALL: Final = Tagged(
    {
        "function": Record(
            {
                "id": Text(),
                "type": Constant("function"),
                "function": Record({"name": Text(64), "arguments": Text()}, ("name", "arguments")),
            },
            ("id", "function"),
        ),
        "custom": NotHere("custom tools are not available on the local practice server."),
    }
)
# A reply may be sent back as it came: all but its audio's id is left unread.
_SPOKEN: Final = Record(
    {
        "id": Text(512),
        "data": Nullable(Text()),
        "transcript": Nullable(Text()),
        "expires_at": Nullable(Integer()),
    },
    ("id",),
)


def _message(role: str, content: Check, needed: tuple[str, ...], **more: Check) -> Record:
    return Record({"role": Constant(role), "name": _NAME, "content": content, **more}, needed)


MESSAGE: Final = Tagged(
    {
        "developer": _message("developer", _TEXTS, ("content",)),
        "system": _message("system", _TEXTS, ("content",)),
        "user": _message("user", _Content(_USER_PARTS), ("content",)),
        "assistant": _message(
            "assistant",
            Nullable(_ASSISTANT_PARTS),
            (),
            refusal=Nullable(Text()),
            audio=Nullable(_SPOKEN),
            tool_calls=Nullable(Listing(_CALL, most=128)),
            annotations=Nullable(Listing(AnyObject())),
            function_call=NotHere("it is out of use: write 'tool_calls'.", (None,)),
        ),
        "tool": _message("tool", _TEXTS, ("content", "tool_call_id"), tool_call_id=Text()),
    },
    tag="role",
)


def parts_of(message: Json) -> list[Json]:
    """Return the parts of a checked message's content; text alone is one part."""
    content: Any = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content or []


def check_order(messages: Sequence[Json]) -> None:
    """Refuse a conversation that no model could have had.

    Parameters
    ----------
    messages
        As `MESSAGE` has let them through.

    Raises
    ------
    Refusal
        For an assistant that says nothing, a function's output that nobody called for, and
        a call without an output.
    """
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        path = f"messages.[{index}]"
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                raise bad_request(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    param=f"{path}.role",
                )
            open_calls.discard(message["tool_call_id"])
            continue
        _refuse_unanswered(open_calls, path)
        if message["role"] == "assistant":
            open_calls = {call["id"] for call in message.get("tool_calls") or ()}
            says = ("content", "audio", "refusal", "tool_calls")
            if all(message.get(key) is None for key in says):
                raise bad_request(
                    "Invalid value for 'content': expected a string, got null.",
                    param=f"{path}.content",
                )
    _refuse_unanswered(open_calls, f"messages.[{len(messages)}]")


def _refuse_unanswered(open_calls: set[str], path: str) -> None:
    if open_calls:
        raise bad_request(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            f"{', '.join(shown(call) for call in sorted(open_calls))}",
            param=f"{path}.role",
        )
