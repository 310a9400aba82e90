"""A commit whose sound was not kept while there was no connection says so."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client.outbox import Outbox
from realtime_nb.client.outgoing import prepare
from realtime_nb.client.restoring.policy import RestorePolicy
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    error,
    expect,
    send,
    session_updated,
    wait_until,
)
from realtime_nb.errors import ConnectionLost, ServerError
from tests.client.restoring.test_restoring import APPEND, HELLO, UPDATE, back, opened, until

COMMIT = "input_audio_buffer.commit"
BY_HAND = {"audio": {"input": {"turn_detection": None}}}
TAKEN = [HELLO, expect(UPDATE), answer(session_updated)]
LATE = RestorePolicy(delays_s=(0.06,), jitter=0.0, brief_s=0.0, held_s=0.05)
FRAME = bytes(1920)  # 40 ms
SMALL = "Error committing input audio buffer: buffer too small."
EMPTY = answer(
    lambda event: error(SMALL, "input_audio_buffer_commit_empty", event_id=event["event_id"])
)


def committed(item_id):
    return send({"type": "input_audio_buffer.committed", "item_id": item_id})


async def refused(call):
    with pytest.raises(ConnectionLost) as told:
        await call
    assert "0.05 s of sound are kept; say it again" in str(told.value)
    assert "buffer" not in str(told.value)
    assert "\n" not in str(told.value)


async def test_turns_ended_by_hand_in_a_long_absence_are_told_of_and_not_sent():
    second = [*TAKEN, expect(APPEND), expect(COMMIT), committed("i1")]
    async with ScriptedPeer([*TAKEN, drop()], second, ignore=()) as peer:
        session = await opened(peer, BY_HAND, policy=LATE)
        await until(lambda: session.state == "restoring")
        session.append_audio(FRAME)
        commits = [session.commit()]
        session.append_audio(FRAME)
        commits.append(session.commit())
        for commit in commits:
            await refused(commit)
        await back(session)
        assert session.dropped_audio_bytes == 2 * 1920
        session.append_audio(FRAME)
        assert await session.commit() == "i1"
        await session.close()


async def test_a_commit_that_was_sent_before_a_long_absence_is_told_of():
    first = [*TAKEN, expect(APPEND), expect(COMMIT), drop()]
    async with ScriptedPeer(first, TAKEN, ignore=()) as peer:
        session = await opened(peer, BY_HAND, policy=LATE)
        session.append_audio(FRAME)
        await refused(session.commit())
        await back(session)
        assert len(peer.of_type(COMMIT)) == 1
        await session.close()


async def test_a_commit_behind_a_long_absence_is_told_what_became_of_its_sound():
    first = [*TAKEN, expect(APPEND), drop()]
    second = [*TAKEN, expect(COMMIT), EMPTY]
    second += [expect(APPEND), expect(COMMIT), committed("i1"), expect(COMMIT), EMPTY]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer, BY_HAND, policy=LATE)
        session.append_audio(FRAME)
        await back(session)
        await refused(session.commit())
        session.append_audio(FRAME)
        assert await session.commit() == "i1"
        # What nobody has said is no fault of the connection.
        with pytest.raises(ServerError, match="too small"):
            await session.commit()
        await session.close()


async def test_a_turn_that_had_no_room_is_told_of_and_the_newer_one_goes_out():
    go = asyncio.Event()
    second = [wait_until(go), *TAKEN, *[expect(APPEND)] * 5, expect(COMMIT), committed("i2")]
    async with ScriptedPeer([*TAKEN, drop()], second, ignore=()) as peer:
        session = await opened(peer, BY_HAND)
        await until(lambda: session.state == "restoring")
        session._core.outbox.hold(5 * len(FRAME))
        session.append_audio(FRAME)
        old = session.commit()
        await until(lambda: len(session._core.ledger) == 1)
        for _ in range(5):
            session.append_audio(FRAME)
        new = session.commit()
        await until(lambda: len(session._core.ledger) == 2)
        go.set()
        assert await new == "i2"
        with pytest.raises(ConnectionLost, match="nothing was committed"):
            await old
        await session.close()


def test_an_outbox_drops_a_commit_with_the_last_of_its_sound():
    outbox = Outbox()
    outbox.hold(100)
    ids = [outbox_commit(outbox, 60), outbox_commit(outbox, 60)]
    assert outbox.emptied() == ids[:1]
    assert outbox.emptied() == []
    outbox.put_audio(bytes(40))
    assert outbox.emptied() == []
    outbox.drop_turns()
    assert outbox.emptied() == ids[1:]
    assert outbox.audio_bytes == 40
    assert outbox.dropped_audio_bytes == 120
    outbox.let_go()
    assert outbox.take() == bytes(40)
    assert outbox.take() is None


def outbox_commit(outbox, size):
    outbox.put_audio(bytes(size))
    event_id = f"e{id(outbox)}{len(outbox)}{outbox.dropped_audio_bytes}"
    outbox.put(prepare({"type": COMMIT, "event_id": event_id}))
    return event_id
