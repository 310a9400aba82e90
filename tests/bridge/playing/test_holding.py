"""Held sound: in order when it is let go, gone when it is dropped, and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.bridge.playing import holding
from realtime_nb.bridge.playing.holding import Holding

if TYPE_CHECKING:
    import pytest


class Way:
    """The way to the page: what was passed on."""

    def __init__(self) -> None:
        self.passed: list[Any] = []

    def add(self, key: Any, pcm: bytes, *, before: int) -> None:
        self.passed.append((key, pcm, before))

    def end(self, key: Any) -> None:
        self.passed.append((key, "end"))


KEY = ("item_1", 0)


def held() -> tuple[Way, Holding]:
    way = Way()
    keeping = Holding(way)  # type: ignore[arg-type]  # a stand-in
    keeping.hold("r1")
    return way, keeping


def test_others_pass_and_what_is_held_comes_in_order_when_all_have_let_go() -> None:
    way, keeping = held()
    keeping.hold("r1")
    keeping.add("r1", KEY, b"ab", before=0)
    keeping.add("r2", ("item_2", 0), b"xy", before=7)
    keeping.add("r1", KEY, b"cd", before=1)
    keeping.end("r1", KEY)
    assert way.passed == [(("item_2", 0), b"xy", 7)]
    keeping.release("r1")
    assert len(way.passed) == 1
    keeping.release("r1")
    assert way.passed[1:] == [(KEY, b"ab", 0), (KEY, b"cd", 1), (KEY, "end")]
    keeping.add("r1", KEY, b"ef", before=2)
    assert way.passed[-1] == (KEY, b"ef", 2)
    keeping.release("r1")  # once too often


def test_what_is_dropped_never_comes() -> None:
    way, keeping = held()
    keeping.add("r1", KEY, b"ab", before=0)
    assert keeping.drop("r1") == ("item_1",)
    keeping.release("r1")
    assert way.passed == []
    assert keeping.drop("r1") == ()


def test_past_the_bound_all_that_follows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "MAX_HELD", 4)
    way, keeping = held()
    keeping.add("r1", KEY, b"ab", before=0)
    keeping.add("r1", KEY, b"cdef", before=1)
    keeping.add("r1", KEY, b"gh", before=3)  # small enough, but behind a hole
    keeping.release("r1")
    assert way.passed == [(KEY, b"ab", 0)]
    assert keeping.refused_bytes == 6
    # What was let go makes room again.
    keeping.hold("r2")
    keeping.add("r2", KEY, b"abcd", before=0)
    keeping.release("r2")
    assert way.passed[-1] == (KEY, b"abcd", 0)
