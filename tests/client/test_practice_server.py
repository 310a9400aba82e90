"""With the practice server, through the process that `LocalServer` starts."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from realtime_nb.client import LocalServer, RealtimeSession, connect, resolve_endpoint
from realtime_nb.errors import ConnectionFailed, ConnectionLost


@pytest.fixture(autouse=True)
def _no_server_left():
    yield
    LocalServer.stop_shared()


async def test_a_conversation_to_its_end_and_to_the_servers():
    config = {"instructions": "Be brief.", "output_modalities": ["text"]}
    session = RealtimeSession(resolve_endpoint("local"), config)
    effective = await session.open()
    assert effective["instructions"] == "Be brief."
    written = await session.say("Good morning")
    assert written.status == "completed"
    assert written.text
    spoken = await session.respond(output_modalities=["audio"])
    assert spoken.audio is not None
    assert spoken.audio.duration_ms > 200
    server = LocalServer.shared()
    # Stopped first, so that it cannot have answered by the time it is killed.
    os.kill(server.pid, signal.SIGSTOP)
    call = session.respond(output_modalities=["audio"])
    async with asyncio.timeout(10):
        while not session.responding:  # noqa: ASYNC110 -- what is waited for is on a thread
            await asyncio.sleep(0.001)
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(ConnectionLost):
        await call
    assert session.state == "failed"
    await session.close()
    again = RealtimeSession(resolve_endpoint("local"))
    await again.open()
    await again.close()


async def test_it_takes_its_own_token_only():
    endpoint = resolve_endpoint("local")
    async with connect(endpoint=endpoint) as connection:
        assert (await connection.recv()).type == "session.created"
    session = RealtimeSession(endpoint.with_extras({"Authorization": "Bearer wrong"}, {}))
    with pytest.raises(ConnectionFailed, match="local practice server refused"):
        await session.open()
