from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.bridge.tail import SPEECH_S, STEP_S, TRANSLATION_S, Tail
from realtime_nb.protocol.events import Event
from tests.bridge.fakes import FakeSession

STARTED = Event({"type": "input_audio_buffer.speech_started", "item_id": "u"})
STOPPED = Event({"type": "input_audio_buffer.speech_stopped", "item_id": "u"})


class Later:
    """A loop whose time passes by hand, for one timer."""

    def __init__(self) -> None:
        self.due: list[Any] = []

    def call_later(self, seconds: float, function: Any) -> Later:
        assert seconds == STEP_S
        self.due.append(function)
        return self

    def cancel(self) -> None:
        self.due.clear()

    def turn(self, steps: int) -> None:
        for _ in range(steps):
            due, self.due = self.due, []
            for function in due:
                function()


LONG = 100  # steps; more than anything lasts


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def later() -> Later:
    return Later()


def tail_of(session: Any, later: Any) -> Tail:
    return Tail(session, later, session.append_audio)


def test_a_sentence_gets_silence_until_its_end_is_heard(session: FakeSession, later: Later) -> None:
    one = tail_of(session, later)
    one.event(STARTED)
    one.begin("transcription")
    later.turn(3)
    assert len(session.did) == 4
    assert set(session.did) == {("append", bytes(9600))}
    one.event(STOPPED)
    count = len(session.did)
    later.turn(LONG)
    assert len(session.did) == count


def test_who_says_nothing_sends_nothing(session: FakeSession, later: Later) -> None:
    one = tail_of(session, later)
    one.begin("realtime")
    one.event(STARTED)
    one.event(STOPPED)
    one.begin("realtime")
    later.turn(LONG)
    assert session.did == []


def test_silence_is_bounded_when_no_end_is_heard(session: FakeSession, later: Later) -> None:
    one = tail_of(session, later)
    one.event(STARTED)
    one.begin("realtime")
    later.turn(LONG)
    assert len(session.did) - round(SPEECH_S / STEP_S) in (0, 1)  # floats leave a rest


def test_a_translation_is_moved_on_for_a_while(session: FakeSession, later: Later) -> None:
    one = tail_of(session, later)
    one.begin("translation")
    later.turn(LONG)
    assert len(session.did) - round(TRANSLATION_S / STEP_S) in (0, 1)


def test_the_microphone_switched_on_again_ends_it(session: FakeSession, later: Later) -> None:
    one = tail_of(session, later)
    one.begin("translation")
    one.stop()
    count = len(session.did)
    later.turn(LONG)
    assert len(session.did) == count


def test_a_session_that_closes_gets_none(session: FakeSession, later: Later) -> None:
    one = tail_of(session, later)
    one.begin("translation")
    session.become("closed")
    count = len(session.did)
    later.turn(LONG)
    assert len(session.did) == count
