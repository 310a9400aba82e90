"""Events out of bytes, however they are cut, and a bound on each."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.event_stream import LARGEST_EVENT, EventStream

_SENT = (
    b'data: {"a":1}\r\n\r\n: not one\nevent: x\ndata: {"b":\ndata: 2}\n\n'
    b'data: [DONE]\n\n\ndata: {"c":3}'
)


@given(st.lists(st.integers(0, len(_SENT))))
def test_cuts_change_nothing(cuts):
    stream, found = EventStream(), []
    places = sorted({0, len(_SENT), *cuts})
    for first, end in pairwise(places):
        found += stream.feed(_SENT[first:end])
    assert [*found, *stream.finish()] == [{"a": 1}, {"b": 2}, {"c": 3}]


@pytest.mark.parametrize("piece", [b"x" * 65_536, b"data: " + b"x" * 65_529 + b"\n"])
def test_an_event_without_end_is_refused_and_costs_its_length_once(piece):
    stream, began = EventStream(), time.process_time()
    for _ in range(LARGEST_EVENT // len(piece) - 1):
        list(stream.feed(piece))
    with pytest.raises(UsageError, match="more than 16 MiB in one event"):
        list(stream.feed(piece * 2))
    # Looked through anew with each piece it would be gigabytes.
    assert time.process_time() - began < 2


def test_many_small_pieces_of_one_line_cost_no_more():
    stream, began = EventStream(), time.process_time()
    for _ in range(40_000):
        list(stream.feed(b"x" * 100))
    assert time.process_time() - began < 5
    assert list(stream.feed(b'\n\ndata: {"a":1}\n\n')) == [{"a": 1}]
