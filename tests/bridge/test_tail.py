from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_nb.bridge import tail
from realtime_nb.bridge.tail import Tail
from realtime_nb.protocol.events import Event
from tests.bridge.fakes import FakeSession

STARTED = Event({"type": "input_audio_buffer.speech_started", "item_id": "u"})
STOPPED = Event({"type": "input_audio_buffer.speech_stopped", "item_id": "u"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "STEP_S", 0.005)
    monkeypatch.setattr(tail, "SPEECH_S", 0.1)
    monkeypatch.setattr(tail, "TRANSLATION_S", 0.05)


@pytest.fixture
async def session() -> FakeSession:
    return FakeSession()


def tail_of(session: Any) -> Tail:
    return Tail(session, asyncio.get_running_loop(), session.append_audio)


async def test_a_sentence_gets_silence_until_its_end_is_heard(session: FakeSession) -> None:
    one = tail_of(session)
    one.event(STARTED)
    one.begin("transcription")
    await asyncio.sleep(0.02)
    assert session.did
    assert set(session.did) == {("append", bytes(9600))}
    one.event(STOPPED)
    count = len(session.did)
    await asyncio.sleep(0.03)
    assert len(session.did) == count


async def test_who_says_nothing_sends_nothing(session: FakeSession) -> None:
    one = tail_of(session)
    one.begin("realtime")
    one.event(STARTED)
    one.event(STOPPED)
    one.begin("realtime")
    await asyncio.sleep(0.02)
    assert session.did == []


async def test_silence_is_bounded_when_no_end_is_heard(session: FakeSession) -> None:
    one = tail_of(session)
    one.event(STARTED)
    one.begin("realtime")
    await asyncio.sleep(0.3)
    assert 18 <= len(session.did) <= 22
    count = len(session.did)
    await asyncio.sleep(0.03)
    assert len(session.did) == count


async def test_a_translation_is_moved_on_for_a_while(session: FakeSession) -> None:
    one = tail_of(session)
    one.begin("translation")
    await asyncio.sleep(0.2)
    assert 9 <= len(session.did) <= 11


async def test_the_microphone_switched_on_again_ends_it(session: FakeSession) -> None:
    one = tail_of(session)
    one.begin("translation")
    one.stop()
    count = len(session.did)
    await asyncio.sleep(0.03)
    assert len(session.did) == count


async def test_a_session_that_closes_gets_none(session: FakeSession) -> None:
    one = tail_of(session)
    one.begin("translation")
    session.become("closed")
    count = len(session.did)
    await asyncio.sleep(0.03)
    assert len(session.did) == count
