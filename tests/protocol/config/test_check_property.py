"""Whatever the check accepts, the ``openai`` package's models accept and leave nothing over."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from openai.types.realtime import (
    RealtimeSessionCreateRequest,
    RealtimeTranscriptionSessionCreateRequest,
)
from openai.types.realtime.realtime_translation_session_update_request import (
    RealtimeTranslationSessionUpdateRequest,
)
from pydantic import BaseModel, ValidationError
from typing_extensions import is_typeddict

from realtime_nb.protocol.config.catalogue import FIELDS, general
from realtime_nb.protocol.config.check import Live, check_config
from realtime_nb.protocol.config.problem import KINDS
from realtime_nb.protocol.config.shapes import arms, entry_of, members, session_type, value_of
from tests.protocol.config.rows import ROWS

TODAY = date(2026, 11, 21)
REQUESTS = {
    "realtime": RealtimeSessionCreateRequest,
    "transcription": RealtimeTranscriptionSessionCreateRequest,
    "translation": RealtimeTranslationSessionUpdateRequest,
}

# Values that a person may write by mistake; each made anew, since slips go into one another.
SLIPS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 50_000),
    st.floats(-2, 2),
    st.sampled_from(["auto", "server_vad", "", "x", "audio", "24000"]),
    st.builds(list),
    st.builds(dict),
    st.lists(st.sampled_from(["text", "audio", "en"]), max_size=2),
    st.builds(lambda: {"type": "function"}),
)


def values(hint: Any, path: str) -> st.SearchStrategy[Any]:
    """Return values that the package's types have at a path, good ones where it is open."""
    field = FIELDS.get(general(path))
    options: list[st.SearchStrategy[Any]] = []
    if field is not None and field.nullable:
        options.append(st.none())
    for arm in arms(hint):
        if is_typeddict(arm):
            options.append(objects(arm, path))
        elif entry_of(arm) is not None:
            options.append(st.lists(values(entry_of(arm), f"{path}[]"), max_size=2))
        elif value_of(arm) is not None:
            options.append(st.dictionaries(st.sampled_from("ab"), st.text("xy", max_size=2)))
        elif get_origin(arm) is Literal:
            options.append(st.sampled_from(get_args(arm)))
        else:
            options.append(scalars(arm, path))
    return st.one_of(options)


def objects(shape: Any, path: str) -> st.SearchStrategy[dict[str, Any]]:
    named = {
        name: values(member.hint, f"{path}.{name}" if path else name)
        for name, member in members(shape).items()
    }
    must = {name for name in named if members(shape)[name].required or name == "type"}
    return st.fixed_dictionaries(
        {name: named[name] for name in must},
        optional={name: named[name] for name in named if name not in must},
    )


def scalars(arm: Any, path: str) -> st.SearchStrategy[Any]:
    field = FIELDS.get(general(path))
    if arm is str:
        words = [c for c in field.choices if isinstance(c, str)] if field is not None else []
        return st.sampled_from(words or ["a", "gpt-transcribe", "gpt-realtime-whisper", "gpt-x"])
    if arm is bool:
        return st.booleans()
    if arm in (int, float):
        low = field.low if field is not None and field.low is not None else 0
        high = field.high if field is not None and field.high is not None else low + 100
        # A little beyond on both sides: the check has to say no to those.
        if arm is int:
            return st.integers(int(low) - 1, int(high) + 1)
        return st.floats(low - 0.01, high + 0.01)
    if arm is type(None):
        return st.none()
    return st.builds(lambda: {"type": "object"})  # an open object, such as a JSON schema


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of everything inside a config."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, entry in inner:
        found.append((*path, name))
        if isinstance(entry, dict | list):
            found += places(entry, (*path, name))
    return found


def holder(config: Any, place: tuple[Any, ...]) -> Any:
    for name in place[:-1]:
        config = config[name]
    return config


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Return a config of the package's types with up to three slips in it."""
    config = deepcopy(draw(objects(session_type(kind), "")))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))):
        place = draw(st.sampled_from(places(config)))
        inside = holder(config, place)
        slip = draw(st.sampled_from(["value", "name", "gone", "added"]))
        if slip == "value":
            inside[place[-1]] = draw(SLIPS)
        elif slip == "gone":
            del inside[place[-1]]
        elif isinstance(inside, dict):
            other = draw(st.sampled_from(["strength", "typo", "rate", "language", "id", "name"]))
            value = inside.pop(place[-1]) if slip == "name" else draw(SLIPS)
            inside[other] = value
        if not places(config):
            break
    return config


def request_of(config: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return what goes into the package's model of this kind."""
    if kind != "translation":
        return config
    return {name: entry for name, entry in config.items() if name not in ("type", "model")}


def left_over(value: Any, path: str = "") -> list[str]:
    """Return the names that the package's models have no field for."""
    if isinstance(value, BaseModel):
        extra = [f"{path}.{name}" for name in value.model_extra or {}]
        names = type(value).model_fields
        return extra + [p for n in names for p in left_over(getattr(value, n), f"{path}.{n}")]
    if isinstance(value, list):
        return [p for entry in value for p in left_over(entry, f"{path}[]")]
    return []


def accepted(config: dict[str, Any]) -> bool:
    found = check_config(config, today=TODAY)
    return all(problem.severity != "error" for problem in found)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_check_accepts_the_package_accepts(kind: str) -> None:
    counts = {True: 0, False: 0}

    @settings(
        max_examples=250,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(mutated(kind))
    def run(config: dict[str, Any]) -> None:
        taken = accepted(config)
        counts[taken] += 1
        event(f"accepted: {taken}")
        if taken:
            model = REQUESTS[kind].model_validate(request_of(config, kind))
            assert left_over(model) == []

    run()
    # Both happen, so that neither a check that takes all nor one that takes nothing passes.
    assert min(counts.values()) > 15, counts


# Nested values of any kind under names that mean something.
JUNK = st.recursive(
    SLIPS | st.text(max_size=3) | st.dates(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "audio", "input", "output", "tools", "turn_detection",
                         "transcription", "voice", "model", "prompt", "tool_choice"])
        | st.none() | st.integers(0, 3),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(JUNK | mutated("realtime"), mutated("realtime") | mutated("transcription"))
def test_the_check_never_raises_for_what_is_written(config: Any, effective: dict) -> None:
    for kind in KINDS:
        written = {**config, "type": kind} if isinstance(config, dict) else config
        live = Live(effective, assistant_spoke=True)
        found = check_config(written, today=TODAY)
        for problem in (*found, *check_config(written, today=TODAY, live=live)):
            assert "\n" not in str(problem)
            assert problem.message


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.severity == "error"], ids=lambda row: row.name
)
def test_what_the_package_refuses_the_check_refuses(row) -> None:
    written = {**row.config} if "type" in row.config else {"type": row.kind, **row.config}
    try:
        model = REQUESTS[row.kind].model_validate(request_of(written, row.kind))
    except ValidationError:
        assert not accepted(written)
    else:
        if left_over(model):
            assert not accepted(written)
