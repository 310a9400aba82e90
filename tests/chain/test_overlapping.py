"""Turns that are spoken before the one before them was answered, and transcribers that hang."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from realtime_nb.chain import ears
from realtime_nb.errors import ResponseFailed
from realtime_nb.inspection.chain_legs import legs
from realtime_nb.inspection.check import check
from tests.chain.test_session import WAIT_S, commit, legs_told, loud, talk_of, wait_for

if TYPE_CHECKING:
    from realtime_nb.client.session import RealtimeSession
    from tests.chain.rest_peer import Request, RestPeer

_PREFIX = "conversation.item.input_audio_transcription."


class Scribe:
    """A transcriber that writes when a test says so, and then a turn's number.

    Requests of several turns may arrive in any order, so each turn is known by its length.
    """

    def __init__(self, peer: RestPeer) -> None:
        self.may: dict[int, threading.Event] = {}
        self.asked: list[Request] = []
        self.at_once = self.most_at_once = 0
        peer.transcribe = self._transcribe

    async def _transcribe(self, request: Request) -> None:
        number = round((len(request.body) / 32 - 300) / 100)
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        hung = asyncio.ensure_future(request.hang())
        may = self.may.setdefault(number, threading.Event())
        while not may.is_set() and not hung.done():  # noqa: ASYNC110 -- an event of threads
            await asyncio.sleep(0.005)
        self.at_once -= 1
        if not hung.done():
            hung.cancel()
            body = json.dumps({"text": f"words {number}"}).encode()
            await request.send(200, "application/json", body)

    def write(self, *numbers: int) -> None:
        for number in numbers:
            self.may.setdefault(number, threading.Event()).set()


@pytest.fixture
def scribe(peer: RestPeer) -> Scribe:
    return Scribe(peer)


def say(session: RealtimeSession, *numbers: int) -> None:
    for number in numbers:
        commit(session, loud(300 + 100 * number))


def told(session: RealtimeSession) -> list[str]:
    """Return what became of each turn, in the order in which it was told."""
    events = [r.event for r in session.log if r.event.type.startswith(_PREFIX)]
    ended = [event for event in events if not event.type.endswith("delta")]
    return [event.get("transcript") or event.type.removeprefix(_PREFIX) for event in ended]


def said(peer: RestPeer) -> list[str]:
    messages = peer.of("/completions")[-1].json["messages"]
    return [one["content"] for one in messages if one["role"] == "user"]


def test_turns_are_transcribed_together_and_told_in_order(
    session: RealtimeSession, peer: RestPeer, scribe: Scribe
) -> None:
    say(session, 1, 2, 3, 4, 5)
    call = session.respond()
    wait_for(lambda: len(scribe.asked) == 3, "three requests")
    scribe.write(3, 2)
    wait_for(lambda: len(scribe.asked) == 5, "the other two")
    scribe.write(4, 5)
    legs_told(session, 4)
    assert told(session) == []  # the first is not there yet
    scribe.write(1)
    assert call.result(WAIT_S).status == "completed"
    words = [f"words {number}" for number in range(1, 6)]
    assert said(peer) == told(session) == words
    assert scribe.most_at_once == 3
    table = legs(talk_of(session))
    assert [leg.turn for leg in table.legs if leg.done.leg == "transcribe"][-1] == 1
    assert [turn["turn"] for turn in table.turns] == [1, 2, 3, 4, 5]
    assert not check(session.log).df.shape[0]


def test_words_that_stream_are_told_after_those_of_the_turns_before(
    session: RealtimeSession, peer: RestPeer
) -> None:
    first = threading.Event()
    begun: list[Request] = []

    async def transcribe(request: Request) -> None:
        begun.append(request)
        number = len(begun)
        await request.begin(200, "text/event-stream")
        if number == 1:
            assert await asyncio.to_thread(first.wait, WAIT_S)
        for piece in ("one", " two"):
            await request.event({"type": "transcript.text.delta", "delta": f"{piece}{number}"})
        await request.event({"type": "transcript.text.done", "text": f"one{number} two{number}"})

    peer.transcribe = transcribe
    say(session, 1)
    wait_for(lambda: len(begun) == 1)
    say(session, 2)
    legs_told(session, 1)
    first.set()
    session.respond().result(WAIT_S)
    deltas = [r.event.get("delta") for r in session.log if r.event.type == _PREFIX + "delta"]
    assert "".join(deltas) == "one1 two1one2 two2"
    assert told(session) == ["one1 two1", "one2 two2"]


def test_a_transcriber_that_hangs_does_not_hold_what_comes_after_it(
    session: RealtimeSession, peer: RestPeer, scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "PATIENCE_S", 1.5)
    scribe.write(2)
    say(session, 1)
    wait_for(lambda: len(scribe.asked) == 1)
    say(session, 2)
    assert session.respond().result(WAIT_S).status == "completed"
    assert told(session) == ["failed", "words 2"]
    assert said(peer)[-1] == "words 2"
    assert scribe.asked[0].closed.wait(WAIT_S)
    hung = next(leg for leg in legs_told(session, 3) if leg.status == "failed")
    assert "the chain's transcribe leg (scribe) failed" in hung.problem
    assert "no transcript came within" in hung.problem
    assert not check(session.log).df.shape[0]
    assert talk_of(session).conversation.items[-1].text.startswith("Seven")


def test_what_waits_to_be_asked_is_given_up_in_time_too(
    session: RealtimeSession, scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "PATIENCE_S", 1.5)
    say(session, 1, 2, 3, 4)
    with pytest.raises(ResponseFailed, match="transcribe leg"):
        session.respond().result(WAIT_S)
    assert told(session) == ["failed"] * 4
    scribe.write(5)
    say(session, 5)
    assert session.respond().result(WAIT_S).status == "completed"


def test_a_stop_ends_the_wait_for_a_transcriber_that_hangs(
    session: RealtimeSession, peer: RestPeer, scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "PATIENCE_S", 10_000.0)
    monkeypatch.setattr(ears, "STOPPED_S", 0.5)
    scribe.write(2)
    say(session, 1)
    call = session.respond()
    wait_for(lambda: len(scribe.asked) == 1)
    session.send({"type": "response.cancel"}).result(10)
    assert call.result(WAIT_S).status == "cancelled"
    say(session, 2)
    assert session.respond().result(WAIT_S).status == "completed"
    assert told(session) == ["failed", "words 2"]
    assert said(peer)[-1] == "words 2"


def test_a_stop_keeps_words_that_come_soon(
    session: RealtimeSession, peer: RestPeer, scribe: Scribe
) -> None:
    say(session, 1)
    call = session.respond()
    wait_for(lambda: len(scribe.asked) == 1)
    session.send({"type": "response.cancel"}).result(10)
    assert call.result(WAIT_S).status == "cancelled"
    time.sleep(0.05)
    scribe.write(1, 2)
    say(session, 2)
    assert session.respond().result(WAIT_S).status == "completed"
    assert said(peer) == ["words 1", "words 2"]
