from __future__ import annotations

import datetime as dt
from copy import deepcopy
from typing import Any

import pytest

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.config.check import check_config
from realtime_nb.protocol.config.migrate import BETA_EVENTS, BETA_FIELDS, migrate
from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.config.review import review_event

TODAY = dt.date(2026, 11, 21)
PCM = {"type": "audio/pcm", "rate": 24000}

# As the beta documentation wrote it, key by key.
BETA_SESSION: dict[str, Any] = {
    "modalities": ["text", "audio"],
    "instructions": "Be kind.",
    "voice": "sage",
    "input_audio_format": "pcm16",
    "output_audio_format": "g711_ulaw",
    "input_audio_transcription": {"model": "gpt-transcribe"},
    "input_audio_noise_reduction": {"type": "near_field"},
    "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "temperature": 0.8,
    "speed": 1.1,
    "max_response_output_tokens": "inf",
}
GA_SESSION: dict[str, Any] = {
    "type": "realtime",
    "instructions": "Be kind.",
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "output_modalities": ["audio"],
    "audio": {
        "output": {"voice": "sage", "format": {"type": "audio/pcmu"}, "speed": 1.1},
        "input": {
            "format": PCM,
            "transcription": {"model": "gpt-transcribe"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
        },
    },
    "max_output_tokens": "inf",
}


def test_a_whole_beta_session() -> None:
    source = deepcopy(BETA_SESSION)
    migration = migrate(source)
    assert migration.result == GA_SESSION
    assert source == BETA_SESSION
    moved = {change.path: change.path_now for change in migration.changes}
    assert moved == {**BETA_FIELDS, "type": "type"}
    assert check_config(migration.result, today=TODAY) == []


@pytest.mark.parametrize(
    ("name", "was", "place", "now"),
    [
        ("modalities", ["text", "audio"], "output_modalities", ["audio"]),
        ("modalities", ["audio"], "output_modalities", ["audio"]),
        ("modalities", ["text"], "output_modalities", ["text"]),
        ("voice", "ash", "audio.output.voice", "ash"),
        ("input_audio_format", "pcm16", "audio.input.format", PCM),
        ("input_audio_format", "g711_ulaw", "audio.input.format", {"type": "audio/pcmu"}),
        ("input_audio_format", "g711_alaw", "audio.input.format", {"type": "audio/pcma"}),
        ("output_audio_format", "pcm16", "audio.output.format", PCM),
        ("input_audio_transcription", None, "audio.input.transcription", None),
        ("input_audio_noise_reduction", None, "audio.input.noise_reduction", None),
        ("turn_detection", None, "audio.input.turn_detection", None),
        ("speed", 1.2, "audio.output.speed", 1.2),
        ("max_response_output_tokens", 100, "max_output_tokens", 100),
    ],
)
def test_a_field_of_the_session(name: str, was: Any, place: str, now: Any) -> None:
    migration = migrate({"type": "realtime", name: was})
    (change,) = migration.changes
    assert (change.path, change.was, change.path_now, change.now) == (name, was, place, now)
    assert get(migration.result, place) == now
    assert set(migration.result) == {"type", place.partition(".")[0]}
    assert change.why


def test_what_was_removed_is_gone() -> None:
    migration = migrate({"type": "realtime", "temperature": 0.8})
    assert migration.result == {"type": "realtime"}
    assert migration.changes[0].now is MISSING
    assert str(migration) == "`temperature: 0.8` removed: GA has none"


def test_the_type_is_added() -> None:
    migration = migrate({"instructions": "Hi."})
    assert migration.result == {"type": "realtime", "instructions": "Hi."}
    assert str(migration).startswith('`type: "realtime"` added: ')


def test_the_ga_name_wins_over_the_beta_one() -> None:
    source = {"type": "realtime", "voice": "ash", "audio": {"output": {"voice": "marin"}}}
    migration = migrate(source)
    assert migration.result == {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    assert "says it already" in str(migration)


def test_a_model_of_the_beta_gets_its_successor() -> None:
    migration = migrate({"type": "realtime", "model": "gpt-4o-realtime-preview-2024-12-17"})
    assert migration.result["model"].startswith("gpt-realtime")
    assert "shut down on 2026-05-07" in str(migration)
    current = {"type": "realtime", "model": "gpt-realtime-2.1"}
    assert migrate(current).result == current


def test_a_reported_beta_session_gives_its_key_away_to_nobody() -> None:
    session = {"object": "realtime.transcription_session", "client_secret": {"value": "ek_1"}}
    migration = migrate(session)
    assert migration.result == {
        "type": "transcription",
        "object": "realtime.transcription_session",
    }
    assert "ek_1" not in str(migration)
    assert "ek_1" not in repr(migration)


@pytest.mark.parametrize(
    ("beta", "ga"),
    [
        (
            {"type": "session.update", "session": {"instructions": "Hi."}},
            {"type": "session.update", "session": {"type": "realtime", "instructions": "Hi."}},
        ),
        (
            {"session": {"voice": "ash"}},
            {"session": {"type": "realtime", "audio": {"output": {"voice": "ash"}}}},
        ),
        (
            {
                "type": "transcription_session.update",
                "event_id": "e",
                "session": {
                    "input_audio_format": "pcm16",
                    "input_audio_transcription": {"model": "gpt-transcribe"},
                    "turn_detection": {"type": "server_vad"},
                    "modalities": ["text"],
                    "include": ["item.input_audio_transcription.logprobs"],
                },
            },
            {
                "type": "session.update",
                "event_id": "e",
                "session": {
                    "type": "transcription",
                    "include": ["item.input_audio_transcription.logprobs"],
                    "audio": {
                        "input": {
                            "format": PCM,
                            "transcription": {"model": "gpt-transcribe"},
                            "turn_detection": {"type": "server_vad"},
                        }
                    },
                },
            },
        ),
        (
            {
                "type": "response.create",
                "response": {
                    "modalities": ["text"],
                    "voice": "ash",
                    "output_audio_format": "pcm16",
                    "max_response_output_tokens": 9,
                    "temperature": 0.8,
                    "instructions": "Hi.",
                },
            },
            {
                "type": "response.create",
                "response": {
                    "instructions": "Hi.",
                    "output_modalities": ["text"],
                    "audio": {"output": {"voice": "ash", "format": PCM}},
                    "max_output_tokens": 9,
                },
            },
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "text", "text": "Hello."}],
                },
            },
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hello."}],
                },
            },
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "audio", "transcript": "Hello.", "audio": "AA"}],
                },
            },
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hello."}],
                },
            },
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "user", "content": "Hi."}},
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "Hi."}],
                },
            },
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_result", "call_id": "c", "result": {"t": 20}},
            },
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "c", "output": '{"t": 20}'},
            },
        ),
        (
            {"type": "response.create", "response": {"input": [{"type": "user", "content": "x"}]}},
            {
                "type": "response.create",
                "response": {
                    "input": [
                        {
                            "type": "message",
                            "role": "user",
                            "content": [{"type": "input_text", "text": "x"}],
                        }
                    ]
                },
            },
        ),
    ],
)
def test_what_a_client_sends(beta: dict, ga: dict) -> None:
    source = deepcopy(beta)
    migration = migrate(source)
    assert migration.result == ga
    assert source == beta
    assert len(str(migration).splitlines()) == len(migration.changes) > 0
    if "type" in ga:
        assert [p for p in review_event(ga, today=TODAY) if p.severity == "error"] == []
    assert migrate(ga).changes == ()


ASSISTANT = {"id": "item_1", "type": "message", "role": "assistant", "status": "completed"}


@pytest.mark.parametrize(
    ("beta", "ga"),
    [
        (
            {"type": "transcription_session.created", "session": {"input_audio_format": "pcm16"}},
            {
                "type": "session.created",
                "session": {"type": "transcription", "audio": {"input": {"format": PCM}}},
            },
        ),
        (
            {"type": "transcription_session.updated", "session": {}},
            {"type": "session.updated", "session": {"type": "transcription"}},
        ),
        (
            {"type": "session.created", "session": {"id": "sess_1", "voice": "alloy"}},
            {
                "type": "session.created",
                "session": {
                    "type": "realtime",
                    "id": "sess_1",
                    "audio": {"output": {"voice": "alloy"}},
                },
            },
        ),
        (
            {
                "type": "conversation.item.created",
                "previous_item_id": None,
                "item": {**ASSISTANT, "content": [{"type": "audio", "transcript": "Hi."}]},
            },
            {
                "type": "conversation.item.added",
                "previous_item_id": None,
                "item": {**ASSISTANT, "content": [{"type": "output_audio", "transcript": "Hi."}]},
            },
        ),
        *[
            (
                {"type": f"response.{beta}.{end}", "response_id": "r"},
                {"type": f"response.{ga}.{end}", "response_id": "r"},
            )
            for beta, ga in [
                ("text", "output_text"),
                ("audio", "output_audio"),
                ("audio_transcript", "output_audio_transcript"),
            ]
            for end in ("delta", "done")
        ],
        (
            {
                "type": "response.done",
                "response": {
                    "id": "resp_1",
                    "modalities": ["text", "audio"],
                    "voice": "ash",
                    "output_audio_format": "pcm16",
                    "temperature": 0.8,
                    "output": [{**ASSISTANT, "content": [{"type": "text", "text": "Hi."}]}],
                },
            },
            {
                "type": "response.done",
                "response": {
                    "id": "resp_1",
                    "output": [{**ASSISTANT, "content": [{"type": "output_text", "text": "Hi."}]}],
                    "output_modalities": ["audio"],
                    "audio": {"output": {"voice": "ash", "format": PCM}},
                },
            },
        ),
        (
            {
                "type": "response.output_item.done",
                "item": {**ASSISTANT, "content": [{"type": "text", "text": "Hi."}]},
            },
            {
                "type": "response.output_item.done",
                "item": {**ASSISTANT, "content": [{"type": "output_text", "text": "Hi."}]},
            },
        ),
    ],
)
def test_what_the_service_sends(beta: dict, ga: dict) -> None:
    migration = migrate(beta)
    assert migration.result == ga
    assert migration.changes
    assert migrate(ga).changes == ()


def test_an_event_that_ga_does_not_send() -> None:
    migration = migrate({"type": "conversation.created", "conversation": {"id": "conv_1"}})
    assert migration.result == {}
    assert "GA does not send it" in str(migration)


def test_every_beta_event_is_tested_here() -> None:
    for beta, ga in BETA_EVENTS.items():
        result = migrate({"type": beta}).result
        assert result == ({"type": ga} if ga else {})


def test_an_item_alone() -> None:
    assert migrate({"type": "user", "content": "Hi."}).result == {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi."}],
    }


@pytest.mark.parametrize(
    "source",
    [
        GA_SESSION,
        {"type": "transcription", "audio": {"input": {"transcription": None}}},
        {"type": "session.update", "session": GA_SESSION},
        {"type": "session.update", "session": {"audio": {"output": {"language": "fr"}}}},
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 1},
        {"type": "response.content_part.added", "part": {"type": "audio", "transcript": ""}},
        {"type": "response.function_call_arguments.done", "name": "f", "arguments": "{}"},
        {"type": "rate_limits.updated", "rate_limits": []},
        {"type": "error", "error": {"code": "x"}},
        {"type": "response.create"},
        {"type": "session.update", "session": "x"},
        {"type": "conversation.item.create", "item": "x"},
        {
            "type": "conversation.item.create",
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "text"}],
            },
        },
        {"type": "conversation.item.added", "item": {**ASSISTANT, "content": []}},
        {"type": ["x"]},
    ],
)
def test_ga_comes_back_as_it_is(source: dict) -> None:
    migration = migrate(source)
    assert migration.result == source
    assert migration.changes == ()
    assert str(migration) == "Nothing to change: this is GA."


def test_what_is_nested_without_end_is_refused():
    deep: dict[str, Any] = {"type": "session.update"}
    for _ in range(2_000):
        deep = {"type": "session.update", "session": deep}
    with pytest.raises(ConfigError, match="nested too deep"):
        migrate(deep)
