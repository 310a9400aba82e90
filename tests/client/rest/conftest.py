"""A service of the test's own: raw HTTP on a loopback port, saying what the test scripts."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.loop import BackgroundLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from types import SimpleNamespace

KEY = "sk-test-0123456789abcdef"


@dataclass
class Request:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Peer:
    """A service on a thread of its own; each request takes the next script, the last for ever."""

    scripts: list[Callable[[Request, asyncio.StreamWriter], Coroutine[Any, Any, None]]] = field(
        default_factory=list
    )
    requests: list[Request] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    loop: BackgroundLoop = field(default_factory=BackgroundLoop)

    def start(self) -> None:
        async def listen() -> asyncio.Server:
            return await asyncio.start_server(self._serve, "127.0.0.1", 0)

        self.server = self.loop.call(listen()).result(10)
        self.port = self.server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def close() -> None:
            self.server.close()

        self.loop.call(close()).result(10)
        self.loop.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(head[0], headers, body, reader)
            script = self.scripts[min(len(self.requests), len(self.scripts) - 1)]
            self.requests.append(request)
            await script(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone.set()
        finally:
            writer.close()

    def says(self, *scripts: Any) -> Peer:
        self.scripts = list(scripts)
        self.requests.clear()
        return self

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests."""
        return [request.json for request in self.requests]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def endpoint(self, **fields: Any) -> Endpoint:
        given: dict[str, Any] = {
            "base_url": self.url,
            "model": "gpt-audio-1.5",
            "name": "the peer",
            "api_key": Secret(KEY),
            "key_source": "PEER_KEY",
        }
        return Endpoint(**{**given, **fields})


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    peer.start()
    yield peer
    peer.stop()


def head(status: str = "200 OK", kind: str = "application/json", **more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answering(body: Any, status: str = "200 OK", kind: str = "application/json", **more: str):
    """Return a script that answers with one body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, kind, content_length=str(len(data)), **more) + data)

    return script


def refusing(
    status: str,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
    **more: str,
):
    error = {"message": message, "type": kind, "param": param, "code": code}
    return answering({"error": error}, status, **more)


def events(*chunks: Any, done: bool = True) -> bytes:
    lines = [f"data: {c if isinstance(c, str) else json.dumps(c)}\n\n" for c in chunks]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def streaming(data: bytes, *, cut: int = 0, breaks: bool = False):
    """Return a script that streams events, in pieces of `cut` bytes; it may break off."""

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        start = head(kind="text/event-stream; charset=utf-8", transfer_encoding="chunked")
        writer.write(start)
        size = cut or len(data)
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
        if breaks:
            writer.transport.abort()
        else:
            writer.write(b"0\r\n\r\n")

    return script


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-audio-1.5-2026-01-01",
        "choices": choices,
        "obfuscation": "aGVsbG8",
        **more,
    }


def sound(data: bytes) -> dict[str, Any]:
    return {"audio": {"data": base64.b64encode(data).decode()}}


USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 100,
    "total_tokens": 130,
    "prompt_tokens_details": {"audio_tokens": 20, "text_tokens": 10, "cached_tokens": 0},
    "completion_tokens_details": {"audio_tokens": 80, "text_tokens": 20, "reasoning_tokens": 0},
}


def reply(message: dict[str, Any], finish: str = "stop", **more: Any) -> dict[str, Any]:
    """Return the body of an answer that comes whole."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-audio-1.5-2026-01-01",
        "choices": [
            {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        ],
        "usage": USAGE,
        **more,
    }


def spoken(
    said: str, data: bytes, name: str = "audio_1", expires_at: int = 2_000_000_000
) -> dict[str, Any]:
    audio = {"id": name, "data": base64.b64encode(data).decode()}
    return {"content": None, "audio": {**audio, "expires_at": expires_at, "transcript": said}}


def spoken_events(said: str, data: bytes, name: str = "audio_1", piece: int = 4_800) -> bytes:
    """Return a stream as OpenAI has it: words and sound in pieces, the end, the usage."""
    halves = [said[: len(said) // 2], said[len(said) // 2 :]]
    return events(
        chunk({"role": "assistant", "content": None, "refusal": None}),
        chunk({"audio": {"id": name, "transcript": halves[0]}}),
        *(chunk(sound(data[at : at + piece])) for at in range(0, len(data), piece)),
        chunk({"audio": {"transcript": halves[1]}}),
        {
            **chunk(None),
            "choices": [{"index": 0, "delta": {"audio": {"expires_at": 2_000_000_000}}}],
        },
        chunk({}, "stop"),
        chunk(None, usage=USAGE),
    )


@pytest.fixture
def wire() -> SimpleNamespace:
    """What a service says, in OpenAI's shapes."""
    return types.SimpleNamespace(
        key=KEY,
        usage=USAGE,
        head=head,
        answering=answering,
        refusing=refusing,
        streaming=streaming,
        events=events,
        chunk=chunk,
        sound=sound,
        reply=reply,
        spoken=spoken,
        spoken_events=spoken_events,
    )
