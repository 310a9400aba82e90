"""What a session asks of MCP servers, whoever does the asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from realtime_nb.server.mcp.definition import McpFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from realtime_nb.server.mcp.definition import McpDefinition, McpTool

_T = TypeVar("_T")


class McpReach(Protocol):
    """The way to MCP servers."""

    def refusal(self, definition: McpDefinition) -> str:
        """Return why a server cannot be reached from here, empty when it can."""
        ...

    async def list_tools(self, definition: McpDefinition) -> list[McpTool]:
        """Return all tools of a server.

        Raises
        ------
        McpFailure
            When it cannot be asked.
        """
        ...

    async def call(self, definition: McpDefinition, name: str, arguments: str) -> str:
        """Run a tool; return its output as text.

        Raises
        ------
        McpFailure
            When it fails.
        """
        ...


async def told(work: Awaitable[_T]) -> _T:
    """Return what work brings; whatever else ends it is told as an `McpFailure`."""
    try:
        return await work
    except McpFailure:
        raise
    except Exception as error:  # noqa: BLE001 -- else the item would stay open for ever
        # Its name only: the message of another's error may hold what is secret.
        raise McpFailure("protocol_error", f"it failed with {type(error).__name__}") from None
