"""MCP servers that a script plays: their tools, and what calls of them bring."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from realtime_nb.errors import UsageError
from realtime_nb.server.brain.interface import FunctionCall
from realtime_nb.server.mcp.definition import McpFailure, McpTool
from realtime_nb.server.mcp.package import PackageReach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.server.mcp.definition import McpDefinition

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScriptedServer:
    """One server.

    Parameters
    ----------
    tools
        What it offers.
    fail
        Why its tools cannot be listed; empty when they can.
    wait_ms
        How long listing takes.
    """

    tools: tuple[McpTool, ...] = ()
    fail: str = ""
    wait_ms: float = 0.0


class ScriptedMcp:
    """The servers of a script; servers of other labels are asked for real.

    Parameters
    ----------
    servers
        By label.
    """

    def __init__(self, servers: Mapping[str, ScriptedServer]) -> None:
        self._servers = servers
        self._real = PackageReach()

    def refusal(self, definition: McpDefinition) -> str:
        """Return why a server cannot be reached from here, empty when it can."""
        return "" if definition.label in self._servers else self._real.refusal(definition)

    async def list_tools(self, definition: McpDefinition) -> list[McpTool]:
        """Return all tools of a server; see `reach.McpReach`."""
        server = self._servers.get(definition.label)
        if server is None:
            return await self._real.list_tools(definition)
        await asyncio.sleep(server.wait_ms / 1000.0)
        if server.fail:
            raise McpFailure("protocol_error", server.fail)
        return list(server.tools)

    async def call(self, definition: McpDefinition, name: str, arguments: str) -> str:
        """Run a tool; see `reach.McpReach`."""
        if definition.label in self._servers:
            raise McpFailure("tool_execution_error", "the script says nothing of this call")
        return await self._real.call(definition, name, arguments)


def is_mcp_step(value: Any) -> bool:
    """Return whether a value is a call of an MCP server's tool."""
    if not isinstance(value, dict):
        return False
    step = cast("Json", value)
    names = (step.get("server"), step.get("name"), step.get("output", ""))
    return all(isinstance(name, str) for name in names) and _is_error(step.get("error"))


def mcp_call(step: Json) -> FunctionCall:
    """Return the call that a checked step makes."""
    arguments = json.dumps(step.get("arguments", {}), ensure_ascii=False)
    known = "output" in step or step.get("error") is not None

    async def outcome() -> str:
        await asyncio.sleep(step.get("wait_ms", 0) / 1000.0)
        error = step.get("error")
        if error is not None:
            raise McpFailure(error["type"], error["message"], error.get("code", 0))
        return step["output"]

    return FunctionCall(step["name"], arguments, step["server"], outcome if known else None)


def read_mcp(value: Any, where: str) -> ScriptedMcp:
    """Return the servers of a script.

    Raises
    ------
    UsageError
        When they are none.
    """
    if not isinstance(value, dict):
        raise UsageError(f'{where} is no object; write {{"LABEL": {{"tools": []}}}}')
    servers = cast("Json", value)
    return ScriptedMcp(
        {label: _server(server, f"{where}.{label}") for label, server in servers.items()}
    )


def _server(value: Any, where: str) -> ScriptedServer:
    given = cast("Json", value) if isinstance(value, dict) else {}
    tools = given.get("tools", [])
    if not isinstance(value, dict) or not isinstance(tools, list):
        raise UsageError(f'{where} is no server; write {{"tools": [{{"name": "..."}}]}}')
    listed = [cast("Json", tool) for tool in cast("list[Any]", tools) if isinstance(tool, dict)]
    if len(listed) < len(cast("list[Any]", tools)) or not all("name" in tool for tool in listed):
        raise UsageError(f'{where}.tools holds something without a name; write {{"name": "..."}}')
    return ScriptedServer(
        tuple(
            McpTool(
                str(tool["name"]),
                str(tool.get("description", "")),
                tool.get("input_schema", {"type": "object", "properties": {}}),
                tool.get("annotations"),
            )
            for tool in listed
        ),
        str(given.get("fail", "")),
        float(given.get("wait_ms", 0)),
    )


def _is_error(value: Any) -> bool:
    kinds = {"protocol_error", "tool_execution_error", "http_error"}
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    error = cast("Json", value)
    return error.get("type") in kinds and isinstance(error.get("message"), str)
