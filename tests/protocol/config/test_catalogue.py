from __future__ import annotations

import typing

import pytest

from realtime_nb.protocol.config.catalogue import (
    FIELDS,
    field_names,
    field_values,
    find_field,
    general,
)
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.config.problem import KINDS
from realtime_nb.protocol.config.shapes import (
    arms,
    dicts_of,
    entry_of,
    members,
    session_keys,
    session_type,
    words_of,
)
from realtime_nb.protocol.config.spelling import KIND_SHORT_FORMS, SHORT_FORMS


def known_paths(hint: typing.Any, path: str = "") -> set[str]:
    """Return every path that the package's types have, open objects not entered."""
    paths = {path} if path else set()
    for shape in dicts_of(hint):
        for name, member in members(shape).items():
            paths |= known_paths(member.hint, f"{path}.{name}" if path else name)
    entry = entry_of(hint)
    if entry is not None:
        paths |= known_paths(entry, f"{path}[]")
    return paths


def hints_at(hint: typing.Any, path: str) -> list[typing.Any]:
    """Return the hints that the package has for a path, one per shape that has it."""
    if not path:
        return [hint]
    first, _, rest = path.partition(".")
    name, _, listed = first.partition("[]")
    found = []
    for shape in dicts_of(hint):
        if name in members(shape):
            inner = members(shape)[name].hint
            inner = entry_of(inner) if first.endswith("[]") else inner
            found += hints_at(inner, rest)
    assert not listed
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_stands_where_the_package_has_it(kind) -> None:
    known = known_paths(session_type(kind))
    ours = {field.path for field in FIELDS.values() if kind in field.kinds}
    assert ours <= known


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_the_package_is_left_out(kind) -> None:
    known = known_paths(session_type(kind))
    ours = {field.path for field in FIELDS.values() if kind in field.kinds}
    # Objects that only hold others, and the depths of MCP tools and of forced choices.
    left = {path for path in known - ours if not path.startswith(("tools[]", "tool_choice."))}
    holders = {"audio", "audio.input", "audio.output", "include[]", "output_modalities[]"}
    entries = {f"audio.input.transcription.{name}[]" for name in ("languages", "keywords")}
    assert {p for p in left - holders - entries if p != "truncation.type"} == set()


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.path)
def test_choices_are_those_of_the_package(field) -> None:
    hints = [hint for kind in field.kinds for hint in hints_at(session_type(kind), field.path)]
    words = {word for hint in hints for word in words_of(hint)}
    is_open = any(str in arms(hint) or dicts_of(hint) for hint in hints)
    if words and not is_open:
        assert set(field.choices) == words
    elif words:
        assert words & set(field.choices) or field.path.endswith("model")


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.path)
def test_a_row_holds_together(field) -> None:
    assert field.takes
    assert field.meaning.endswith(".")
    assert field.source
    if isinstance(field.default, int | float) and field.low is not None:
        assert field.low <= field.default
    if field.default is None:
        assert field.nullable
    if field.default is not MISSING and field.choices and isinstance(field.default, str):
        assert field.default in field.choices


def test_a_field_is_found_by_any_of_its_names() -> None:
    voice = FIELDS["audio.output.voice"]
    for name in ("audio.output.voice", "session.audio.output.voice", "voice", " voice "):
        assert find_field(name) is voice
    assert find_field("tools[3].name") is FIELDS["tools[].name"]
    assert find_field("threshold") is FIELDS["audio.input.turn_detection.threshold"]
    assert find_field("strength") is FIELDS["audio.input.noise_reduction.strength"]


@pytest.mark.parametrize("name", ["", "voise", "rate", "audio", "tools[]", "session."])
def test_what_means_no_field_or_several_finds_none(name) -> None:
    assert find_field(name) is None


def test_a_short_name_means_what_its_kind_of_session_reads() -> None:
    both = {**SHORT_FORMS}
    for kind in KINDS:
        for short, path in (both | dict(KIND_SHORT_FORMS[kind])).items():
            if path in FIELDS and kind in FIELDS[path].kinds:
                found = find_field(short, kind)
                assert found is not None
                assert found.path == path


def test_what_may_stand_at_the_start_of_a_line() -> None:
    for kind in KINDS:
        assert session_keys(kind) <= set(field_names(kind))
    assert "voice" in field_names("realtime")
    assert "voice" not in field_names("transcription")
    assert "language" in field_names("translation")
    assert "language" not in field_names("realtime")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("turn_detection", ("server_vad", "semantic_vad", "none")),
        ("audio.input.turn_detection.create_response", ("true", "false")),
        ("output_modalities", ("[audio]", "[text]")),
        ("max_output_tokens", ("inf",)),
        ("tracing", ("auto", "null")),
        ("instructions", ()),
        ("nothing.of.the.kind", ()),
    ],
)
def test_values_are_words_to_write(path, words) -> None:
    assert field_values(path) == words


def test_places_in_lists_are_taken_out() -> None:
    assert general("tools[12].allowed_tools.tool_names[0]") == "tools[].allowed_tools.tool_names[]"
