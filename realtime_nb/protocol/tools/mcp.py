"""What a service's MCP servers are doing, by its events: lists of tools, and calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.protocol.bounded import BoundedDict
from realtime_nb.protocol.told import as_list, as_object

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event

MAX_MCP_CALLS: Final = 1000
"""Calls that are kept; past them the first one goes."""
_MAX_SERVERS: Final = 128
_NO_REASON: Final = "the service gave no reason"

ServerState: TypeAlias = Literal["listing", "ready", "failed"]
CallState: TypeAlias = Literal["arguments", "running", "ok", "failed"]


@dataclass(frozen=True, slots=True)
class McpServer:
    """One MCP server of the session.

    Attributes
    ----------
    label
        Its ``server_label``.
    state
        ``"listing"`` while the service asks it for its tools, then ``"ready"`` or
        ``"failed"``. Its tools can be used when it is ready.
    tools
        Names of its tools.
    error
        Why the listing failed.
    item_id
        The item that holds the list; empty before there is one.
    """

    label: str
    state: ServerState = "listing"
    tools: tuple[str, ...] = ()
    error: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class McpCall:
    """One call that the service makes by itself.

    Attributes
    ----------
    item_id
        Its item.
    server, name, arguments
        What is called.
    state
        ``"arguments"`` while the model writes them, ``"running"``, ``"ok"`` or ``"failed"``.
    output, error
        What came of it.
    approval_id
        The request for approval that came before; empty when there was none.
    started_ms, took_ms
        When it was first heard of on the session's clock, and how long it took.
    """

    item_id: str
    server: str = ""
    name: str = ""
    arguments: str = ""
    state: CallState = "arguments"
    output: str = ""
    error: str = ""
    approval_id: str = ""
    started_ms: float = 0.0
    took_ms: float = 0.0


class McpBook:
    """The servers and calls that the events so far have told of.

    Attributes
    ----------
    servers
        The servers by label.
    calls
        The calls by item id, the oldest first, at most `MAX_MCP_CALLS`.
    """

    def __init__(self) -> None:
        self.servers: BoundedDict[str, McpServer] = BoundedDict(_MAX_SERVERS)
        self.calls: BoundedDict[str, McpCall] = BoundedDict(MAX_MCP_CALLS)
        # Lists that have begun and whose server is not known yet.
        self._nameless: BoundedDict[str, None] = BoundedDict(_MAX_SERVERS)

    def received(self, event: Event, t_ms: float) -> McpServer | McpCall | None:
        """Take in a server event; return what has changed by it.

        Parameters
        ----------
        event
            The event.
        t_ms
            Milliseconds since the session's start.
        """
        kind = event.type
        if kind.startswith("mcp_list_tools."):
            return self._listing(kind.rpartition(".")[2], event)
        if kind.startswith("response.mcp_call"):
            return self._calling(kind, event, t_ms)
        if kind in ("session.created", "session.updated"):
            return self._configured(event)
        wire = as_object(event.get("item"))
        match wire.get("type"):
            case "mcp_list_tools":
                return self._listed(wire)
            case "mcp_call":
                return self._called(wire, t_ms, done=kind == "response.output_item.done")
            case _:
                return None

    # -- lists

    def _configured(self, event: Event) -> McpServer | None:
        """Note the servers of the session: a listing that fails may name none."""
        last = None
        tools = event.get("session.tools")
        for tool in map(as_object, as_list(tools)):
            label = tool.get("server_label")
            if tool.get("type") == "mcp" and isinstance(label, str) and label not in self.servers:
                last = self._put(McpServer(label))
        return last

    def _listing(self, step: str, event: Event) -> McpServer | None:
        item_id = _text(event.get("item_id"))
        server = next((one for one in self.servers.values() if one.item_id == item_id), None)
        if server is None:
            if step == "in_progress":
                self._nameless[item_id] = None
                return None
            # Never named: where a single one is asked, it is that one.
            asked = [one for one in self.servers.values() if one.state == "listing"]
            if len(asked) != 1 or not item_id:
                return None
            server = replace(asked[0], item_id=item_id)
        self._nameless.pop(item_id, None)
        if step == "failed":
            error = server.error or _reason(event.get("error")) or _NO_REASON
            return self._put(replace(server, state="failed", error=error))
        state: ServerState = "ready" if step == "completed" else "listing"
        return self._put(replace(server, state=state, error=""))

    def _listed(self, wire: dict[str, Any]) -> McpServer | None:
        label = wire.get("server_label")
        if not isinstance(label, str):
            return None
        given = wire.get("tools")
        tools = tuple(
            name
            for tool in map(as_object, as_list(given))
            if isinstance(name := tool.get("name"), str)
        )
        before = self.servers.get(label, McpServer(label))
        error = _reason(wire.get("error")) or before.error
        item_id = _text(wire.get("id"))
        return self._put(replace(before, tools=tools or before.tools, error=error, item_id=item_id))

    def _put(self, server: McpServer) -> McpServer:
        self.servers[server.label] = server
        return server

    # -- calls

    def _called(self, wire: dict[str, Any], t_ms: float, *, done: bool) -> McpCall | None:
        item_id = wire.get("id")
        if not isinstance(item_id, str) or not item_id:
            return None
        before = self.calls.get(item_id, McpCall(item_id, started_ms=t_ms))
        output, error = _text(wire.get("output")), _reason(wire.get("error"))
        call = replace(
            before,
            server=_text(wire.get("server_label")) or before.server,
            name=_text(wire.get("name")) or before.name,
            arguments=_text(wire.get("arguments")) or before.arguments,
            output=output or before.output,
            error=error or before.error,
            approval_id=_text(wire.get("approval_request_id")) or before.approval_id,
        )
        if error:
            call = _ended(call, "failed", t_ms)
        elif done or output:
            call = _ended(call, "failed" if call.error else "ok", t_ms)
        return self._keep(call)

    def _calling(self, kind: str, event: Event, t_ms: float) -> McpCall | None:
        item_id = _text(event.get("item_id"))
        if not item_id:
            return None
        call = self.calls.get(item_id, McpCall(item_id, started_ms=t_ms))
        match kind:
            case "response.mcp_call_arguments.delta":
                call = replace(call, arguments=call.arguments + _text(event.get("delta")))
            case "response.mcp_call_arguments.done":
                call = replace(call, arguments=_text(event.get("arguments")) or call.arguments)
            case "response.mcp_call.in_progress":
                call = replace(call, state="running")
            case "response.mcp_call.completed":
                call = _ended(call, "ok", t_ms)
            case "response.mcp_call.failed":
                error = call.error or _reason(event.get("error")) or _NO_REASON
                call = _ended(replace(call, error=error), "failed", t_ms)
            case _:
                return None
        return self._keep(call)

    def _keep(self, call: McpCall) -> McpCall:
        self.calls[call.item_id] = call
        return call


def _ended(call: McpCall, state: CallState, t_ms: float) -> McpCall:
    # The end is told up to three times; the first one is when it was.
    took_ms = call.took_ms or max(0.0, t_ms - call.started_ms)
    return replace(call, state=state, took_ms=took_ms)


def _reason(error: Any) -> str:
    """Return what an error of the wire says: an object of three kinds, or a text."""
    if isinstance(error, str):
        return error
    fields = as_object(error)
    said = _text(fields.get("message")) or _text(fields.get("type"))
    code = fields.get("code")
    return f"{said} ({code})" if said and isinstance(code, int | str) and code != "" else said


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
