"""What a bridge needs of whatever shows a session: messages out, messages in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

Message: TypeAlias = dict[str, Any]
Buffers: TypeAlias = Sequence[bytes | memoryview]
Handler: TypeAlias = Callable[[Message, Buffers], None]


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
