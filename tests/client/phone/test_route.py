"""The route on a port of its own, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.phone import route as route_module
from realtime_nb.client.phone.desk import LARGEST_BODY, WebhookDesk
from realtime_nb.client.phone.route import Route
from realtime_nb.errors import UsageError
from tests.client.phone.webhooks import CALL_ID, SECRET, incoming, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Route, list[str]]]:
    calls: list[str] = []
    route = Route(WebhookDesk(Secret(SECRET), lambda call: calls.append(call.call_id)))
    route.start()
    try:
        yield route, calls
    finally:
        await route.close()


async def post(
    url: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
) -> HTTPResponse:
    client = AsyncHTTPClient(force_instance=True)
    try:
        request = HTTPRequest(url, method=method, body=body, headers=dict(headers))
        return await client.fetch(request, raise_error=False)
    finally:
        client.close()


async def test_a_webhook_rings() -> None:
    async with listening() as (route, calls):
        assert route.url.startswith("http://127.0.0.1:")
        answer = await post(route.url, *signed(incoming()))
        assert (answer.code, answer.body) == (200, b"taken\n")
        assert (await post(route.url, *signed(incoming()))).code == 200
        assert calls == [CALL_ID]


async def test_a_forged_one_is_told_why_and_no_secret() -> None:
    async with listening() as (route, calls):
        body, headers = signed(incoming())
        answer = await post(route.url, body + b" ", headers)
        assert answer.code == 400
        assert SECRET.encode() not in answer.body
        assert calls == []


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10 << 20])
async def test_ten_megabytes_are_dropped_and_answered(size: int) -> None:
    async with listening() as (route, calls):
        answer = await post(route.url, *signed(b"x" * size))
        assert answer.code == 413
        assert calls == []


async def test_a_body_that_says_no_length_is_bounded_too() -> None:
    async with listening() as (route, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", route.port)
        writer.write(b"POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        writer.write(piece * 8 + b"0\r\n\r\n")
        assert b"413" in await reader.readline()
        writer.close()


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [("/webhook", "PUT", 405), ("/", "POST", 404), ("/webhook/x", "POST", 404)],
)
async def test_other_requests_are_none(path: str, method: str, code: int) -> None:
    async with listening() as (route, calls):
        url = f"http://127.0.0.1:{route.port}{path}"
        answer = await post(url, *signed(incoming()), method=method)
        assert answer.code == code
        assert answer.body.decode() == f"{code}: a webhook is posted to /webhook\n"
        assert "Server" not in answer.headers
        assert (await post(url, b"x" * 10_000_000, {}, method=method)).code == code
        assert calls == []


async def test_a_port_that_is_taken_says_so() -> None:
    async with listening() as (route, _):
        with pytest.raises(UsageError, match=f"port={route.port} cannot be listened on"):
            Route(WebhookDesk(Secret(SECRET), lambda _call: None)).start(route.port)


async def test_a_closed_route_lets_nobody_in() -> None:
    async with listening() as (route, _):
        await route.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", route.port)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def test_who_says_nothing_keeps_no_webhook_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_module, "MOST_CONNECTIONS", 2)
    async with listening() as (route, calls):
        silent = [await asyncio.open_connection("127.0.0.1", route.port) for _ in range(2)]
        async with asyncio.timeout(10):
            await post(route.url, *signed(incoming()))
            assert await silent[0][0].read() == b""  # the oldest made room
        assert calls
        for _, one in silent:
            await hang_up(one)


async def test_headers_that_do_not_end_are_not_read_for_ever() -> None:
    async with listening() as (route, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", route.port)
        writer.write(b"POST /webhook HTTP/1.1\r\n")
        line = b"X: " + b"y" * 8_000 + b"\r\n"
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                for _ in range(20):  # 160 kB, and no end
                    writer.write(line)
                    await writer.drain()
                assert await reader.read() == b""
        await hang_up(writer)
