"""An asyncio loop on a thread of its own, and the calls that are made into it.

A notebook's main loop stands still while a cell runs; what must go on lives here. The
rules this module keeps:

- one daemon thread named ``realtime_nb`` per loop, and one shared loop per process;
- every `Call` ends: with its result, its error, or `ConnectionLost` when the loop stops;
- nothing is printed for a failed call that nobody looked at.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import threading
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from realtime_nb.errors import CallTimeout, ConnectionLost, RealtimeError, UsageError
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")

_log = logging.getLogger(__name__)

THREAD_NAME = "realtime_nb"
# How long a stopping loop waits for its tasks to clear up, in seconds.
_STOP_TIMEOUT_S = 5.0


def _without_frames(error: RealtimeError) -> RealtimeError:
    """Return an error without the session's frames: they hold configs, and so tools' keys."""
    before = error.__context__
    while before is not None and error.__suppress_context__:
        before.__traceback__ = None
        before = before.__context__
    return error.with_traceback(None)


class Call(Generic[T]):
    """Something under way on the background loop.

    Await it from any event loop, or ask for `result` from plain code. It runs whether or
    not anybody waits, and waiting may be given up without stopping it: only `cancel` does.

    Parameters
    ----------
    future
        Where the outcome will be.
    name
        What was called, for people.
    thread
        The thread the work runs on; waiting there would wait for itself.
    """

    def __init__(
        self, future: Future[T], name: str = "call", thread: threading.Thread | None = None
    ) -> None:
        self._future = future
        self._name = name
        self._thread = thread
        self.asked = False  # whether anybody has asked for the outcome, by await or `result`

    def __await__(self) -> Generator[Any, None, T]:
        if not self._future.done():
            loop = asyncio.get_running_loop()
            # The waiter carries no outcome, only the news that there is one: an outcome
            # left in an abandoned asyncio future would be reported as never retrieved.
            waiter: asyncio.Future[None] = loop.create_future()

            def wake(_future: Future[T]) -> None:
                # The awaiting loop may be closed by now; then nobody waits any more.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(_settle, waiter)

            self._future.add_done_callback(wake)
            yield from waiter.__await__()
        return self._outcome(None)

    def result(self, timeout: float | None = None) -> T:
        """Wait for the outcome and return it.

        Parameters
        ----------
        timeout
            How long to wait, in seconds; None waits until the call ends.

        Raises
        ------
        CallTimeout
            When it has not ended in time; it goes on.
        UsageError
            When asked on the background loop's own thread, which would wait for itself.
        RealtimeError
            Whatever the call failed with.
        """
        if self._thread is threading.current_thread() and not self._future.done():
            raise UsageError(
                f"result() of {self._name} would wait for itself on the session's thread; "
                "await the call there, or ask from another thread"
            )
        return self._outcome(timeout)

    def _outcome(self, timeout: float | None) -> T:
        self.asked = True
        try:
            return self._future.result(timeout)
        except CancelledError:
            raise ConnectionLost(f"{self._name} was cancelled") from None
        except RealtimeError as error:
            raise _without_frames(error)  # noqa: B904 -- it is the very same
        except TimeoutError as error:
            # The call itself may have failed with a TimeoutError of its own.
            if self._future.done():
                raise
            raise CallTimeout(f"{self._name} has not ended after {timeout:g} s") from error

    @staticmethod
    def of_nothing(name: str) -> Call[None]:
        """Return a call that has ended already: there was nothing to do."""
        future: Future[None] = Future()
        future.set_result(None)
        return Call(future, name)

    def done(self) -> bool:
        """Whether the call has ended, well or badly."""
        return self._future.done()

    def exception(self) -> BaseException | None:
        """Return what the call failed with; None while it runs and when it ended well."""
        if not self._future.done() or self._future.cancelled():
            return None
        return self._future.exception()

    def cancel(self) -> bool:
        """Stop caring and stop working on it; False when it had ended already.

        What was sent to the service stays sent.
        """
        return self._future.cancel()

    def add_done_callback(self, callback: Callable[[Call[T]], object]) -> None:
        """Have `callback` called with this call when it ends, on whatever thread ends it.

        One that raises is reported in the log, and disturbs nobody else who waits.
        """

        def tell(_future: Future[T]) -> None:
            try:
                callback(self)
            except BaseException:  # noqa: BLE001 -- sys.exit() would keep others from being told
                _log.exception("what was to be called at the end of %s failed", self._name)

        self._future.add_done_callback(tell)

    def __repr__(self) -> str:
        if not self._future.done():
            return f"<Call {self._name}: under way>"
        if self._future.cancelled():
            return f"<Call {self._name}: cancelled>"
        error = self._future.exception()
        if error is not None:
            return f"<Call {self._name}: {type(error).__name__}: {error}>"
        return f"<Call {self._name}: {shorten(repr(self._future.result()))}>"


class BackgroundLoop:
    """An asyncio loop running on one daemon thread.

    `shared` gives the process's own; tests make theirs and `stop` it.
    """

    _shared: ClassVar[BackgroundLoop | None] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stopping = False
        self._owner_pid = os.getpid()
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        self._thread.start()

    @classmethod
    def shared(cls) -> BackgroundLoop:
        """Return the process's loop, started on first use and again after a `stop`."""
        with cls._shared_lock:
            loop = cls._shared
            if loop is None or not loop.alive:
                loop = cls._shared = cls()
                atexit.register(loop.stop)
            return loop

    @classmethod
    def stop_shared(cls) -> None:
        """Stop the process's loop, where there is one; `shared` starts another."""
        with cls._shared_lock:
            loop, cls._shared = cls._shared, None
        if loop is not None:
            loop.stop()

    @property
    def alive(self) -> bool:
        """Whether the loop takes calls."""
        # After a fork the thread exists in the parent only.
        return not self._stopping and self._thread.is_alive() and os.getpid() == self._owner_pid

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The asyncio loop itself; touch it from its own thread only."""
        return self._loop

    @property
    def on_own_thread(self) -> bool:
        """Whether the caller runs on this loop's thread."""
        return threading.current_thread() is self._thread

    @property
    def runs_here(self) -> bool:
        """Whether the caller is run by this loop at the moment."""
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def call(self, coroutine: Coroutine[Any, Any, T], name: str | None = None) -> Call[T]:
        """Start `coroutine` on the loop, from any thread, and return at once.

        Parameters
        ----------
        coroutine
            What to run.
        name
            What to call it in messages; the coroutine's own name otherwise.

        Returns
        -------
        Call
            Ended with `ConnectionLost` when the loop has been stopped.
        """
        name = name or coroutine.__name__
        future: Future[T] = Future()
        if not self.post(self._start, coroutine, future):
            coroutine.close()
            future.set_exception(ConnectionLost(f"{name}: the background loop was stopped"))
        return Call(future, name, self._thread)

    def post(self, function: Callable[..., object], *args: Any) -> bool:
        """Have `function(*args)` called on the loop's thread soon; False once it is stopped."""
        with self._lock:
            if self._stopping:
                return False
            # Under the lock, so that the loop cannot be closed between test and call.
            self._loop.call_soon_threadsafe(function, *args)
            return True

    def stop(self) -> None:
        """End every task and the thread; idempotent. A forked child's copy ends nothing.

        Raises
        ------
        UsageError
            When called on the loop's own thread.
        """
        if self.on_own_thread:
            raise UsageError("the background loop cannot stop itself; call stop() elsewhere")
        if os.getpid() != self._owner_pid:
            return
        with self._lock:
            first, self._stopping = not self._stopping, True
            if first:
                self._loop.call_soon_threadsafe(self._loop.stop)
        atexit.unregister(self.stop)
        self._thread.join(_STOP_TIMEOUT_S)

    def _start(self, coroutine: Coroutine[Any, Any, T], future: Future[T]) -> None:
        if future.cancelled():
            coroutine.close()
            return
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)

        def finish(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            _copy_outcome(task, future)

        def on_cancel(future: Future[T]) -> None:
            if future.cancelled():
                self.post(task.cancel)

        task.add_done_callback(finish)
        future.add_done_callback(on_cancel)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._run_until_stopped()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=_STOP_TIMEOUT_S / 2))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    def _run_until_stopped(self) -> None:
        while not self._stopping:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                # asyncio lets these two through, and everything on the loop would stand still.
                _log.warning("the background loop goes on after an exit called for on it")

    def __repr__(self) -> str:
        state = "running" if self.alive else "stopped"
        return f"<BackgroundLoop {state}, {len(self._tasks)} calls under way>"


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _copy_outcome(task: asyncio.Task[T], future: Future[T]) -> None:
    # Asking the task for its exception marks it as retrieved: asyncio prints nothing.
    error = None if task.cancelled() else task.exception()
    if not future.set_running_or_notify_cancel():
        return
    if task.cancelled():
        future.set_exception(ConnectionLost("the background loop was stopped"))
    elif error is not None:
        future.set_exception(error)
    else:
        future.set_result(task.result())
