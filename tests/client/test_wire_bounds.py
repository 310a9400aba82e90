"""A service that floods: what it sends waits in its own memory, not in ours."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import serve

from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.transport import wire
from realtime_nb.errors import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection

PIECE = 2**18


class Flood:
    """Sends 64 MiB in pieces, as fast as they are taken; `sent` counts them."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, socket: ServerConnection) -> None:
        for _ in range(256):
            await socket.send("y" * PIECE)
            self.sent += 1
        await socket.wait_closed()


@asynccontextmanager
async def dialled(serve_one: object) -> AsyncIterator[wire.Wire]:
    async with serve(serve_one, "127.0.0.1", 0, max_size=None) as server:  # type: ignore[arg-type]
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"http://127.0.0.1:{port}/v1"
        line = await wire.Wire.dial(Endpoint(url, "m", "a service", api_key=Secret("sk-no")))
        try:
            yield line
        finally:
            line.abort()


async def test_a_frame_without_end_ends_the_connection_in_one_line(monkeypatch):
    monkeypatch.setattr(wire, "MAX_FRAME", 2**20)

    async def one(socket: ServerConnection) -> None:
        await socket.send("x" * (2**20 + 1))
        await socket.wait_closed()

    async with dialled(one) as line:
        with pytest.raises(ConnectionLost, match="a frame of more than 64 MiB, and was left"):
            await line.receive()


async def test_what_nobody_fetches_stays_with_the_service(monkeypatch):
    monkeypatch.setattr(wire, "MAX_FRAME", 2**20)
    flood = Flood()
    async with dialled(flood) as line:
        # Until the service is stuck: it has not sent a piece for many turns of the loop.
        before = -1
        while flood.sent != before:
            before = flood.sent
            await asyncio.sleep(0.1)
        assert 0 < flood.sent < 200
        for _ in range(256):
            assert len(await line.receive()) == PIECE
        assert flood.sent == 256
