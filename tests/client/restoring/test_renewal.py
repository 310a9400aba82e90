"""A session is renewed at a quiet moment before its hour is up."""

from __future__ import annotations

import asyncio
import time

import pytest

from realtime_nb.client.restoring.policy import RestorePolicy
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    expect,
    refuse,
    response_created,
    response_done,
    send,
    session_created,
    session_updated,
    spoken,
    wait_until,
)
from realtime_nb.protocol.restored.restored import LOST, RESTORED, read_lost, read_restored
from tests.client.restoring.test_restoring import (
    AGAIN,
    HELLO,
    UPDATE,
    back,
    marks,
    opened,
    said,
    until,
)

SHORT = RestorePolicy(session_s=0.1, renew_s=0.05, look_s=0.005, brief_s=0.0)
STARTED = "input_audio_buffer.speech_started"


def renew(session):
    """Look for a quiet moment now."""
    renewal = session._core.renewal

    async def look():
        return renewal.quiet() and await renewal._renewed()

    return session._running_loop().call(look(), "renew")


async def test_in_silence_the_talk_moves_over_and_nothing_is_lost():
    first = [HELLO, *said("One?"), expect("response.create")]
    first.append(answer(lambda request: spoken(request, "One.", pcm=bytes(96))))
    second = [*AGAIN, *said("One?"), *said("One."), *said("Two?"), expect("response.create")]
    second.append(answer(lambda request: spoken(request, "Two.", pcm=bytes(96))))
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer)
        await session.say("One?")
        async with asyncio.timeout(5):
            while not await renew(session):  # noqa: ASYNC110 -- until a page has played it
                await asyncio.sleep(0.02)
        await back(session)
        lost = read_lost(marks(session, LOST)[0])
        told = read_restored(marks(session, RESTORED)[0])
        assert (lost.reason, lost.code, told.tries, told.lost) == ("renewal", None, 1, ())
        assert (await session.say("Two?")).text == "Two."
        texts = [item.text for item in session.conversation.items]
        assert texts == ["One?", "One.", "Two?", "Two."]
        await session.close()
    assert "failed" not in session.seen


async def test_it_is_looked_for_when_the_time_comes():
    async with ScriptedPeer([HELLO], AGAIN) as peer:
        session = await opened(peer, policy=SHORT)
        session._core.policy = RestorePolicy()  # once is enough
        await back(session)
        await session.close()


async def test_the_service_tells_when_its_hour_is_up():
    soon = send(session_created(expires_at=int(time.time()) + 2))
    policy = RestorePolicy(brief_s=0.0, look_s=0.005, wall_s=lambda: int(time.time()) + 1.9)
    later = [HELLO, *AGAIN[1:]]
    async with ScriptedPeer([soon], later) as peer:
        session = await opened(peer, policy=policy)
        session._core.policy = RestorePolicy()
        await back(session)
        await session.close()


async def test_a_moment_that_is_not_quiet_is_waited_out():
    go = asyncio.Event()
    begun = [HELLO, expect("response.create"), answer(lambda r: response_created(r, "resp_1"))]
    done = [wait_until(go), answer(lambda r: response_done(r, "resp_1"))]
    async with ScriptedPeer([*begun, *done], AGAIN) as peer:
        session = await opened(peer)
        asked = session.respond()
        await until(lambda: session.responding)
        assert not await renew(session)
        go.set()
        await asked
        assert await renew(session)
        await back(session)
        await session.close()


async def test_a_dial_that_fails_leaves_the_session_as_it_is():
    async with ScriptedPeer([HELLO], [refuse(503)]) as peer:
        session = await opened(peer)
        assert not await renew(session)
        assert len(peer.handshakes) == 2
        assert session.state == "open"
        assert marks(session, LOST) == []
        await session.close()


async def test_without_restore_nothing_is_renewed():
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer, policy=False)
        assert session._core.renewal._task is None
        await session.close()


@pytest.mark.parametrize(
    "events",
    [
        [{"type": STARTED, "item_id": "i1", "audio_start_ms": 0}],
        [{"type": "response.created", "response": {"id": "r1", "conversation_id": "c"}}],
        [
            {"type": "response.created", "response": {"id": "r1", "conversation_id": "c"}},
            *spoken(None, "Long.", pcm=bytes(48 * 60_000))[1:],
        ],
    ],
    ids=["speech", "response", "playing"],
)
async def test_what_is_not_quiet(events):
    async with ScriptedPeer([HELLO, send(*events)]) as peer:
        session = await opened(peer, policy=RestorePolicy())
        await until(lambda: len(session.log) == 1 + len(events))
        assert not session._core.renewal.quiet()
        await session.close()


async def test_sound_that_waits_for_a_commit_by_hand_is_not_quiet():
    by_hand = {"audio": {"input": {"turn_detection": None}}}
    async with ScriptedPeer([HELLO, expect(UPDATE), answer(session_updated)]) as peer:
        session = await opened(peer, by_hand, policy=RestorePolicy())
        assert session._core.renewal.quiet()
        session.append_audio(bytes(48 * 200))
        await until(lambda: session._core.held.uncommitted_ms > 0)
        assert not session._core.renewal.quiet()
        await session.close()


async def test_a_function_that_runs_is_not_quiet():
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer, policy=RestorePolicy())
        running = {"call_1"}
        session._core.open_calls = lambda: running
        assert not session._core.renewal.quiet()
        running.clear()
        assert session._core.renewal.quiet()
        await session.close()


async def test_a_translation_that_still_speaks_is_not_quiet():
    spoke = {"type": "session.output_transcript.delta", "delta": "Oui", "elapsed_ms": 400}
    begun, over = session_created(type="translation"), {"type": "session.closed"}
    async with ScriptedPeer(
        [send(begun), send(spoke), expect("session.close"), send(over)]
    ) as peer:
        session = await opened(peer, {"type": "translation"}, policy=RestorePolicy())
        core = session._core
        await until(lambda: len(session.log) == 2)
        assert not core.renewal.quiet()
        clock = core.now_ms
        core.now_ms = lambda: clock() + 3_100.0
        assert core.renewal.quiet()
        await session.close()


async def test_what_begins_while_the_next_connection_opens_keeps_the_session():
    async with ScriptedPeer([HELLO], [HELLO]) as peer:
        session = await opened(peer, policy=RestorePolicy())
        core = session._core
        dial = core.dial

        async def slow(config):
            wire = await dial(config)
            core.open_calls = lambda: {"call_1"}
            return wire

        core.dial = slow
        assert not await renew(session)
        assert session.state == "open"
        assert marks(session, LOST) == []
        await session.close()


async def test_a_next_connection_that_nobody_needs_is_hung_up():
    never = RestorePolicy(brief_most=0)
    async with ScriptedPeer([HELLO], []) as peer:
        session = await opened(peer, policy=never)

        async def renewed():
            wire = await session._core.dial({})
            session._core.restoring.begin("renewal", None, "its hour is up", wire)
            return wire

        wire = await session._running_loop().call(renewed(), "renew")
        assert session.state == "failed"
        await until(lambda: wire._socket.state.name == "CLOSED")
        await session.close()
