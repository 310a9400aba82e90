"""Functions called for events, by type: the `on` style of the ``openai`` package."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, overload

if TYPE_CHECKING:
    from typing import Self

Handler: TypeAlias = Callable[..., Any]

EVERY_EVENT: Final = "event"
"""The type under which a handler is called for every event."""


class Handlers:
    """Handlers by type of event, each as often as it was added, in that order."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[Handler, bool]]] = {}

    def add(self, event_type: str, handler: Handler, *, once: bool = False) -> None:
        """Add a handler; with `once` it goes when it is taken."""
        self._kept.setdefault(event_type, []).append((handler, once))

    def remove(self, event_type: str, handler: Handler) -> None:
        """Remove a handler, the first where it was added several times."""
        kept = self._kept.get(event_type, [])
        place = next((i for i, (known, _) in enumerate(kept) if known == handler), None)
        if place is not None:
            del kept[place]

    def take(self, event_type: str) -> list[Handler]:
        """Return the handlers that an event of this type is for."""
        kept = self._kept.get(event_type, [])
        self._kept[event_type] = [entry for entry in kept if not entry[1]]
        return [handler for handler, _ in kept]


class TakesHandlers:
    """`on`, `off` and `once`, for a connection and for what it is made by."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    @overload
    def on(self, event_type: str, handler: Handler) -> Self: ...
    @overload
    def on(self, event_type: str) -> Callable[[Handler], Handler]: ...
    def on(self, event_type: str, handler: Handler | None = None) -> Any:
        """Have `handler`, a function or coroutine function, called with events of a type.

        Parameters
        ----------
        event_type
            Type of the events; ``"event"`` for all.
        handler
            What is called by `dispatch_events`. Left out, this is a decorator.

        Returns
        -------
        object
            Itself, or the decorator.
        """
        return self._add(event_type, handler, once=False)

    @overload
    def once(self, event_type: str, handler: Handler) -> Self: ...
    @overload
    def once(self, event_type: str) -> Callable[[Handler], Handler]: ...
    def once(self, event_type: str, handler: Handler | None = None) -> Any:
        """As `on`, for the next such event only."""
        return self._add(event_type, handler, once=True)

    def off(self, event_type: str, handler: Handler) -> Self:
        """Call `handler` no more."""
        self._handlers.remove(event_type, handler)
        return self

    def _add(self, event_type: str, handler: Handler | None, *, once: bool) -> Any:
        def decorator(function: Handler) -> Handler:
            self._handlers.add(event_type, function, once=once)
            return function

        if handler is None:
            return decorator
        decorator(handler)
        return self
