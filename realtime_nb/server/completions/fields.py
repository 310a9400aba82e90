"""What may stand in the request for a chat completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from realtime_nb.server.completions.messages import MESSAGE
from realtime_nb.server.config.schema import (
    AnyObject,
    Choice,
    Constant,
    Entries,
    Flag,
    Integer,
    Listing,
    NotHere,
    Nullable,
    Number,
    OneOf,
    OneOfTypes,
    Record,
    Tagged,
    Text,
)
from realtime_nb.server.config.session_fields import METADATA, VOICES
from realtime_nb.server.http.errors import Refusal, bad_request
from realtime_nb.server.wire_errors import WireError, shown

Json = dict[str, Any]

AUDIO_OUT: Final = ("wav", "aac", "mp3", "flac", "opus", "pcm16")
SPEECH_VOICES: Final = (*VOICES, "fable", "nova", "onyx")
MOST_CHOICES: Final = 128
_MOST_MESSAGES: Final = 10_000
_LONGEST_STOP: Final = 4_096


@dataclass(frozen=True)
class _Modalities:
    """Text alone, or text with audio, in any order."""

    def check(self, value: Any, path: str) -> Any:
        """Return the modalities, or raise `WireError`."""
        given: list[str] = Listing(Choice(("text", "audio"))).check(value, path)
        if set(given) not in ({"text"}, {"text", "audio"}):
            raise WireError(
                f"Invalid value: '{shown(given)}'. Supported values are: ['text'] and "
                "['text', 'audio'].",
                code="invalid_value",
                param=path,
            )
        return given


@dataclass(frozen=True)
class _Messages:
    """The conversation, at least one message of it."""

    def check(self, value: Any, path: str) -> Any:
        """Return the messages, or raise `Refusal` or `WireError`."""
        messages = Listing(MESSAGE, most=_MOST_MESSAGES).check(value, path)
        if not messages:
            raise empty_array(path)
        return messages


@dataclass(frozen=True)
class _Seed:
    """A whole number of 64 bits; larger ones come out of JSON as decimals."""

    def check(self, value: Any, path: str) -> Any:
        """Return the number, or raise `WireError`."""
        return Integer(-(2**63), 2**63 - 1).check(value, path)


def empty_array(path: str) -> Refusal:
    """Return the refusal of an array that must hold something."""
    return bad_request(
        f"Invalid '{path}': empty array. Expected an array with minimum length 1, but got an "
        "empty array instead.",
        param=path,
        code="empty_array",
    )


_AUDIO: Final = Record(
    {
        "voice": OneOf(
            SPEECH_VOICES, NotHere("custom voices are not available on the local practice server.")
        ),
        "format": Choice(AUDIO_OUT),
    },
    ("voice", "format"),
)
_FUNCTION: Final = Record(
    {
        "name": Text(64, pattern=r"^[a-zA-Z0-9_-]+$"),
        "description": Nullable(Text()),
        "parameters": Nullable(AnyObject()),
        "strict": Nullable(Flag()),
    },
    ("name",),
)
_NO_CUSTOM: Final = NotHere("custom tools are not available on the local practice server.")
_TOOLS: Final = Listing(
    Tagged(
        {
            "function": Record(
                {"type": Constant("function"), "function": _FUNCTION}, ("function",)
            ),
            "custom": _NO_CUSTOM,
        }
    ),
    most=128,
)
_TOOL_CHOICE: Final = OneOf(
    ("none", "auto", "required"),
    Tagged(
        {
            "function": Record(
                {
                    "type": Constant("function"),
                    "function": Record({"name": Text(64)}, ("name",)),
                },
                ("function",),
            ),
            "custom": _NO_CUSTOM,
            "allowed_tools": NotHere("lists of allowed tools are not read here: leave them out."),
        }
    ),
)
_RESPONSE_FORMAT: Final = Tagged(
    {
        "text": Record({"type": Constant("text")}),
        "json_object": NotHere("the local practice server answers in words, not in JSON."),
        "json_schema": NotHere("the local practice server answers in words, not in JSON."),
    }
)
_OLD: Final = NotHere("it is out of use: write 'tools' and 'tool_choice'.", (None,))
_SEARCH: Final = NotHere("the local practice server does not search the web.", (None,))
_COUNT: Final = Nullable(Integer(1))
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh")

# Those that only tune a model are checked and have no effect: nothing here is one.
REQUEST: Final = Record(
    {
        "messages": _Messages(),
        "model": Text(),
        "audio": Nullable(_AUDIO),
        "frequency_penalty": Nullable(Number(-2, 2)),
        "function_call": _OLD,
        "functions": _OLD,
        "logit_bias": Nullable(Entries(Number(-100, 100))),
        "logprobs": NotHere("there are none: what answers is no model.", (None, False)),
        "max_completion_tokens": _COUNT,
        "max_tokens": _COUNT,
        "metadata": METADATA,
        "modalities": Nullable(_Modalities()),
        "moderation": Nullable(AnyObject()),
        "n": Nullable(Integer(1, MOST_CHOICES)),
        "parallel_tool_calls": Nullable(Flag()),
        "prediction": Nullable(AnyObject()),
        "presence_penalty": Nullable(Number(-2, 2)),
        "prompt_cache_key": Nullable(Text()),
        "prompt_cache_options": Nullable(AnyObject()),
        "prompt_cache_retention": Nullable(Choice(("in_memory", "24h"))),
        "reasoning_effort": Nullable(Choice(_EFFORTS)),
        "response_format": Nullable(_RESPONSE_FORMAT),
        "safety_identifier": Nullable(Text(64)),
        "seed": Nullable(_Seed()),
        "service_tier": Nullable(Choice(("auto", "default", "flex", "scale", "priority", "fast"))),
        "stop": Nullable(OneOfTypes(Text(_LONGEST_STOP), Listing(Text(_LONGEST_STOP), most=4))),
        "store": Nullable(Flag()),
        "stream": Nullable(Flag()),
        "stream_options": Nullable(
            Record({"include_usage": Nullable(Flag()), "include_obfuscation": Nullable(Flag())})
        ),
        "temperature": Nullable(Number(0, 2)),
        "tool_choice": Nullable(_TOOL_CHOICE),
        "tools": Nullable(_TOOLS),
        "top_logprobs": NotHere("there are none: what answers is no model.", (None, 0)),
        "top_p": Nullable(Number(0, 1)),
        "user": Nullable(Text()),
        "verbosity": Nullable(Choice(("low", "medium", "high"))),
        "web_search_options": _SEARCH,
    },
    ("messages",),
)


def stops_of(value: Any) -> tuple[str, ...]:
    """Return the stop sequences of a checked `stop`; empty ones stop nothing."""
    given = [value] if isinstance(value, str) else cast("list[str]", value or [])
    return tuple(stop for stop in given if stop)
