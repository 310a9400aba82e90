"""The relay in a Jupyter Server's web application, with a kernel of its own."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jupyter_core.paths import jupyter_runtime_dir
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from realtime_nb.relay.meeting import MAX_PACKET, Line, NotMet, Place, answer, call
from tests.relay.jupyter import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Kernel:
    """Listens as a kernel does and sends back every packet."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.refused = asyncio.Event()
        self.hung_up = asyncio.Event()
        self.got: list[bytes] = []
        self.place: Place
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> Kernel:
        self._server = await asyncio.start_server(self._called, "127.0.0.1", 0)
        self.place = Place.publish(self._server.sockets[0].getsockname()[1])
        return self

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            line = await answer(self.place, reader, writer)
        except NotMet:
            self.refused.set()
            return
        self.lines.append(line)
        while (packet := await line.receive()) is not None:
            self.got.append(packet)
            line.send(packet)
        line.close()
        self.hung_up.set()

    async def stop(self) -> None:
        self.place.withdraw()
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def kernel() -> AsyncIterator[Kernel]:
    one = await Kernel().start()
    try:
        yield one
    finally:
        await one.stop()


async def connect(server: str, place_id: str, **headers: str) -> WebSocketClientConnection:
    url = f"ws://{server}/base/realtime-nb/relay/{place_id}"
    known = headers or {"Authorization": f"token {TOKEN}"}
    return await websocket_connect(HTTPRequest(url, headers=known))


async def refusal(server: str, place_id: str, **headers: str) -> int:
    with pytest.raises(HTTPClientError) as caught:
        await connect(server, place_id, **headers)
    return caught.value.code


async def log_in(server: str) -> str:
    """Return the cookie of a browser that has opened the server's address with its token."""
    address = f"http://{server}/base/api/status?token={TOKEN}"
    answer = await AsyncHTTPClient(force_instance=True).fetch(address)
    return "; ".join(one.partition(";")[0] for one in answer.headers.get_list("Set-Cookie"))


async def test_packets_go_both_ways_as_they_are(server: str) -> None:
    async with kernel() as one:
        page = await connect(server, one.place.id)
        sent = [b"", b"a", bytes(range(256)) * 4000]
        for packet in sent:
            await page.write_message(packet, binary=True)
        assert [await page.read_message() for _ in sent] == sent
        assert one.got == sent
        page.close()


async def test_a_page_that_leaves_hangs_up_on_the_kernel(server: str) -> None:
    async with kernel() as one:
        page = await connect(server, one.place.id)
        page.close()
        async with asyncio.timeout(10):
            await one.hung_up.wait()


async def test_a_kernel_that_ends_closes_the_page_with_a_reason(server: str) -> None:
    async with kernel() as one:
        page = await connect(server, one.place.id)
        one.lines[0].close()
        assert await page.read_message() is None
        assert page.close_code == 4404
        page.close()


async def test_nobody_comes_in_without_the_servers_token(server: str) -> None:
    async with kernel() as one:
        assert await refusal(server, one.place.id, Origin=f"http://{server}") == 403
        assert await refusal(server, one.place.id, Authorization="token wrong") == 403
        assert await refusal(server, one.place.id, Cookie="username-x=forged") == 403
        assert one.lines == []


async def test_a_cookie_is_good_for_pages_of_the_servers_own_origin_only(server: str) -> None:
    async with kernel() as one:
        cookie = await log_in(server)
        foreign = "http://evil.example"
        assert await refusal(server, one.place.id, Cookie=cookie, Origin=foreign) == 403
        assert one.lines == []
        page = await connect(server, one.place.id, Cookie=cookie, Origin=f"http://{server}")
        assert len(one.lines) == 1
        page.close()


async def test_an_id_that_nobody_published_is_not_found(server: str) -> None:
    assert await refusal(server, "0" * 32) == 404
    for odd in ("x", "0" * 31, "..%2F..%2Fsecret", "0" * 32 + ".json", "127.0.0.1:22"):
        assert await refusal(server, odd) == 404


async def test_a_file_whose_port_is_somebody_elses_leads_nowhere(server: str) -> None:
    async with kernel() as one:
        path = meeting_file(one.place)
        fields = json.loads(path.read_text())
        path.write_text(json.dumps({**fields, "secret": "00" * 32}))
        assert await refusal(server, one.place.id) == 404
        async with asyncio.timeout(10):
            await one.refused.wait()
        assert one.lines == []


async def test_a_kernel_that_was_killed_is_not_found(server: str) -> None:
    async with kernel() as one:
        left_behind = meeting_file(one.place).read_text()
    meeting_file(one.place).write_text(left_behind)
    assert await refusal(server, one.place.id) == 404
    assert not meeting_file(one.place).exists()


def meeting_file(place: Place) -> Path:
    return Path(jupyter_runtime_dir()) / f"realtime-nb-{place.id}.json"


@pytest.mark.usefixtures("folder")
def test_only_its_owner_reads_the_secret() -> None:
    place = Place.publish(1234)
    assert Place.find(place.id) == place
    if os.name == "posix":
        assert stat.S_IMODE(meeting_file(place).stat().st_mode) == 0o600
    assert place.secret.hex() not in repr(place)
    place.withdraw()
    place.withdraw()
    with pytest.raises(NotMet):
        Place.find(place.id)


@pytest.mark.parametrize("spoilt", ["", "{}", "[1]", '{"port": "x", "secret": "00"}'])
@pytest.mark.usefixtures("folder")
def test_a_spoilt_file_is_nobody(spoilt: str) -> None:
    place = Place.publish(1234)
    meeting_file(place).write_text(spoilt)
    with pytest.raises(NotMet):
        Place.find(place.id)


@pytest.mark.usefixtures("folder")
async def test_a_stranger_on_the_kernels_port_is_found_out() -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(32))
        await reader.readexactly(64)
        writer.write(bytes(32))  # it cannot know the secret
        await reader.read()
        writer.transport.abort()

    listening = await asyncio.start_server(stranger, "127.0.0.1", 0)
    place = Place.publish(listening.sockets[0].getsockname()[1])
    with pytest.raises(NotMet, match="somebody else"):
        await call(place.id)
    listening.close()
    await asyncio.sleep(0.05)


@pytest.mark.usefixtures("folder")
async def test_a_packet_beyond_the_bound_ends_the_line() -> None:
    async with kernel() as one:
        line = await call(one.place.id)
        line._writer.write((MAX_PACKET + 1).to_bytes(4, "little"))
        assert await line.receive() is None
        assert one.got == []
        line.close()
        await asyncio.sleep(0.05)
