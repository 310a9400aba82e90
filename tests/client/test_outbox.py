from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.client.outbox import MAX_AUDIO_BYTES, MAX_EVENT_BYTES, Outbox
from realtime_nb.client.outgoing import Prepared, prepare
from realtime_nb.errors import UsageError

EVENT = prepare({"type": "input_audio_buffer.commit"})


def test_everything_leaves_in_order():
    outbox = Outbox()
    outbox.put_audio(b"one")
    outbox.put(EVENT)
    outbox.put_audio(b"two")
    assert [outbox.take() for _ in range(4)] == [b"one", EVENT, b"two", None]


def test_sound_beyond_the_bound_is_dropped_and_counted():
    outbox = Outbox(max_audio_bytes=10)
    assert outbox.put_audio(b"123456")
    assert not outbox.put_audio(b"12345")
    assert outbox.put_audio(b"1234")
    assert outbox.dropped_audio_bytes == 5
    assert outbox.audio_bytes == 10
    outbox.take()
    assert outbox.put_audio(b"12345")


def test_events_are_never_dropped():
    outbox = Outbox(max_audio_bytes=1)
    for _ in range(1000):
        outbox.put(EVENT)
    assert len(outbox) == 1000


def test_the_bound_is_two_mebibytes():
    outbox = Outbox()
    chunk = bytes(1920)
    taken = sum(outbox.put_audio(chunk) for _ in range(2 * MAX_AUDIO_BYTES // 1920))
    assert taken == MAX_AUDIO_BYTES // 1920 == 2 * 2**20 // 1920


def test_clearing_counts_what_was_thrown_away():
    outbox = Outbox()
    outbox.put_audio(b"1234")
    outbox.put(EVENT)
    outbox.clear()
    assert outbox.take() is None
    assert outbox.dropped_audio_bytes == 4
    outbox.drop(b"12")
    assert outbox.dropped_audio_bytes == 6


def test_the_taker_is_told_once_until_it_comes():
    outbox = Outbox()
    assert outbox.ring()
    assert not outbox.ring()
    outbox.answered()
    assert outbox.ring()


@given(st.lists(st.one_of(st.binary(max_size=8), st.just(EVENT), st.none())))
def test_no_byte_is_lost_uncounted(steps):
    """Puts and takes (None) in any order: put = taken + waiting + dropped."""
    outbox = Outbox(max_audio_bytes=16)
    put = taken = 0
    for step in steps:
        if step is None:
            entry = outbox.take()
            taken += len(entry) if isinstance(entry, bytes) else 0
        elif isinstance(step, Prepared):
            outbox.put(step)
        else:
            put += len(step)
            outbox.put_audio(step)
        assert outbox.audio_bytes <= 16
        assert put == taken + outbox.audio_bytes + outbox.dropped_audio_bytes


def test_many_threads_lose_nothing():
    outbox = Outbox(max_audio_bytes=10_000_000)

    def feed(mark):
        for number in range(2000):
            outbox.put_audio(bytes([mark]) + number.to_bytes(2, "big"))

    threads = [threading.Thread(target=feed, args=(mark,)) for mark in range(4)]
    for thread in threads:
        thread.start()
    entries = []
    while len(entries) < 8000:
        entry = outbox.take()
        if entry is not None:
            entries.append(entry)
    for thread in threads:
        thread.join()
    assert outbox.audio_bytes == 0
    for mark in range(4):
        mine = [int.from_bytes(entry[1:], "big") for entry in entries if entry[0] == mark]
        assert mine == list(range(2000))


def test_events_that_nobody_takes_are_refused_past_a_bound():
    outbox, large = Outbox(), Prepared(EVENT.event, bytes(MAX_EVENT_BYTES // 4 + 1))
    for _ in range(3):
        outbox.put(large)
    with pytest.raises(UsageError, match="48 MiB of events wait already"):
        outbox.put(large)
    outbox.put(EVENT)
    outbox.take()
    outbox.put(large)
    outbox.clear()
    # One alone may be larger than the bound.
    outbox.put(Prepared(EVENT.event, bytes(MAX_EVENT_BYTES + 1)))
    with pytest.raises(UsageError, match="64 MiB"):
        outbox.put(EVENT)
