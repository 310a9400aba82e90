from __future__ import annotations

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.field_help import describe_field, list_fields
from realtime_nb.protocol.config.catalogue import FIELDS


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_has_help(path: str) -> None:
    shown = repr(describe_field(path))
    for name in ("means", "takes", "changes", "sessions", "source"):
        assert f"\n{name}" in shown


def test_a_field_is_found_by_its_short_name_and_tells_its_range() -> None:
    shown = repr(describe_field("speed"))
    assert "audio.output.speed" in shown
    assert "0.25" in shown
    assert "1.5" in shown
    assert "between turns" in shown


def test_an_object_lists_what_is_inside() -> None:
    help_ = describe_field("turn_detection")
    assert "\n.threshold " in repr(help_)
    assert "<table>" in help_._repr_html_()


@pytest.mark.parametrize(
    ("name", "said"), [("voise", "did you mean 'voice'"), ("format", "write one of these")]
)
def test_an_unknown_name_is_answered_with_what_may_be_meant(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        describe_field(name)
    assert "voice" in list_fields()


def test_what_clears_a_field_is_said_as_a_cell_says_it() -> None:
    said = repr(describe_field("noise_reduction")).splitlines()
    (clearing,) = (line for line in said if line.startswith("clear with"))
    assert clearing.endswith(" `noise_reduction: none`")
    help_ = describe_field("turn_detection")
    assert "<code>turn_detection: none</code>" in help_._repr_html_()
    assert "{type: server_vad}" in repr(help_)


def test_the_list_of_fields_breaks_its_lines_between_words() -> None:
    assert max(map(len, list_fields().splitlines())) <= 72


@pytest.mark.parametrize("name", ["audio", "audio.output"])
def test_what_only_holds_others_names_them(name: str) -> None:
    with pytest.raises(UsageError, match=rf"'{name}' holds .*audio\.output\.voice"):
        describe_field(name)
