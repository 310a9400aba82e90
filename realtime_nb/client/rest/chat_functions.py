"""Functions of the notebook that a model may call in a chat completion."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from realtime_nb.client.junk import as_object, as_text
from realtime_nb.protocol.audio_api.answer import ToolRun
from realtime_nb.protocol.audio_api.completion import chat_tools
from realtime_nb.protocol.tool_definitions import define_function
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    Tool: TypeAlias = Callable[..., Any] | Mapping[str, Any]

_LONGEST_OUTPUT: Final = 200_000


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
        output, problem = await _on_thread(function, cast("dict[str, Any]", arguments))
        return _failed(name, written, problem) if problem else ToolRun(name, written, output)


def _failed(name: str, arguments: str, why: str) -> ToolRun:
    return ToolRun(name, arguments, _as_text({"error": why[:_LONGEST_OUTPUT]}), failed=True)


def _as_text(result: Any) -> str:
    if isinstance(result, str):
        return whole_text(result)[:_LONGEST_OUTPUT]
    try:
        text = orjson.dumps(
            result,
            default=str,
            option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY,
        ).decode()
    except (TypeError, ValueError):
        text = str(result)
    return whole_text(text)[:_LONGEST_OUTPUT]


async def _on_thread(function: Callable[..., Any], arguments: dict[str, Any]) -> tuple[str, str]:
    """Call a function; return what it gives as text, or ``""`` and what it raises.

    On a daemon thread: one that hangs holds up neither loop nor exit. All that may take long or
    fail is done there, the writing out of what it gives too.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[str, str]] = loop.create_future()
    context = contextvars.copy_context()  # what it prints belongs to the cell that asked

    def settle(outcome: tuple[str, str]) -> None:
        if not done.done():
            done.set_result(outcome)

    def work() -> None:
        try:
            outcome = context.run(_called, function, arguments), ""
        except BaseException as error:  # noqa: BLE001 -- SystemExit too must reach the model
            outcome = "", _told(error)
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=work, name="realtime_nb function", daemon=True).start()
    return await done


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
