"""A service of the audio API that does what a test says: raw HTTP on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_nb.client.endpoints.endpoint import url_endpoint
from realtime_nb.client.loop import BackgroundLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KEY = "sk-planted-7c1f"
USAGE = {"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37,
         "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0}}  # fmt: skip


@dataclass
class Request:
    """One request, and the way to answer it."""

    path: str
    headers: dict[str, str]
    body: bytes
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    async def send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        await self.begin(status, kind, **headers, content_length=str(len(body)))
        self._writer.write(body)
        await self._writer.drain()

    async def begin(self, status: int, kind: str, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} As scripted", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self._writer.drain()

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        await self.write(f"data: {text}\n\n".encode())

    async def hang(self) -> None:
        """Stay silent until the client hangs up."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(1024):
                pass
        self.closed.set()

    async def chat(self, *pieces: str, usage: Any = None, end: bool = True) -> None:
        """Answer as chat completions do: streamed words, then what was counted."""
        await self.begin(200, "text/event-stream")
        for piece in pieces:
            await self.chunk({"content": piece})
        if end:
            await self.chat_end(usage)

    async def chunk(self, delta: Any, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.event({**_CHUNK, "choices": [choice]})

    async def chat_end(self, usage: Any = None, finish: str = "stop") -> None:
        await self.chunk({}, finish)
        if usage is not None:
            await self.event({**_CHUNK, "choices": [], "usage": usage})
        await self.event("[DONE]")


_CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "thinker"}


def tone(ms: float) -> bytes:
    """Return a tone as PCM, 24 kHz."""
    ticks = np.arange(round(24 * ms))
    return (8_000 * np.sin(ticks / 8)).astype("<i2").tobytes()


class RestPeer:
    """The three legs at one address; replace an attribute to have one behave otherwise."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.transcribe: Callable[[Request], Awaitable[None]] = self._transcribe
        self.chat: Callable[[Request], Awaitable[None]] = self._chat
        self.speak: Callable[[Request], Awaitable[None]] = self._speak
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = BackgroundLoop()
        self.port = self._loop.call(self._listen()).result(10)
        self.endpoint = url_endpoint(f"http://127.0.0.1:{self.port}/v1", "", api_key=KEY)

    def of(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path.endswith(path)]

    def close(self) -> None:
        self._loop.call(self._leave()).result(10)
        self._loop.stop()

    async def _leave(self) -> None:
        self._server.close()
        for writer in list(self._open):
            writer.close()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value for name, value in (line.split(": ", 1) for line in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Request(first.split()[1], headers, body, reader, writer)
            self.requests.append(request)
            if request.path.endswith("/transcriptions"):
                await self.transcribe(request)
            elif request.path.endswith("/completions"):
                await self.chat(request)
            else:
                await self.speak(request)
        writer.close()
        self._open.discard(writer)

    async def _transcribe(self, request: Request) -> None:
        usage = {"type": "duration", "seconds": 2}
        told = {"text": "what is seven plus five", "usage": usage}
        await request.send(200, "application/json", json.dumps(told).encode())

    async def _chat(self, request: Request) -> None:
        await request.chat("Seven plus five ", "is twelve. ", "Ask me more.", usage=USAGE)

    async def _speak(self, request: Request) -> None:
        await request.send(200, "audio/pcm", tone(20 * len(request.json["input"])))
