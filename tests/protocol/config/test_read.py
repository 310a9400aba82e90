from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.config.paths import get
from realtime_nb.protocol.config.read import (
    SHORT_FORMS,
    Draft,
    read_config,
    request_of,
    write_config,
)


def config_of(written: dict[str, Any]) -> dict[str, Any]:
    draft = read_config(written)
    assert draft.problems == ()
    return draft.config


def test_short_forms_and_the_ga_shape_may_be_mixed() -> None:
    written = {
        "voice": "marin",
        "turn_detection": "semantic_vad",
        "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}},
        "instructions": "Be brief.",
    }
    assert config_of(written) == {
        "type": "realtime",
        "instructions": "Be brief.",
        "audio": {
            "output": {"voice": "marin"},
            "input": {
                "turn_detection": {"type": "semantic_vad"},
                "transcription": {"model": "gpt-transcribe"},
            },
        },
    }


@pytest.mark.parametrize(
    ("written", "path", "meant"),
    [
        *[
            ({"turn_detection": word}, "audio.input.turn_detection", None)
            for word in ("none", "off", "Manual", False, None)
        ],
        ({"turn_detection": True}, "audio.input.turn_detection", {"type": "server_vad"}),
        ({"turn_detection": {}}, "audio.input.turn_detection", {"type": "server_vad"}),
        (
            {"turn_detection": {"threshold": 0.7}},
            "audio.input.turn_detection",
            {"type": "server_vad", "threshold": 0.7},
        ),
        (
            {"audio": {"input": {"turn_detection": {"eagerness": "low"}}}},
            "audio.input.turn_detection",
            {"type": "semantic_vad", "eagerness": "low"},
        ),
        ({"transcription": "gpt-x"}, "audio.input.transcription", {"model": "gpt-x"}),
        ({"transcription": "none"}, "audio.input.transcription", None),
        ({"noise_reduction": "far_field"}, "audio.input.noise_reduction.type", "far_field"),
        ({"noise_reduction": "off"}, "audio.input.noise_reduction", None),
        ({"input_format": "pcmu"}, "audio.input.format", {"type": "audio/pcmu"}),
        ({"input_format": "g711_alaw"}, "audio.input.format", {"type": "audio/pcma"}),
        ({"output_format": "pcm"}, "audio.output.format", {"type": "audio/pcm", "rate": 24000}),
        ({"input_format": {"rate": 24000}}, "audio.input.format.type", "audio/pcm"),
        ({"reasoning": "low"}, "reasoning", {"effort": "low"}),
        ({"truncation": 0.8}, "truncation", {"type": "retention_ratio", "retention_ratio": 0.8}),
        ({"truncation": {"retention_ratio": 1}}, "truncation.type", "retention_ratio"),
        ({"truncation": "disabled"}, "truncation", "disabled"),
        ({"prompt": "pmpt_1"}, "prompt", {"id": "pmpt_1"}),
        ({"tracing": False}, "tracing", None),
        ({"tracing": True}, "tracing", "auto"),
        ({"tool_choice": "none"}, "tool_choice", "none"),
        ({"tool_choice": {"name": "f"}}, "tool_choice", {"type": "function", "name": "f"}),
        ({"tools": "get_weather"}, "tools", ["get_weather"]),
        ({"tools": ["get_weather"]}, "tools", ["get_weather"]),
        ({"tools": [{"name": "f"}]}, "tools", [{"type": "function", "name": "f"}]),
        (
            {"tools": [{"server_label": "a", "server_url": "u"}]},
            "tools",
            [{"type": "mcp", "server_label": "a", "server_url": "u"}],
        ),
        ({"output_modalities": "text"}, "output_modalities", ["text"]),
        ({"max_output_tokens": float("inf")}, "max_output_tokens", "inf"),
        ({"voice": "voice_123"}, "audio.output.voice", {"id": "voice_123"}),
        ({"audio.output.voice": "ash"}, "audio.output.voice", "ash"),
    ],
)
def test_words_and_parts_mean_whole_objects(written: dict, path: str, meant: Any) -> None:
    assert get(config_of(written), path) == meant


def test_a_transcription_session_gives_short_names_to_its_transcriber() -> None:
    plural = config_of({"type": "transcription", "model": "gpt-transcribe", "language": "fr"})
    assert plural == {
        "type": "transcription",
        "audio": {"input": {"transcription": {"model": "gpt-transcribe", "languages": ["fr"]}}},
    }
    single = read_config({"type": "transcription", "transcription": "whisper-1", "language": "fr"})
    assert get(single.config, "audio.input.transcription") == {
        "model": "whisper-1",
        "language": "fr",
    }
    assert single.kind == "transcription"
    assert single.written("audio.input.transcription.language") == "language"


def test_the_ga_language_is_left_for_the_check() -> None:
    written = {"transcription": {"model": "gpt-transcribe", "language": "fr"}}
    config = config_of({"type": "transcription", **written})
    assert get(config, "audio.input.transcription.language") == "fr"


def test_a_translation_has_one_language() -> None:
    draft = read_config({"type": "translation", "model": "m", "language": "fr"})
    assert draft.config == {
        "type": "translation",
        "model": "m",
        "audio": {"output": {"language": "fr"}},
    }
    assert draft.kind == "translation"


@pytest.mark.parametrize(
    "envelope",
    [
        {"type": "session.update", "event_id": "e1"},
        {},
    ],
)
def test_an_event_pasted_from_the_documentation_is_its_session(envelope: dict) -> None:
    draft = read_config({**envelope, "session": {"type": "realtime", "voice": "ash"}})
    assert draft.config == {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
    assert draft.written("audio.output.voice") == "session.voice"


def test_events_in_events_are_the_innermost_session() -> None:
    draft = read_config({"session": {"type": [], "session": {"voice": "ash"}, "speed": 1}})
    assert draft.config == {"type": "realtime", "audio": {"output": {"voice": "ash", "speed": 1}}}
    assert draft.written("audio.output.voice") == "session.session.voice"
    assert draft.written("audio.output.speed") == "session.speed"


def test_a_reported_session_pasted_is_what_may_be_asked_for() -> None:
    session = {"type": "realtime", "id": "sess_1", "include": None, "instructions": "Hi."}
    draft = read_config({"type": "session.updated", "event_id": "e", "session": session})
    assert draft.config == {"type": "realtime", "instructions": "Hi."}


def test_a_beta_transcription_update_is_of_its_kind() -> None:
    event = {"type": "transcription_session.update", "session": {"instructions": "x"}}
    assert read_config(event).kind == "transcription"


def test_the_expiry_of_a_secret_is_told_and_left_out() -> None:
    draft = read_config({"expires_after": {"seconds": 60}, "session": {"voice": "ash"}})
    assert draft.config == {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
    assert [problem.severity for problem in draft.problems] == ["warning"]


def test_unknown_and_beta_names_stay_where_they_were_written() -> None:
    written = {"zzz": 1, "modalities": ["text", "audio"], "audio": {"output": {"voise": "x"}}}
    assert config_of(written) == {"type": "realtime", **written}


@pytest.mark.parametrize("word", ["realtim", 3, None])
def test_an_unknown_type_stays_for_the_check(word: object) -> None:
    draft = read_config({"type": word})
    assert draft.config == {"type": word}
    assert draft.kind == "realtime"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"voice": "ash", "audio": {"output": {"voice": "marin"}}},
            '`audio.output.voice` is given twice, as "ash" (`voice`) and as "marin" (',
        ),
        (
            {"transcription": "none", "audio": {"input": {"transcription": {"model": "m"}}}},
            '`audio.input.transcription` is given twice, as null (`transcription`) and as {"model"',
        ),
        (
            {"type": "transcription", "transcription": None, "language": "fr"},
            "`audio.input.transcription` is given twice",
        ),
        ({True: 1}, "the config has True (bool) as a name, and a name is a text; YAML reads on"),
        ({"metadata": {1: "x"}}, "`metadata` has 1 (int) as a name"),
        (
            {"metadata": {"day": dt.date(2026, 1, 2)}},
            '`metadata.day` is of type date, which JSON does not have; put it in quotes: "2026-',
        ),
        ({"speed": float("nan")}, "`speed` is nan, a number JSON does not have"),
    ],
)
def test_what_cannot_be_read_is_told_and_can_still_be_sent(written: dict, said: str) -> None:
    draft = read_config(written)
    (problem,) = draft.problems
    assert str(problem).startswith(said)
    assert "\n" not in str(problem)
    json.dumps(draft.config, allow_nan=False)


def test_the_same_thing_said_twice_is_said_once() -> None:
    written = {"voice": "ash", "audio": {"output": {"voice": "ash"}}}
    assert config_of(written)["audio"] == {"output": {"voice": "ash"}}


@pytest.mark.parametrize("written", [[1], "voice: ash", None, 3])
def test_what_is_no_mapping_is_a_problem(written: Any) -> None:
    draft = read_config(written)
    assert draft.config == {"type": "realtime"}
    assert "not a" in str(draft.problems[0])


def test_anchors_that_never_end_are_cut() -> None:
    endless = yaml.safe_load("metadata: &a\n  again: *a\n")
    draft = read_config(endless)
    assert "nested more than 64 deep" in str(draft.problems[0])
    json.dumps(draft.config)


def test_anchors_that_multiply_are_cut() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    draft = read_config(yaml.safe_load("\n".join(lines)))
    assert "more than 100,000 values" in str(draft.problems[0])
    assert len(draft.problems) == 1


def test_origins_say_how_a_place_was_written() -> None:
    draft = read_config({"turn_detection": {"threshold": 2}, "tools": [{"name": ""}]})
    assert draft.written("audio.input.turn_detection.threshold") == "turn_detection.threshold"
    assert draft.written("audio.input.turn_detection.type") == "turn_detection"
    assert draft.written("tools[0].name") == "tools[0].name"
    assert draft.written("tools[0].parameters.properties") == "tools[0]"
    assert draft.written("instructions") == ""
    assert Draft({}).written("") == ""


def test_what_was_written_is_not_changed() -> None:
    written = {"tools": [{"name": "f"}], "audio": {"input": {"turn_detection": {}}}}
    read_config(written).config["audio"]["input"]["turn_detection"]["x"] = 1
    assert written == {"tools": [{"name": "f"}], "audio": {"input": {"turn_detection": {}}}}


def test_every_short_form_is_read_at_its_place() -> None:
    for name, path in SHORT_FORMS.items():
        assert get(config_of({name: 1}), path) == 1


@pytest.mark.parametrize(
    ("config", "written"),
    [
        ({"type": "realtime"}, {}),
        ({"type": "realtime", "audio": {"output": {"voice": "marin"}}}, {"voice": "marin"}),
        (
            {
                "type": "realtime",
                "audio": {
                    "input": {"turn_detection": None, "transcription": {"model": "gpt-x"}},
                    "output": {"format": {"type": "audio/pcm", "rate": 24000}},
                },
            },
            {"turn_detection": "none", "transcription": "gpt-x", "output_format": "pcm"},
        ),
        (
            {"type": "translation", "audio": {"output": {"language": "fr"}}},
            {"type": "translation", "language": "fr"},
        ),
        (
            {"type": "realtime", "output_modalities": ["text"], "tools": ["f"]},
            {"output_modalities": "text", "tools": ["f"]},
        ),
    ],
)
def test_the_shortest_spelling(config: dict, written: dict) -> None:
    assert write_config(config) == written
    assert read_config(written).config == config


SESSION = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "Default.",
    "tools": [
        {
            "type": "function",
            "name": "f",
            "description": None,
            "parameters": {"type": "object", "properties": {"x": {"default": None}}},
        }
    ],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 1,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "gpt-transcribe", "language": None, "prompt": None},
            "noise_reduction": None,
            "turn_detection": {"type": "server_vad", "idle_timeout_ms": None},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
}


def test_a_reported_session_as_a_request() -> None:
    asked = request_of(SESSION)
    assert not {"id", "object", "expires_at", "include"} & set(asked)
    assert asked["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    assert asked["audio"]["input"]["noise_reduction"] is None
    assert asked["audio"]["input"]["turn_detection"]["idle_timeout_ms"] is None
    assert asked["tools"][0] == {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "properties": {"x": {"default": None}}},
    }
    assert asked["prompt"] is None
    assert config_of(asked) == asked


WORDS = st.sampled_from(
    [
        "none",
        "off",
        "auto",
        "server_vad",
        "semantic_vad",
        "pcm",
        "audio/pcm",
        "pcmu",
        "g711_ulaw",
        "gpt-transcribe",
        "whisper-1",
        "near_field",
        "low",
        "voice_1",
        "marin",
        "fr",
        "x",
    ]
)
SCALARS = WORDS | st.none() | st.booleans() | st.integers(-2, 30_000) | st.floats(allow_nan=False)
KEYS = st.sampled_from(
    [
        "type",
        "threshold",
        "eagerness",
        "model",
        "language",
        "languages",
        "rate",
        "name",
        "id",
        "effort",
        "retention_ratio",
        "format",
        "voice",
        "input",
        "output",
        "turn_detection",
        "q",
    ]
)
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *SHORT_FORMS,
        *[
            "audio",
            "tools",
            "tool_choice",
            "truncation",
            "prompt",
            "tracing",
            "reasoning",
            "output_modalities",
        ],
        *[
            "model",
            "language",
            "modalities",
            "include",
            "zzz",
            "audio.input.format",
            "session",
            "instructions",
        ],
    ]
)
KINDS = st.sampled_from(["realtime", "transcription", "translation", "zzz"])
WRITTEN = st.builds(
    lambda kind, rest: {**({"type": kind} if kind else {}), **rest},
    st.none() | KINDS,
    st.dictionaries(NAMES, OBJECTS, max_size=6),
)


@settings(deadline=None)
@given(WRITTEN)
def test_reading_is_settled_after_once_and_writing_is_its_inverse(written: dict) -> None:
    config = read_config(written).config
    assert read_config(config).config == config
    assert read_config(write_config(config)).config == config
    json.dumps(config, allow_nan=False)
