"""Tools by name: ``tools: [get_weather]`` means what the notebook calls `get_weather`."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from realtime_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def define_tools(tools: Any, names: Mapping[str, Any]) -> Any:
    """Return `tools` as written, with functions and names in it replaced by definitions.

    Parameters
    ----------
    tools
        What stands for `tools`; anything that is neither a function nor a list nor a name
        comes back as it is.
    names
        The notebook's variables. A name may stand for a definition in the service's shape
        (a dict), or for a function, whose signature and docstring then define it. Names
        that stand for nothing of the kind stay, for the check to find.

    Raises
    ------
    ConfigError
        When a function has an argument that JSON cannot describe.
    """
    if isinstance(tools, list | tuple):
        return [_define(tool, names) for tool in cast("list[Any]", tools)]
    defined = _define(tools, names) if isinstance(tools, str) or callable(tools) else tools
    return [defined] if isinstance(defined, dict) else defined


def _define(tool: Any, names: Mapping[str, Any]) -> Any:
    value = names.get(tool) if isinstance(tool, str) else tool
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    if callable(value):
        return define_function(value)
    return tool


def define_function(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the definition of a function tool: name, description, and parameters by name.

    Raises
    ------
    ConfigError
        When an argument cannot be given by name, or has a type that JSON cannot describe.
    """
    # Imported here: pydantic takes a moment to load.
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415
    from pydantic.errors import PydanticUserError  # noqa: PLC0415

    name = getattr(function, "__name__", type(function).__name__)
    try:
        described = TypeAdapter[Any](
            _describable(function), config=ConfigDict(arbitrary_types_allowed=False)
        ).json_schema()
    except (PydanticUserError, TypeError, NameError) as error:
        why = " ".join(str(error).split())[:200]
        raise ConfigError(f"the tool {name}() cannot be described: {why}") from None
    if described.get("type") != "object":
        raise ConfigError(
            f"the tool {name}() has arguments without names (*args, or before a /); a model calls"
            " by name, so give each a name."
        )
    definition: dict[str, Any] = {"type": "function", "name": name}
    if told := inspect.getdoc(_describable(function)):
        definition["description"] = told
    definition["parameters"] = described
    return definition


def _describable(function: Any) -> Any:
    """Return what has the signature: of an object that can be called, its method."""
    is_itself = inspect.isroutine(function) or isinstance(function, type | partial)
    return cast("Any", function) if is_itself else function.__call__
