"""A client's connection: what it leaves behind."""

from __future__ import annotations

import asyncio
import tracemalloc
from types import SimpleNamespace
from typing import Any

from realtime_nb.server.connection import INBOX_LIMIT, Connection, encode


async def test_what_a_client_sent_ahead_goes_with_it():
    never = asyncio.Event()

    async def close() -> None:
        return

    async def handle(_frame: Any) -> None:
        await never.wait()

    session: Any = SimpleNamespace(start=lambda: None, close=close, handle=handle)
    link: Any = SimpleNamespace()
    connection = Connection(link, lambda _exits: session)
    connection.start()
    for _ in range(3):
        assert connection.take("x" * 1_000) is None
    await asyncio.sleep(0)
    assert connection._inbox
    await connection.end()
    assert not connection._inbox
    await asyncio.sleep(0)


async def test_a_flood_of_empty_frames_is_bounded_as_well():
    never = asyncio.Event()

    async def close() -> None:
        return

    async def handle(_frame: Any) -> None:
        await never.wait()

    session: Any = SimpleNamespace(start=lambda: None, close=close, handle=handle)
    connection = Connection(SimpleNamespace(), lambda _exits: session)  # pyright: ignore[reportArgumentType] -- a link is all it needs
    connection.start()

    async def flood() -> None:
        while True:
            room = connection.take("")
            if room is not None:
                await room

    flooding = asyncio.create_task(flood())
    await asyncio.sleep(0)  # until it has to wait
    assert not connection._inbox_room.is_set()
    held = len(connection._inbox)
    await asyncio.sleep(0.01)
    assert len(connection._inbox) == held <= INBOX_LIMIT // 256 + 2
    flooding.cancel()
    await connection.end()
    await asyncio.sleep(0)


async def test_frames_are_read_and_handled_many_to_a_round_of_the_loop() -> None:
    # With eight voices a round takes longer than it takes the next frame to come.
    handled: list[str] = []

    async def close() -> None:
        return

    async def handle(frame: Any) -> None:
        handled.append(frame)

    session: Any = SimpleNamespace(start=lambda: None, close=close, handle=handle)
    link: Any = SimpleNamespace()
    connection = Connection(link, lambda _exits: session)
    connection.start()
    await asyncio.sleep(0)
    for number in range(20):
        assert connection.take(str(number)) is None
    rounds = 0
    while len(handled) < 20:
        rounds += 1
        await asyncio.sleep(0)
    assert handled == [str(number) for number in range(20)]
    assert rounds <= 10  # one, but for a machine that stands still now and then
    await connection.end()
    await asyncio.sleep(0)


def test_a_frame_that_waits_takes_no_more_room_than_its_length() -> None:
    tracemalloc.start()
    held = [encode({"type": "x", "text": "word " * 400}) for _ in range(50)]
    room, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert room < 2 * sum(map(len, held))
