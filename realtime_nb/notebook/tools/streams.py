"""What is printed, by call: the prints of a function to its call, all others where they go.

``contextlib.redirect_stdout`` would take the prints of every thread. Here the streams stay, and
ask whose print it is. What a program writes past Python's streams, as ``os.system`` does, is
not seen; nor what a function prints while a cell has put another stream in their place.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    from realtime_nb.notebook.tools.captured import Captured

_STREAMS: Final = ("stdout", "stderr")

_of_call: ContextVar[Captured | None] = ContextVar("outputs of a call", default=None)


class _Routes:
    """The streams that ask, for as long as any call runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._routed: list[Any] = []

    def begin(self) -> None:
        with self._lock:
            self._calls += 1
            for name in _STREAMS:
                stream: Any = getattr(sys, name)
                if stream is not None and not any(one is stream for one in self._routed):
                    self._route(stream, name)

    def end(self) -> None:
        with self._lock:
            self._calls -= 1
            if self._calls:
                return
            for stream in self._routed:
                with contextlib.suppress(AttributeError):
                    del stream.write
            self._routed.clear()

    def _route(self, stream: Any, name: str) -> None:
        usual = stream.write

        def write(text: Any) -> int | None:
            call = _of_call.get()
            if call is None or not isinstance(text, str):
                return usual(text)
            call.write(name, text)
            return len(text)

        # One that takes no attributes, as of an unusual shell, prints as ever.
        with contextlib.suppress(AttributeError, TypeError):
            stream.write = write
            self._routed.append(stream)


_routes: Final = _Routes()


@contextlib.contextmanager
def own_prints(captured: Captured) -> Generator[None]:
    """Have what is printed inside, on this thread or with its context, go to `captured`."""
    _routes.begin()
    token = _of_call.set(captured)
    try:
        yield
    finally:
        _of_call.reset(token)
        _routes.end()
