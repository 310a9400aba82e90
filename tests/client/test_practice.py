from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.practice import fetch_card, fetch_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PART = {"name": "recogniser", "why": "not installed", "fallback": "none", "install": "pip it"}


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Any]], Endpoint]]:
    servers: list[HTTPServer] = []

    def start(pages: dict[str, Any]) -> Endpoint:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.path in pages and self.headers["Authorization"] == "Bearer tok"
                self.send_response(200 if known else 404)
                self.end_headers()
                if known:
                    self.wfile.write(pages[self.path])

            def log_message(self, *_args: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Endpoint(
            base_url=f"http://127.0.0.1:{server.server_port}/v1",
            model="local-demo",
            name="local practice server",
            practice=True,
            api_key=Secret("tok"),
        )

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_card_and_what_is_missing(serve: Callable[[dict[str, Any]], Endpoint]) -> None:
    endpoint = serve(
        {
            "/v1/practice/card": json.dumps({"phrases": ["hello", "stop"]}).encode(),
            "/health": json.dumps({"missing": [PART, "odd"]}).encode(),
        }
    )
    assert fetch_card(endpoint) == ["hello", "stop"]
    assert fetch_missing(endpoint) == [
        "No recogniser (not installed); in its place: none. To mend it: pip it"
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"phrases": 3, "missing": 3}'])
def test_anything_else_is_nothing(serve: Callable[[dict[str, Any]], Endpoint], body: bytes) -> None:
    endpoint = serve({"/v1/practice/card": body, "/health": body})
    assert fetch_card(endpoint) == []
    assert fetch_missing(endpoint) == []


def test_a_server_that_is_not_there_or_knows_no_card_is_nothing(
    serve: Callable[[dict[str, Any]], Endpoint],
) -> None:
    assert fetch_card(serve({})) == []
    gone = Endpoint(
        base_url="http://127.0.0.1:9/v1",
        model="m",
        name="n",
        practice=True,
        api_key=Secret("tok"),
    )
    assert fetch_missing(gone) == []
