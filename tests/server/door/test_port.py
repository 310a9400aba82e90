"""The practice server's port: strangers get nothing, and nobody holds it by being silent."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime_nb.server.door import port, web, websocket
from realtime_nb.server.door.admission import is_local_request
from realtime_nb.server.door.app import make_app
from realtime_nb.server.http import bounded, sse
from realtime_nb.server.http.bounded import BodyHandler
from realtime_nb.server.http.turns import AT_ONCE
from tests.server.fakes import TalkBrain
from tests.server.rest import BEARER
from tests.server.serving import TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.server.serving import Served

HEAD = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
SPOKEN = json.dumps(
    {"model": "tts-1", "voice": "alloy", "input": "word " * 800, "response_format": "pcm",
     "speed": 0.25}
)  # fmt: skip


@asynccontextmanager
async def raw(
    served: Served, head: str, *, limit: int = 1 << 16
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect and send what may be no whole request."""
    system = socket.socket()
    system.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what it does not take ahead
    system.connect(("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=system, limit=limit)
    try:
        writer.write(head.encode())
        yield reader, writer
    finally:
        writer.transport.abort()


def routes(served: Served) -> list[str]:
    """Return an address for each route of the application."""
    rules: Any = make_app(served.shared).wildcard_router.rules
    patterns = [rule.matcher.regex.pattern.rstrip("$") for rule in rules]
    return [
        re.sub(r"\(\?:(\w+)[^)]*\)", r"\1", pattern)
        .replace("([^/]+)", "rtc_1")
        .replace("(accept|reject|refer|hangup)", "accept")
        .replace("/?", "")
        for pattern in patterns
        if pattern.startswith("/")
    ]


async def test_no_route_tells_a_stranger_anything():
    async with (
        serving() as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as http,
    ):
        paths = routes(served)
        assert len(paths) > 15
        assert "/v1/realtime/calls/rtc_1/accept" in paths
        told: dict[str, int] = {}
        for path in [*paths, "/", "/v1", "/v1/nothing"]:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"):
                for headers in ({}, {"Authorization": "Bearer wrong"}):
                    answer = await http.request(method, path, headers=headers)
                    if answer.status_code not in {400, 401, 405}:
                        told[f"{method} {path}"] = answer.status_code
                    assert "server" not in answer.headers or "calls" not in path
                    assert "local-demo" not in answer.text
        assert told == {}


EVERY = "0.0.0.0"  # noqa: S104 -- nothing is bound to it
HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80",
         "a@127.0.0.1", "127.0.0.1/", "127.0.0.1,evil.example", EVERY, "[::]", "169.254.169.254",
         "2130706433", "127.0.0.1:99999999", "10.0.0.1", "evil.example\\@localhost",
         "localhost\\.evil.example", "localhost#.evil.example", ""]  # fmt: skip
ORIGINS = ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://", "",
           "http://localhost.evil.example", "chrome-extension://a", f"http://{EVERY}",
           "http://evil.example\\@localhost", "http://evil.example@localhost", "localhost",
           "http://localhost\\.evil.example", "http://evil.example#@localhost",
           "http://localhost/", "//localhost"]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
async def test_a_name_that_is_made_to_lead_here_is_refused(host: str):
    async with serving() as served:
        head = f"Host: {host}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
        for path in ("/health", "/v1/models", "/v1/realtime?model=gpt-realtime", "/v1/nothing"):
            async with raw(served, f"GET {path} HTTP/1.1\r\n{head}") as (reader, _):
                status = (await reader.readline()).split()[1]
                # What is no host at all, tornado refuses.
                assert status in {b"403", b"400"}, (path, status)
        assert not is_local_request({"Host": host})


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_foreign_page_is_refused_and_may_read_nothing(origin: str):
    headers = {**BEARER, "Origin": origin}
    async with (
        serving() as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", headers=headers) as http,
    ):
        for method, path in (("GET", "/health"), ("GET", "/v1/models"), ("OPTIONS", "/v1/models"),
                             ("POST", "/v1/realtime/client_secrets"),
                             ("POST", "/v1/practice/phone/lines"),
                             ("GET", "/v1/practice/phone")):  # fmt: skip
            answer = await http.request(method, path)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
        # What a file's page may do at all it may not do with the token.
        answer = await http.post("/v1/realtime/calls", content="v=0")
        assert answer.status_code == 403


async def test_a_picture_in_a_foreign_page_is_no_request_of_this_computer():
    async with (
        serving() as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", headers=BEARER) as http,
    ):
        embedded = await http.get("/health", headers={"Sec-Fetch-Site": "cross-site"})
        assert embedded.status_code == 403
        typed = await http.get("/health", headers={"Sec-Fetch-Site": "none"})
        assert typed.status_code == 200
        assert typed.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in typed.headers


async def test_a_server_has_the_limits_of_its_module():
    async with serving() as served:
        limits = port.make_server(served.shared).conn_params
    assert limits.header_timeout == port.HEADER_TIMEOUT_S
    assert limits.body_timeout == port.BODY_TIMEOUT_S
    assert limits.max_header_size == port.MAX_HEADER
    assert limits.max_body_size == 1 << 20
    assert not limits.decompress


async def test_headers_that_do_not_end_are_not_waited_for():
    async with (
        serving(limits={"idle_connection_timeout": 0.2}) as served,
        raw(served, "GET /health HTTP/1.1\r\n" + HEAD) as (reader, writer),
    ):
        for _ in range(3):
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.05)
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_a_connection_that_says_nothing_is_closed():
    async with (
        serving(limits={"idle_connection_timeout": 0.2}) as served,
        raw(served, "") as (reader, _),
    ):
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_a_body_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounded, "STRANGERS_TIMEOUT_S", 0.2)
    post = "POST /v1/chat/completions HTTP/1.1\r\n"
    body = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    async with (
        serving(limits={"body_timeout": 1.0}) as served,
        raw(served, post + HEAD + body) as (reader, _),
    ):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    async with (  # a stranger has less time
        serving() as served,
        raw(served, post + "Host: 127.0.0.1\r\n" + body) as (reader, _),
    ):
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_what_a_stranger_posts_is_not_kept(monkeypatch: pytest.MonkeyPatch):
    kept: list[int] = []
    take = BodyHandler.data_received

    def noting(self: BodyHandler, chunk: bytes) -> None:
        take(self, chunk)
        kept.append(len(self._pieces))

    monkeypatch.setattr(BodyHandler, "data_received", noting)
    async with serving() as served, httpx.AsyncClient(base_url=served.url) as http:
        for path in ("/chat/completions", "/realtime/client_secrets", "/practice/phone/lines",
                     "/realtime/calls", "/audio/transcriptions"):  # fmt: skip
            answer = await http.post(path, content=b"x" * 500_000)
            assert answer.status_code == 401
        assert kept
        assert max(kept) == 0


async def test_a_config_that_is_too_large_is_refused_and_not_kept():
    async with serving() as served, httpx.AsyncClient(base_url=served.url, headers=BEARER) as http:
        for path in ("/realtime/client_secrets", "/practice/phone/lines"):
            answer = await http.post(path, content=b'{"x": "' + b"x" * (2 << 20) + b'"}')
            assert answer.status_code == 413
            assert "1048576" in answer.json()["error"]["message"]


GET = "GET /health HTTP/1.1\r\n" + HEAD + "\r\n"


async def test_one_connection_too_many_is_sent_away():
    async with serving(limits={"most_connections": 3}) as served:
        async with (
            raw(served, GET) as (one, _),
            raw(served, GET) as (two, _),
            connected(served) as socket,  # a WebSocket counts as well
        ):
            assert (await one.readline()).split()[1] == b"200"
            assert (await two.readline()).split()[1] == b"200"
            await socket.recv()
            async with raw(served, GET) as (sent_away, _):
                assert (await sent_away.readline()).split()[1] == b"503"
        await until_closed(served)
        async with raw(served, GET) as (again, _):
            assert (await again.readline()).split()[1] == b"200"


async def test_a_crowd_of_strangers_keeps_nobody_out_who_has_a_key():
    async with (
        serving(limits={"most_connections": 5}) as served,
        raw(served, GET) as (guest, writer),
        AsyncExitStack() as crowd,
    ):
        await guest.readuntil(b"\r\n\r\n")
        strangers = [(await crowd.enter_async_context(raw(served, "")))[0] for _ in range(20)]
        async with raw(served, GET) as (late, _), asyncio.timeout(10):
            assert (await late.readline()).split()[1] == b"200"
            for gone in strangers[:16]:  # the oldest made room
                assert await gone.read() == b""
            writer.write(GET.encode())  # who was known before is still connected
            await writer.drain()
            assert b"HTTP/1.1 200" in await guest.readuntil(b"HTTP/1.1 200")


async def test_one_session_too_many_is_told_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(websocket, "MOST_SESSIONS", 1)
    async with serving() as served, connected(served) as first:
        await first.recv()
        async with connected(served) as second:
            error = json.loads(await second.recv())["error"]
            assert error["code"] == "rate_limit_exceeded"
            with pytest.raises(ConnectionClosed) as closed:
                await second.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013


async def test_a_stranger_cannot_send_a_large_frame():
    async with serving() as served:
        stranger = connect(served.socket_url(), proxy=None, max_queue=1)
        async with stranger as socket:
            with pytest.raises(ConnectionClosed):  # noqa: PT012 -- either may be too late
                await socket.send("x" * 1_000_000)
                while True:
                    await socket.recv()


async def test_an_answer_that_nobody_reads_is_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "READ_TIMEOUT_S", 0.2)
    dropped = asyncio.Event()
    drop = web.LocalHandler.drop

    def noting(self: web.LocalHandler) -> None:
        drop(self)
        dropped.set()

    monkeypatch.setattr(web.LocalHandler, "drop", noting)
    brain = TalkBrain()
    brain.about = "a" * (32 << 20)
    async with (
        serving(brain) as served,
        raw(served, "GET /v1/practice/card HTTP/1.1\r\n" + HEAD + "\r\n", limit=1 << 10),
    ):
        await asyncio.wait_for(dropped.wait(), 10)


async def test_readers_that_stall_keep_nobody_from_a_turn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "STALLED_S", 0.5)
    head = (
        f"POST /v1/audio/speech HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
        f"Content-Length: {len(SPOKEN)}\r\n\r\n"
    )
    async with serving() as served, AsyncExitStack() as stalled:
        for _ in range(AT_ONCE):
            await stalled.enter_async_context(raw(served, head + SPOKEN, limit=1 << 10))
        async with asyncio.timeout(10):
            while served.shared.turns.working < AT_ONCE:  # noqa: ASYNC110 -- a number tells nobody
                await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=served.url, headers=BEARER, timeout=30) as http:
            short = {"model": "tts-1", "voice": "alloy", "input": "Hi.", "response_format": "pcm"}
            assert (await http.post("/audio/speech", json=short)).status_code == 200


def connected(served: Served) -> connect:
    return connect(served.socket_url(), additional_headers=BEARER, proxy=None)


async def until_closed(served: Served) -> None:
    async with asyncio.timeout(10):
        while served.shared.connections:  # noqa: ASYNC110 -- a set tells nobody
            await asyncio.sleep(0.01)
