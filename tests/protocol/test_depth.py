"""Nothing that comes from elsewhere is nested deeper than what walks it can go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import MalformedEvent
from realtime_nb.protocol.depth import DEEPEST, is_too_deep
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.lines import Unreadable, parse


def nested(levels: int) -> str:
    """Return an event of that many levels."""
    return '{"type":"x","a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


def test_an_event_is_as_deep_as_may_be_and_no_deeper():
    assert Event.parse(nested(DEEPEST)).type == "x"
    for levels in (DEEPEST + 1, 500, 1_000):
        for frame in (nested(levels), nested(levels).encode()):
            with pytest.raises(MalformedEvent, match="more than 128 levels deep"):
                Event.parse(frame)
        with pytest.raises(Unreadable, match="more than 128 levels deep"):
            parse(nested(levels).encode())


def test_brackets_beside_each_other_or_in_text_are_no_depth():
    assert Event.parse('{"type":"x","a":[' + "{}," * 5_000 + '"' + "[" * 5_000 + '"]}')


@given(st.recursive(st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_few_brackets_are_not_looked_through(value):
    assert not is_too_deep("", value)
