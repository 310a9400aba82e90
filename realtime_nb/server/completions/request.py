"""A request for a chat completion, read and checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from realtime_nb.server.brain.interface import FunctionTool
from realtime_nb.server.completions.fields import REQUEST, empty_array, stops_of
from realtime_nb.server.completions.messages import check_order, parts_of
from realtime_nb.server.completions.models import check_chat_model, needs_sound
from realtime_nb.server.http.errors import bad_request, model_missing
from realtime_nb.server.wire_errors import invalid_type, missing_parameter

Json = dict[str, Any]

STREAMED: Final = "pcm16"
MOST_TOKENS: Final = 16_384
"""What the service's sound models put out at most: some 13 minutes of sound."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked for.

    Parameters
    ----------
    messages
        The conversation, checked.
    voice, format
        Of the spoken answer; both empty for a written one.
    tools
        Functions that may be called.
    tools_wire
        They as they came, for counting.
    tool_choice, forced_tool
        As in `BrainRequest`.
    choices
        How many answers.
    stops
        Words that end an answer.
    max_tokens
        After so many it ends.
    stream, with_usage, obfuscated
        Whether it comes as events, with a last one that counts, and with padding.
    """

    messages: list[Json]
    voice: str
    format: str
    tools: tuple[FunctionTool, ...]
    tools_wire: tuple[Json, ...]
    tool_choice: Literal["auto", "none", "required", "function"]
    forced_tool: str
    choices: int
    stops: tuple[str, ...]
    max_tokens: int
    stream: bool
    with_usage: bool
    obfuscated: bool

    @property
    def speaks(self) -> bool:
        """Whether the answer is spoken."""
        return bool(self.format)


def read_request(body: Json) -> ChatRequest:
    """Return what a request's JSON asks for.

    Raises
    ------
    Refusal, WireError
        For the first thing that is wrong with it.
    """
    if body.get("model") is None or body["model"] == "":
        raise model_missing()
    if not isinstance(body["model"], str):
        raise invalid_type("model", "a string", body["model"])
    check_chat_model(body["model"])
    asked: Json = REQUEST.check(body, "")
    _check_together(asked)
    check_order(asked["messages"])
    audio: Json = asked["audio"] if "audio" in _modalities(asked) else {}
    choice: Any = asked.get("tool_choice") or ("auto" if asked.get("tools") else "none")
    forced = "" if isinstance(choice, str) else str(choice["function"]["name"])
    tools: list[Json] = asked.get("tools") or []
    options: Json = asked.get("stream_options") or {}
    return ChatRequest(
        messages=asked["messages"],
        voice=audio.get("voice", ""),
        format=audio.get("format", ""),
        tools=tuple(_tool(tool["function"]) for tool in tools),
        tools_wire=tuple(tools),
        tool_choice="function" if forced else cast("Any", choice),
        forced_tool=forced,
        choices=asked.get("n") or 1,
        stops=stops_of(asked.get("stop")),
        max_tokens=_limit(asked),
        stream=bool(asked.get("stream")),
        with_usage=bool(options.get("include_usage")),
        obfuscated=options.get("include_obfuscation") is not False,
    )


def _modalities(asked: Json) -> list[str]:
    return asked.get("modalities") or ["text"]


def _tool(function: Json) -> FunctionTool:
    return FunctionTool(
        function["name"], function.get("description") or "", function.get("parameters") or {}
    )


def _limit(asked: Json) -> int:
    """Return after how many tokens an answer ends; raise `Refusal` for more than there can be."""
    for name in ("max_completion_tokens", "max_tokens"):
        limit: int | None = asked.get(name)
        if limit is not None and limit > MOST_TOKENS:
            raise bad_request(
                f"{name} is too large: {limit}. This model supports at most {MOST_TOKENS} "
                f"completion tokens, whereas you provided {limit}.",
                param=name,
                code="invalid_value",
            )
        if limit is not None:
            return limit
    return MOST_TOKENS


def _check_together(asked: Json) -> None:
    """Refuse fields that are good alone and not together."""
    spoken = "audio" in _modalities(asked)
    if spoken and asked.get("audio") is None:
        raise missing_parameter("audio")
    if spoken and asked.get("stream") and asked["audio"]["format"] != STREAMED:
        given = asked["audio"]["format"]
        raise bad_request(
            f"'audio.format' does not support '{given}' when stream=true. "
            f"Supported values are: '{STREAMED}'.",
            param="audio.format",
            code="unsupported_value",
        )
    if needs_sound(asked["model"]) and not spoken and not _has_sound(asked["messages"]):
        raise bad_request(
            "This model requires that either input content or output modality contain audio.",
            param="model",
            code="invalid_value",
        )
    if asked.get("max_tokens") is not None and asked.get("max_completion_tokens") is not None:
        raise bad_request(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            code="invalid_parameter_combination",
        )
    if asked.get("stream_options") is not None and not asked.get("stream"):
        raise bad_request(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    _check_tools(asked)


def _check_tools(asked: Json) -> None:
    tools: list[Json] | None = asked.get("tools")
    choice: Any = asked.get("tool_choice")
    if tools == []:
        raise empty_array("tools")
    if not tools and choice is not None and choice != "none":
        raise bad_request(
            "'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice"
        )
    names = [tool["function"]["name"] for tool in tools or ()]
    if not isinstance(choice, str | None) and choice["function"]["name"] not in names:
        raise bad_request(
            "Tool choice 'function' names a function that is not in 'tools'.",
            param="tool_choice",
            code="invalid_value",
        )


def _has_sound(messages: list[Json]) -> bool:
    return any(
        message.get("audio") is not None
        or any(part["type"] == "input_audio" for part in parts_of(message))
        for message in messages
    )
