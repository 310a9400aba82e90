"""What a bridge needs of whatever shows a session: messages out, messages in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

Message: TypeAlias = dict[str, Any]
Buffers: TypeAlias = Sequence[bytes | memoryview]
Handler: TypeAlias = Callable[[Message, Buffers], None]
PageHandler: TypeAlias = Callable[[str, Message, Buffers], None]
"""Of one kind of message: which page sent it, the message, and its buffers."""


def told(handle: Callable[[Message], None]) -> PageHandler:
    """Return a handler that needs to know the message alone."""
    return lambda _client, message, _buffers: handle(message)


def untold(handle: Callable[[], None]) -> PageHandler:
    """Return a handler that needs to know nothing."""
    return lambda _client, _message, _buffers: handle()


class View(Protocol):
    """A page, or several pages of one notebook, behind one channel."""

    def send_message(self, message: Message, buffers: Buffers = ()) -> None:
        """Send one message to every page. May be called from any thread, never waits."""
        ...

    def on_message(self, handler: Handler) -> Callable[[], None]:
        """Call `handler` for every message from a page, on whichever thread it comes.

        Returns
        -------
        Callable
            Takes the handler off again.
        """
        ...
