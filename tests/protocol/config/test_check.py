from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest

from realtime_nb.protocol.config.check import Live, check_config, check_metadata
from realtime_nb.protocol.config.check_values import LONG_INSTRUCTIONS

TODAY = date(2026, 11, 21)
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}


def check(config: dict[str, Any], kind: str = "realtime", **known: Any):
    return check_config({"type": kind, **config}, today=TODAY, **known)


def errors(config: dict[str, Any], kind: str = "realtime", **known: Any) -> dict[str, str]:
    found = check(config, kind, **known)
    return {problem.path: str(problem) for problem in found if problem.severity == "error"}


def warned(config: dict[str, Any], kind: str = "realtime", **known: Any) -> dict[str, str]:
    found = check(config, kind, **known)
    return {problem.path: str(problem) for problem in found if problem.severity == "warning"}


def test_a_full_config_passes() -> None:
    config = {
        "model": "gpt-realtime-2.1",
        "instructions": "Be brief.",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": True,
        "truncation": {
            "type": "retention_ratio",
            "retention_ratio": 0.8,
            "token_limits": {"post_instructions": 0},
        },
        "prompt": {"id": "pmpt_1", "version": "2", "variables": {"name": "Ada"}},
        "tracing": {"workflow_name": "w", "group_id": "g", "metadata": {"a": 1}},
        "include": ["item.input_audio_transcription.logprobs"],
        "tools": [
            WEATHER,
            {"type": "mcp", "server_label": "docs", "server_url": "https://example.org/mcp"},
        ],
        "tool_choice": {"type": "function", "name": "get_weather"},
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "noise_reduction": {"type": "near_field", "strength": 0.5},
                "transcription": {"model": "gpt-transcribe", "languages": ["en"]},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 1,
                    "silence_duration_ms": 500,
                    "idle_timeout_ms": None,
                },
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": {"id": "voice_1"}, "speed": 1.5},
        },
    }
    assert check(config) == []


def test_null_switches_off_what_it_can() -> None:
    off = {"noise_reduction": None, "transcription": None, "turn_detection": None}
    assert errors({"audio": {"input": off}, "tracing": None, "prompt": None, "include": None}) == {}
    assert 'write ""' in errors({"instructions": None})["instructions"]
    assert "write []" in errors({"tools": None})["tools"]
    assert "leave it out" in errors({"max_output_tokens": None})["max_output_tokens"]


def test_everything_wrong_is_found_at_once() -> None:
    config = {
        "voise": "marin",
        "output_modalities": ["text", "audio"],
        "audio": {"output": {"speed": 3}, "input": {"turn_detection": {"type": "vad"}}},
    }
    assert set(errors(config)) == {
        "voise",
        "output_modalities",
        "audio.output.speed",
        "audio.input.turn_detection.type",
    }


def test_a_place_is_told_of_once() -> None:
    found = check({"audio": {"output": {"speed": "fast"}}, "max_output_tokens": 0.5})
    assert [problem.path for problem in found] == ["audio.output.speed", "max_output_tokens"]


@pytest.mark.parametrize("config", [{}, {"instructions": "Be brief."}])
def test_without_a_type_the_whole_update_is_lost(config) -> None:
    (problem,) = check_config(config, today=TODAY)
    assert problem.path == "type"
    assert str(problem) == (
        "`type` is missing: the service refuses the whole update; write `type: realtime`"
    )


def test_what_is_no_object_is_said() -> None:
    (problem,) = check_config([1], today=TODAY)  # type: ignore[arg-type]
    assert "takes an object" in str(problem)


def test_a_session_as_the_service_reports_it_names_what_only_the_service_sets() -> None:
    found = errors({"id": "sess_1", "object": "realtime.session", "expires_at": 1})
    assert set(found) == {"id", "object", "expires_at"}
    assert all("leave it out" in said for said in found.values())


def test_yaml_words_for_true_and_false_are_explained() -> None:
    said = errors({"audio": {"output": {"language": False}}}, "translation")
    assert "quotes" in said["audio.output.language"]
    said = errors({"prompt": {"id": "pmpt_1", "version": 2}})
    assert '"2"' in said["prompt.version"]


def test_a_word_where_a_list_is_wanted() -> None:
    said = errors({"output_modalities": "audio"})["output_modalities"]
    assert "[audio]" in said
    transcription = {"model": "gpt-transcribe", "languages": "fr"}
    said = errors({"audio": {"input": {"transcription": transcription}}})
    assert "write a list: [fr]" in said["audio.input.transcription.languages"]


def test_what_json_does_not_have_is_said() -> None:
    said = errors({"tools": [{**WEATHER, "parameters": {"type": "object", "x": date.today()}}]})  # noqa: DTZ011 -- any day
    assert "JSON does not have" in said["tools[0].parameters.x"]
    said = errors({"audio": {"output": {"speed": float("nan")}}})
    assert "audio.output.speed" in said


def test_a_message_does_not_repeat_all_of_a_long_value() -> None:
    said = errors({"tool_choice": "x" * 100_000, "audio": {"output": {"voice": "y" * 100_000}}})
    assert len(said) == 2
    assert all(len(text) < 400 for text in said.values())


def test_a_name_of_any_kind_makes_one_line() -> None:
    (said,) = errors({"a\nb" + "c" * 10_000: 1}).values()
    assert "\n" not in said
    assert len(said) < 700


def test_a_megabyte_of_instructions_passes_quickly() -> None:
    began = time.perf_counter()
    said = warned({"instructions": "word " * 200_000})
    assert time.perf_counter() - began < 5
    assert set(said) == {"instructions"}
    assert warned({"instructions": "x" * LONG_INSTRUCTIONS}) == {}


class TestModels:
    def test_a_model_that_is_gone_is_an_error_and_one_that_goes_a_warning(self) -> None:
        assert "2026-05-07" in errors({"model": "gpt-4o-realtime-preview-2024-12-17"})["model"]
        assert "2027-01-20" in warned({"model": "gpt-realtime"})["model"]
        later = check_config({"type": "realtime", "model": "gpt-realtime"}, today=date(2027, 1, 20))
        assert [problem.severity for problem in later] == ["error"]

    def test_the_model_of_the_endpoint_counts(self) -> None:
        assert "2027-01-20" in warned({}, model="gpt-realtime-mini")["model"]
        assert warned({}, model="local-demo") == {}

    def test_an_unknown_model_is_let_through_with_the_nearest(self) -> None:
        config = {"model": "gpt-realtime-2.2"}
        assert errors(config) == {}
        assert "gpt-realtime-2.1" in warned(config)["model"]

    def test_a_model_for_something_else_is_refused(self) -> None:
        assert "gpt-realtime-2.1" in errors({"model": "gpt-transcribe"})["model"]
        assert "Chat Completions" in warned({"model": "gpt-audio-1.5"})["model"]
        said = errors({"audio": {"input": {"transcription": {"model": "gpt-realtime"}}}})
        assert "gpt-transcribe" in said["audio.input.transcription.model"]

    def test_a_transcriber_on_its_way_out_is_warned_of(self) -> None:
        said = warned({"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
        assert "2027-02-26" in said["audio.input.transcription.model"]

    def test_reasoning_is_for_models_that_reason(self) -> None:
        config = {"reasoning": {"effort": "low"}, "parallel_tool_calls": True}
        assert set(warned(config, model="gpt-realtime-1.5")) == set(config)
        assert warned(config, model="gpt-realtime-2.1") == {}
        assert warned(config) == {}


class TestTools:
    def test_a_tool_that_is_not_registered(self) -> None:
        assert "no tool called 'get_weather' is registered" in errors(
            {"tools": ["get_weather"], "tool_choice": {"type": "function", "name": "get_weather"}}
        ).get("tools[0]", "")

    def test_two_of_a_name(self) -> None:
        assert set(errors({"tools": [WEATHER, WEATHER]})) == {"tools[1].name"}
        mcp = {"type": "mcp", "server_label": "a", "server_url": "https://example.org"}
        assert set(errors({"tools": [mcp, mcp]})) == {"tools[1].server_label"}

    def test_an_mcp_server_the_session_knows_needs_its_label_only(self) -> None:
        mcp = {"type": "mcp", "server_label": "a"}
        assert set(errors({"tools": [mcp]})) == {"tools[0].server_url"}
        live = Live({"type": "realtime", "tools": [{**mcp, "server_url": "https://example.org"}]})
        assert errors({"tools": [mcp]}, live=live) == {}

    @pytest.mark.parametrize("user", ["me:planted@", "planted@", ":planted@", "a@b:planted@"])
    def test_an_address_with_a_password_is_refused_and_not_repeated(self, user: str) -> None:
        mcp = {"type": "mcp", "server_label": "a", "server_url": f"https://{user}example.org/mcp"}
        said = errors({"tools": [mcp]})
        assert "`authorization`" in said["tools[0].server_url"]
        assert "planted" not in str(said)
        mcp["server_url"] = "https://example.org/@me?at=a@b#@"
        assert errors({"tools": [mcp]}) == {}

    def test_a_chosen_tool_may_be_in_force_already_or_come_with_a_prompt(self) -> None:
        choice = {"tool_choice": {"type": "function", "name": "get_weather"}}
        assert set(errors(choice)) == {"tool_choice.name"}
        assert errors(choice, live=Live({"type": "realtime", "tools": [WEATHER]})) == {}
        assert errors({**choice, "prompt": {"id": "pmpt_1"}}) == {}
        near = {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "getweather"}}
        assert "did you mean 'get_weather'" in errors(near)["tool_choice.name"]


class TestLive:
    live = Live(
        {
            "type": "realtime",
            "model": "gpt-realtime-2.1",
            "tracing": "auto",
            "audio": {"output": {"voice": "marin"}},
        },
        assistant_spoke=True,
    )

    def test_what_cannot_change_says_how_to_begin_anew(self) -> None:
        config = {
            "model": "gpt-realtime-2",
            "tracing": None,
            "audio": {"output": {"voice": "ash"}},
        }
        said = errors(config, live=self.live)
        assert set(said) == {"model", "tracing", "audio.output.voice"}
        assert all("--restart" in text for text in said.values())
        assert "--restart" in errors({}, "transcription", live=self.live)["type"]

    def test_what_stays_as_it_is_may_be_said_again(self) -> None:
        config = {
            "model": "gpt-realtime-2.1",
            "tracing": "auto",
            "audio": {"output": {"voice": "marin"}},
        }
        assert errors(config, live=self.live) == {}

    def test_the_voice_may_change_while_nothing_was_said(self) -> None:
        config = {"audio": {"output": {"voice": "ash"}}}
        assert errors(config, live=Live(self.live.effective)) == {}

    def test_the_model_asked_for_at_first_is_the_sessions(self) -> None:
        practice = Live({"type": "realtime", "model": "local-demo"})
        assert errors({"model": "gpt-realtime-2"}, live=practice) == {}
        asked = Live(practice.effective, model="local-demo")
        assert set(errors({"model": "gpt-realtime-2"}, live=asked)) == {"model"}
        renamed = Live({"type": "realtime", "model": "m-2026"}, model="gpt-realtime-2")
        assert errors({"model": "gpt-realtime-2"}, live=renamed) == {}

    def test_what_the_service_reports_it_takes(self) -> None:
        output = {"voice": "newest", "pitch": 2}
        heard = {"model": "gpt-transcribe", "language": "fr"}
        config = {"audio": {"input": {"transcription": heard}, "output": output}}
        live = Live({"type": "realtime", **config})
        assert set(errors(config)) == {
            "audio.output.voice",
            "audio.output.pitch",
            "audio.input.transcription.language",
        }
        assert errors(config, live=live) == {}
        changed = {"audio": {"input": {"transcription": {**heard, "model": "gpt-live-transcribe"}}}}
        assert set(errors(changed, live=live)) == {"audio.input.transcription.language"}
        assert set(errors({"id": "sess_1"}, live=Live({"id": "sess_1"}))) == {"id"}

    def test_turn_detection_that_is_off_already_need_not_be_said_again(self) -> None:
        config = {"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}}
        assert set(errors(config, "transcription")) == {"audio.input.turn_detection"}
        off = Live({"type": "transcription", "audio": {"input": {"turn_detection": None}}})
        assert errors(config, "transcription", live=off) == {}


@pytest.mark.parametrize(
    ("metadata", "paths"),
    [
        (None, []),
        ({"a": "b" * 512, "k" * 64: ""}, []),
        ({str(n): "" for n in range(17)}, ["m"]),
        ({"k" * 65: ""}, ["m." + "k" * 64]),
        ({"a": "b" * 513}, ["m.a"]),
        ({"a": 1}, ["m.a"]),
        (["a"], ["m"]),
    ],
)
def test_metadata_of_a_response(metadata, paths) -> None:
    assert [problem.path for problem in check_metadata(metadata, "m")] == paths


@pytest.mark.parametrize(
    "wrong",
    [
        {"authorization": ["a-secret"]},
        {"authorization": 12345678},
        {"headers": "a-secret"},
        {"headers": ["a-secret"]},
        {"headers": {"X-Key": ["a-secret"]}},
        {"headers": {"X-Key": 12345678}},
    ],
)
def test_the_value_of_a_credential_is_not_repeated(wrong: dict[str, object]) -> None:
    tool = {"type": "mcp", "server_label": "s", "server_url": "https://x.example", **wrong}
    told = str(errors({"tools": [tool]}))
    assert "[not shown]" in told
    assert "a-secret" not in told
    assert "12345678" not in told
