"""The bad network itself: what it does to a client that trusts nothing else."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.faults.proxy import FaultProxy
from tests.faults.service import TOKEN, clip, numbers_in, practice
from tests.faults.virtual import VirtualLoop


def story(test):
    """Run an async test on a loop whose clock jumps, with a server and the proxy before it."""

    def run():
        async def scene():
            async with practice() as served, FaultProxy(served.url) as proxy:
                url = proxy.url.replace("http", "ws") + "/realtime?model=local-demo"
                headers = {"Authorization": f"Bearer {TOKEN}"}
                await test(
                    proxy, lambda: connect(url, additional_headers=headers, ping_interval=None)
                )

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(scene())

    run.__name__ = test.__name__
    return run


async def _types(socket, count):
    return [json.loads(await socket.recv())["type"] for _ in range(count)]


@story
async def test_it_passes_everything_on_as_it_is(proxy, dial):
    async with dial() as socket:
        await socket.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        assert await _types(socket, 2) == ["session.created", "session.updated"]
        # Also what takes the longer forms of a frame's length.
        long = {"type": "realtime", "instructions": "x" * 70_000}
        await socket.send(json.dumps({"type": "session.update", "session": long}))
        assert len(await socket.recv()) > 70_000
    crossing = proxy.crossings[0]
    assert [len(crossing.taken), len(crossing.delivered)] == [2, 3]
    assert json.loads(crossing.taken[1])["session"] == long


@story
async def test_a_cut_within_a_frame_delivers_its_beginning_only(proxy, dial):
    async with dial() as socket:
        await socket.recv()
        proxy.cut_within(100, "down")
        await socket.send("{}")
        with pytest.raises(ConnectionClosed) as ended:
            await socket.recv()
        assert ended.value.rcvd is None


@story
async def test_frames_come_twice_and_in_another_order(proxy, dial):
    async with dial() as socket:
        await socket.recv()
        proxy.duplicate(1)
        await socket.send("{}")
        assert await _types(socket, 2) == ["error", "error"]
        proxy.swap(1)
        await socket.send("{}")
        await socket.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        assert await _types(socket, 2) == ["session.updated", "error"]


@story
async def test_dials_are_refused_in_turn(proxy, dial):
    proxy.refuse(503, "reset", "half", "mute")
    with pytest.raises(InvalidStatus):
        await dial()
    for _ in range(2):
        with pytest.raises((OSError, EOFError, ConnectionClosed, Exception)) as refused:
            await dial()
        assert not isinstance(refused.value, AssertionError)
    with pytest.raises(TimeoutError):
        await dial()
    async with dial() as socket:
        assert await _types(socket, 1) == ["session.created"]
    assert proxy.faults == {"refuse 503": 1, "refuse reset": 1, "refuse half": 1, "refuse mute": 1}


@story
async def test_half_open_lets_nothing_through_and_says_nothing(proxy, dial):
    socket = await dial()
    await socket.recv()
    proxy.half_open()
    await socket.send("{}")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60):
            await socket.recv()
    socket.transport.abort()


@story
async def test_a_farewell_has_its_code(proxy, dial):
    async with dial() as socket:
        await socket.recv()
        proxy.farewell(1012, "service restart")
        with pytest.raises(ConnectionClosed) as ended:
            await socket.recv()
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1012, "service restart")


def test_loudness_tells_which_clip_it_is():
    for number in range(24):
        assert numbers_in(clip(number), 24_000) == [number]
