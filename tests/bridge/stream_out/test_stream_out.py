"""Sound that grows is dealt out: to whom, from where, how much at a time."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from realtime_nb.bridge.stream_out.pump import Pump
from realtime_nb.bridge.stream_out.stream_out import AHEAD_S, MAX_PAGES, STALE_S, Piece, StreamOut
from realtime_nb.bridge.stream_out.wire import obey, page_message, sound_message

RATE = 24_000
ENDLESS = 10**9


class Sound:
    """A sound that grows when it is told to; counts what is read at once."""

    def __init__(self, seconds: float = 0) -> None:
        self.pcm = b""
        self.most = 0
        self.grow(seconds)

    def grow(self, seconds: float) -> None:
        count = round(seconds * RATE)
        first = len(self.pcm) // 2
        self.pcm += (np.arange(first, first + count) % 30_000).astype("<i2").tobytes()

    def __len__(self) -> int:
        return len(self.pcm)

    def read(self, start_byte: int, n: int, /) -> bytes:
        self.most = max(self.most, n)
        return self.pcm[start_byte : start_byte + n]


def joined(pieces: list[Piece], start: int = 0) -> bytes:
    """Return the sound of pieces that follow each other."""
    for piece in pieces:
        assert piece.offset == start
        start += len(piece.pcm) // 2
    return b"".join(piece.pcm for piece in pieces)


def test_a_page_is_sent_what_it_wants_and_no_more_than_it_has_room_for() -> None:
    out, sound = StreamOut(), Sound(60)
    out.feed(sound)
    assert list(out.pieces()) == []
    assert out.hello("a", 0.0) == (True, 0)
    assert list(out.pieces()) == []
    out.want("a", 1, 0, 30 * RATE)
    got: list[Piece] = []
    while pieces := list(out.pieces()):
        under_way = sum(len(piece.pcm) for piece in pieces)
        assert under_way <= AHEAD_S * RATE * 2
        got += pieces
        here = got[-1].offset + len(got[-1].pcm) // 2
        out.ack("a", 1, here, 30 * RATE)
    assert joined(got) == sound.pcm[: 60 * RATE]
    assert sound.most <= 2 * RATE
    out.ack("a", 1, 30 * RATE, 31 * RATE)
    out.hear("a", RATE, 0.0, playing=True)
    assert joined(list(out.pieces()), 30 * RATE) == sound.pcm[60 * RATE : 62 * RATE]
    assert out.played == RATE


def test_it_follows_a_sound_that_grows_and_knows_when_it_is_whole() -> None:
    out, sound = StreamOut(), Sound()
    out.hello("a", 0.0)
    out.want("a", 1, 0, ENDLESS)
    got: list[Piece] = []
    for _ in range(7):
        sound.grow(0.13)
        out.feed(sound)
        got += out.pieces()
    assert joined(got) == sound.pcm
    assert out.total is None
    out.finish()
    assert out.total == len(sound) // 2
    nothing = StreamOut()
    nothing.finish()
    assert nothing.total == 0


def test_a_page_may_go_back_and_an_answer_to_an_older_wish_counts_no_more() -> None:
    out, sound = StreamOut(), Sound(5)
    out.feed(sound)
    out.want("a", 1, 0, ENDLESS)
    list(out.pieces())
    out.want("a", 2, RATE, ENDLESS)
    out.ack("a", 1, 5 * RATE, ENDLESS)
    pieces = list(out.pieces())
    assert {piece.run for piece in pieces} == {2}
    assert joined(pieces, RATE) == sound.pcm[2 * RATE :]
    # More than was sent cannot have come.
    out.ack("a", 2, ENDLESS, ENDLESS)
    sound.grow(1)
    assert joined(list(out.pieces()), 5 * RATE) == sound.pcm[10 * RATE :]


def test_one_page_plays_and_when_it_leaves_the_next_goes_on_there() -> None:
    out = StreamOut()
    out.feed(Sound(5))
    assert out.hello("a", 0.0) == (True, 0)
    assert out.hello("b", 0.0) == (False, 0)
    out.want("a", 1, 0, ENDLESS)
    out.want("b", 1, 0, ENDLESS)
    list(out.pieces())
    out.hear("a", 777, 1.0, playing=True)
    out.hear("b", 9999, 1.0, playing=True)
    assert out.hello("b", STALE_S) == (False, 777)
    out.leave("a")
    assert out.hello("c", 0.0) == (True, 777)


def test_a_page_that_played_and_fell_silent_is_relieved_one_that_was_paused_is_not() -> None:
    out = StreamOut()
    out.hello("a", 0.0)
    out.hear("a", 500, 1.0, playing=True)
    assert out.hello("b", 1.5 + STALE_S) == (True, 500)
    out.hear("a", 900, 20.0, playing=True)
    out.hear("b", 600, 20.0, playing=False)
    assert out.hello("c", 20.5 + 9 * STALE_S) == (False, 600)


def test_a_page_that_waits_for_other_sound_is_not_gone_until_it_falls_silent() -> None:
    out = StreamOut()
    out.hello("a", 0.0)
    out.hear("a", 0, 60.0, playing=True, waits=True)
    assert out.hello("b", 60.0 + STALE_S) == (False, 0)
    assert out.waits(60.0 + STALE_S)
    assert not out.waits(60.5 + STALE_S)
    out.hear("a", 10, 70.0, playing=True)
    assert not out.waits(70.0)
    out.hear("a", 10, 71.0, playing=True, waits=True)
    out.leave("a")
    assert not out.waits(71.0)


def test_pages_are_forgotten_beyond_a_number() -> None:
    out = StreamOut()
    for number in range(3 * MAX_PAGES):
        plays, _ = out.hello(str(number), 0.0)
        assert plays == (number % MAX_PAGES == 0)
        out.want(str(number), 1, 0, ENDLESS)
    out.feed(Sound(0.1))
    assert len(list(out.pieces())) == MAX_PAGES


@pytest.mark.parametrize("content", [None, "hello", {}, {"client": 3}, {"client": "x" * 65}])
def test_what_is_no_message_of_a_page_is_none(content: object) -> None:
    assert page_message(content) is None


def test_numbers_that_make_no_sense_send_nothing() -> None:
    out = StreamOut()
    out.feed(Sound(1))
    for start, until in ((-5, None), ("x", 3.5), (2**70, float("inf"))):
        message = {"client": "a", "kind": "want", "run": 1, "from": start, "until": until}
        assert obey(out, message)
        assert list(out.pieces()) == []
    assert obey(out, {"client": "a", "kind": "want", "run": 3, "from": 10, "until": 20})
    (piece,) = out.pieces()
    message, buffers = sound_message(piece)
    assert message == {"kind": "sound", "to": "a", "run": 3, "offset": 10}
    assert len(buffers[0]) == 20
    assert not obey(out, {"client": "a", "kind": "dance"})


def test_the_pump_does_work_once_for_many_calls_and_goes_on_after_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pump, done, begun, go = Pump(), threading.Event(), threading.Event(), threading.Event()
    calls: list[int] = []

    def fail() -> None:
        begun.set()
        assert go.wait(20)
        raise RuntimeError("closed comm")

    def work() -> None:
        calls.append(1)
        done.set()

    pump.wake(fail)
    assert begun.wait(20)
    for _ in range(100):
        pump.wake(work)
    go.set()
    assert done.wait(20)
    assert len(calls) == 1
    assert "closed comm" in caplog.text
