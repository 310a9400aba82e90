"""The session's MCP servers: what they offer, what is called, and who has approved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.client.listeners import Listeners
from realtime_nb.protocol.tools.mcp import McpBook, McpCall, McpServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.tools.approvals import Approvals
    from realtime_nb.protocol.log.event_log import Record
    from realtime_nb.protocol.tools.actions import ModelCall
    from realtime_nb.protocol.tools.approval import Decision


class McpDesk:
    """What the service's MCP servers are doing; may be looked at from any thread.

    Parameters
    ----------
    approvals
        Where the service's requests for approval are put.
    """

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._book = McpBook()
        self._changed: Listeners[McpServer | McpCall] = Listeners()

    @property
    def servers(self) -> tuple[McpServer, ...]:
        """The servers, with their tools, and whether these can be used."""
        return tuple(self._book.servers.copy().values())

    @property
    def calls(self) -> tuple[McpCall, ...]:
        """The calls that the service has made, the oldest first, at most `MAX_MCP_CALLS`."""
        return tuple(self._book.calls.copy().values())

    def server(self, label: str) -> McpServer | None:
        """Return a server by its label."""
        return self._book.servers.get(label)

    def on_change(self, listener: Callable[[McpServer | McpCall], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with each server or call that changes.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._changed.add(listener)

    def take(self, record: Record) -> None:
        """Take in an event that has passed."""
        changed = self._book.received(record.event, record.t_ms)
        if changed is not None:
            self._changed.tell(changed)

    async def decide(self, call: ModelCall) -> Decision:
        """Ask whether the service may make a call; on the session's loop."""
        return await self._approvals.ask(
            self._approvals.question(
                call.call_id, "mcp", name=call.name, arguments=call.arguments, server=call.server
            )
        )
