"""Turns that are ended by hand while nobody takes them: they stay turns, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.frames import MICROPHONE, Frame
from tests.bridge.fakes import FakeView
from tests.faults.service import clip
from tests.faults.talk import FRAME_MS, Talk
from tests.faults.virtual import LoopHere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FRAME = 24 * FRAME_MS
WORDS = {"transcription": {"model": "gpt-transcribe"}}
BY_HAND: dict[str, Any] = {"audio": {"input": {"turn_detection": None, **WORDS}}}
TURNS = (3, 5, 7)
PACE_S = FRAME_MS / 1000


class Room:
    """A page with a talk key, the bridge, and a session over a bad network."""

    def __init__(self) -> None:
        self.talk = Talk(BY_HAND)
        self.talk.open()
        self.view = FakeView()
        loop = LoopHere(self.talk.loop)
        self.bridge = Bridge(self.talk.session, self.view, loop=loop)
        self.bridge.start()
        self._sent = 0
        self.says("hello", version=1)

    def says(self, kind: str, *buffers: bytes, wait_s: float = 0.1, **fields: Any) -> None:
        self.view.page_says(kind, *buffers, **fields)
        if wait_s:
            self.talk.wait(wait_s)

    def speak(self, number: int, *, pace_s: float) -> None:
        pcm = clip(number).astype("<i2")
        for start in range(0, len(pcm), FRAME):
            samples = pcm[start : start + FRAME]
            at, seq = self._sent, self._sent // FRAME
            frame = Frame(MICROPHONE, 1, seq, at, 1000.0 + at / 24, samples.tobytes())
            self.says("audio", frame.pack(), wait_s=pace_s)
            self._sent += FRAME

    def press(self, number: int, *, pace_s: float = PACE_S) -> None:
        """Hold the talk key down, speak, and let it go."""
        self.says("talk", on=True, wait_s=pace_s)
        self.speak(number, pace_s=pace_s)
        self.says("talk", on=False, ms=600, wait_s=10 * pace_s)

    def finish(self, number: int, *, pace_s: float = PACE_S) -> None:
        """Speak, and press the button that ends a turn."""
        self.speak(number, pace_s=pace_s)
        self.says("commit", wait_s=10 * pace_s)

    def said(self, role: str) -> list[str]:
        items = self.talk.session.conversation.items
        return [item.text for item in items if item.role == role]

    @property
    def notices(self) -> list[str]:
        return [notice["text"] for notice in self.view.of_kind("notice")]


@pytest.fixture(params=["push_to_talk", "manual"])
def room(request: pytest.FixtureRequest) -> Iterator[tuple[Room, Callable[..., None]]]:
    room = Room()
    room.bridge.change_turns(request.param)
    room.talk.wait(0.5)
    room.says("mic", on=True)
    yield room, room.press if request.param == "push_to_talk" else room.finish
    room.bridge.stop()
    room.talk.end()
    assert room.talk.complaints == []


def away(room: Room) -> None:
    """Lose the session, for some seconds."""
    room.talk.proxy.refuse("reset", "reset", "reset", "reset")
    room.talk.proxy.drop()
    room.talk.wait(0.2)
    assert room.talk.session.state == "restoring"


def vanished(room: Room) -> None:
    """Have nobody answer any more, which is noticed later."""
    room.talk.proxy.half_open()
    room.talk.wait(0.2)
    assert room.talk.session.state == "open"


@pytest.mark.parametrize("lose", [away, vanished])
def test_several_turns_of_one_absence_stay_turns_and_are_answered_together(
    room: tuple[Room, Callable[..., None]], lose: Callable[[Room], None]
) -> None:
    page, turn = room
    lose(page)
    for number in TURNS:
        turn(number)
    page.talk.settle()
    assert page.said("user") == ["clip 3", "clip 5", "clip 7"]
    assert page.said("assistant") == ["heard clip 3 and clip 5 and clip 7"]
    assert page.notices == []


def test_turns_that_come_in_one_rush_from_a_page_stay_turns(
    room: tuple[Room, Callable[..., None]],
) -> None:
    page, turn = room
    for number in TURNS:
        turn(number, pace_s=0)
    page.talk.settle()
    assert page.said("user") == ["clip 3", "clip 5", "clip 7"]
    assert page.said("assistant") == ["heard clip 3 and clip 5 and clip 7"]
    assert page.notices == []


def test_a_turn_without_sound_behind_another_takes_no_answer_from_it(
    room: tuple[Room, Callable[..., None]],
) -> None:
    page, turn = room
    turn(3, pace_s=0)
    page.says("commit")
    page.talk.settle()
    assert page.said("assistant") == ["heard clip 3"]
    assert page.notices == ["Nothing was said yet: switch the microphone on and speak first."]
