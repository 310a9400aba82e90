"""A page of another site gets nothing, whatever it has learnt; in Chromium."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge.carrier.listener import Listener
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.phone.desk import WebhookDesk
from realtime_nb.client.phone.route import Route
from tests.browser.foreign import EVIL, Visitor, elsewhere
from tests.client.phone.webhooks import SECRET, incoming, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Frame

    from realtime_nb.relay.meeting import Line
    from tests.browser.harness import LabServer, OpenBrowser

pytestmark = pytest.mark.timeout(180)

PATHS = [
    ("GET", "/health"), ("GET", "/v1/models"), ("GET", "/v1/practice/card"),
    ("POST", "/v1/realtime/client_secrets"), ("POST", "/v1/chat/completions"),
    ("POST", "/v1/audio/speech"), ("POST", "/v1/realtime/calls"),
    ("POST", "/v1/practice/phone/lines"),
]  # fmt: skip
SOCKETS = ["/v1/realtime?model=gpt-realtime", "/v1/realtime/translations?model=local-demo"]


@pytest.fixture
def visitor(open_browser: OpenBrowser) -> Visitor:
    return Visitor(open_browser().new_page())


@pytest.fixture
def site() -> Iterator[int]:
    with elsewhere() as port:
        yield port


def asked(base: str, token: str) -> tuple[list[list[Any]], list[list[Any]]]:
    """Return all that is tried of a practice server by who has its token."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    offered = ["realtime", f"openai-insecure-api-key.{token}"]
    return (
        [[method, f"{base}{path}", headers, "{}"] for method, path in PATHS],
        [[f"{base}{path}".replace("http:", "ws:"), offered] for path in SOCKETS],
    )


def nothing(got: dict[str, Any]) -> None:
    """Hold that what a page could read tells nothing, and that no WebSocket of it opened."""
    assert len(got) == 2 * len(PATHS) + len(SOCKETS)
    told = {what: answer for what, answer in got.items() if answer is not None}
    for what, answer in told.items():
        assert answer.get("status") == 403, (what, answer)
        assert "error" in answer["text"], (what, answer)


def test_a_practice_server_tells_a_foreign_page_nothing(visitor: Visitor, site: int) -> None:
    server = LocalServer()
    port = int(server.url.split(":")[2].partition("/")[0])
    names = [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost")]

    def tries(frame: Frame, base: str) -> dict[str, Any]:
        return visitor.try_all(frame, *asked(base, server.token))

    try:
        # A page of this computer comes in with the token: what is tried is what would do.
        own = tries(visitor.at(f"http://127.0.0.1:{site}/"), names[0])
        opened = own[f"socket {names[0].replace('http:', 'ws:')}{SOCKETS[0]}"]
        assert "session.created" in opened["text"]

        for name in names:
            visitor.console.clear()
            nothing(tries(visitor.at(f"http://{EVIL}:{site}/"), name))
            # They did come as far as the server, and it refused them.
            assert "\n".join(visitor.console).count("response code: 403") == len(SOCKETS)
            visitor.post_a_form(f"{name}/v1/realtime/client_secrets")
        nothing(tries(visitor.sandboxed(), names[0]))
        visitor.at(f"http://127.0.0.1:{site}/")
        nothing(tries(visitor.sandboxed(), names[0]))
        assert visitor.refused[f"{names[1]}/v1/realtime/client_secrets"] == {403}

        rebound = tries(visitor.rebound(port), f"http://{EVIL}:{port}")
        nothing(rebound)
        assert rebound[f"GET cors http://{EVIL}:{port}/v1/models"]["status"] == 403
        health = urllib.request.Request(  # noqa: S310 -- our own loopback URL
            f"{names[0]}/health", headers={"Authorization": f"Bearer {server.token}"}
        )
        with urllib.request.urlopen(health, timeout=10) as answer:  # noqa: S310 -- as above
            left = json.load(answer)
        assert (left["sessions"], left["calls"]) == (0, 0)
    finally:
        server.stop()


def test_the_fast_path_takes_no_foreign_page(
    visitor: Visitor, site: int, lab: LabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(lab.root.parent / "runtime_dir"))
    loop = BackgroundLoop()
    lines: list[Line] = []

    async def serve(line: Line) -> None:
        lines.append(line)
        line.send(b"a secret of the chat")
        await line.receive()

    async def listen() -> Listener:
        return Listener(asyncio.get_running_loop(), serve)

    listener = loop.call(listen()).result(10)
    relay = f"{lab.url}realtime-nb/relay/{listener.place.id}".replace("http:", "ws:")
    port = int(lab.url.split(":")[2].partition("/")[0])
    here = relay.replace("127.0.0.1", "localhost")

    def tries(frame: Frame, *urls: str) -> dict[str, Any]:
        known: list[list[Any]] = [
            [f"{url}{key}", []] for url in urls for key in ("", f"?token={lab.token}")
        ]
        return visitor.try_all(frame, [], known)

    try:
        # The server's own page, once its user has signed in, is let in by the cookie.
        own = tries(visitor.at(f"{lab.url}nowhere?token={lab.token}"), relay)
        assert own[f"socket {relay}"]["text"] == "a secret of the chat"
        came = len(lines)

        got = [
            tries(visitor.at(f"http://{EVIL}:{site}/"), relay, here),
            tries(visitor.sandboxed(), relay),
            # Its cookie goes along, for a browser thinks little of ports.
            tries(visitor.at(f"http://127.0.0.1:{site}/"), relay),
            tries(visitor.sandboxed(), relay),
            tries(visitor.rebound(port), relay.replace("127.0.0.1", EVIL)),
        ]
        for one in got:
            assert not any(one.values()), one
        assert len(lines) == came
    finally:
        loop.post(listener.close)
        loop.stop()


def test_a_phone_lines_port_takes_no_call_from_a_page(visitor: Visitor, site: int) -> None:
    loop = BackgroundLoop()
    calls: list[Any] = []
    desk = WebhookDesk(Secret(SECRET), calls.append)

    async def start() -> Route:
        route = Route(desk)
        route.start()
        return route

    route = loop.call(start()).result(10)
    body, headers = signed(incoming())
    _, forged = signed(incoming(), secret="whsec_Zm9yZ2Vk")
    try:
        posted: list[list[Any]] = [
            ["POST", route.url, headers, body.decode()],
            ["GET", route.url, {}, ""],
        ]
        for name in (EVIL, "127.0.0.1"):
            for sandboxed in (False, True):
                frame = visitor.at(f"http://{name}:{site}/")
                if sandboxed:
                    frame = visitor.sandboxed()
                # With the secret's own signature: a page may not send its headers.
                got = visitor.try_all(frame, posted, [])
                assert not any(got.values()), got
        visitor.at(f"http://{EVIL}:{site}/")
        visitor.post_a_form(route.url)
        assert desk.counts["refused"] >= 3
        rebound = f"http://{EVIL}:{route.port}/webhook"
        posted = [["POST", rebound, forged, body.decode()]]
        got = visitor.try_all(visitor.rebound(route.port), posted, [])
        assert {one["status"] for one in got.values()} == {400}
        assert calls == []
        assert desk.counts["taken"] == 0
    finally:
        loop.call(route.close()).result(10)
        loop.stop()
