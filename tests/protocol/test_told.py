"""What may be anything is read as what it should be, or as none of it."""

from __future__ import annotations

import pytest

from realtime_nb.protocol.told import as_list, as_object, as_objects, as_text

ANYTHING = [None, True, 7, 0.5, "words", b"words", [1, {"a": 2}, "b"], {"a": 1}, (1,)]


@pytest.mark.parametrize("value", ANYTHING)
def test_what_is_asked_for_or_none_of_it(value):
    assert as_object(value) == (value if isinstance(value, dict) else {})
    assert as_list(value) == (value if isinstance(value, list) else [])
    assert as_text(value) == (value if isinstance(value, str) else None)


def test_only_the_objects_of_a_list_are_objects():
    assert as_objects([1, {"a": 2}, "b", [{"c": 3}], {}]) == [{"a": 2}, {}]
    assert as_objects({"a": 1}) == []


def test_what_is_read_is_no_copy():
    told = {"a": [1]}
    assert as_object(told) is told
    assert as_list(told["a"]) is told["a"]
