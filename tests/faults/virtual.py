"""Client, proxy and server on one loop whose clock jumps: an hour away takes no time."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

from realtime_nb.client.loop import BackgroundLoop, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

STUCK_S = 5.0
"""Real seconds without any news after which a loop that has no timer is called stuck."""


class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop would wait for a timer, its clock jumps there instead."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            ready = super().select(STUCK_S)
            if not ready:
                raise RuntimeError("nothing can happen any more: no timer, no news from a socket")
            return ready
        # What was sent over loopback a moment ago may be on another core still.
        ready = super().select(0)
        if not ready:
            self.loop.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with real sockets and a clock that jumps; what runs on threads runs here."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def run_in_executor(  # pyright: ignore[reportIncompatibleMethodOverride] -- a future is all
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run a job at once: a thread would take real time, and this clock would run away."""
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except StopIteration as error:
            future.set_exception(RuntimeError(repr(error)))
        except Exception as error:  # noqa: BLE001 -- as an executor does
            future.set_exception(error)
        return future


class LoopHere(BackgroundLoop):
    """A session's background loop that is no thread: the test's own loop.

    Parameters
    ----------
    loop
        The loop; it is run by the test.
    """

    def __init__(self, loop: VirtualLoop) -> None:  # no thread is begun
        self._loop = loop
        self._begun: set[asyncio.Task[Any]] = set()

    @property
    def alive(self) -> bool:
        return not self._loop.is_closed()

    @property
    def on_own_thread(self) -> bool:
        return True

    def call(self, coroutine: Coroutine[Any, Any, Any], name: str | None = None) -> Call[Any]:
        from concurrent.futures import Future  # noqa: PLC0415 -- beside its only use

        future: Future[Any] = Future()
        self._tasks = self._begun
        self._start(coroutine, future)
        return Call(future, name or coroutine.__name__)

    def post(self, function: Callable[..., object], *args: Any) -> bool:
        if self._loop.is_closed():
            return False
        self._loop.call_soon_threadsafe(function, *args)
        return True

    def stop(self) -> None:
        """Leave the loop to the test."""
