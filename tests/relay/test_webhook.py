"""The webhook route of the Jupyter Server, and the kernel's end of it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.phone.desk import LARGEST_BODY, WebhookDesk
from realtime_nb.errors import UsageError
from realtime_nb.notebook.phone.mount import JupyterMount, jupyter_url
from realtime_nb.relay import webhook
from realtime_nb.relay.meeting import Place
from tests.client.phone.webhooks import CALL_ID, SECRET, incoming, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.glob("realtime-nb-*.json")) == []


class Line:
    """A mounted line behind a server with the route."""

    def __init__(self, base: str) -> None:
        self.calls: list[str] = []
        self.desk = WebhookDesk(Secret(SECRET), lambda call: self.calls.append(call.call_id))
        self.mount = JupyterMount(self.desk, asyncio.get_running_loop(), base)

    async def post(
        self, body: bytes, headers: Mapping[str, str], *, url: str = "", method: str = "POST"
    ) -> HTTPResponse:
        client = AsyncHTTPClient(force_instance=True)
        try:
            request = HTTPRequest(
                url or self.mount.url, method=method, body=body, headers=dict(headers)
            )
            return await client.fetch(request, raise_error=False)
        finally:
            client.close()


@asynccontextmanager
async def mounted() -> AsyncIterator[Line]:
    server = HTTPServer(Application(webhook.webhook_routes("/base/")))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    line = Line(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/base/")
    await asyncio.sleep(0)
    try:
        yield line
    finally:
        await line.mount.close()
        server.stop()
        await server.close_all_connections()
        await asyncio.sleep(0.05)


async def test_a_webhook_reaches_the_kernel_without_a_login() -> None:
    async with mounted() as line:
        for _ in range(2):
            answer = await line.post(*signed(incoming()))
            assert answer.code == 200
        assert line.calls == [CALL_ID]


async def test_a_forged_one_is_refused_by_the_kernel() -> None:
    async with mounted() as line:
        body, headers = signed(incoming())
        answer = await line.post(body + b" ", headers)
        assert (answer.code, line.calls) == (400, [])
        assert b"does not fit" in answer.body
        assert SECRET.encode() not in answer.body
        assert (await line.post(b"", {})).code == 400


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10 << 20])
async def test_ten_megabytes_stay_outside(size: int) -> None:
    async with mounted() as line:
        answer = await line.post(*signed(b"x" * size))
        assert answer.code == 413
        assert line.desk.counts == {}
        largest = b'"' + b"x" * (LARGEST_BODY - 2) + b'"'
        assert (await line.post(*signed(largest))).code == 400
        assert line.desk.counts == {"refused": 1}


async def test_only_the_headers_of_a_signature_are_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with mounted() as line:
        seen: list[dict[str, str]] = []
        take = line.desk.take

        def look(body: bytes, headers: Mapping[str, str]) -> object:
            seen.append(dict(headers))
            return take(body, headers)

        monkeypatch.setattr(line.desk, "take", look)
        body, headers = signed(incoming())
        await line.post(body, {**headers, "Cookie": "session=1", "Authorization": "token x"})
        assert seen[0].keys() == {"webhook-id", "webhook-timestamp", "webhook-signature"}


async def test_a_line_that_is_closed_or_never_was() -> None:
    async with mounted() as line:
        unknown = line.mount.url[:-32] + "0" * 32
        assert (await line.post(*signed(incoming()), url=unknown)).code == 404
        assert (await line.post(*signed(incoming()), method="PUT")).code == 405
        await line.mount.close()
        assert (await line.post(*signed(incoming()))).code == 404


async def test_a_kernel_that_says_nothing_is_waited_for_in_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "PATIENCE_S", 0.2)
    async with mounted() as line:
        place = line.mount._listener.place
        assert isinstance(place, Place)
        silent = asyncio.Event()

        async def serve(_line: object) -> None:
            await silent.wait()

        line.mount._listener._serve = serve
        answer = await line.post(*signed(incoming()))
        assert answer.code == 503
        silent.set()


def test_where_the_jupyter_server_is(runtime: Path) -> None:
    told = runtime / "jpserver-77.json"
    told.write_text(json.dumps({"url": "http://localhost:8888/base"}))
    assert jupyter_url({"JPY_PARENT_PID": "77"}) == "http://localhost:8888/base/"
    for text in ("", "[]", "{}"):
        told.write_text(text)
        with pytest.raises(UsageError, match="no Jupyter Server"):
            jupyter_url({"JPY_PARENT_PID": "77"})
    with pytest.raises(UsageError):
        jupyter_url({})
