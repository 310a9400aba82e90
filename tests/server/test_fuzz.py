"""Whatever a client sends: an answer the wire knows, and a session that goes on."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.events import CLIENT_EVENT_TYPES
from tests.server.fakes import Stage, virtual

_FIELDS = st.sampled_from(
    [
        "session", "audio", "item", "item_id", "previous_item_id", "content_index",
        "audio_end_ms", "response", "response_id", "event_id", "type", "role", "content", "text",
        "input", "output", "format", "rate", "turn_detection", "transcription", "model", "tools",
        "tool_choice", "name", "parameters", "metadata", "instructions", "conversation", "call_id",
        "arguments", "truncation", "voice", "speed", "max_output_tokens", "output_modalities", "x",
        "prompt", "id", "version", "variables", "languages", "keywords", "noise_reduction",
    ]
)  # fmt: skip
_WORDS = st.sampled_from(
    ["realtime", "message", "user", "assistant", "input_text", "input_audio", "server_vad",
     "semantic_vad", "function", "function_call", "function_call_output", "audio/pcm",
     "audio/pcmu", "auto", "none", "inf", "root", "AAAA", "item_1", "", "\ud800"]
)  # fmt: skip
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=8), _WORDS
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=5),
    max_leaves=20,
)
_EVENTS = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(CLIENT_EVENT_TYPES),
    st.dictionaries(_FIELDS, _JSON, max_size=4),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_EVENTS, min_size=1, max_size=6))
def test_any_events_leave_a_working_session(events: list[Any]):
    @virtual
    async def scene():
        async with Stage() as stage:
            for event in events:
                before = len(stage.events)
                await stage.session.handle(json.dumps(event))
                # A fault of the server's own would be a `server_error`.
                errors = [e["error"] for e in stage.events[before:] if e["type"] == "error"]
                assert {error["type"] for error in errors} <= {"invalid_request_error"}
            await stage.settle(60)
            before = len(stage.events)
            await stage.say_text("still there?")
            assert stage.types[before:] == ["conversation.item.added", "conversation.item.done"]

    scene()


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_any_frame_is_answered(frame: str | bytes):
    @virtual
    async def scene():
        async with Stage() as stage:
            await stage.session.handle(frame)
            assert stage.types == ["session.created", "error"]
            assert stage.events[1]["error"]["type"] == "invalid_request_error"

    scene()


_VALID: list[Any] = [
    {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "instructions": "x",
            "output_modalities": ["text"],
            "max_output_tokens": 7,
            "tools": [{"type": "function", "name": "f", "description": "d", "parameters": {}}],
            "tool_choice": {"type": "function", "name": "f"},
            "truncation": {"type": "retention_ratio", "retention_ratio": 0.5},
            "prompt": {
                "id": "pmpt_practice_greeter",
                "version": "1",
                "variables": {"place": "x", "name": {"type": "input_text", "text": "y"}},
            },
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": {"model": "gpt-transcribe", "keywords": ["ship"]},
                    "turn_detection": {"type": "server_vad", "threshold": 0.5},
                },
                "output": {"format": {"type": "audio/pcmu"}, "voice": "ash", "speed": 1.1},
            },
        },
    },
    {
        "type": "conversation.item.create",
        "previous_item_id": "root",
        "item": {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "hi"},
                {"type": "input_audio", "audio": "AAAA"},
            ],
        },
    },
    {
        "type": "response.create",
        "response": {
            "conversation": "none",
            "metadata": {"a": "b"},
            "max_output_tokens": "inf",
            "input": [{"type": "message", "role": "user", "content": []}],
            "audio": {"output": {"voice": "ash", "format": {"type": "audio/pcma"}}},
        },
    },
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything inside a JSON value."""
    inside: list[tuple[Any, ...]] = []
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        inside.append((*path, key))
        if isinstance(entry, dict | list):
            inside += places(entry, (*path, key))
    return inside


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_one_changed_value_is_refused_or_obeyed(data: st.DataObject):
    event = json.loads(json.dumps(data.draw(st.sampled_from(_VALID))))
    *way, last = data.draw(st.sampled_from(places(event)))
    holder = event
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(_JSON)

    @virtual
    async def scene():
        async with Stage() as stage:
            await stage.session.handle(json.dumps(event))
            await stage.settle(60)
            errors = [e["error"] for e in stage.events if e["type"] == "error"]
            assert {error["type"] for error in errors} <= {"invalid_request_error"}
            failed = [e for e in stage.events if e["type"] == "response.done"]
            assert {e["response"]["status"] for e in failed} <= {"completed"}
            # 24 kHz is all that the openai package knows of PCM.
            stage.complaints = [c for c in stage.complaints if "rate" not in str(c)]

    scene()
