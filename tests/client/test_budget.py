"""A session's budget: what is refused, what is cancelled, and what goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from realtime_nb.client import LocalServer, RealtimeSession, resolve_endpoint
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    expect,
    item_created,
    response_created,
    response_done,
    send,
    session_created,
    session_updated,
)
from realtime_nb.client.transport.transports import SidebandTransport
from realtime_nb.errors import BudgetExceeded, UsageError
from realtime_nb.protocol.config.models import MODELS

HELLO = send(session_created())
APPEND = "input_audio_buffer.append"
# 1000 tokens of sound out at 64 a million: 6.4 cents.
DEAR = {
    "total_tokens": 1000,
    "input_tokens": 0,
    "output_tokens": 1000,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 0},
    "output_token_details": {"text_tokens": 0, "audio_tokens": 1000},
}
CENT = 0.064


def finished(rid, *, status="completed", usage=DEAR):
    return answer(
        lambda request: [
            response_created(request, rid),
            response_done(request, rid, status=status, usage=usage),
        ]
    )


def asked(rid, **fields):
    return [expect("response.create"), finished(rid, **fields)]


async def opened(peer, budget=None):
    session = RealtimeSession(peer.endpoint)
    session.budget = budget
    await session.open()
    return session


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- what is waited for lives on another thread
            await asyncio.sleep(0.001)


async def test_the_response_after_the_cap_is_refused_in_a_line() -> None:
    async with ScriptedPeer([HELLO, *asked("r1"), *asked("r2")]) as peer:
        session = await opened(peer, budget=0.10)
        await session.respond()
        await session.respond()
        assert session.spent.known_usd == pytest.approx(2 * CENT)
        with pytest.raises(BudgetExceeded) as refused:
            await session.respond()
        words = str(refused.value)
        assert "$0.10 " in words
        assert "$0.1280" in words
        assert "chat.budget = 1" in words
        assert "\n" not in words
        assert refused.value.budget_usd == 0.10
        assert refused.value.spent_usd == pytest.approx(0.128)
        await session.close()
    assert len(peer.of_type("response.create")) == 2


async def test_nothing_is_said_that_nobody_would_answer() -> None:
    async with ScriptedPeer([HELLO, *asked("r1")]) as peer:
        session = await opened(peer, budget=0.05)
        await session.respond()
        with pytest.raises(BudgetExceeded):
            await session.say("One more?")
        with pytest.raises(BudgetExceeded):
            await session.respond(conversation="none")
        with pytest.raises(BudgetExceeded):
            await session.send({"type": "response.create"})
        with pytest.raises(BudgetExceeded):
            await session.commit()
        await session.close()
    assert [event["type"] for event in peer.received] == ["response.create"]


async def test_what_waits_for_its_turn_is_refused_when_that_comes() -> None:
    async with ScriptedPeer([HELLO, *asked("r1")]) as peer:
        session = await opened(peer, budget=0.05)
        first, second = session.respond(), session.respond()
        await first
        with pytest.raises(BudgetExceeded):
            await second
        await session.close()


async def test_a_cancelled_response_counts_with_what_was_made_of_it() -> None:
    async with ScriptedPeer([HELLO, *asked("r1", status="cancelled")]) as peer:
        session = await opened(peer, budget=0.05)
        await session.respond()
        with pytest.raises(BudgetExceeded):
            await session.respond()
        await session.close()


async def test_raised_while_it_is_spent_the_talk_goes_on() -> None:
    async with ScriptedPeer([HELLO, *asked("r1"), *asked("r2"), *asked("r3")]) as peer:
        session = await opened(peer, budget=0.05)
        await session.respond()
        with pytest.raises(BudgetExceeded):
            await session.respond()
        session.budget = 0.10
        await session.respond()
        session.budget = None
        await session.respond()
        await session.close()


async def test_without_a_budget_and_without_a_price_nothing_is_refused() -> None:
    unpriced = send(session_created(model="gpt-of-tomorrow"))
    async with ScriptedPeer([unpriced, *asked("r1"), *asked("r2")]) as peer:
        session = await opened(peer, budget=0.01)
        await session.respond()
        assert session.spent.usd is None
        await session.respond()
        await session.close()


async def test_no_sound_is_sent_once_all_is_spent() -> None:
    frame = bytes(960)
    async with ScriptedPeer([HELLO, *asked("r1"), *asked("r2")]) as peer:
        session = await opened(peer, budget=0.05)
        assert session.append_audio(frame)
        await peer.heard(APPEND)
        await session.respond()
        assert not session.append_audio(frame)
        with pytest.raises(BudgetExceeded):
            await session.listen((bytes_as_samples(), 24_000))
        with pytest.raises(BudgetExceeded):
            await session.send({"type": APPEND, "audio": "AAAA"})
        session.budget = 0.10
        assert session.append_audio(frame)
        await session.respond()
        await session.close()
    assert len(peer.of_type(APPEND)) == 2


def bytes_as_samples():
    import numpy as np  # noqa: PLC0415 -- one test's

    return np.zeros(2400, np.float32)


async def test_what_the_service_begins_by_itself_is_cancelled_at_once() -> None:
    cancelled = answer(
        lambda event: response_done(None, event["response_id"], status="cancelled", usage=DEAR)
    )
    script = [
        HELLO,
        *asked("r1"),
        send(response_created(None, "own")),
        expect("response.cancel", response_id="own"),
        cancelled,
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, budget=0.05)
        await session.respond()
        await until(lambda: session.spent.charges == 2)
        # What went into it is billed all the same.
        assert session.spent.known_usd == pytest.approx(2 * CENT)
        await session.close()


async def test_ours_that_is_under_way_when_the_cap_is_reached_goes_on() -> None:
    # The transcript's bill comes late, between the request and its response.
    told = {"type": "duration", "seconds": 60}
    late = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "a",
        "content_index": 0,
        "transcript": "So?",
        "usage": told,
    }
    hears = {"input": {"transcription": {"model": "whisper-1"}, "turn_detection": None}}
    script = [
        send(session_created(audio=hears)),
        expect("response.create"),
        answer(
            lambda request: [
                late,
                response_created(request, "r1"),
                response_done(request, "r1", usage=DEAR),
            ]
        ),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, budget=0.006)
        response = await session.respond()
        assert response.status == "completed"
        assert session.spent.known_usd == pytest.approx(0.006 + CENT)
        await session.close()
    assert peer.of_type("response.cancel") == []


async def test_an_idle_timeout_is_off_while_all_is_spent_and_comes_back() -> None:
    detection = {"type": "server_vad", "idle_timeout_ms": 6000, "create_response": True}
    hears = {"input": {"turn_detection": detection}}
    script = [
        send(session_created(audio=hears)),
        *asked("r1"),
        expect(
            "session.update",
            session={"audio": {"input": {"turn_detection": {"idle_timeout_ms": None}}}},
        ),
        answer(session_updated),
        expect(
            "session.update",
            session={"audio": {"input": {"turn_detection": {"idle_timeout_ms": 6000}}}},
        ),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, budget=0.05)
        await session.respond()
        await peer.heard("session.update")
        await until(
            lambda: (
                (session.effective or {})["audio"]["input"]["turn_detection"]["idle_timeout_ms"]
                is None
            )
        )
        session.budget = 1
        await peer.heard("session.update", 2)
        await session.close()


async def test_on_a_call_turns_are_not_answered_while_all_is_spent() -> None:
    detection = {"type": "semantic_vad", "eagerness": "low", "create_response": True}
    updates = [
        {"type": "semantic_vad", "create_response": False},
        {"type": "semantic_vad", "create_response": True},
    ]
    script = [
        send(session_created(audio={"input": {"turn_detection": detection}})),
        *asked("r1"),
        *(step for _ in updates for step in (expect("session.update"), answer(session_updated))),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport("rtc_1"))
        session.budget = 0.05
        await session.open()
        await session.respond()
        await until(
            lambda: (
                not (session.effective or {})["audio"]["input"]["turn_detection"]["create_response"]
            )
        )
        session.budget = 1
        await peer.heard("session.update", 2)
        await session.close()
    sent = peer.of_type("session.update")
    assert [one["session"]["audio"]["input"]["turn_detection"] for one in sent] == updates


@pytest.mark.usefixtures("_practice")
async def test_a_service_with_an_idle_timeout_begins_nothing_more(monkeypatch) -> None:
    prices = MODELS["gpt-realtime-2.1"].prices
    monkeypatch.setitem(MODELS, "local-demo", replace(MODELS["local-demo"], prices=prices))
    # The practice server, as if it cost.
    endpoint = replace(resolve_endpoint("local"), practice=False)
    detection = {"type": "server_vad", "idle_timeout_ms": 5000}
    session = RealtimeSession(
        endpoint, {"audio": {"input": {"turn_detection": detection, "transcription": None}}}
    )
    await session.open()
    session.budget = 0.0001
    response = await session.say("hello")
    assert session.budget_refusal is not None
    heard_ms = response.audio.duration_ms if response.audio is not None else 0.0
    # It would go on by itself after 5 s of nobody's words.
    await asyncio.sleep(6 + heard_ms / 1000)
    assert [r.event.type for r in session.log].count("response.created") == 1
    await session.close()


@pytest.fixture
def _practice():
    yield
    LocalServer.stop_shared()


async def test_a_transcription_session_hears_no_more() -> None:
    told = {"type": "duration", "seconds": 60}
    completed = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "a",
        "content_index": 0,
        "transcript": "Ah.",
        "usage": told,
    }
    hears = {"input": {"transcription": {"model": "gpt-transcribe"}, "turn_detection": None}}
    created = send(session_created(type="transcription", audio=hears))
    taken = [expect("session.update"), answer(session_updated)]
    heard = [expect(APPEND), send(completed)]
    async with ScriptedPeer([created, *taken, *heard], ignore=()) as peer:
        session = RealtimeSession(peer.endpoint, {"type": "transcription", "audio": hears})
        session.budget = 0.004
        await session.open()
        assert session.append_audio(bytes(4800))
        await until(lambda: session.spent.charges == 1)
        assert session.spent.known_usd == pytest.approx(0.0045)
        assert not session.append_audio(bytes(4800))
        with pytest.raises(BudgetExceeded):
            await session.commit()
        await session.close()


async def test_a_translation_stops_by_the_sound_it_was_sent() -> None:
    minute = bytes(2 * 24_000 * 30)
    append = "session.input_audio_buffer.append"
    created = send(session_created(type="translation", model="gpt-realtime-translate"))
    close = [expect("session.close"), send({"type": "session.closed"})]
    async with ScriptedPeer([created, *close], ignore=(append,)) as peer:
        session = RealtimeSession(peer.endpoint, {"type": "translation"})
        # Half a minute costs 1.7 cents.
        session.budget = 0.03
        await session.open()
        told = []
        session.on_cost(lambda total: told.append(total.known_usd))
        assert session.append_audio(minute)
        await peer.heard(append)
        assert session.append_audio(minute)
        await peer.heard(append, 2)
        await until(lambda: session.budget_refusal is not None)
        assert session.spent.known_usd == pytest.approx(0.034)
        assert not session.append_audio(minute)
        assert told == pytest.approx([0.017, 0.034])
        await session.close()


@pytest.mark.parametrize("junk", ["0.50", True, -1, float("nan"), float("inf"), 10**400, [1]])
def test_what_is_no_amount_is_refused(junk, loop) -> None:
    with ScriptedPeer() as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        with pytest.raises(UsageError, match="USD such as"):
            session.budget = junk
        assert session.budget is None


async def test_a_budget_of_nothing_lets_nothing_through() -> None:
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer, budget=0)
        with pytest.raises(BudgetExceeded):
            await session.say("Hello?")
        await session.close()


async def test_who_listens_is_told_what_is_spent() -> None:
    told = []
    async with ScriptedPeer([HELLO, *asked("r1"), *asked("r2", usage=None)]) as peer:
        session = await opened(peer)
        session.on_cost(lambda total: told.append(str(total)))
        await session.respond()
        await session.respond()
        await session.close()
    assert told == ["$0.0640", "$0.0640 + unknown"]


async def test_items_may_still_be_added_when_all_is_spent() -> None:
    script = [
        HELLO,
        *asked("r1"),
        expect("conversation.item.create"),
        answer(item_created),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, budget=0.05)
        await session.respond()
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
        await session.create_item(item)
        await session.close()
