"""The relay asks the server whom it lets in: its authorizer, its origins, its names; and counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornado.httpclient import AsyncHTTPClient

from realtime_nb.relay import handler
from tests.relay.jupyter import ALLOWED, MOST_PAGES, TOKEN
from tests.relay.test_relay import connect, kernel, log_in, refusal

if TYPE_CHECKING:
    from pathlib import Path


async def test_whom_the_servers_authorizer_refuses_the_relay_does(
    server: str, folder: Path
) -> None:
    async with kernel() as one:
        (await connect(server, one.place.id)).close()
        assert "True execute kernels" in (folder / "asked").read_text()
        (folder / "refuse").touch()
        try:
            assert await refusal(server, one.place.id) == 403
            cookie = await log_in(server)
            own = f"http://{server}"
            assert await refusal(server, one.place.id, Cookie=cookie, Origin=own) == 403
            # Whether there is such a chat is no business of who may not talk through it.
            assert await refusal(server, "0" * 32) == 403
        finally:
            (folder / "refuse").unlink()
        assert len(one.lines) == 1


async def test_the_origins_that_the_server_allows_are_the_relays(server: str) -> None:
    async with kernel() as one:
        cookie = await log_in(server)
        for foreign in (
            "https://evil.example",
            f"{ALLOWED}.evil.example",
            "null",
            "http://" + ALLOWED,
        ):
            assert await refusal(server, one.place.id, Cookie=cookie, Origin=foreign) == 403
            known = {"Authorization": f"token {TOKEN}", "Origin": foreign}
            assert await refusal(server, one.place.id, **known) == 403
        assert one.lines == []
        (await connect(server, one.place.id, Cookie=cookie, Origin=ALLOWED)).close()
        assert len(one.lines) == 1


async def test_a_name_that_was_made_to_lead_here_is_refused(server: str) -> None:
    async with kernel() as one:
        cookie = await log_in(server)
        evil = {"Cookie": cookie, "Host": "evil.example", "Origin": "http://evil.example"}
        assert await refusal(server, one.place.id, **evil) == 403
        assert one.lines == []


async def test_a_page_too_many_is_told_to_stay_on_the_comm(server: str) -> None:
    async with kernel() as one:
        pages = [await connect(server, one.place.id) for _ in range(MOST_PAGES)]
        assert await refusal(server, one.place.id) == 503
        pages.pop().close()
        async with asyncio.timeout(10):
            while True:  # until the server has seen it leave
                try:
                    pages.append(await connect(server, one.place.id))
                    break
                except Exception:  # noqa: BLE001 -- 503 once more
                    await asyncio.sleep(0.05)
        assert await refusal(server, "0" * 32) == 503
        for page in pages:
            page.close()
    # What found nobody has left its place.
    async with asyncio.timeout(10):
        while await refusal(server, "0" * 32) != 404:  # noqa: ASYNC110 -- of another process
            await asyncio.sleep(0.05)
    for _ in range(3):
        assert await refusal(server, "0" * 32) == 404


async def test_a_form_of_another_site_gets_nothing(server: str) -> None:
    """Other methods than a WebSocket's GET, as a foreign form would send them with the cookie."""
    cookie = await log_in(server)
    async with kernel() as one:
        for kind in ("relay", "phone"):
            for method in ("POST", "PUT", "DELETE", "GET"):
                answer = await AsyncHTTPClient(force_instance=True).fetch(
                    f"http://{server}/base/realtime-nb/{kind}/{one.place.id}",
                    method=method,
                    headers={"Cookie": cookie, "Origin": "https://evil.example"},
                    body=b"x=y" if method in {"POST", "PUT"} else None,
                    raise_error=False,
                    request_timeout=30,
                )
                webhook = kind == "phone" and method == "POST"
                # A webhook is anybody's to post, and the kernel's to refuse.
                refused = {503} if webhook else {400, 403, 404, 405}
                assert answer.code in refused, (kind, method)
                assert answer.headers.get("Access-Control-Allow-Origin") != "https://evil.example"


def test_there_is_an_end_to_the_pages() -> None:
    assert handler.MOST_PAGES == 256
