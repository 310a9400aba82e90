"""Functions of the notebook that a model may call in a chat completion."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from realtime_nb.client.junk import as_object, as_text
from realtime_nb.client.rest.daemon_thread import on_daemon_thread
from realtime_nb.protocol.audio_api.answer import ToolRun
from realtime_nb.protocol.audio_api.completion import chat_tools
from realtime_nb.protocol.tool_definitions import define_function
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    Tool: TypeAlias = Callable[..., Any] | Mapping[str, Any]

_LONGEST_OUTPUT: Final = 200_000
_SHORTENED: Final = "[the function returned {count:,} characters; these are the first of them]\n"


class Functions:
    """The tools of a conversation: those that can be run here, and mere definitions.

    Parameters
    ----------
    tools
        Functions, sync or async, whose signatures and docstrings define them; and definitions
        in the shape of Chat Completions or of a realtime session.

    Raises
    ------
    UsageError
        For a definition that could not be called.
    ConfigError
        For a function that JSON cannot describe.
    """

    def __init__(self, tools: Sequence[Tool | str]) -> None:
        given: list[Any] = [define_function(tool) if callable(tool) else tool for tool in tools]
        self.definitions = chat_tools(given)
        self._functions = {
            str(definition["name"]): tool
            for definition, tool in zip(given, tools, strict=True)
            if callable(tool)
        }
        self._defined = {
            as_text(as_object(definition.get("function")).get("name"))
            for definition in self.definitions
        }

    def runs(self, call: Mapping[str, Any]) -> bool:
        """Whether a call is answered here; one of a mere definition is the caller's."""
        name = call["function"]["name"]
        return name in self._functions or name not in self._defined

    async def run(self, call: Mapping[str, Any]) -> ToolRun:
        """Return what a call gives; what it raises is told to the model as an error.

        The function runs on a thread of its own, an async one on a loop of its own there.
        """
        name, written = str(call["function"]["name"]), str(call["function"]["arguments"])
        function = self._functions.get(name)
        if function is None:
            known = ", ".join(self._functions) or "none"
            return _failed(name, written, f"there is no function {name}; there are: {known}")
        try:
            arguments: Any = orjson.loads(written or "{}")
        except ValueError:
            return _failed(name, written, "the arguments are no JSON")
        if not isinstance(arguments, dict):
            return _failed(name, written, "the arguments are no JSON object")
        # One that hangs holds up neither loop nor exit.
        output, problem = await on_daemon_thread(
            partial(_outcome, function, cast("dict[str, Any]", arguments)), "function"
        )
        return _failed(name, written, problem) if problem else ToolRun(name, written, output)


def _failed(name: str, arguments: str, why: str) -> ToolRun:
    return ToolRun(name, arguments, _as_text({"error": why[: _LONGEST_OUTPUT // 8]}), failed=True)


def _as_text(result: Any) -> str:
    if isinstance(result, str):
        return _fitting(whole_text(result))
    try:
        text = orjson.dumps(
            result,
            default=str,
            option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY,
        ).decode()
    except (TypeError, ValueError):
        text = str(result)
    return _fitting(whole_text(text))


def _fitting(text: str) -> str:
    """Return a text that is not too long to send, and says so where it was: half JSON is none."""
    if len(text) <= _LONGEST_OUTPUT:
        return text
    told = _SHORTENED.format(count=len(text))
    return told + text[: _LONGEST_OUTPUT - len(told)]


def _outcome(function: Callable[..., Any], arguments: dict[str, Any]) -> tuple[str, str]:
    """Call a function; return what it gives as text, or ``""`` and what it raises.

    All that may take long or fail is done here, the writing out of what it gives too.
    """
    try:
        return _called(function, arguments), ""
    except BaseException as error:  # noqa: BLE001 -- SystemExit too must reach the model
        return "", _told(error)


def _told(error: BaseException) -> str:
    """Return what an error says, in one line; one that cannot say it has its name."""
    name, said = type(error).__name__, ""
    with contextlib.suppress(Exception):
        said = whole_text(" ".join(str(error).split()))
    return f"{name}: {said}" if said else name


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> str:
    result = function(**arguments)
    return _as_text(asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result)


async def _awaited(result: Any) -> Any:
    return await result
