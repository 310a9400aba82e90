"""The items of MCP in a conversation: a list of tools, a call, a request to approve, its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_nb.server.items import Item

if TYPE_CHECKING:
    from realtime_nb.server.mcp.definition import McpTool

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class McpListTools(Item):
    """The tools that a server offers.

    Parameters
    ----------
    server_label
        Of the server.
    tools
        Those allowed; empty until they are known.
    """

    server_label: str = ""
    tools: list[McpTool] = field(default_factory=list["McpTool"])

    def to_wire(self, *, with_audio: bool = False) -> Json:
        """Return the item's JSON object."""
        del with_audio  # there is none
        return {
            "id": self.id,
            "type": "mcp_list_tools",
            "server_label": self.server_label,
            "tools": [tool.to_wire() for tool in self.tools],
        }


@dataclass(slots=True, eq=False)
class McpCall(Item):
    """A call of a tool; `name`, `arguments` and `output` are those of every item.

    Parameters
    ----------
    server_label
        Of the server.
    approval_request_id
        Of the request that had to be answered first, None without one.
    error
        Why it failed, as on the wire.
    settled
        Whether it is over; without an error it has an output then.
    """

    server_label: str = ""
    approval_request_id: str | None = None
    error: Json | None = None
    settled: bool = False

    def to_wire(self, *, with_audio: bool = False) -> Json:
        """Return the item's JSON object; what is not known yet is null."""
        del with_audio
        return {
            "id": self.id,
            "type": "mcp_call",
            "server_label": self.server_label,
            "name": self.name,
            "arguments": self.arguments,
            "approval_request_id": self.approval_request_id,
            "output": self.output if self.settled and self.error is None else None,
            "error": self.error,
        }


@dataclass(slots=True, eq=False)
class McpApprovalRequest(Item):
    """Somebody is asked whether a call may run.

    Parameters
    ----------
    server_label
        Of the server.
    """

    server_label: str = ""

    def to_wire(self, *, with_audio: bool = False) -> Json:
        """Return the item's JSON object."""
        del with_audio
        return {
            "id": self.id,
            "type": "mcp_approval_request",
            "server_label": self.server_label,
            "name": self.name,
            "arguments": self.arguments,
        }


@dataclass(slots=True, eq=False)
class McpApprovalResponse(Item):
    """The answer to a request to approve.

    Parameters
    ----------
    approval_request_id
        Id of the request's item.
    approve
        Whether the call may run.
    reason
        Why not, None when nobody said.
    """

    approval_request_id: str = ""
    approve: bool = False
    reason: str | None = None

    def to_wire(self, *, with_audio: bool = False) -> Json:
        """Return the item's JSON object."""
        del with_audio
        return {
            "id": self.id,
            "type": "mcp_approval_response",
            "approval_request_id": self.approval_request_id,
            "approve": self.approve,
            "reason": self.reason,
        }
