"""Functions of the notebook that a model may call in a chat completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.running import ToolCall, run_tool
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.answer import ToolRun
from realtime_nb.protocol.audio_api.completion import chat_tools
from realtime_nb.protocol.told import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    Tool: TypeAlias = Callable[..., Any] | Mapping[str, Any]


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
        For a definition that could not be called, and for a function that asks for what only a
        session has: approval, or the main thread.
    ConfigError
        For a function that JSON cannot describe.
    """

    def __init__(self, tools: Sequence[Tool | str]) -> None:
        self._registry = ToolRegistry()
        self.definitions = chat_tools([self._defined_by(tool) for tool in tools])
        self._defined = {
            as_text(as_object(definition.get("function")).get("name"))
            for definition in self.definitions
        }

    def runs(self, call: Mapping[str, Any]) -> bool:
        """Whether a call is answered here; one of a mere definition is the caller's."""
        name = call["function"]["name"]
        return name in self._registry or name not in self._defined

    async def run(self, call: Mapping[str, Any]) -> ToolRun:
        """Return what a call gives; what goes wrong is told to the model, see `run_tool`."""
        name, written = str(call["function"]["name"]), str(call["function"]["arguments"])
        outcome = await run_tool(
            self._registry.get(name),
            ToolCall(str(call.get("id", "")), name, written),
            known=self._registry.names,
        )
        return ToolRun(name, written, outcome.output, failed=outcome.status != "ok")

    def _defined_by(self, tool: Tool | str) -> Any:
        if not callable(tool):
            return tool
        made = self._registry.add(tool)
        if made.options.approve or made.options.main:
            asks = "approve" if made.options.approve else "main"
            raise UsageError(
                f"the tool {made.name}() has {asks}=True, which a %%realtime chat can do and"
                " questions over REST cannot; leave it out."
            )
        return made.definition
