"""A session with an MCP server played by the test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_nb.server.mcp.definition import McpFailure, McpTool
from tests.server.fakes import TalkBrain

if TYPE_CHECKING:
    from realtime_nb.server.mcp.definition import McpDefinition

Json = dict[str, Any]

URL = "http://127.0.0.1:9/mcp"
SECRET = "sk-mcp-planted-secret"  # noqa: S105 -- planted
SEARCH = McpTool("search", "Search the docs", {"type": "object"}, {"readOnlyHint": True})
WRITE = McpTool("write", "Write a page", {"type": "object"})


class PlayedReach:
    """Two tools; what a call brings, and how long it takes, the test says."""

    def __init__(self, *outputs: str | McpFailure, takes_s: float = 0.0) -> None:
        self.outputs = list(outputs)
        self.takes_s = takes_s
        self.listing: str | McpFailure = ""
        self.asked: list[tuple[str, ...]] = []
        self.seen: list[McpDefinition] = []

    def refusal(self, definition: McpDefinition) -> str:
        return "too far away." if "far" in definition.url else ""

    async def list_tools(self, definition: McpDefinition) -> list[McpTool]:
        self.seen.append(definition)
        self.asked.append(("list", definition.label))
        await asyncio.sleep(0.2)
        if isinstance(self.listing, McpFailure):
            raise self.listing
        return [SEARCH, WRITE]

    async def call(self, definition: McpDefinition, name: str, arguments: str) -> str:
        self.asked.append(("call", definition.label, name, arguments))
        await asyncio.sleep(self.takes_s)
        output = self.outputs.pop(0) if self.outputs else "found"
        if isinstance(output, McpFailure):
            raise output
        return output


class McpBrain(TalkBrain):
    """Answers as told, and has MCP servers."""

    def __init__(self, *answers: Any, reach: PlayedReach | None = None) -> None:
        super().__init__(*answers)
        self.mcp = reach or PlayedReach()


def server(label: str = "docs", **fields: Any) -> Json:
    return {"type": "mcp", "server_label": label, "server_url": URL, **fields}
