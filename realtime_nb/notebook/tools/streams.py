"""What is printed and displayed, by call: a call's own goes to it, all else where it goes.

``contextlib.redirect_stdout`` would take the prints of every thread. Here the streams stay, and
ask whose print it is; so do displays. Whose it is goes by context, so that what a call leaves
running on the main thread's loop is still its own.

Not seen is what is written past Python's streams, as by ``os.system``, what a thread prints that
a function starts without its context, and what is printed while a cell has put another stream
in their place.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Generator

    from realtime_nb.notebook.tools.captured import Captured

_STREAMS: Final = ("stdout", "stderr")

_of_call: ContextVar[Captured | None] = ContextVar("outputs of a call", default=None)


class Routes:
    """The streams and displays of one shell that ask, from the first call on until `close`.

    Parameters
    ----------
    shell
        IPython's.
    """

    def __init__(self, shell: Any) -> None:
        self._publisher: Any = shell.display_pub
        self._lock = threading.Lock()
        self._routed: list[Any] = []
        self._hooked = threading.local()

    @contextlib.contextmanager
    def to(self, captured: Captured) -> Generator[None]:
        """Have what is shown inside, and by what it leaves running, go to `captured`."""
        self._route_streams()
        self._route_displays()
        token = _of_call.set(captured)
        try:
            yield
        finally:
            _of_call.reset(token)

    def close(self) -> None:
        """Put back what was; on the main thread."""
        with self._lock:
            routed, self._routed = self._routed, []
        for stream in routed:
            with contextlib.suppress(AttributeError):
                del stream.write
        if getattr(self._hooked, "here", False):
            self._hooked.here = False
            self._publisher.unregister_hook(_take)

    def _route_streams(self) -> None:
        with self._lock:
            for name in _STREAMS:
                stream: Any = getattr(sys, name)
                if stream is None or _asks(stream):
                    continue
                # One that takes no attributes, as of an unusual shell, prints as ever.
                with contextlib.suppress(AttributeError, TypeError):
                    stream.write = _asking(stream.write, name)
                    if not any(one is stream for one in self._routed):
                        self._routed.append(stream)

    def _route_displays(self) -> None:
        """Have this thread's displays ask; those of a terminal are prints."""
        if hasattr(self._publisher, "register_hook") and not getattr(self._hooked, "here", False):
            self._hooked.here = True
            self._publisher.register_hook(_take)


def _asks(stream: Any) -> bool:
    """Whether what is written to a stream comes by here.

    Having made it so once is not enough: IPython keeps what a cell prints by a `write` of its
    own, and at the cell's end puts back the one from before, also over ours.
    """
    probe = _Probe()
    token = _of_call.set(cast("Any", probe))
    try:
        stream.write("")
    finally:
        _of_call.reset(token)
    return probe.reached


class _Probe:
    """In the place of a call's outputs: notes that a write has come to it."""

    reached = False

    def write(self, _name: str, _text: str) -> None:
        self.reached = True


def _asking(usual: Any, name: str) -> Any:
    def write(text: Any) -> int | None:
        call = _of_call.get()
        if call is None or not isinstance(text, str):
            return usual(text)
        call.write(name, text)
        return len(text)

    return write


def _take(message: dict[str, Any]) -> dict[str, Any] | None:
    """Take a display of a call's; return all others, as a hook of the publisher does."""
    captured = _of_call.get()
    if captured is None:
        return message
    content = message["content"]
    kind = message["header"]["msg_type"]
    if kind == "clear_output":
        captured.clear(wait=bool(content.get("wait")))
        return None
    shown = (content["data"], content["metadata"], content["transient"].get("display_id", ""))
    if kind == "update_display_data":
        # One that a cell displayed is brought up to date there.
        return None if captured.update(*shown) else message
    captured.display(*shown)
    return None
