"""A client's connection: what it leaves behind."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from realtime_nb.server.connection import Connection


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
        await connection.take("x" * 1_000)
    await asyncio.sleep(0)
    assert connection._inbox
    await connection.end()
    assert not connection._inbox
    await asyncio.sleep(0)
