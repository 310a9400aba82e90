"""What is lost twice is restored twice, and awkward services are borne with."""

from __future__ import annotations

import asyncio
import base64

import pytest

from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    error,
    expect,
    item_created,
    response_created,
    response_done,
    send,
    session_updated,
    spoken,
    wait_until,
)
from realtime_nb.errors import ConnectionLost
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.restored.restored import RESTORED, SUCCESSOR, read_successor
from tests.client.restoring.test_restoring import (
    AGAIN,
    APPEND,
    CREATE,
    HELLO,
    UPDATE,
    back,
    marks,
    opened,
    restored,
    said,
    until,
)

COMMIT = "input_audio_buffer.commit"
BY_HAND = {"audio": {"input": {"turn_detection": None}}}
COMMITTED = {"type": "input_audio_buffer.committed", "item_id": "i1", "previous_item_id": None}
ITEM = {"id": "i1", "type": "message", "role": "user", "status": "completed"}
ADDED = {
    "type": "conversation.item.added",
    "item": {**ITEM, "content": [{"type": "input_audio", "transcript": None}]},
}


def sound(events):
    return b"".join(base64.b64decode(event["audio"]) for event in events)


# -- a second loss


async def test_a_first_config_that_was_never_taken_is_in_force_in_the_end():
    brief = expect(UPDATE, session={"instructions": "Be brief."})
    first = [HELLO, brief, drop()]
    second = [HELLO, brief, answer(session_updated), expect(UPDATE), drop()]
    third = [HELLO, brief, answer(session_updated)]
    async with ScriptedPeer(first, second, third) as peer:
        session = await opened(peer, {"instructions": "Be brief."})
        assert session.effective["instructions"] == "Be brief."
        await session.close()


async def test_sound_that_waits_to_go_out_again_goes_out_once():
    """The uplink is full when the talk goes on, and then the connection is lost again."""
    lost, again = asyncio.Event(), asyncio.Event()
    taken = [HELLO, expect(UPDATE), answer(session_updated)]
    first = [*taken, *[expect(APPEND)] * 3, expect(COMMIT), expect(APPEND), wait_until(lost)]
    third = [*taken, expect(APPEND), expect(COMMIT), send(COMMITTED), expect(APPEND)]
    scripts = ([*first, drop()], [*taken, wait_until(again), drop()], [*third, expect(APPEND)])
    async with ScriptedPeer(*scripts, ignore=()) as peer:
        session = await opened(peer, BY_HAND)
        for byte in b"abc":
            session.append_audio(bytes([byte]) * 1920)
        commit = session.commit()
        await peer.heard(COMMIT)
        session.append_audio(b"d" * 1920)
        await peer.heard(APPEND, 4)
        core = session._core

        def fill(record, _changed):
            if record.event.type == RESTORED and not again.is_set():
                core.restoring.current._wire._socket.writable = False
                again.set()

        session.subscribe(fill)
        lost.set()
        await back(session, 1)
        session.append_audio(b"e" * 1920)
        await back(session, 2)
        assert await commit == "i1"
        assert sound((await peer.heard(APPEND, 7))[4:]) == b"".join(
            bytes([byte]) * 1920 for byte in b"abcde"
        )
        successors = [read_successor(mark) for mark in marks(session, SUCCESSOR)]
        assert [(one.audio_ms, one.resent_ms) for one in successors] == [(0, 160), (0, 160)]
        await until(lambda: session.conversation.input_audio_ms == 5 * 40)
        assert session.dropped_audio_bytes == 0
        await session.close()


async def test_sound_behind_a_commit_that_went_out_again_is_not_taken_for_committed():
    go = asyncio.Event()
    taken = [HELLO, expect(UPDATE), answer(session_updated)]
    first = [*taken, expect(APPEND), expect(COMMIT), expect(APPEND), drop()]
    second = [*taken, expect(APPEND), expect(COMMIT), expect(APPEND), send(COMMITTED, ADDED)]
    third = [*taken, expect(CREATE), answer(item_created), expect(APPEND)]
    async with ScriptedPeer(first, [*second, wait_until(go), drop()], third, ignore=()) as peer:
        session = await opened(peer, BY_HAND)
        session.append_audio(b"a" * 4800)
        commit = session.commit()
        await peer.heard(COMMIT)
        session.append_audio(b"b" * 1920)
        assert await commit == "i1"
        await until(lambda: session.conversation.item("i1") is not None)
        go.set()
        await back(session, 2)
        assert sound((await peer.heard(APPEND, 5))[4:]) == b"b" * 1920
        content = peer.of_type(CREATE)[0]["item"]["content"]
        assert base64.b64decode(content[0]["audio"]) == b"a" * 4800
        await session.close()


async def test_turns_ended_by_hand_meanwhile_stay_apart():
    go = asyncio.Event()
    taken = [HELLO, expect(UPDATE), answer(session_updated)]
    second = [wait_until(go), *taken]
    for item_id in ("i1", "i2"):
        second += [expect(APPEND), expect(COMMIT), send({**COMMITTED, "item_id": item_id})]
    async with ScriptedPeer([*taken, drop()], second, ignore=()) as peer:
        session = await opened(peer, BY_HAND)
        await until(lambda: session.state == "restoring")
        commits = []
        for byte in b"ab":
            session.append_audio(bytes([byte]) * 9600)
            commits.append(session.commit())
            await until(lambda: len(session._core.ledger) == len(commits))
        go.set()
        assert [await commit for commit in commits] == ["i1", "i2"]
        await session.close()


async def test_a_socket_that_has_failed_takes_nothing_more():
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer, policy=False)
        wire = session._core._connection._wire

        async def fail_and_send():
            wire._socket.transport.abort()
            wire.send("{}")

        with pytest.raises(ConnectionLost):
            await session._running_loop().call(fail_and_send(), "send")
        await session.close()


async def test_what_a_connection_says_that_was_left_is_of_the_past():
    ended = asyncio.Event()
    async with ScriptedPeer([HELLO, wait_until(ended), drop()], AGAIN) as peer:
        session = await opened(peer)
        left = session._core.restoring.current
        ended.set()
        await back(session)
        size = len(session.log)
        left._wire._socket.on_frame(b'{"type": "response.done", "response": {"id": "r"}}')
        assert len(session.log) == size
        await session.close()


# -- answers


@pytest.mark.parametrize("status", ["cancelled", "failed", "completed"])
async def test_an_answer_that_ended_without_a_word_is_not_asked_for_again(status):
    turn = [
        {"type": "input_audio_buffer.speech_started", "item_id": "i1", "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "i1", "audio_end_ms": 40},
        COMMITTED,
    ]
    ended = [response_created(None, "r1"), response_done(None, "r1", status=status)]
    first = [HELLO, expect(APPEND), send(*turn, ADDED, *ended), drop()]
    second = [*AGAIN, expect(CREATE), answer(item_created)]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer)
        session.append_audio(bytes(1920))
        await back(session)
        assert not restored(session).asked_again
        await session.close()
    assert not peer.of_type("response.create")


# -- awkward services


def renamed(request):
    events = item_created(request)
    words = request["item"]["content"][0]["text"]
    return [{**one, "item": {**one["item"], "id": f"theirs {words}"}} for one in events]


async def test_a_service_that_names_items_itself_has_the_talk_once():
    first = [HELLO, *said("One?"), expect("response.create")]
    first += [answer(lambda request: spoken(request, "Number one.")), drop()]
    told = [expect(CREATE), answer(renamed)]
    second = [*AGAIN, *told, *told, *told, expect("response.create")]
    second.append(answer(lambda request: spoken(request, "Number two.")))
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer)
        await session.say("One?")
        await back(session)
        assert (restored(session).tries, restored(session).carried) == (1, 2)
        assert (await session.say("Two?")).text == "Number two."
        texts = [item.text for item in session.conversation.items]
        assert texts == ["One?", "Number one.", "Two?", "Number two."]
        reopened = Conversation.replay(session.log)
        assert [item.text for item in reopened.items] == texts
        await session.close()


async def test_a_refusal_that_names_nothing_is_of_the_item_told_first():
    first = [HELLO, *said("One?"), *said("Two?"), drop()]
    second = [*AGAIN, expect(CREATE), send(error("not that one")), *said("Two?")]
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer)
        content = [[{"type": "input_text", "text": text}] for text in ("One?", "Two?")]
        ids = [
            await session.create_item({"type": "message", "role": "user", "content": one})
            for one in content
        ]
        await back(session)
        assert restored(session).refused == (ids[0],)
        assert restored(session).carried == 1
        await session.close()
