"""An item that is cut or deleted while it is heard is heard no further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.testing import spoken
from tests.bridge.page import Page, sound
from tests.bridge.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


class Room:
    """A page that plays answers of 2 s, until something is taken from them."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.page = Page(self.stage, "page")
        self.page.say("hello")

    def answer(self, name: str, *, whole: bool = True) -> list[dict[str, Any]]:
        events = spoken(
            None, "Well.", pcm=sound(0, 2000), response_id=f"r_{name}", item_id=name, chunks=4
        )
        self.stage.tell(*(events if whole else events[:7]))
        self.read()
        return events[7:]

    def delete(self, item_id: str) -> None:
        self.stage.tell({"type": "conversation.item.deleted", "item_id": item_id})
        self.read()

    def cut(self, item_id: str, ms: int) -> None:
        event = {"item_id": item_id, "content_index": 0, "audio_end_ms": ms}
        self.stage.tell({"type": "conversation.item.truncated", **event})
        self.read()

    def read(self) -> None:
        for _ in range(2):  # the page answers, and what follows that
            self.stage.wait(0.25)
            self.page.read()

    def play(self, ms: int) -> None:
        self.page.play(ms)
        self.page.report()

    def heard(self, item_id: str) -> int:
        return self.page.heard_ms.get((item_id, 0), 0)

    def sent(self) -> list[str]:
        """What was asked of the service, which has done it by itself."""
        return [event["type"] for event in self.stage.line.posted]


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    # Whatever was cut: nothing is left for a page that never comes.
    room.read()
    room.play(60_000)
    room.read()
    assert room.stage.bridge.unplayed_ms == 0
    room.stage.close()
    assert room.stage.troubles.said == []
    assert room.stage.loop.failures == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_deleted_answer_falls_silent_at_once_and_stays_so(room: Room, *, whole: bool) -> None:
    rest = room.answer("a", whole=whole)
    room.play(400)
    room.delete("a")
    room.play(60_000)
    assert room.heard("a") == 400
    room.stage.tell(*rest)
    room.read()
    room.play(60_000)
    assert room.heard("a") == 400
    assert room.sent() == []


def test_what_is_behind_a_deleted_answer_is_heard_whole(room: Room) -> None:
    room.answer("a")
    room.answer("b")
    room.play(400)
    room.delete("a")
    room.play(60_000)
    assert (room.heard("a"), room.heard("b")) == (400, 2000)


def test_an_answer_goes_on_when_one_behind_it_is_deleted(room: Room) -> None:
    room.answer("a")
    room.answer("b")
    room.play(400)
    room.delete("b")
    room.play(60_000)
    assert (room.heard("a"), room.heard("b")) == (2000, 0)


@pytest.mark.parametrize(("ms", "heard"), [(0, 400), (300, 400), (1200, 1200), (2000, 2000)])
def test_an_answer_that_is_cut_is_heard_to_the_cut(room: Room, ms: int, heard: int) -> None:
    room.answer("a")
    room.answer("b")
    room.play(400)
    room.cut("a", ms)
    room.play(60_000)
    assert (room.heard("a"), room.heard("b")) == (heard, 2000)
    assert room.sent() == []


def test_a_barge_in_after_a_cut_cuts_only_what_is_heard_before_it(room: Room) -> None:
    room.answer("a")
    room.play(400)
    room.cut("a", 1200)
    room.play(200)
    room.stage.bridge.interrupt()
    room.read()
    (truncate,) = room.stage.line.posted
    assert truncate["audio_end_ms"] <= room.heard("a") == 600


def test_nothing_more_is_asked_of_an_item_that_is_gone(room: Room) -> None:
    room.answer("a")
    room.play(400)
    # Both at once: the page is asked where it was, and the user has stopped it meanwhile.
    room.stage.tell({"type": "conversation.item.deleted", "item_id": "a"})
    room.stage.bridge.interrupt()
    room.read()
    assert room.sent() == []


def test_what_a_guard_holds_of_a_deleted_answer_is_never_heard(room: Room) -> None:
    room.stage.bridge.guarded.hold("r_a")
    room.answer("a")
    room.delete("a")
    room.stage.bridge.guarded.release("r_a")
    room.read()
    room.play(60_000)
    assert room.heard("a") == 0


def test_an_item_cut_with_no_page_is_cut_for_the_one_that_comes(room: Room) -> None:
    room.answer("a")
    room.answer("b")
    room.play(400)
    room.page.say("leave")
    room.stage.tell({"type": "conversation.item.deleted", "item_id": "a"})
    room.page = Page(room.stage, "other")
    room.page.say("hello")
    room.stage.wait(1.5)  # the page that is gone says nothing any more
    room.read()
    room.play(60_000)
    assert (room.heard("a"), room.heard("b")) == (0, 2000)
