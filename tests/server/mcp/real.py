"""A real MCP server on a loopback port, in a thread of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server import MCPServer
from mcp_types import ToolAnnotations
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "mcp-planted-token"  # noqa: S105 -- planted


def _docs() -> MCPServer:
    docs = MCPServer("docs")

    @docs.tool(annotations=ToolAnnotations(read_only_hint=True))
    def population(city: str) -> int:
        """Population of a city."""
        return {"paris": 2_100_000}[city.lower()]

    @docs.tool()
    def rename(old: str, new: str) -> str:
        """Rename a page."""
        return f"{old} is {new} now"

    return docs


class _Guarded:
    """Asks for a token, and remembers the headers it was shown."""

    def __init__(self, app: Any, token: str | None) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and self.token is not None:
            given = dict(scope["headers"]).get(b"authorization", b"").decode()
            if given != f"Bearer {self.token}":
                await PlainTextResponse("who are you?", 401)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def mcp_server(token: str | None = None) -> Iterator[str]:
    """Serve until the end of the block; yield the URL."""
    app = _Guarded(_docs().streamable_http_app(), token)
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="on")
    server = _Server(config)
    sockets = [config.bind_socket()]
    thread = threading.Thread(target=server.run, args=(sockets,), name="mcp", daemon=True)
    thread.start()
    assert server.listens.wait(30)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join(30)
