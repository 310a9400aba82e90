from __future__ import annotations

import datetime as dt
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.config.check import Live, check_config
from realtime_nb.protocol.config.paths import get, merge, put
from realtime_nb.protocol.config.plan import plan_update
from realtime_nb.protocol.config.read import read_config, request_of
from realtime_nb.protocol.config.units import match, units

SERVER_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
PCM = {"type": "audio/pcm", "rate": 24000}
REALTIME: dict[str, Any] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "Default text.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 1,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {"model": "whisper-1", "language": "fr", "prompt": None},
            "noise_reduction": None,
            "turn_detection": SERVER_VAD,
        },
        "output": {"format": PCM, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
}
VAD = "audio.input.turn_detection"


def planned(written: dict[str, Any], effective: dict[str, Any] = REALTIME, **more: Any) -> Any:
    return plan_update(read_config(written).config, effective, more.get("previous"))


def test_only_what_differs_is_sent() -> None:
    plan = planned({"instructions": "New.", "voice": "alloy", "speed": 1, "model": "other"})
    assert plan.patch == {"instructions": "New."}
    assert plan.changed == ("instructions",)
    assert plan.dropped == ()


def test_nothing_to_send() -> None:
    assert planned({"voice": "alloy"}).patch == {}


def test_a_partial_object_goes_with_what_is_in_force() -> None:
    plan = planned({"turn_detection": {"threshold": 0.7}})
    sent = {name: value for name, value in SERVER_VAD.items() if name != "idle_timeout_ms"}
    assert get(plan.patch, VAD) == {**sent, "idle_timeout_ms": None, "threshold": 0.7}
    assert plan.changed == (f"{VAD}.threshold",)


def test_nulls_that_cannot_be_asked_for_do_not_go_along() -> None:
    plan = planned({"transcription": {"model": "whisper-1", "language": "de"}})
    assert get(plan.patch, "audio.input.transcription") == {"model": "whisper-1", "language": "de"}


def test_another_type_starts_afresh() -> None:
    plan = planned({"turn_detection": "semantic_vad", "transcription": "gpt-transcribe"})
    assert get(plan.patch, VAD) == {"type": "semantic_vad"}
    assert get(plan.patch, "audio.input.transcription") == {"model": "gpt-transcribe"}
    assert plan.changed == (VAD, "audio.input.transcription")


@pytest.mark.parametrize(
    ("written", "path", "sent"),
    [
        ({"turn_detection": "none"}, VAD, None),
        ({"transcription": "off"}, "audio.input.transcription", None),
        ({"instructions": ""}, "instructions", ""),
    ],
)
def test_clearing_is_explicit(written: dict, path: str, sent: Any) -> None:
    plan = planned(written)
    assert get(plan.patch, path) == sent
    assert plan.changed == (path,)


def test_what_is_clear_already_is_not_cleared() -> None:
    assert planned({"tools": [], "noise_reduction": "none", "prompt": "none"}).patch == {}


def test_leaving_out_never_clears_and_is_told() -> None:
    effective = deepcopy(REALTIME)
    effective["instructions"] = "Be brief."
    previous = read_config(
        {
            "instructions": "Be brief.",
            "voice": "marin",
            "turn_detection": {"threshold": 0.5, "silence_duration_ms": 200},
            "transcription": {"model": "whisper-1", "language": "fr"},
            "model": "gpt-realtime-2.1",
            "prompt": "none",
        }
    ).config
    wanted = {"turn_detection": {"threshold": 0.5}, "transcription": "none"}
    plan = planned(wanted, effective, previous=previous)
    assert plan.patch == {"audio": {"input": {"transcription": None}}}
    assert plan.dropped == ("instructions", f"{VAD}.silence_duration_ms")


def test_another_prompt_keeps_nothing_of_the_first() -> None:
    effective = {**REALTIME, "prompt": {"id": "a", "version": "2", "variables": {"x": "y"}}}
    plan = planned({"prompt": "b"}, effective)
    assert plan.patch == {"prompt": {"id": "b", "version": None, "variables": None}}
    same = planned({"prompt": {"id": "a", "version": "3"}}, effective)
    assert same.patch == {"prompt": {"id": "a", "version": "3", "variables": {"x": "y"}}}


def test_neither_side_is_changed() -> None:
    effective = deepcopy(REALTIME)
    wanted = read_config({"turn_detection": {"threshold": 0.7}}).config
    copy = deepcopy(wanted)
    plan = plan_update(wanted, effective, wanted)
    plan.patch["audio"]["input"]["turn_detection"]["x"] = 1
    assert effective == REALTIME
    assert wanted == copy


VADS = (
    st.none()
    | st.fixed_dictionaries(
        {"type": st.just("server_vad")},
        optional={
            "threshold": st.sampled_from([0, 0.5, 0.7, 1]),
            "silence_duration_ms": st.sampled_from([200, 500]),
            "idle_timeout_ms": st.sampled_from([None, 5000]),
            "create_response": st.booleans(),
        },
    )
    | st.fixed_dictionaries(
        {"type": st.just("semantic_vad")},
        optional={"eagerness": st.sampled_from(["low", "auto"]), "create_response": st.booleans()},
    )
)
TRANSCRIPTIONS = st.none() | st.fixed_dictionaries(
    {"model": st.sampled_from(["whisper-1", "gpt-transcribe"])},
    optional={"language": st.sampled_from(["fr", "de"]), "prompt": st.just("names")},
)
FORMATS = st.sampled_from([PCM, {"type": "audio/pcm"}, {"type": "audio/pcmu"}])
NOISE = st.none() | st.fixed_dictionaries(
    {"type": st.sampled_from(["near_field", "far_field"])},
    optional={"strength": st.sampled_from([0, 0.5, 1])},
)
TOOLS = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": st.sampled_from(["f", "g", "h"])},
        optional={"parameters": st.sampled_from([{"type": "object"}, {}])},
    ),
    max_size=2,
    unique_by=lambda tool: tool["name"],
)
RATIO = st.fixed_dictionaries(
    {"type": st.just("retention_ratio"), "retention_ratio": st.sampled_from([0.5, 1])},
    optional={"token_limits": st.sampled_from([{"post_instructions": 9}])},
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "instructions": st.sampled_from(["", "a", "Default text."]),
    "tools": TOOLS,
    "tool_choice": st.sampled_from(["auto", "none", {"type": "function", "name": "f"}]),
    "max_output_tokens": st.sampled_from(["inf", 1, 4096]),
    "truncation": st.sampled_from(["auto", "disabled"]) | RATIO,
    "output_modalities": st.sampled_from([["audio"], ["text"]]),
    "prompt": st.none()
    | st.fixed_dictionaries(
        {"id": st.sampled_from(["a", "b"])},
        optional={"version": st.just("2"), "variables": st.just({"x": "y"})},
    ),
    "reasoning": st.fixed_dictionaries({"effort": st.sampled_from(["low", "high"])}),
    "audio.input.format": FORMATS,
    "audio.input.turn_detection": VADS,
    "audio.input.transcription": TRANSCRIPTIONS,
    "audio.input.noise_reduction": NOISE,
    "audio.output.voice": st.sampled_from(["alloy", "ash", {"id": "voice_1"}]),
    "audio.output.speed": st.sampled_from([1, 1.0, 0.25]),
}


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.sets(st.sampled_from(sorted(FIELDS))))
    config: dict[str, Any] = {"type": "realtime"}
    for name in sorted(names):
        put(config, name, draw(FIELDS[name]))
    return config


def shallowly(session: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Lay a patch over a session as a service would that replaces each field whole."""
    merged = deepcopy(session)
    for path, value in units(patch):
        put(merged, path, value)
    return merged


def unit_dict(config: dict[str, Any]) -> dict[str, Any]:
    return dict(units(config))


@pytest.mark.parametrize("lay", [merge, shallowly])
@settings(deadline=None)
@given(wanted=configs(), before=configs())
def test_a_patch_brings_the_session_to_what_is_wanted(lay: Any, wanted: Any, before: Any) -> None:
    effective = shallowly(REALTIME, before)
    plan = plan_update(wanted, effective, before)
    after = unit_dict(lay(effective, plan.patch))
    for path, value in units(wanted):
        assert match(value, after[path]).covered, path
    asked = unit_dict(wanted)
    assert {path: value for path, value in after.items() if path not in asked} == {
        path: value for path, value in unit_dict(effective).items() if path not in asked
    }
    assert plan_update(wanted, lay(effective, plan.patch), wanted).patch == {}


@settings(deadline=None)
@given(wanted=configs(), before=configs())
def test_a_field_that_is_replaced_whole_loses_nothing_of_its_type(wanted: Any, before: Any) -> None:
    effective = shallowly(REALTIME, before)
    now = get(effective, VAD)
    sent = get(plan_update(wanted, effective, before).patch, VAD)
    if isinstance(sent, dict) and isinstance(now, dict) and sent["type"] == now["type"]:
        assert set(now) <= set(sent)


TRANSCRIPTION: dict[str, Any] = {
    "type": "transcription",
    "object": "realtime.transcription_session",
    "id": "sess_1",
    "expires_at": 1,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {"model": "gpt-transcribe", "language": None, "prompt": None},
            "noise_reduction": None,
            "turn_detection": {name: SERVER_VAD[name] for name in list(SERVER_VAD)[:4]},
        }
    },
    "include": None,
}
STREAMING: dict[str, Any] = {
    **TRANSCRIPTION,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {
                "model": "gpt-live-transcribe",
                "language": None,
                "languages": ["fr"],
                "prompt": None,
            },
            "noise_reduction": {"type": "near_field", "strength": 1},
            "turn_detection": None,
        }
    },
}
TRANSLATION: dict[str, Any] = {
    "id": "sess_1",
    "type": "translation",
    "model": "gpt-realtime-translate",
    "expires_at": 1,
    "audio": {
        "input": {"transcription": {"model": "gpt-live-transcribe"}, "noise_reduction": None},
        "output": {"language": "fr"},
    },
}


def sound(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config whose fields agree with each other."""
    names = {tool["name"] for tool in config.get("tools", [])}
    choice = config.get("tool_choice")
    if isinstance(choice, dict) and choice["name"] not in names:
        del config["tool_choice"]
    heard = get(config, "audio.input.transcription")
    if heard and heard["model"] == "gpt-transcribe" and "language" in heard:
        heard["languages"] = [heard.pop("language")]
    return config


@settings(deadline=None)
@given(before=configs().map(sound))
def test_a_reported_session_passes_the_check_and_changes_nothing(before: dict) -> None:
    assert_settled(shallowly(REALTIME, before))


@pytest.mark.parametrize("session", [REALTIME, TRANSCRIPTION, STREAMING, TRANSLATION])
def test_sessions_of_every_kind_round_trip(session: dict) -> None:
    assert_settled(session)


def assert_settled(effective: dict[str, Any]) -> None:
    draft = read_config(request_of(effective))
    assert draft.problems == ()
    found = check_config(draft.config, today=dt.date(2026, 11, 21), live=Live(effective))
    assert [problem for problem in found if problem.severity == "error"] == []
    plan = plan_update(draft.config, effective, draft.config)
    assert (plan.patch, plan.changed, plan.dropped) == ({}, (), ())


def test_other_credentials_of_a_tool_are_sent_though_no_service_tells_them() -> None:
    def asking(**credentials: Any) -> dict[str, Any]:
        return {"tools": [{"type": "mcp", "server_label": "docs", **credentials}]}

    told = {"type": "realtime", **asking(authorization=None, headers=None)}
    first = asking(authorization="one")
    assert plan_update(first, told, first).patch == {}
    assert plan_update(asking(), told, first).patch == {}
    for other in (asking(authorization="two"), asking(authorization="one", headers={"X": "y"})):
        assert plan_update(other, told, first).patch == other
