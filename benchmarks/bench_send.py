"""CPU per chunk of microphone sound sent: this package against the openai SDK.

Each chunk is 20 ms (960 bytes of PCM16) and goes out as one `input_audio_buffer.append` to a
server in a process of its own. "Burst" sends as fast as it goes; "paced" waits 1 ms after each
chunk, so that every chunk wakes whoever sends it, as a microphone does. Run:
``python benchmarks/bench_send.py [ROUNDS]``.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Meter, compare, pin, report, start_server
from openai import AsyncOpenAI
from websockets.asyncio.client import connect as websocket_connect
from websockets.asyncio.server import ServerConnection, serve

from realtime_nb.client import RealtimeSession, connect
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.testing import session_created

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CHUNKS = 1000
PACE_S = 0.001
PCM = bytes(range(240)) * 4
FRAME = f'{{"type":"input_audio_buffer.append","audio":"{base64.b64encode(PCM).decode()}"}}'


async def sink() -> None:
    """Read everything; answer `session.update` with how many chunks have come."""
    pin(1)

    async def count(socket: ServerConnection) -> None:
        await socket.send(json.dumps(session_created()))
        chunks = 0
        async for frame in socket:
            if "input_audio_buffer.append" in frame[:50]:
                chunks += 1
            elif "session.update" in frame[:50]:
                await socket.send(json.dumps({"type": "session.updated", "session": {"n": chunks}}))
                chunks = 0

    async with serve(count, "127.0.0.1", 0, compression=None, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}/v1", flush=True)
        await asyncio.to_thread(sys.stdin.read)


ASK = '{"type":"session.update","session":{}}'


def check(answer: str | bytes) -> None:
    """A contender that lost something has won nothing."""
    if json.loads(answer)["session"]["n"] != CHUNKS:
        raise RuntimeError(f"not every chunk has arrived: {answer!r}")


async def measured(send: Callable[[], Awaitable[object]], *, paced: bool) -> float | None:
    """Return CPU seconds per chunk of sending all of them."""
    meter = Meter()
    meter.start()
    for _ in range(CHUNKS):
        await send()
        if paced:
            await asyncio.sleep(PACE_S)
    return meter.stop(CHUNKS)


async def floor(url: str, *, paced: bool) -> float | None:
    """Bare websockets, the frame made beforehand."""
    address = url.replace("http", "ws") + "/realtime"
    async with websocket_connect(address, compression=None, max_size=None) as socket:
        await socket.recv()
        result = await measured(lambda: socket.send(FRAME), paced=paced)
        await socket.send(ASK)
        check(await socket.recv())
    return result


async def sdk(url: str, *, paced: bool) -> float | None:
    """The openai SDK's `input_audio_buffer.append`."""
    client = AsyncOpenAI(base_url=url, api_key="x")
    async with client.realtime.connect(model="m") as connection:
        await connection.recv_bytes()

        async def send() -> None:
            await connection.input_audio_buffer.append(audio=base64.b64encode(PCM).decode())

        result = await measured(send, paced=paced)
        await connection.send_raw(ASK)
        check(await connection.recv_bytes())
    await client.close()
    return result


async def ours(url: str, *, paced: bool) -> float | None:
    """Our `input_audio_buffer.append`, logged."""
    async with connect(base_url=url, api_key="x", check=False) as connection:
        await connection.recv()

        async def send() -> None:
            await connection.input_audio_buffer.append(audio=base64.b64encode(PCM).decode())

        result = await measured(send, paced=paced)
        await connection.send_raw(ASK)
        check(await connection.recv_bytes())
    return result


async def session(url: str, *, paced: bool) -> float | None:
    """Our session's `append_audio` from another thread, to the end of the last send."""
    live = RealtimeSession(Endpoint(url, "m", "the sink"))
    await live.open()
    meter = Meter()
    meter.start()
    for _ in range(CHUNKS):
        live.append_audio(PCM)
        if paced:
            await asyncio.sleep(PACE_S)
    await live.send({"type": "all.sent"})
    result = meter.stop(CHUNKS)
    answer = await live.update({})
    check(json.dumps({"session": answer}))
    if sum(r.event.type == "input_audio_buffer.append" for r in live.log) != CHUNKS:
        raise RuntimeError("not every chunk is in the log")
    await live.close()
    return result


WAYS = {
    "websockets, made beforehand": floor,
    "SDK append": sdk,
    "our append (logged)": ours,
    "our session (logged, dispatched)": session,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=9)
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if options.serve:
        asyncio.run(sink())
        return
    server, url = start_server(str(Path(__file__).resolve()))
    pin(0)
    try:
        for paced in (False, True):
            print("paced" if paced else "burst")
            contenders = {
                name: lambda url, way=way, paced=paced: way(url, paced=paced)
                for name, way in WAYS.items()
            }
            kept = asyncio.run(compare(contenders, url, options.rounds))
            report(kept, "SDK append", "websockets, made beforehand")
    finally:
        server.communicate()


if __name__ == "__main__":
    main()
