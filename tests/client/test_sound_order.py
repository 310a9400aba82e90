"""Sound and commits of one thread reach the service in the order of its calls."""

from __future__ import annotations

import asyncio
import base64
import threading

from realtime_nb.client.outbox import MAX_AUDIO_BYTES
from realtime_nb.client.sound_order import SoundOrder
from realtime_nb.client.testing import ScriptedPeer, answer, expect, send, session_updated
from tests.client.restoring.test_restoring import APPEND, HELLO, opened

COMMIT = "input_audio_buffer.commit"
CLEAR = "input_audio_buffer.clear"


def committed(item_id):
    return send({"type": "input_audio_buffer.committed", "item_id": item_id})


async def test_sound_does_not_pass_the_commit_or_clear_before_it():
    script = [HELLO]
    for item_id in ("i1", "i2"):
        script += [expect(APPEND), expect(COMMIT), committed(item_id)]
    script += [expect(APPEND), expect(CLEAR), send({"type": "input_audio_buffer.cleared"})]
    script += [expect(APPEND)]
    async with ScriptedPeer(script, ignore=()) as peer:
        session = await opened(peer)
        go = threading.Event()
        session._running_loop().post(go.wait, 5)  # the session's thread is busy meanwhile
        commits = []
        for byte in b"ab":
            assert session.append_audio(bytes([byte]) * 9600)
            commits.append(session.commit())
        assert session.append_audio(b"c" * 9600)
        cleared = session.clear_input()
        assert session.append_audio(b"d" * 9600)
        go.set()
        assert [await commit for commit in commits] == ["i1", "i2"]
        await cleared
        await session.close()
    sent = [base64.b64decode(event["audio"])[:1] for event in peer.of_type(APPEND)]
    assert sent == [b"a", b"b", b"c", b"d"]
    assert not session._order.busy


class Loop:
    def __init__(self):
        self.posted = []
        self.alive = True

    def post(self, function):
        if self.alive:
            self.posted.append(function)
        return self.alive

    async def run(self):
        for function in self.posted:
            function()
        await asyncio.sleep(0)


async def test_what_is_on_its_way_is_bounded_and_a_stopped_loop_takes_nothing():
    order, loop = SoundOrder(), Loop()
    done = []
    assert order.post(loop, lambda: done.append("commit"))
    assert order.post(loop, lambda: done.append("sound"), MAX_AUDIO_BYTES)
    assert not order.post(loop, lambda: done.append("more"), 1)
    assert order.busy
    await loop.run()
    assert done == ["commit", "sound"]
    assert not order.busy
    loop.alive = False
    assert not order.post(loop, lambda: None, 1)
    assert not order.busy


async def test_what_fails_on_its_way_is_not_on_it_for_ever():
    order, loop = SoundOrder(), Loop()
    failed = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: failed.append(told))
    order.post(loop, lambda: 1 / 0)
    await loop.run()
    assert len(failed) == 1
    assert not order.busy


async def test_a_commit_does_not_pass_the_calls_before_it():
    update = [expect("session.update"), answer(session_updated)]
    async with ScriptedPeer([HELLO, *update, expect(COMMIT), committed("i1")]) as peer:
        session = await opened(peer)
        go = threading.Event()
        session._running_loop().post(go.wait, 5)
        updated, commit = session.update({"instructions": "x"}), session.commit()
        go.set()
        await updated
        assert await commit == "i1"
        await session.close()
