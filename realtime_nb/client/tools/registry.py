"""The functions that a model may call in a session, by name."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from realtime_nb.client.listeners import Listeners
from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tools.definition import define_function
from realtime_nb.protocol.tools.options import ToolOptions, options_of

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Tool:
    """A function that a model may call.

    Attributes
    ----------
    name
        What the model calls it.
    function
        What is called.
    options
        How it is called.
    definition
        What the model is told of it, in the service's shape.
    made_s
        When it was defined, in seconds since the epoch.
    """

    name: str
    function: Callable[..., Any]
    options: ToolOptions
    definition: dict[str, Any]
    made_s: float


class ToolRegistry:
    """The tools of a session, from any thread, in the order they came.

    Parameters
    ----------
    find
        Returns what the notebook has under a name now, None for nothing. A function that was
        registered is followed: when its name stands for a function of the same name and
        module, defined in a later cell, that is the one from then on. A name that stands for
        nothing any more, or for something else, changes nothing.
    """

    def __init__(self, find: Callable[[str], Any] | None = None) -> None:
        self._find = find
        self._lock = threading.RLock()
        self._tools: dict[str, Tool] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._problems: dict[str, tuple[Any, str]] = {}
        self._listeners: Listeners[str, Tool | None] = Listeners()

    def add(self, function: Callable[..., Any], options: ToolOptions | None = None) -> Tool:
        """Take in a function; one of the same name is replaced.

        Parameters
        ----------
        function
            What a model may call.
        options
            How; None for what the function carries.

        Raises
        ------
        ConfigError
            When the function cannot be described; the tool and the parameter are named.
        """
        tool = _made(function, options or options_of(function))
        with self._lock:
            self._tools[tool.name] = tool
            self._told[tool.name] = tool.definition
            self._problems.pop(tool.name, None)
        self._listeners.tell(tool.name, tool)
        return tool

    def remove(self, name: str) -> None:
        """Forget a tool; a call of it that is under way goes on.

        Raises
        ------
        KeyError
            When there is none of this name.
        """
        with self._lock:
            del self._tools[name]
            self._told.pop(name, None)
            self._problems.pop(name, None)
        self._listeners.tell(name, None)

    def get(self, name: str) -> Tool | None:
        """Return a tool as it is now, its function the newest that the notebook has."""
        with self._lock:
            tool = self._tools.get(name)
            return None if tool is None else self._newest(tool)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __len__(self) -> int:
        return len(self._tools)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tools, in the order they came."""
        with self._lock:
            return tuple(self._tools)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools as they are now, in the order they came."""
        with self._lock:
            return tuple(self._newest(tool) for tool in tuple(self._tools.values()))

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with functions that were defined anew and cannot be described.

        Until they can, the function before them is the one that is called.
        """
        with self._lock:
            return {name: text for name, (_, text) in self._problems.items()}

    def definitions(self) -> list[dict[str, Any]]:
        """Return what the model is to be told of each tool, as it is now."""
        return [tool.definition for tool in self.tools]

    def changed(self) -> list[Tool]:
        """Return the tools whose definition is another than when this was last asked."""
        with self._lock:
            new = [tool for tool in self.tools if tool.definition != self._told.get(tool.name)]
            self._told |= {tool.name: tool.definition for tool in new}
            return new

    def subscribe(self, listener: Callable[[str, Tool | None], object]) -> Callable[[], None]:
        """Have `listener(name, tool)` called when a tool is added, replaced or, None, removed.

        Returns
        -------
        Callable
            What ends it.
        """
        return self._listeners.add(listener)

    def _newest(self, tool: Tool) -> Tool:
        found = self._followed(tool)
        if found is None:
            return tool
        problem = self._problems.get(tool.name)
        if problem is not None and problem[0] is found:
            return tool
        # What the function carries itself is newer than what was said of the one before it.
        carried = options_of(found)
        options = tool.options if carried == ToolOptions() else replace(carried, name=tool.name)
        try:
            newest = _made(found, replace(options, name=tool.name))
        except ConfigError as error:
            self._problems[tool.name] = (found, str(error))
            return tool
        self._problems.pop(tool.name, None)
        newest = replace(newest, options=options)
        self._tools[tool.name] = newest
        return newest

    def _followed(self, tool: Tool) -> Any:
        """Return the function that stands for a tool's now, where it is another."""
        called = getattr(tool.function, "__name__", None)
        if self._find is None or not isinstance(called, str):
            return None
        found = self._find(called)
        if found is None or found is tool.function or not callable(found):
            return None
        same = all(
            getattr(found, key, None) == getattr(tool.function, key, None)
            # Not the name alone: a function within another may be called as one of a cell is.
            for key in ("__name__", "__qualname__", "__module__")
        )
        return found if same else None


def _made(function: Callable[..., Any], options: ToolOptions) -> Tool:
    definition = define_function(function, name=options.name, description=options.description)
    return Tool(definition["name"], function, options, definition, time.time())
