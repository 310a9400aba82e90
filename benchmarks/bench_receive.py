"""CPU per received event: this package against the openai SDK and bare websockets.

The load is one spoken answer of 48 s: 461 events, among them 205 audio deltas of about 15 KB.
A server in a process of its own sends it as fast as it is taken; the client is pinned to
another core. Run: ``python benchmarks/bench_receive.py [ROUNDS]``.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
from pathlib import Path

from harness import Meter, compare, pin, report, start_server
from openai import AsyncOpenAI
from websockets.asyncio.client import connect as websocket_connect
from websockets.asyncio.server import ServerConnection, serve

from realtime_nb.client import RealtimeSession, connect
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.testing import session_created, spoken

REPEATS = 4
PER_ANSWER = 461
EVENTS = PER_ANSWER * REPEATS
SOUND = 48 * 48_000  # bytes of PCM16 at 24 kHz in one answer
GO = json.dumps({"type": "go"})


def load() -> list[str]:
    """Return the frames of one answer."""
    pcm = bytes(range(256)) * (SOUND // 256)
    events = spoken(None, "Once upon a time.", pcm=pcm, chunks=205, response_id="resp_load")
    head, tail = events[:4], events[4:]
    words = [{**events[4], "delta": f" word{n}", "obfuscation": "x" * 12} for n in range(246)]
    deltas = tail[1:206]
    mixed = [event for pair in zip(words, deltas, strict=False) for event in pair]
    whole = [*head, *mixed, *words[len(deltas) :], *tail[206:]]
    check(right=len(whole) == PER_ANSWER)
    return [
        json.dumps({"type": e["type"], "event_id": f"event_{n:021}", **e})
        for n, e in enumerate(whole)
    ]


async def firehose() -> None:
    pin(1)
    frames, hello = load(), json.dumps(session_created())

    async def answer(socket: ServerConnection) -> None:
        await socket.send(hello)
        async for _go in socket:
            for _ in range(REPEATS):
                for frame in frames:
                    await socket.send(frame)

    async with serve(answer, "127.0.0.1", 0, compression=None, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}/v1", flush=True)
        await asyncio.to_thread(sys.stdin.read)


def check(*, right: bool) -> None:
    """A contender that lost something has won nothing."""
    if not right:
        raise RuntimeError("not everything that was sent has arrived")


async def floor(url: str) -> float | None:
    """Bare websockets: frames received and not looked at."""
    address = url.replace("http", "ws") + "/realtime"
    async with websocket_connect(address, compression=None, max_size=None) as socket:
        await socket.recv()
        meter = Meter()
        meter.start()
        await socket.send(GO)
        for _ in range(EVENTS):
            await socket.recv(decode=False)
        return meter.stop(EVENTS)


async def sdk(url: str, *, whole: bool) -> float | None:
    """The openai SDK; `whole` also decodes sound, keeps the events and dispatches by type."""
    client = AsyncOpenAI(base_url=url, api_key="x")
    heard: list[int] = []
    log: list[object] = []
    handlers = {
        "response.output_audio.delta": lambda e: heard.append(len(base64.b64decode(e.delta)))
    }
    async with client.realtime.connect(model="m") as connection:
        await connection.recv()
        meter = Meter()
        meter.start()
        await connection.send_raw(GO)
        for _ in range(EVENTS):
            event = await connection.recv()
            if whole:
                log.append(event)
                handler = handlers.get(event.type)
                if handler is not None:
                    handler(event)
        result = meter.stop(EVENTS)
    await client.close()
    check(right=not whole or sum(heard) == SOUND * REPEATS)
    return result


async def ours(url: str) -> float | None:
    """Our connection: parsed and logged."""
    async with connect(base_url=url, api_key="x", check=False) as connection:
        await connection.recv()
        meter = Meter()
        meter.start()
        await connection.send_raw(GO)
        for _ in range(EVENTS):
            await connection.recv()
        return meter.stop(EVENTS)


async def session(url: str, *, decode: bool) -> float | None:
    """Our session: parsed, logged, taken into the conversation, dispatched, sound decoded."""
    live = RealtimeSession(Endpoint(url, "m", "the firehose"))
    await live.open()
    heard: list[int] = []
    left = REPEATS
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listen(record: object, _changed: object) -> None:
        nonlocal left
        event = record.event  # type: ignore[attr-defined]
        if event.type == "response.output_audio.delta":
            heard.append(len(event.audio) if decode else 11_240)
        elif event.type == "response.done":
            left -= 1
            if not left:
                loop.call_soon_threadsafe(ended.set)

    live.subscribe(listen)
    meter = Meter()
    meter.start()
    await live.send({"type": "go"})
    await ended.wait()
    result = meter.stop(EVENTS)
    check(right=len(live.log) == EVENTS + 2 and (not decode or sum(heard) == SOUND * REPEATS))
    await live.close()
    return result


CONTENDERS = {
    "websockets, no parse": floor,
    "SDK recv": lambda url: sdk(url, whole=False),
    "SDK decoded, logged, dispatched": lambda url: sdk(url, whole=True),
    "ours recv (parsed, logged)": ours,
    "our session, sound not asked for": lambda url: session(url, decode=False),
    "our session, all": lambda url: session(url, decode=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=9)
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if options.serve:
        asyncio.run(firehose())
        return
    server, url = start_server(str(Path(__file__).resolve()))
    pin(0)
    try:
        kept = asyncio.run(compare(CONTENDERS, url, options.rounds))
    finally:
        server.communicate()
    report(kept, "SDK decoded, logged, dispatched", "websockets, no parse")


if __name__ == "__main__":
    main()
