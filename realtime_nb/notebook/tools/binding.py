"""The functions behind a cell's ``tools:``, which run when the model calls them.

A definition alone goes to the service; the function it was made of stays here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.definition import define_function, define_tools
from realtime_nb.protocol.tools.options import ToolOptions, with_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., Any]")


@overload
def tool(function: F) -> F: ...
@overload
def tool(**options: Any) -> Callable[[F], F]: ...
def tool(function: Any = None, **options: Any) -> Any:
    """Say how a function is to be called as a tool, before there is a chat it belongs to.

    ``@realtime_nb.tool(approve=True)`` above a function, and the function's name among the
    ``tools:`` of a cell. `Chat.tool` registers a function with a chat that is there.

    Parameters
    ----------
    function
        The function, where the decorator stands without parentheses.
    **options
        Fields of `realtime_nb.protocol.tools.options.ToolOptions`.

    Raises
    ------
    UsageError
        For an option that there is not.
    """
    made = read_options(options)

    def mark(marked: F) -> F:
        return with_options(marked, made)

    if function is None:
        return mark
    if not callable(function):
        raise UsageError("@realtime_nb.tool takes options by name, as in tool(approve=True).")
    return mark(cast("Any", function))


def read_options(options: Mapping[str, Any]) -> ToolOptions:
    """Return options by their names.

    Raises
    ------
    UsageError
        For one that there is not, or a value that is none.
    """
    try:
        return ToolOptions(**options)
    except TypeError:
        known = ToolOptions.__dataclass_fields__
        unknown = ", ".join(name for name in options if name not in known)
        raise UsageError(f"a tool has no option {unknown}; there are {', '.join(known)}.") from None


def bind_tools(tools: Any, names: Mapping[str, Any]) -> tuple[Any, dict[str, Callable[..., Any]]]:
    """Return tools as `define_tools` does, and the functions among them by tool name.

    Parameters
    ----------
    tools
        What stands for `tools`.
    names
        The notebook's variables.

    Raises
    ------
    ConfigError
        When a function cannot be described.
    """
    functions: dict[str, Callable[..., Any]] = {}

    def defined(entry: Any) -> Any:
        value = names.get(entry) if isinstance(entry, str) else entry
        if not callable(value) or isinstance(value, dict):
            return entry
        definition = define_function(value)
        functions[str(definition["name"])] = value
        return definition

    if isinstance(tools, list | tuple):
        written: Any = [defined(entry) for entry in cast("list[Any]", tools)]
    else:
        written = defined(tools)
    return define_tools(written, names), functions
