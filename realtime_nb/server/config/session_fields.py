"""The tables of what may stand in a session object and in a `response.create`.

Accepted and echoed, but without effect here, because a practice server has nothing that
they could act on: `audio.input.noise_reduction`, `include`, `tracing`, `reasoning`,
`parallel_tool_calls`, the transcription's `model`, `keywords` and `delay`.
Refused with a reason: custom voices.
"""

from __future__ import annotations

from typing import Any, Final

from realtime_nb.server.config.schema import (
    AnyObject,
    Choice,
    Constant,
    Flag,
    Integer,
    Listing,
    NotHere,
    Nullable,
    Number,
    OneList,
    OneOf,
    Record,
    Tagged,
    Text,
    TextMap,
)
from realtime_nb.server.config.stored_prompts import PROMPT
from realtime_nb.server.mcp.definition import MCP_CHOICE, MCP_TOOL

Json = dict[str, Any]

SESSION_TYPES: Final = ("realtime", "transcription")
VOICES: Final = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)
MAX_OUTPUT_TOKENS: Final = 4096

SERVER_VAD_DEFAULTS: Final[Json] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,  # the documentation says 500, every capture says 200
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
# In a transcription session nothing answers, so nothing is created or interrupted.
TRANSCRIPTION_VAD_DEFAULTS: Final[Json] = {
    key: SERVER_VAD_DEFAULTS[key]
    for key in ("type", "threshold", "prefix_padding_ms", "silence_duration_ms")
}
SEMANTIC_VAD_DEFAULTS: Final[Json] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}

_PCM = Record({"type": Constant("audio/pcm"), "rate": Integer(24_000, 48_000)}, ("type",))
_PCMU = Record({"type": Constant("audio/pcmu")}, ("type",))
_PCMA = Record({"type": Constant("audio/pcma")}, ("type",))
FORMAT: Final = Tagged({"audio/pcm": _PCM, "audio/pcmu": _PCMU, "audio/pcma": _PCMA})

_TURN_DETECTION = Tagged(
    {
        "server_vad": Record(
            {
                "type": Constant("server_vad"),
                "threshold": Number(0, 1),
                "prefix_padding_ms": Integer(0, 10_000),
                "silence_duration_ms": Integer(0, 30_000),
                "idle_timeout_ms": Nullable(Integer(5_000, 30_000)),
                "create_response": Flag(),
                "interrupt_response": Flag(),
            }
        ),
        "semantic_vad": Record(
            {
                "type": Constant("semantic_vad"),
                "eagerness": Choice(("low", "medium", "high", "auto")),
                "create_response": Flag(),
                "interrupt_response": Flag(),
            }
        ),
    }
)

_TRANSCRIPTION = Record(
    {
        "model": Text(200),
        "language": Nullable(Text(40)),
        "languages": Nullable(Listing(Text(40), most=100)),
        "keywords": Nullable(Listing(Text(200), most=1000)),
        "prompt": Nullable(Text(10_000)),
        "delay": Choice(("minimal", "low", "medium", "high", "xhigh")),
    }
)

_NOISE_REDUCTION = Record(
    {"type": Choice(("near_field", "far_field")), "strength": Number(0, 1)},
)

_NO_CUSTOM_VOICE = NotHere("custom voices are not available on the local practice server.")
VOICE: Final = OneOf(VOICES, _NO_CUSTOM_VOICE)

FUNCTION_TOOL: Final = Record(
    {
        "type": Constant("function"),
        "name": Text(64, pattern=r"^[a-zA-Z0-9_-]+$"),
        "description": Text(),
        "parameters": AnyObject(),
    },
    ("type", "name"),
)
TOOLS: Final = Listing(
    Tagged(
        {
            "function": FUNCTION_TOOL,
            "mcp": MCP_TOOL,
        }
    ),
    most=128,
)
TOOL_CHOICE: Final = OneOf(
    ("none", "auto", "required"),
    Tagged(
        {
            "function": Record({"type": Constant("function"), "name": Text(64)}, ("type", "name")),
            "mcp": MCP_CHOICE,
        }
    ),
)

OUTPUT_MODALITIES: Final = OneList((("text",), ("audio",)), "modalities")
MAX_TOKENS: Final = OneOf(("inf",), Integer(1, MAX_OUTPUT_TOKENS))
REASONING: Final = Record(
    {"effort": Nullable(Choice(("minimal", "low", "medium", "high", "xhigh")))}
)
METADATA: Final = Nullable(TextMap(most=16, longest_key=64, longest_value=512))

_TRUNCATION = OneOf(
    ("auto", "disabled"),
    Tagged(
        {
            "retention_ratio": Record(
                {
                    "type": Constant("retention_ratio"),
                    "retention_ratio": Number(0, 1),
                    "token_limits": Nullable(Record({"post_instructions": Integer(0)})),
                },
                ("retention_ratio",),
            )
        }
    ),
)
_TRACING = Nullable(
    OneOf(
        ("auto",),
        Record({"workflow_name": Text(), "group_id": Text(), "metadata": AnyObject()}),
    )
)

_INPUT: Final = Record(
    {
        "format": FORMAT,
        "transcription": Nullable(_TRANSCRIPTION),
        "noise_reduction": Nullable(_NOISE_REDUCTION),
        "turn_detection": Nullable(_TURN_DETECTION),
    }
)
_INCLUDE: Final = Nullable(Listing(Choice(("item.input_audio_transcription.logprobs",))))

SESSION_FIELDS: Final = Record(
    {
        "type": Choice(SESSION_TYPES),
        "model": Text(),
        "output_modalities": OUTPUT_MODALITIES,
        "instructions": Text(),
        "tools": TOOLS,
        "tool_choice": TOOL_CHOICE,
        "max_output_tokens": MAX_TOKENS,
        "parallel_tool_calls": Flag(),
        "reasoning": REASONING,
        "tracing": _TRACING,
        "truncation": _TRUNCATION,
        "prompt": PROMPT,
        "include": _INCLUDE,
        "audio": Record(
            {
                "input": _INPUT,
                "output": Record({"format": FORMAT, "voice": VOICE, "speed": Number(0.25, 1.5)}),
            }
        ),
    },
    ("type",),
)

TRANSCRIPTION_FIELDS: Final = Record(
    {
        "type": Choice(SESSION_TYPES),
        "audio": Record({"input": _INPUT}),
        "include": _INCLUDE,
    },
    ("type",),
)
