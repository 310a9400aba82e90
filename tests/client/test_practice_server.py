"""With the practice server, through the process that `LocalServer` starts."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from realtime_nb.client import LocalServer, RealtimeSession, connect, resolve_endpoint
from realtime_nb.errors import ConnectionFailed


@pytest.fixture(autouse=True)
def _no_server_left():
    yield
    LocalServer.stop_shared()


async def test_a_conversation_to_its_end_and_to_the_servers():
    config = {"instructions": "Be brief.", "output_modalities": ["text"]}
    endpoint = resolve_endpoint("local")
    session = RealtimeSession(endpoint, config)
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
    # Another one is started, where the talk goes on.
    answer = await call
    assert answer.status == "completed"
    assert session.state == "open"
    assert session.endpoint.base_url != endpoint.base_url
    assert LocalServer.shared().pid != server.pid
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


async def test_a_translation_ends_with_what_remains_of_it():
    endpoint = resolve_endpoint("local", kind="translation")
    config = {"type": "translation", "audio": {"output": {"language": "fr"}}}
    session = RealtimeSession(endpoint, config)
    effective = await session.open()
    assert effective["audio"]["output"]["language"] == "fr"
    assert session.append_audio(bytes(9600))
    assert (await session.update({"audio": {"output": {"language": "de"}}}))["audio"]["output"] == {
        "language": "de"
    }
    await session.close()
    assert session.log[-1].event.type == "session.closed"


async def test_what_streams_is_written_down_without_voice_activity_detection():
    endpoint = resolve_endpoint("local", kind="transcription")
    streaming = {"transcription": {"model": "gpt-live-transcribe"}, "turn_detection": None}
    session = RealtimeSession(endpoint, {"type": "transcription", "audio": {"input": streaming}})
    effective = await session.open()
    assert effective["audio"]["input"]["turn_detection"] is None
    assert session.append_audio(bytes(9600))
    assert await session.commit()
    await session.close()
