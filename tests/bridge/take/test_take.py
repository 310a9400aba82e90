"""A recording arrives whole, and is kept however it ends."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.bridge.take.desk import KEPT_S, KEPT_TAKES, Ended, TakeDesk, kept
from realtime_nb.bridge.take.sound import BARS, Playable, Recorded
from realtime_nb.bridge.take.take import STALE_S, Take

SOUND = np.arange(5000).astype("<i2").tobytes()


def piece(start: int, end: int) -> bytes:
    return SOUND[2 * start : 2 * end]


@given(st.lists(st.tuples(st.integers(0, 4999), st.integers(1, 2000)), max_size=30))
def test_it_is_always_a_beginning_of_what_was_said(sent: list[tuple[int, int]]) -> None:
    take = Take("t", "a", 4000, 0.0)
    for start, count in sent:
        before = take.got
        assert take.add(start, piece(start, start + count), 1.0) >= before
    assert take.got <= 4000
    assert take.pcm == piece(0, take.got)


def test_it_ends_at_the_longest_and_takes_no_half_samples() -> None:
    take = Take("t", "a", 300, 0.0)
    assert take.add(0, piece(0, 100) + b"x", 0.0) == 100
    assert take.add(101, piece(101, 120), 0.0) == 100
    assert take.add(50, memoryview(piece(50, 400)), 0.0) == 300
    assert take.add(300, piece(300, 400), 0.0) == 300
    assert take.pcm == piece(0, 300)


def desk(now_s: float = 0.0) -> TakeDesk:
    it = TakeDesk(1000)
    assert it.begin("a", "one", now_s, replaces=False) == (True, None)
    assert it.sound("one", 0, piece(0, 500), now_s) == 500
    return it


def test_it_is_over_when_all_that_was_said_is_here() -> None:
    it = desk()
    assert it.end("one", 600, "") is None
    assert it.sound("one", 500, piece(500, 600), 0.0) == 600
    ended = it.end("one", 600, "")
    assert ended is not None
    assert (ended.take.pcm, ended.why) == (piece(0, 600), "")
    # What comes late is answered, not taken.
    assert it.sound("one", 600, piece(600, 700), 0.0) is None
    assert it.end("one", 600, "") is None
    assert it.begin("a", "one", 0.0, replaces=False) == (False, None)


def test_one_page_records_at_a_time_and_what_it_sent_is_kept_when_it_goes() -> None:
    it = desk()
    assert it.begin("b", "two", 1.0, replaces=False) == (False, None)
    assert it.look("b", 1.0) is None
    assert it.leave("b") is None
    left = it.leave("a")
    assert left is not None
    assert "left" in left.why
    assert left.take.got == 500
    assert it.begin("b", "two", 1.0, replaces=True) == (True, None)
    assert it.current is not None
    assert it.current.replaces


def test_a_page_that_fell_silent_stands_in_nobodys_way() -> None:
    looked = desk().look("b", STALE_S + 1)
    assert looked is not None
    assert looked.take.got == 500
    begun, ended = desk().begin("b", "two", STALE_S + 1, replaces=False)
    assert begun
    assert isinstance(ended, Ended)
    # Its own next press ends what it had forgotten.
    begun, ended = desk().begin("a", "two", 0.1, replaces=False)
    assert begun
    assert ended is not None
    assert ended.take.id == "one"


def test_older_takes_go_first_and_the_newest_never() -> None:
    assert kept([]) == 0
    assert kept([5 * KEPT_S]) == 1
    assert kept([1.0, 5 * KEPT_S]) == 1
    assert kept([1.0] * (KEPT_TAKES + 5)) == KEPT_TAKES
    assert kept([KEPT_S / 2, KEPT_S / 2, KEPT_S / 2]) == 2


def test_a_recording_is_drawn_by_its_largest_amplitudes() -> None:
    loud = np.zeros(48_000, "<i2")
    loud[24_000] = -32768
    bars = Recorded(loud.tobytes()).bars(BARS)
    assert len(bars) == BARS
    assert bars.index(1.0) == BARS // 2
    assert Recorded(b"").bars(BARS) == []
    assert Recorded(b"\x00\x40\x00\x80").bars(BARS) == [0.5, 1.0]


def test_another_recording_is_another_sound_to_play() -> None:
    playable = Playable()
    want = {"client": "a", "kind": "want", "run": 1, "from": 0, "until": 10**6}
    playable.replace(piece(0, 100))
    assert playable.obey(want)
    (first,) = playable.out.pieces()
    assert first.pcm == piece(0, 100)
    playable.replace(piece(100, 150))
    assert list(playable.out.pieces()) == []
    assert playable.obey(want)
    (second,) = playable.out.pieces()
    assert second.pcm == piece(100, 150)
    assert [playable.told[name] for name in ("number", "samples")] == [2, 50]
