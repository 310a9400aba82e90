"""Whether the tools of a session can be called, and the one chosen is among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SERVERS: Final = ("server_url", "connector_id", "tunnel_id")


def check_tools(config: Mapping[str, Any], effective: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with `tools` and `tool_choice`.

    Parameters
    ----------
    config
        The session asked for.
    effective
        The session in force, empty where there is none: a tool may be chosen that it has,
        and an MCP server that it knows needs no more than its label.
    """
    tools = _entries(config.get("tools"))
    known = _labels(_entries(effective.get("tools")))
    for place, tool in tools.items():
        path = f"tools[{place}]"
        if isinstance(tool, str):
            yield _unregistered(path, tool)
        elif isinstance(tool, dict):
            entry = cast("dict[str, Any]", tool)
            if entry.get("type") == "mcp":
                yield from _mcp(path, entry, known)
            else:
                yield from _function(path, entry)
    yield from _twice(tools, "function", "name")
    yield from _twice(tools, "mcp", "server_label")
    yield from _choice(config, tools or _entries(effective.get("tools")))


def _entries(tools: Any) -> dict[int, Any]:
    return dict(enumerate(cast("list[Any]", tools))) if isinstance(tools, list) else {}


def _unregistered(path: str, name: str) -> Problem:
    message = f"`{path}`: no tool called {shown(name)} is registered"
    return Problem(path, message, "register it, or write {type: function, name: …, parameters: …}")


def _function(path: str, tool: dict[str, Any]) -> Iterator[Problem]:
    if "name" not in tool:
        if tool.get("type") == "function":
            yield Problem(f"{path}.name", f"`{path}` is a function without `name`", "give it one")
    elif isinstance(name := tool["name"], str) and not _NAME.fullmatch(name):
        message = f"`{path}.name` is {shown(name)}, which no function can be called"
        advice = "use 1 to 64 letters (a to z), digits, _ and -"
        yield Problem(f"{path}.name", message, advice)
    if "parameters" in tool:
        yield from _schema(f"{path}.parameters", tool["parameters"])


def _schema(path: str, schema: Any) -> Iterator[Problem]:
    if not isinstance(schema, dict):
        advice = "write {type: object, properties: …}"
        yield Problem(path, f"`{path}` is {shown(schema)}, and takes a JSON schema", advice)
        return
    kind = cast("dict[str, Any]", schema).get("type", "object")
    if kind != "object":
        message = f"`{path}.type` is {shown(kind)}, and a function's parameters are an object"
        yield Problem(f"{path}.type", message, "write `type: object` and name the parameters")


def _mcp(path: str, tool: dict[str, Any], known: set[str]) -> Iterator[Problem]:
    given = [name for name in _SERVERS if tool.get(name) is not None]
    if len(given) > 1:
        message = f"`{path}` has {' and '.join(f'`{name}`' for name in given)}"
        yield Problem(f"{path}.{given[1]}", message, "keep one of them")
    elif not given and tool.get("server_label") not in known:
        message = f"`{path}` does not say where its MCP server is"
        advice = "write one of `server_url`, `connector_id`, `tunnel_id`"
        yield Problem(f"{path}.server_url", message, advice)
    if _has_user(tool.get("server_url")):
        message = f"`{path}.server_url` carries a user or a password, which a saved notebook keeps"
        advice = "put it into `authorization` or `headers`, from the environment"
        yield Problem(f"{path}.server_url", message, advice)


def _has_user(url: Any) -> bool:
    host = (
        re.split(r"[/?#]", url.rpartition("://")[2], maxsplit=1)[0] if isinstance(url, str) else ""
    )
    return "@" in host


def _twice(tools: Mapping[int, Any], kind: str, key: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for place, tool in tools.items():
        name = _name_of(tool, kind, key)
        if name in seen:
            path = f"tools[{place}].{key}"
            message = f"`{path}` is {shown(name)}, as `tools[{seen[name]}]` is called already"
            yield Problem(path, message, "give it another name, or leave one out")
        elif name:
            seen[name] = place


def _name_of(tool: Any, kind: str, key: str) -> str:
    if isinstance(tool, str):
        return tool if kind == "function" else ""
    if not isinstance(tool, dict):
        return ""
    entry = cast("dict[str, Any]", tool)
    name = entry.get(key) if entry.get("type") == kind else None
    return name if isinstance(name, str) else ""


def _labels(tools: Mapping[int, Any]) -> set[str]:
    return {_name_of(tool, "mcp", "server_label") for tool in tools.values()} - {""}


def _choice(config: Mapping[str, Any], tools: Mapping[int, Any]) -> Iterator[Problem]:
    choice = config.get("tool_choice")
    if not isinstance(choice, dict) or config.get("prompt"):
        return  # a stored prompt may bring tools that are not known here
    for kind, key in (("function", "name"), ("mcp", "server_label")):
        wanted = _name_of(choice, kind, key)
        names = {_name_of(tool, kind, key) for tool in tools.values()} - {""}
        if wanted and wanted not in names:
            path = f"tool_choice.{key}"
            message = f"`{path}` is {shown(wanted)}, and no tool of the session is called so"
            near = nearest(wanted, names).removeprefix("; ")
            listed = f"there are {', '.join(sorted(names))}" if names else "write it into `tools`"
            yield Problem(path, message, near or listed)
