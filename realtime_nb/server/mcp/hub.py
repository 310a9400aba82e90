"""The MCP servers of one session: their tools are listed, calls run there, approvals awaited.

A call runs beside the response that made it, because the service says of its own that
`response.done` may come before the calls are over, and that the client then asks for the
response that uses what they brought. A call that needs approval waits until somebody
answers, for as long as the session lasts.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

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
    from collections.abc import Coroutine, Iterable, Mapping, Sequence

    from realtime_nb.server.answers.response_events import ResponseEvents
    from realtime_nb.server.brain.interface import FunctionCall
    from realtime_nb.server.emitter import Emitter
    from realtime_nb.server.items import Conversation

Json = dict[str, Any]

MOST_SERVERS: Final = 64
"""MCP servers that one session may name; each is kept until it ends."""
MOST_WAITING: Final = 256
"""Calls that wait for an approval at a time; one more fails."""

_log = logging.getLogger(__name__)
_SHOWN_OF_FAILURE: Final = 500


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
    found: list[McpTool] = field(default_factory=list["McpTool"])
    state: Literal["listing", "ready", "failed"] = "listing"
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A call that waits for an approval."""

    events: ResponseEvents
    item: McpCall
    call: FunctionCall
    definition: McpDefinition | None


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
        if len({*self._servers, definition.label}) > MOST_SERVERS:
            return f"A session may name {MOST_SERVERS} MCP servers, and has done so."
        return self._reach.refusal(definition)

    def sync(self, definitions: Iterable[McpDefinition], *, once: bool = False) -> None:
        """List the tools of the servers that are new, have changed, or could not be listed.

        Parameters
        ----------
        definitions
            Of the servers.
        once
            Whether they are one response's: what that allows and approves is no other listing.
        """
        for definition in definitions:
            server = self._servers.get(definition.label)
            if server is not None and server.state != "failed":
                same = server.definition == definition
                if same or (once and server.definition.is_of_server(definition)):
                    continue
            if server is not None:
                self._supersede(server)
            elif len(self._servers) >= MOST_SERVERS:  # all in one update
                _log.warning("an MCP server was left out: a session has %d at most", MOST_SERVERS)
                continue
            self._begin(definition)

    async def listed(self, labels: Iterable[str]) -> None:
        """Return when the tools of these servers are known, or known to be out of reach."""
        found = [self._servers[label].task for label in labels if label in self._servers]
        tasks = [task for task in found if task is not None]
        if tasks:
            # Not gathered: a response that is cancelled while it waits must not end the listing.
            await asyncio.wait(tasks)

    def tools(
        self, entries: Sequence[Json], definitions: Mapping[str, McpDefinition]
    ) -> tuple[FunctionTool, ...]:
        """Return the tools that may be called, of the servers named among `entries`.

        Parameters
        ----------
        entries
            Tool objects as the session shows them.
        definitions
            What holds for the response, by label.
        """
        return tuple(
            FunctionTool(tool.name, tool.description, tool.input_schema, label)
            for label in uses_mcp(entries)
            for tool in _found(self._servers.get(label))
            if label in definitions and definitions[label].allows(tool)
        )

    def start(
        self,
        events: ResponseEvents,
        call: FunctionCall,
        definitions: Mapping[str, McpDefinition],
    ) -> asyncio.Task[None] | None:
        """Make a call of a response's brain; return what runs, None while nothing does.

        Parameters
        ----------
        events
            The response.
        call
            A call with a `server`.
        definitions
            What holds for the response, by label.
        """
        item = events.mcp_call(call.server, call.name, call.arguments)
        if item is None:
            return None
        tool = _tool(self._servers.get(call.server), call.name)
        definition = definitions.get(call.server)
        waiting = _Waiting(events, item, call, definition)
        if definition is not None and tool is not None and definition.asks(tool):
            if len(self._waiting) >= MOST_WAITING:
                full = "too many calls wait for an approval already"
                self._settle(waiting, McpFailure("protocol_error", full))
                return None
            self._ask(waiting)
            return None
        return self._host.spawn(self._run(waiting))

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
            server.found = await told(self._listed_by(definition))
            server.item.tools = [tool for tool in server.found if definition.allows(tool)]
        except McpFailure as failure:
            # The wire's event says only that it failed.
            _log.warning(
                "the tools of the MCP server %s could not be listed: %s",
                definition.label,
                failure.message[:_SHOWN_OF_FAILURE],
            )
            server.state = "failed"
        else:
            server.state = "ready"
        self._listed(server, "completed" if server.state == "ready" else "failed")

    async def _listed_by(self, definition: McpDefinition) -> list[McpTool]:
        if self._reach is None:
            raise McpFailure("protocol_error", "MCP servers cannot be reached from here")
        found = await self._reach.list_tools(definition)
        names = {tool.name for tool in found}
        missing = [name for name in definition.allowed_names or () if name not in names]
        if missing:
            raise McpFailure(
                "protocol_error", f"it has no tool {', '.join(missing)} of allowed_tools"
            )
        try:
            orjson.dumps([tool.to_wire() for tool in found if definition.allows(tool)])
        except TypeError as error:
            raise McpFailure("protocol_error", f"its tools cannot be shown: {error}") from None
        return found

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
            item.output = await told(call.outcome() if call.outcome else self._call(waiting))
        except McpFailure as failure:
            self._settle(waiting, failure)
        else:
            self._settle(waiting, None)

    async def _call(self, waiting: _Waiting) -> str:
        item, allowed = waiting.item, waiting.definition
        server = self._servers.get(item.server_label)
        tool = _tool(server, item.name)
        known = tool is not None and allowed is not None and allowed.allows(tool)
        if server is None or self._reach is None or not known:
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


def _found(server: _Server | None) -> list[McpTool]:
    return server.found if server is not None and server.state == "ready" else []


def _tool(server: _Server | None, name: str) -> McpTool | None:
    return next((tool for tool in _found(server) if tool.name == name), None)
