"""MCP servers that mean no good: they redirect, flood, compress, repeat what they were sent."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from realtime_nb.server.mcp import transport
from realtime_nb.server.mcp.credentials import masked, scrubbed, with_bare_tokens
from realtime_nb.server.mcp.definition import McpDefinition, McpFailure
from realtime_nb.server.mcp.package import PackageReach
from realtime_nb.server.mcp.transport import BoundedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]

TOKEN = "sk-mcp-planted-token"  # noqa: S105 -- planted
REACH = PackageReach()


class Peer:
    """An MCP server whose result for all but the greeting the test chooses."""

    def __init__(self, result: Callable[[str], Json] | None = None, location: str = "") -> None:
        self.result = result
        self.location = location
        self.asked = 0
        self.url = ""

    def answer(self, method: str, authorization: str) -> Json:
        if method == "initialize":
            return {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "peer", "version": "1"},
            }
        return self.result(authorization) if self.result else {"tools": []}


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, peer: Peer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.peer = peer


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:
        peer = self.server.peer
        peer.asked += 1
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        message: Json = {"jsonrpc": "2.0", "id": event.get("id")}
        if peer.location:
            self.send(307, b"", ("Location", peer.location))
        elif "id" not in event:
            self.send(202, b"")
        elif event["method"] not in {"initialize", "tools/list", "tools/call"}:
            self.tell({**message, "error": {"code": -32601, "message": "unknown"}})
        else:
            authorization = self.headers.get("authorization", "")
            self.tell({**message, "result": peer.answer(event["method"], authorization)})

    def do_GET(self) -> None:
        self.send(405, b"")

    def do_DELETE(self) -> None:
        self.send(200, b"")

    def tell(self, message: Json) -> None:
        self.send(200, json.dumps(message).encode(), ("Content-Type", "application/json"))

    def send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        return


@contextmanager
def serving(peer: Peer) -> Iterator[Peer]:
    http = _Http(peer)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    peer.url = f"http://127.0.0.1:{http.server_port}/mcp"
    try:
        yield peer
    finally:
        http.shutdown()
        http.server_close()


def one_tool(description: str) -> Json:
    schema = {"type": "object", "properties": {"q": {"description": description}}}
    return {"tools": [{"name": "search", "description": description, "inputSchema": schema}]}


async def test_a_redirect_to_another_place_is_not_followed():
    with serving(Peer()) as target, serving(Peer(location=target.url)) as peer:
        with pytest.raises(McpFailure):
            await REACH.list_tools(McpDefinition("docs", peer.url, TOKEN))
        assert peer.asked
        assert not target.asked


async def test_a_server_that_floods_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transport, "MOST_BYTES", 1 << 20)
    peer = Peer(lambda _: one_tool("x" * (1 << 20)))
    with serving(peer), pytest.raises(McpFailure, match="more than 1 MiB"):
        await REACH.list_tools(McpDefinition("docs", peer.url))


async def test_a_server_that_repeats_its_token_does_not_show_it():
    def echo(authorization: str) -> Json:
        text = f"you are {authorization}"
        return {**one_tool(text), "content": [{"type": "text", "text": text}]}

    with serving(Peer(echo)) as peer:
        definition = McpDefinition("docs", peer.url, TOKEN)
        tools = await REACH.list_tools(definition)
        shown = json.dumps([tool.to_wire() for tool in tools])
        shown += await REACH.call(definition, "search", "{}")
        assert "you are Bearer" in shown
        assert TOKEN not in shown


async def test_nothing_is_sent_to_another_origin_nor_unpacked():
    sent: list[httpx2.Request] = []
    reasons: list[str] = []

    def take(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, headers={"content-encoding": "gzip"}, content=b"")

    inner = httpx2.MockTransport(take)
    bounded = BoundedTransport("http://127.0.0.1:8000/mcp", reasons.append, inner)
    for other in ("http://127.0.0.1:8001/mcp", "https://127.0.0.1:8000/", "http://127.0.0.2:8000/"):
        with pytest.raises(httpx2.UnsupportedProtocol):
            await bounded.handle_async_request(httpx2.Request("POST", other))
    assert not sent
    with pytest.raises(httpx2.ReadError):
        await bounded.handle_async_request(httpx2.Request("POST", "http://127.0.0.1:8000/mcp"))
    assert sent[0].headers["accept-encoding"] == "identity"
    assert reasons == ["the MCP server compresses its answers unasked"]


def test_a_name_below_localhost_may_be_anywhere():
    assert "docs.localhost" in REACH.refusal(McpDefinition("x", "http://docs.localhost:8000/mcp"))


def test_secrets_are_masked_wherever_they_stand():
    secrets = with_bare_tokens([f"Bearer {TOKEN}", "short"])
    assert masked({TOKEN: [f"a {TOKEN}", 1, None, "short"]}, secrets) == {
        "…": ["a …", 1, None, "short"]
    }
    # What pydantic quotes is cut, a token in pieces with it.
    quoted = f"Invalid JSON [type=json_invalid, input_value=b'..{TOKEN[4:]}']"
    assert scrubbed(quoted, secrets) == "Invalid JSON"
