"""The MCP servers of one session: their tools are listed, calls run there, approvals awaited.

A call runs beside the response that made it, because the service says of its own that
`response.done` may come before the calls are over, and that the client then asks for the
response that uses what they brought. A call that needs approval waits until somebody
answers, for as long as the session lasts.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import orjson

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.brain.interface import FunctionTool
from realtime_nb.server.mcp.definition import McpDefinition, McpFailure, McpTool, uses_mcp
from realtime_nb.server.mcp.items import (
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    McpListTools,
)
from realtime_nb.server.mcp.reach import McpReach, told
from realtime_nb.server.wire_errors import invalid_value

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from realtime_nb.server.brain.interface import FunctionCall
    from realtime_nb.server.emitter import Emitter
    from realtime_nb.server.items import Conversation
    from realtime_nb.server.response_events import ResponseEvents

Json = dict[str, Any]

_log = logging.getLogger(__name__)


class HubHost(Protocol):
    """What a hub needs of its session."""

    emit: Emitter
    conversation: Conversation

    def now_s(self) -> float:
        """Return the session's clock, in seconds."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside."""
        ...


@dataclass(slots=True, eq=False)
class _Server:
    """A server of the session, and what is known of its tools."""

    definition: McpDefinition
    item: McpListTools
    state: Literal["listing", "ready", "failed"] = "listing"
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A call that waits for an approval."""

    events: ResponseEvents
    item: McpCall
    call: FunctionCall


class McpHub:
    """The MCP servers of one session.

    Parameters
    ----------
    host
        The session.
    reach
        The way to the servers, None where there is none.
    """

    def __init__(self, host: HubHost, reach: McpReach | None) -> None:
        self._host = host
        self._reach = reach
        self._servers: dict[str, _Server] = {}
        self._waiting: dict[str, _Waiting] = {}

    def refusal(self, definition: McpDefinition) -> str:
        """Return why a server cannot be reached from here, empty when it can."""
        if self._reach is None:
            return "MCP tools are not available in a chain of services."
        return self._reach.refusal(definition)

    def sync(self, definitions: Iterable[McpDefinition]) -> None:
        """List the tools of the servers that are new, have changed, or could not be listed."""
        for definition in definitions:
            server = self._servers.get(definition.label)
            if server is not None and server.state != "failed" and server.definition == definition:
                continue
            if server is not None:
                self._supersede(server)
            self._begin(definition)

    async def listed(self, labels: Iterable[str]) -> None:
        """Return when the tools of these servers are known, or known to be out of reach."""
        found = [self._servers[label].task for label in labels if label in self._servers]
        tasks = [task for task in found if task is not None]
        if tasks:
            # Not gathered: a response that is cancelled while it waits must not end the listing.
            await asyncio.wait(tasks)

    def tools(self, entries: Sequence[Json]) -> tuple[FunctionTool, ...]:
        """Return the tools that may be called, of the servers named among `entries`.

        Parameters
        ----------
        entries
            Tool objects as the session shows them.
        """
        ready = [
            server
            for label in uses_mcp(entries)
            if (server := self._servers.get(label)) is not None and server.state == "ready"
        ]
        return tuple(
            FunctionTool(tool.name, tool.description, tool.input_schema, server.definition.label)
            for server in ready
            for tool in server.item.tools
        )

    def start(self, events: ResponseEvents, call: FunctionCall) -> asyncio.Task[None] | None:
        """Make a call of a response's brain; return what runs, None while nothing does.

        Parameters
        ----------
        events
            The response.
        call
            A call with a `server`.
        """
        item = events.mcp_call(call.server, call.name, call.arguments)
        if item is None:
            return None
        server = self._servers.get(call.server)
        tool = _tool(server, call.name)
        if server is not None and tool is not None and server.definition.asks(tool):
            self._ask(_Waiting(events, item, call))
            return None
        return self._host.spawn(self._run(_Waiting(events, item, call)))

    def check_answer(self, answer: McpApprovalResponse) -> None:
        """Raise `WireError` where an approval answers nothing that waits."""
        if answer.approval_request_id not in self._waiting:
            raise invalid_value(
                "item.approval_request_id",
                f"no approval request with id '{answer.approval_request_id}' waits for an answer.",
            )

    def take_answer(self, answer: McpApprovalResponse) -> None:
        """Let a call run, or fail, as its approval says."""
        waiting = self._waiting.pop(answer.approval_request_id)
        if answer.approve:
            self._host.spawn(self._run(waiting))
            return
        why = f": {answer.reason}" if answer.reason else "."
        denied = McpFailure("tool_execution_error", f"The call was not approved{why}")
        self._settle(waiting, denied)

    # ------------------------------------------------------------------ listing

    def _begin(self, definition: McpDefinition) -> None:
        host = self._host
        item = McpListTools(
            id=new_id("item"),
            type="mcp_list_tools",
            server_label=definition.label,
            made_s=host.now_s(),
        )
        server = _Server(definition, item)
        self._servers[definition.label] = server
        # Before the first event: a client may retrieve the item as soon as it is named.
        previous = host.conversation.add(item)
        host.emit("mcp_list_tools.in_progress", item_id=item.id)
        host.emit("conversation.item.added", previous_item_id=previous, item=item.to_wire())
        server.task = host.spawn(self._list(server))

    async def _list(self, server: _Server) -> None:
        definition = server.definition
        try:
            server.item.tools = await told(self._allowed(definition))
        except McpFailure as failure:
            # The wire's event says only that it failed.
            _log.warning(
                "the tools of the MCP server %s could not be listed: %s",
                definition.label,
                failure.message,
            )
            server.state = "failed"
        else:
            server.state = "ready"
        self._listed(server, "completed" if server.state == "ready" else "failed")

    async def _allowed(self, definition: McpDefinition) -> list[McpTool]:
        if self._reach is None:
            raise McpFailure("protocol_error", "MCP servers cannot be reached from here")
        found = await self._reach.list_tools(definition)
        names = {tool.name for tool in found}
        missing = [name for name in definition.allowed_names or () if name not in names]
        if missing:
            raise McpFailure(
                "protocol_error", f"it has no tool {', '.join(missing)} of allowed_tools"
            )
        tools = [tool for tool in found if definition.allows(tool)]
        try:
            orjson.dumps([tool.to_wire() for tool in tools])
        except TypeError as error:
            raise McpFailure("protocol_error", f"its tools cannot be shown: {error}") from None
        return tools

    def _supersede(self, server: _Server) -> None:
        if server.state == "listing" and server.task is not None:
            server.task.cancel()
            self._listed(server, "failed")

    def _listed(self, server: _Server, how: Literal["completed", "failed"]) -> None:
        emit, item = self._host.emit, server.item
        emit("conversation.item.done", previous_item_id=None, item=item.to_wire())
        emit(f"mcp_list_tools.{how}", item_id=item.id)

    # -------------------------------------------------------------------- calls

    def _ask(self, waiting: _Waiting) -> None:
        item = waiting.item
        request = McpApprovalRequest(
            id=new_id("item"),
            type="mcp_approval_request",
            name=item.name,
            arguments=item.arguments,
            server_label=item.server_label,
            made_s=self._host.now_s(),
        )
        item.approval_request_id = request.id
        self._waiting[request.id] = waiting
        waiting.events.whole(request)

    async def _run(self, waiting: _Waiting) -> None:
        item, call = waiting.item, waiting.call
        waiting.events.mcp_progress(item, "in_progress")
        try:
            item.output = await told(call.outcome() if call.outcome else self._call(item))
        except McpFailure as failure:
            self._settle(waiting, failure)
        else:
            self._settle(waiting, None)

    async def _call(self, item: McpCall) -> str:
        server = self._servers.get(item.server_label)
        if server is None or self._reach is None or _tool(server, item.name) is None:
            raise McpFailure(
                "protocol_error",
                f"the MCP server '{item.server_label}' has no tool '{item.name}' in this session",
                -32602,
            )
        return await self._reach.call(server.definition, item.name, item.arguments)

    def _settle(self, waiting: _Waiting, failure: McpFailure | None) -> None:
        item = waiting.item
        item.error = failure.to_wire() if failure is not None else None
        item.settled = True
        item.status = "completed" if failure is None else "incomplete"
        waiting.events.mcp_progress(item, "completed" if failure is None else "failed")
        waiting.events.settled(item)


def _tool(server: _Server | None, name: str) -> McpTool | None:
    tools = server.item.tools if server is not None and server.state == "ready" else []
    return next((tool for tool in tools if tool.name == name), None)
