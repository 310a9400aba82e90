"""How a function is called for a model."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a function may be called, as the service wants it."""

TIMEOUT_S: Final = 60.0
"""How long a call may take where nothing is said, in seconds."""

OPTIONS_ATTRIBUTE: Final = "__realtime_tool__"
"""Where a function carries options of its own."""

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """How a function is called.

    Attributes
    ----------
    name
        What the model calls it; None for the function's own name.
    description
        What the model is told of it; None for its docstring.
    main
        Whether it runs on the kernel's main thread, between cells, and not on a thread of its
        own.
    approve
        Whether the user is asked before each call.
    timeout_s
        How long a call may take, in seconds; ``math.inf`` for as long as it likes.
    on_interrupt
        What becomes of a call when the user barges in: it is told to stop, or goes on.
    follow_up
        Whether an answer is asked for when the output is in.

    Raises
    ------
    UsageError
        For a value that none of these can have.
    """

    name: str | None = None
    description: str | None = None
    main: bool = False
    approve: bool = False
    timeout_s: float = TIMEOUT_S
    on_interrupt: Literal["cancel", "finish"] = "cancel"
    follow_up: bool = True

    def __post_init__(self) -> None:
        given: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in ("main", "approve", "follow_up"):
            if not isinstance(given[name], bool):
                raise UsageError(f"a tool's {name}= is {given[name]!r}; write True or False.")
        for name in ("name", "description"):
            if not isinstance(given[name], str | None):
                raise UsageError(f"a tool's {name}= is {given[name]!r}; write a text.")
        if self.name is not None and not NAME.fullmatch(self.name):
            raise UsageError(
                f"no tool can be called {self.name!r}; use 1 to 64 letters (a to z), digits, _ and"
                " -."
            )
        seconds = given["timeout_s"]
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
            raise UsageError(
                f"a tool's timeout_s= is {seconds!r}; write seconds above 0, or math.inf for none."
            )
        if given["on_interrupt"] not in ("cancel", "finish"):
            raise UsageError(
                f"a tool's on_interrupt= is {given['on_interrupt']!r}; write 'cancel' or 'finish'."
            )


def with_options(function: F, options: ToolOptions) -> F:
    """Return `function`, which carries `options` from now on.

    Raises
    ------
    UsageError
        For something that can carry none, such as a method.
    """
    try:
        setattr(function, OPTIONS_ATTRIBUTE, options)
    except (AttributeError, TypeError):
        raise UsageError(
            f"{type(function).__name__} objects carry no options; write a function around it."
        ) from None
    return function


def carried_options(function: Any) -> ToolOptions | None:
    """Return the options that a function carries, None for one that carries none."""
    carried: Any = None
    with contextlib.suppress(Exception):  # an object may have attributes that fail
        carried = getattr(function, OPTIONS_ATTRIBUTE, None)
    return carried if isinstance(carried, ToolOptions) else None


def options_of(function: Any) -> ToolOptions:
    """Return the options that a function carries, else those of a function that carries none."""
    return carried_options(function) or ToolOptions()
