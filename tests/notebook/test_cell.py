from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import ConfigError
from realtime_nb.notebook.cell import read_cell


def test_front_matter_and_instructions() -> None:
    cell = read_cell("---\nvoice: marin\nturn_detection: server_vad\n---\nBe brief.\n\nVery.\n")
    assert cell.settings == {"voice": "marin", "turn_detection": "server_vad"}
    assert cell.instructions == "Be brief.\n\nVery."


def test_without_front_matter_all_is_instructions() -> None:
    text = "Say {hello} for $5, {{name}}.\n---\nThis line is text too."
    assert read_cell(text).instructions == text
    assert read_cell(text).settings == {}


def test_only_front_matter_and_nothing_at_all() -> None:
    assert read_cell("---\nvoice: ash\n---\n").instructions == ""
    assert read_cell("---\n---\nHi").settings == {}
    assert read_cell("\n\n---\nvoice: ash\n---").settings == {"voice": "ash"}
    assert read_cell("").instructions == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("---\nvoice: marin\n", "line 2: the front matter has no end"),
        ("---\nvoice: marin\n  speed: [\n---\nHi", r"line \d: the front matter is not YAML"),
        ("---\n- a\n- b\n---\nHi", "line 3: the front matter is a list"),
        ("---\njust words\n---\nHi", "only 'just words'"),
        ("---\n3: x\n---\nHi", "the name 3"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(body: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_cell(body)
    assert "\n" not in str(caught.value)


@given(st.text())
def test_no_body_breaks_it(body: str) -> None:
    for text in (body, f"---\n{body}\n---\n", f"---\n{body}"):
        try:
            cell = read_cell(text)
        except ConfigError as error:
            assert "\n" not in str(error)  # noqa: PT017 -- most bodies raise nothing
        else:
            assert isinstance(cell.instructions, str)
