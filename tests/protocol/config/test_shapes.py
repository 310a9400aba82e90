from __future__ import annotations

import subprocess
import sys
from typing import Any, Literal

from realtime_nb.protocol.config.shapes import (
    arms,
    dicts_of,
    entry_of,
    fitting,
    members,
    nearest,
    session_keys,
    session_type,
    tags_of,
    value_of,
    words_of,
)


def hint_of(kind, *names: str) -> Any:
    """Return the package's hint at a path of names."""
    hint = session_type(kind)
    for name in names:
        (hint,) = [members(s)[name].hint for s in dicts_of(hint) if name in members(s)]
    return hint


def test_the_kinds_have_their_own_names() -> None:
    assert {"instructions", "tools", "prompt"} <= session_keys("realtime")
    assert session_keys("transcription") == {"type", "audio", "include"}
    assert session_keys("translation") == {"type", "model", "audio"}


def test_a_tagged_union_is_told_apart_by_its_type() -> None:
    vads = dicts_of(hint_of("realtime", "audio", "input", "turn_detection"))
    assert [tags_of(vad) for vad in vads] == [("server_vad",), ("semantic_vad",)]
    (one,) = fitting(vads, {"type": "semantic_vad"})
    assert "eagerness" in members(one)
    assert fitting(vads, {"type": ["server_vad"]}) == ()
    assert fitting(vads, {}) == ()


def test_what_must_be_there_is_read_off_the_types() -> None:
    (vad, _) = dicts_of(hint_of("realtime", "audio", "input", "turn_detection"))
    assert members(vad)["type"].required
    assert not members(vad)["threshold"].required
    assert members(session_type("translation"))["type"].required
    assert not members(session_type("translation"))["model"].required


def test_unions_lists_and_open_objects_are_taken_apart() -> None:
    assert entry_of(hint_of("realtime", "audio", "input", "transcription", "keywords")) is str
    assert entry_of(hint_of("realtime", "tool_choice")) is None
    assert set(words_of(hint_of("realtime", "tool_choice"))) >= {"none", "auto", "required"}
    assert set(arms(int | Literal["inf"] | None)) == {int, Literal["inf"], type(None)}
    assert value_of(dict[str, int] | None) is int
    assert value_of(str) is None


def test_nearest_says_nothing_when_nothing_is_near() -> None:
    assert nearest("voise", ["voice", "speed"]) == "; did you mean 'voice'?"
    assert nearest("zzz", ["voice", "speed"]) == ""


def test_the_package_is_imported_on_first_use_only() -> None:
    code = (
        "import sys; import realtime_nb.protocol.config.check as c; print('openai' in sys.modules)"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=True)  # noqa: S603 -- this very Python
    assert done.stdout.strip() == "False"
