"""A conversation as chat messages: words, pictures, calls and their outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from realtime_nb.server.brain.interface import BrainRequest, ContextItem

Json = dict[str, Any]

NO_WORDS: Final = "(The user said something of which no words could be made out.)"
_SILENT: Final = "(The user has said nothing for a while: ask whether they are still there.)"


def chat_body(request: BrainRequest) -> Json:
    """Return the fields of a chat request: its messages, and the session's functions.

    Calls made one after the other become one message, as chat services demand. A call whose
    output is missing is left out, and so is an output without its call.
    """
    messages: list[Json] = []
    if request.instructions:
        messages.append({"role": "system", "content": request.instructions})
    items = request.items
    answered = {item.call_id for item in items if item.kind == "function_call_output"}
    called = {item.call_id for item in items if item.kind == "function_call"}
    for item in items:
        if item.kind == "function_call" and item.call_id in answered:
            _add_call(messages, item)
        elif item.kind == "function_call_output" and item.call_id in called:
            messages.append({"role": "tool", "tool_call_id": item.call_id, "content": item.output})
        elif item.kind == "message" and (content := _content(item)):
            messages.append({"role": item.role, "content": content})
    if request.idle:
        messages.append({"role": "system", "content": _SILENT})
    return {"messages": messages, **_tools(request)}


def _content(item: ContextItem) -> str | list[Json]:
    text = item.text or (NO_WORDS if item.spoken else "")
    if not item.image_urls:
        return text
    words: list[Json] = [{"type": "text", "text": text}] if text else []
    return words + [{"type": "image_url", "image_url": {"url": url}} for url in item.image_urls]


def _add_call(messages: list[Json], item: ContextItem) -> None:
    function = {"name": item.name, "arguments": item.arguments}
    call = {"id": item.call_id, "type": "function", "function": function}
    if messages and messages[-1].get("tool_calls"):
        messages[-1]["tool_calls"].append(call)
    else:
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})


def _tools(request: BrainRequest) -> Json:
    if not request.tools or request.tool_choice == "none":
        return {}
    choice: Any = request.tool_choice
    if choice == "function":
        choice = {"type": "function", "function": {"name": request.forced_tool}}
    nothing: Json = {"type": "object", "properties": {}}
    functions = [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters) or nothing,
        }
        for tool in request.tools
    ]
    return {
        "tools": [{"type": "function", "function": function} for function in functions],
        "tool_choice": choice,
    }
