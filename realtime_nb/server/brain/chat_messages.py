"""A conversation as the messages of a chat request, and a session's functions as its tools."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.brain.interface import FunctionCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.brain.interface import BrainRequest, ContextItem

Json = dict[str, Any]

_LONGEST_NAME: Final = 64  # characters, as chat services demand
_SILENT: Final = "The user has been silent for a while."


def _told(item: ContextItem) -> str:
    return item.told


def as_messages(
    request: BrainRequest,
    *,
    content: Callable[[ContextItem], str | list[Json]] = _told,
    silent: str = _SILENT,
) -> list[Json]:
    """Return a request's conversation as chat messages.

    Calls made one after the other become one message, as chat services demand. A call whose
    output is missing is left out, and so is an output without its call.

    Parameters
    ----------
    request
        What the answer may look at.
    content
        Gives a message's content: its text or its parts; a message without any is left out.
    silent
        What the model is told when nobody said anything for a while.
    """
    messages: list[Json] = []
    if request.instructions:
        messages.append({"role": "system", "content": request.instructions})
    answered = {item.call_id for item in request.items if item.kind == "function_call_output"}
    called = {item.call_id for item in request.items if item.kind == "function_call"}
    for item in request.items:
        if item.kind == "function_call" and item.call_id in answered:
            _add_call(messages, item)
        elif item.kind == "function_call_output" and item.call_id in called:
            messages.append({"role": "tool", "tool_call_id": item.call_id, "content": item.output})
        elif item.kind == "message" and (said := content(item)):
            messages.append({"role": item.role, "content": said})
    if request.idle:
        messages.append({"role": "system", "content": silent})
    return messages


def chat_tools(request: BrainRequest) -> Json:
    """Return the fields `tools` and `tool_choice` of a chat request; none where it has no tools."""
    tools = request.tools
    choice: Any = request.tool_choice
    if choice == "function" and not request.forced_tool:
        tools = tuple(tool for tool in tools if tool.server == request.forced_server)
        choice = "required"  # any tool of one MCP server
    if not tools or choice == "none":
        return {}
    if choice == "function":
        name = called_as(request.forced_tool, request.forced_server)
        choice = {"type": "function", "function": {"name": name}}
    nothing: Json = {"type": "object", "properties": {}}
    functions = [
        {
            "name": called_as(tool.name, tool.server),
            "description": tool.description,
            "parameters": dict(tool.parameters) or nothing,
        }
        for tool in tools
    ]
    return {
        "tools": [{"type": "function", "function": function} for function in functions],
        "tool_choice": choice,
    }


def called_as(name: str, server: str) -> str:
    """Return what a chat service calls a tool: an MCP server's bears the server's label."""
    return re.sub(r"[^\w-]", "_", f"{server}__{name}")[:_LONGEST_NAME] if server else name


def made_call(request: BrainRequest, name: str, arguments: str) -> FunctionCall:
    """Return the call that a chat service made, by the name that it was told."""
    for tool in request.tools:
        if tool.server and called_as(tool.name, tool.server) == name:
            return FunctionCall(tool.name, arguments, tool.server)
    return FunctionCall(name, arguments)


def _add_call(messages: list[Json], item: ContextItem) -> None:
    function = {"name": called_as(item.name, item.server), "arguments": item.arguments}
    call = {"id": item.call_id, "type": "function", "function": function}
    if messages and messages[-1].get("tool_calls"):
        messages[-1]["tool_calls"].append(call)
    else:
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
