"""The session object: defaults as captured, updates that merge, updates thrown away whole."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.config.config import DEFAULT_INSTRUCTIONS
from tests.server.fakes import Stage, TalkBrain, virtual

Json = dict[str, Any]


def put(path: str, value: Any) -> Json:
    """Return nested objects with `value` at a dotted path."""
    first, _, rest = path.partition(".")
    return {first: put(rest, value) if rest else value}


@virtual
async def test_the_defaults_are_those_of_the_wire():
    async with Stage() as stage:
        session = stage.events[0]["session"]
        assert list(session) == [
            "type", "object", "id", "model", "output_modalities", "instructions", "tools",
            "tool_choice", "max_output_tokens", "tracing", "truncation", "prompt", "expires_at",
            "audio", "include",
        ]  # fmt: skip
        assert session["id"].startswith("sess_")
        for given in ("id", "expires_at"):
            session.pop(given)
        pcm = {"type": "audio/pcm", "rate": 24000}
        assert session == {
            "type": "realtime",
            "object": "realtime.session",
            "model": "local-demo",
            "output_modalities": ["audio"],
            "instructions": DEFAULT_INSTRUCTIONS,
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "audio": {
                "input": {
                    "format": pcm,
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.5,
                        "prefix_padding_ms": 300,
                        "silence_duration_ms": 200,
                        "idle_timeout_ms": None,
                        "create_response": True,
                        "interrupt_response": True,
                    },
                },
                "output": {"format": pcm, "voice": "alloy", "speed": 1.0},
            },
            "include": None,
        }


@virtual
async def test_an_update_merges_and_answers_with_the_whole_session():
    async with Stage() as stage:
        before = stage.events[0]["session"]
        (event,) = await stage.update(audio={"output": {"voice": "marin"}}, instructions="Hi.")
        assert event["type"] == "session.updated"
        expected = {**before, "instructions": "Hi."}
        expected["audio"]["output"]["voice"] = "marin"
        assert event["session"] == expected


@virtual
async def test_omission_keeps_and_null_clears():
    async with Stage() as stage:
        tools = [{"type": "function", "name": "f", "description": "d", "parameters": {}}]
        await stage.update(tools=tools, audio={"input": {"transcription": {"model": "whisper-1"}}})
        (event,) = await stage.update(audio={"input": {"turn_detection": None}})
        audio_input = event["session"]["audio"]["input"]
        assert audio_input["turn_detection"] is None
        assert audio_input["transcription"] == {
            "model": "whisper-1",
            "language": None,
            "prompt": None,
        }
        (event,) = await stage.update(tools=[], audio={"input": {"transcription": None}})
        assert event["session"]["tools"] == []
        assert event["session"]["audio"]["input"]["transcription"] is None


@virtual
async def test_turn_detection_keeps_its_fields_until_its_type_changes():
    async with Stage() as stage:
        vad = {"type": "server_vad", "silence_duration_ms": 700}
        await stage.update(audio={"input": {"turn_detection": vad}})
        vad = {"type": "server_vad", "threshold": 0.8}
        (event,) = await stage.update(audio={"input": {"turn_detection": vad}})
        detection = event["session"]["audio"]["input"]["turn_detection"]
        assert (detection["silence_duration_ms"], detection["threshold"]) == (700, 0.8)
        semantic = {"type": "semantic_vad", "eagerness": "high"}
        (event,) = await stage.update(audio={"input": {"turn_detection": semantic}})
        assert event["session"]["audio"]["input"]["turn_detection"] == {
            "type": "semantic_vad",
            "eagerness": "high",
            "create_response": True,
            "interrupt_response": True,
        }


@virtual
async def test_noise_reduction_keeps_its_strength():
    async with Stage() as stage:
        await stage.update(audio={"input": {"noise_reduction": {"type": "near_field"}}})
        (event,) = await stage.update(
            audio={"input": {"noise_reduction": {"type": "far_field", "strength": 0.5}}}
        )
        assert event["session"]["audio"]["input"]["noise_reduction"]["strength"] == 0.5
        (event,) = await stage.update(audio={"input": {"noise_reduction": {"type": "near_field"}}})
        assert event["session"]["audio"]["input"]["noise_reduction"] == {
            "type": "near_field",
            "strength": 0.5,
        }


@virtual
async def test_another_model_is_taken_without_becoming_it():
    async with Stage() as stage:
        (event,) = await stage.update(model="gpt-realtime-2.1")
        assert event["session"]["model"] == "local-demo"


REFUSED: list[tuple[str, Any, str, str, str]] = [
    # path, value, code, param, in the message
    ("voice", "ash", "unknown_parameter", "session.voice", "Unknown parameter: 'session.voice'."),
    ("modalities", ["text"], "unknown_parameter", "session.modalities", "Unknown parameter"),
    ("temperature", 0.8, "unknown_parameter", "session.temperature", "Unknown parameter"),
    ("audio.input.x", 1, "unknown_parameter", "session.audio.input.x", "session.audio.input.x"),
    ("audio.output.voice", "fable", "invalid_value", "session.audio.output.voice",
     "Invalid value: 'fable'. Supported values are: 'alloy', "),
    ("audio.output.voice", {"id": "voice_1"}, "invalid_value", "session.audio.output.voice",
     "custom voices"),
    ("audio.output.speed", 2, "decimal_above_max_value", "session.audio.output.speed", "<= 1.5"),
    ("audio.output.speed", 0.1, "decimal_below_min_value", "session.audio.output.speed", ">= 0.25"),
    ("audio.input.format", {"type": "audio/pcm", "rate": 8000}, "integer_below_min_value",
     "session.audio.input.format.rate",
     ("Invalid 'session.audio.input.format.rate': integer below minimum value. "
     "Expected a value >= 24000, but got 8000 instead.")),
    ("audio.input.format", {"type": "audio/pcmu", "rate": 8000}, "unknown_parameter",
     "session.audio.input.format.rate", "Unknown parameter"),
    ("audio.input.format", "pcm16", "invalid_type", "session.audio.input.format",
     "expected an object, but got a string instead"),
    ("audio.input.format", {"type": "pcm16"}, "invalid_value", "session.audio.input.format.type",
     "'audio/pcm', 'audio/pcmu', and 'audio/pcma'"),
    ("audio.input.turn_detection", {"type": "none"}, "invalid_value",
     "session.audio.input.turn_detection.type", "'server_vad' and 'semantic_vad'"),
    ("audio.input.turn_detection", {"threshold": 0.5}, "missing_required_parameter",
     "session.audio.input.turn_detection.type", "Missing required parameter"),
    ("audio.input.turn_detection", {"type": "server_vad", "eagerness": "low"}, "unknown_parameter",
     "session.audio.input.turn_detection.eagerness", "Unknown parameter"),
    ("audio.input.turn_detection", {"type": "server_vad", "idle_timeout_ms": 4999},
     "integer_below_min_value", "session.audio.input.turn_detection.idle_timeout_ms", ">= 5000"),
    ("audio.input.turn_detection", {"type": "server_vad", "create_response": 1}, "invalid_type",
     "session.audio.input.turn_detection.create_response", "expected a boolean"),
    ("output_modalities", ["text", "audio"], "invalid_value", "session.output_modalities",
     "Supported combinations are: ['text'] and ['audio']"),
    ("output_modalities", [], "invalid_value", "session.output_modalities", "Invalid modalities"),
    ("max_output_tokens", 4097, "integer_above_max_value", "session.max_output_tokens", "<= 4096"),
    ("max_output_tokens", 0, "integer_below_min_value", "session.max_output_tokens", ">= 1"),
    ("max_output_tokens", "many", "invalid_value", "session.max_output_tokens", "'inf'"),
    ("max_output_tokens", True, "invalid_type", "session.max_output_tokens", "a boolean"),
    ("tools", [{"type": "function"}], "missing_required_parameter", "session.tools[0].name",
     "session.tools[0].name"),
    ("tools", [{"type": "function", "name": "get weather"}], "invalid_value",
     "session.tools[0].name", "does not match pattern"),
    ("tools", [{"name": "f"}], "missing_required_parameter", "session.tools[0].type", "type"),
    ("tools", [{"type": "mcp", "server_label": "x"}], "missing_required_parameter",
     "session.tools[0].server_url", "server_url"),
    ("tool_choice", "always", "invalid_value", "session.tool_choice", "'none', 'auto', and 'requ"),
    ("prompt", {"id": "pmpt_1"}, "invalid_value", "session.prompt.id", "not found"),
    ("prompt", {"version": "1"}, "missing_required_parameter", "session.prompt.id", "prompt.id"),
    ("prompt", "pmpt_1", "invalid_type", "session.prompt", "expected an object"),
    ("prompt", {"id": "pmpt_practice_guide", "version": 1}, "invalid_type",
     "session.prompt.version", "expected a string"),
    ("prompt", {"id": "pmpt_practice_guide", "version": "9"}, "invalid_value",
     "session.prompt.version", "has no version '9', but '1' and '2'"),
    ("prompt", {"id": "pmpt_practice_guide", "variables": {"x": "y"}}, "unknown_parameter",
     "session.prompt.variables.x", "Unknown prompt variable: 'x'."),
    ("prompt", {"id": "pmpt_practice_greeter", "variables": {"place": "Lisbon"}},
     "missing_required_parameter", "session.prompt.variables.name", "variables.name"),
    ("prompt", {"id": "pmpt_practice_greeter", "variables": {"place": 5, "name": "x"}},
     "invalid_type", "session.prompt.variables.place", "expected an object"),
    ("prompt", {"id": "pmpt_practice_greeter", "variables": {"place": {"type": "input_file"}}},
     "invalid_value", "session.prompt.variables.place", "text only"),
    ("include", ["everything"], "invalid_value", "session.include[0]", "Supported values"),
    ("instructions", None, "invalid_type", "session.instructions", "but got null instead"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "code", "param", "message"),
    REFUSED,
    ids=[f"{row[0]}={str(row[1])[:24]}" for row in REFUSED],
)
def test_one_bad_field_throws_the_update_away(
    path: str, value: Any, code: str, param: str, message: str
):
    @virtual
    async def scene():
        async with Stage() as stage:
            update = {"instructions": "Changed.", **put(path, value)}
            events = await stage.send(
                "session.update", event_id="mine", session={"type": "realtime", **update}
            )
            assert [event["type"] for event in events] == ["error"]
            error = events[0]["error"]
            assert error["type"] == "invalid_request_error"
            assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")
            assert message in error["message"]
            (event,) = await stage.update()
            assert event["session"] == stage.events[0]["session"], "something changed all the same"

    scene()


@virtual
async def test_an_update_without_a_type_is_lost_whole():
    async with Stage() as stage:
        (event,) = await stage.send("session.update", session={"instructions": "Be a pirate."})
        assert event["error"]["code"] == "missing_required_parameter"
        assert event["error"]["param"] == "session.type"
        assert event["error"]["message"] == "Missing required parameter: 'session.type'."
        (event,) = await stage.update()
        assert event["session"]["instructions"] == DEFAULT_INSTRUCTIONS


@virtual
async def test_a_realtime_session_does_not_become_a_transcription_session():
    async with Stage() as stage:
        (event,) = await stage.send("session.update", session={"type": "transcription"})
        assert "transcription session update" in event["error"]["message"]
        (event,) = await stage.send("session.update", session={"type": "live"})
        assert event["error"]["param"] == "session.type"


@virtual
async def test_the_voice_stays_once_it_was_heard():
    async with Stage() as stage:
        await stage.update(audio={"output": {"voice": "ash"}})
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.until("response.done")
        (event,) = await stage.update(audio={"output": {"voice": "coral"}}, instructions="New.")
        assert event["error"]["code"] == "cannot_update_voice"
        assert event["error"]["message"] == (
            "Cannot update a conversation's voice if assistant audio is present."
        )
        # The same voice is no change.
        (event,) = await stage.update(audio={"output": {"voice": "ash"}})
        assert event["type"] == "session.updated"
        assert event["session"]["instructions"] == DEFAULT_INSTRUCTIONS
        (event,) = await stage.send(
            "response.create", response={"audio": {"output": {"voice": "coral"}}}
        )
        assert event["error"]["param"] == "response.audio.output.voice"


@virtual
async def test_the_voice_may_change_after_text():
    async with Stage() as stage:
        await stage.update(output_modalities=["text"])
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.until("response.done")
        (event,) = await stage.update(audio={"output": {"voice": "coral"}})
        assert event["session"]["audio"]["output"]["voice"] == "coral"


@virtual
async def test_tracing_stays_once_it_is_on():
    async with Stage() as stage:
        await stage.update(tracing="auto")
        (event,) = await stage.update(tracing="auto")
        assert event["session"]["tracing"] == "auto"
        (event,) = await stage.update(tracing=None)
        assert event["error"]["param"] == "session.tracing"


@virtual
async def test_the_speed_changes_between_answers_only():
    async with Stage(TalkBrain("word " * 20), pace=Pace(1.0)) as stage:
        await stage.say_text("hi")
        await stage.send("response.create")
        (event,) = await stage.update(audio={"output": {"speed": 1.2}})
        assert event["error"]["param"] == "session.audio.output.speed"
        (event,) = await stage.update(audio={"output": {"speed": 1.0}})
        assert event["type"] == "session.updated", "the same speed is no change"
        await stage.until("response.done")
        (event,) = await stage.update(audio={"output": {"speed": 1.2}})
        assert event["session"]["audio"]["output"]["speed"] == 1.2


@virtual
async def test_what_openai_agents_sends_first_is_accepted():
    async with Stage() as stage:
        (event,) = await stage.update(
            model="gpt-realtime-2.1",
            instructions="x",
            tools=[],
            output_modalities=["audio"],
            audio={
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": {"model": "gpt-4o-mini-transcribe"},
                    "turn_detection": {"type": "semantic_vad", "interrupt_response": True},
                },
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "ash"},
            },
        )
        assert event["type"] == "session.updated"
        assert event["session"]["audio"]["input"]["turn_detection"]["interrupt_response"] is True
