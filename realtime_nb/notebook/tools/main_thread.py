"""Calls that need the kernel's main thread: they run there between cells, one after the other.

A cell is never interrupted, nor is anything run while one awaits: what a cell has half done is
not for a call to see. A call made by hand is the exception, for it is the cell's own.
"""

from __future__ import annotations

import contextlib
import contextvars
import signal
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

WAIT_S: Final = 5.0
"""How long a call waits for the main thread before that is told."""

_NO_MAIN: Final = (
    "there is no notebook kernel whose main thread could be used between cells; leave main=True"
    " out, and the function runs on a thread of its own."
)
_BEFORE: Final = "pre_run_cell"
_AFTER: Final = "post_run_cell"


@dataclass(eq=False, slots=True)
class _Waiting:
    work: Callable[[], Any]
    by_hand: bool
    future: Future[Any] = field(default_factory=Future)


class MainThread:
    """The main thread of a kernel, for calls.

    Parameters
    ----------
    shell
        The kernel's shell; one of a terminal has no main loop to run calls between cells.
    wait_s
        How long a call waits, in seconds, before `on_wait` is called.
    """

    def __init__(self, shell: Any, *, wait_s: float = WAIT_S) -> None:
        self._shell = shell
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._in_cell = 0
        self._closed = False
        loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
        self._loop: Any = getattr(loop, "asyncio_loop", None)
        shell.events.register(_BEFORE, self._before_cell)
        shell.events.register(_AFTER, self._after_cell)
        # A cell that makes this one has begun before.
        self._in_cell = 1 if threading.current_thread() is threading.main_thread() else 0

    @property
    def in_cell(self) -> bool:
        """Whether a cell runs."""
        return self._in_cell > 0

    def run(
        self,
        work: Callable[[], Any],
        *,
        by_hand: bool = False,
        on_wait: Callable[[], object] | None = None,
    ) -> Future[Any]:
        """Have `work` run on the main thread, between cells; from any thread.

        Parameters
        ----------
        work
            What to run. A future that is cancelled before its turn is not run.
        by_hand
            Whether a cell asked for it: then it may run while that cell awaits, or waits
            with `pump`.
        on_wait
            Called, once, when it still waits after a while; on a thread of its own.

        Raises
        ------
        UsageError
            Where there is no such thread.
        """
        waiting = _Waiting(work, by_hand)
        with self._lock:
            if self._closed or (self._loop is None and not by_hand):
                raise UsageError(_NO_MAIN)
            self._waiting.append(waiting)
        if on_wait is not None:
            self._watch(waiting, on_wait)
        self._wake()
        return waiting.future

    def pump(self) -> None:
        """Run the calls made by hand that wait; on the main thread, within a cell."""
        while (waiting := self._next(only_by_hand=True)) is not None:
            _run(waiting)

    def close(self) -> None:
        """Take no more calls; those that wait are cancelled."""
        for event, callback in ((_BEFORE, self._before_cell), (_AFTER, self._after_cell)):
            with contextlib.suppress(ValueError):  # closing twice is fine
                self._shell.events.unregister(event, callback)
        with self._lock:
            self._closed = True
            given_up = list(self._waiting)
            self._waiting.clear()
        for waiting in given_up:
            waiting.future.cancel()

    def _before_cell(self, *_: Any) -> None:
        self._in_cell = 1

    def _after_cell(self, *_: Any) -> None:
        self._in_cell = 0
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the kernel ends
                # In a context of its own: this one's outputs are not the call's.
                self._loop.call_soon_threadsafe(self._turn, context=contextvars.Context())

    def _turn(self) -> None:
        """Run one call; on the main thread, from its loop."""
        waiting = self._next(only_by_hand=self.in_cell)
        if waiting is not None:
            _run(waiting)
            self._wake()  # what a cell sent meanwhile comes before the next call

    def _next(self, *, only_by_hand: bool) -> _Waiting | None:
        with self._lock:
            for waiting in self._waiting:
                if waiting.by_hand or not only_by_hand:
                    self._waiting.remove(waiting)
                    return waiting
        return None

    def _watch(self, waiting: _Waiting, on_wait: Callable[[], object]) -> None:
        def tell() -> None:
            with self._lock:
                still = waiting in self._waiting
            if still and not waiting.future.done():
                on_wait()

        timer = threading.Timer(self._wait_s, tell)
        timer.daemon = True
        timer.name = "realtime_nb waits for the main thread"
        timer.start()
        waiting.future.add_done_callback(lambda _: timer.cancel())


def _run(waiting: _Waiting) -> None:
    if not waiting.future.set_running_or_notify_cancel():
        return
    try:
        with _interruptible():
            value = waiting.work()
    except BaseException as error:  # noqa: BLE001 -- an interrupt too is the call's, not the kernel's
        waiting.future.set_exception(error)
    else:
        waiting.future.set_result(value)


@contextlib.contextmanager
def _interruptible() -> Generator[None]:
    """Let an interrupt of the kernel reach the call: between cells the kernel ignores it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
