"""The work of one call: where it runs, and how it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from realtime_nb.client.tools.leads import CALL
from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.arguments import BadArguments, read_arguments
from realtime_nb.protocol.tools.output import output_text
from realtime_nb.protocol.tools.plain_value import ITEMS_TAKEN, PartList

if TYPE_CHECKING:
    import contextvars
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from concurrent.futures import Future

    from realtime_nb.client.tools.outcome import ToolCall
    from realtime_nb.client.tools.registry import Tool
    from realtime_nb.client.tools.stage import Stage

MAX_RUNNING: Final = 64
"""How many calls may run at a time, those that were given up and still run counted."""

_LOG = logging.getLogger("realtime_nb.client")


class _Running:
    """How many calls hold a thread, over all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def enter(self) -> None:
        with self._lock:
            if self.count >= MAX_RUNNING:
                raise UsageError(
                    f"{self.count} calls of tools still run, some of them given up; this one did"
                    " not run"
                )
            self.count += 1

    def leave(self) -> None:
        with self._lock:
            self.count -= 1


_RUNNING = _Running()


@dataclass(slots=True)
class Ended:
    """How a function ended: with a value and its text, or with what it raised."""

    value: Any = None
    text: str = ""
    error: BaseException | None = None
    status: Literal["failed", "bad_arguments", "cancelled"] = "failed"


class Work:
    """One call of a function, on a thread of its own or on the main thread.

    Made on the loop that waits for `ended`.

    Attributes
    ----------
    call
        What was asked for.
    ended
        Its end, for the loop; never an exception.
    begun
        Whether the function was reached.
    """

    def __init__(
        self,
        tool: Tool,
        call: ToolCall,
        stage: Stage,
        context: contextvars.Context,
        on_started: Callable[[], object] | None,
    ) -> None:
        self.call = call
        self.begun = False
        self._tool, self._stage, self._context = tool, stage, context
        self._on_started = on_started
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Ended] = self._loop.create_future()
        self._given_up = False
        self._bad: BaseException | None = None
        self._lock = threading.Lock()
        self._stop: Callable[[], object] | None = None
        self._running = _RUNNING

    def start(self) -> None:
        """Begin; raises where it cannot."""
        if self._tool.options.main:
            future = self._stage.on_main(self.call, self._run)
            with self._lock:
                # It may run already, and then knows better how it is stopped.
                self._stop = self._stop or future.cancel
            future.add_done_callback(self._left_by_main)
            return
        self._running.enter()
        name = f"tool of realtime_nb: {self._tool.name}"
        try:
            # Python does not wait for a daemon before it exits, whatever it does.
            threading.Thread(target=self._on_thread, name=name, daemon=True).start()
        except BaseException:
            self._running.leave()
            raise

    def give_up(self) -> None:
        """Tell the function to stop, where it can be told; what it gives is dropped."""
        with self._lock:
            self._given_up, stop = True, self._stop
        if stop is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
                stop()

    def _set_stop(self, stop: Callable[[], object]) -> None:
        with self._lock:
            self._stop, late = stop, self._given_up
        if late:
            stop()

    def _on_thread(self) -> None:
        try:
            self._context.run(self._run)
        finally:
            self._running.leave()

    def _run(self) -> None:
        """Do it all, on the thread it runs on; what it gives leaves before it is shown."""
        with self._lock:
            if self._given_up:
                return
            self.begun = True
        if self._on_started is not None:
            self._post(self._on_started)
        try:
            ended = self._stage.run(self.call, self._called)
        except BaseException as error:  # noqa: BLE001 -- SystemExit too must reach the model
            self._end(self._failed(error))
        else:
            if ended is not None:
                self._end(ended)
                self._show(ended)

    def _called(self) -> Ended | None:
        """Call the function; None when its end comes later, by `_end`."""
        try:
            values = read_arguments(self._tool.function, self.call.arguments)
        except BadArguments as error:
            self._bad = error
            raise
        token = CALL.set(self.call)
        try:
            return self._gives(values)
        finally:
            CALL.reset(token)

    def _gives(self, values: dict[str, Any]) -> Ended | None:
        result = self._tool.function(**values)
        if inspect.isasyncgen(result):
            result = _taken_async(result)
        if inspect.isawaitable(result):
            loop = _loop_here()
            if loop is not None:
                self._await_on(loop, result)
                return None
            result = self._awaited(result)
        return _gave(result)

    def _awaited(self, result: Awaitable[Any]) -> Any:
        """Return what an async function gives, on a loop for it alone."""
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            task = loop.create_task(_wait_for(result))
            self._set_stop(lambda: loop.call_soon_threadsafe(task.cancel))
            return loop.run_until_complete(task)

    def _await_on(self, loop: asyncio.AbstractEventLoop, result: Awaitable[Any]) -> None:
        """Have an async function run on the main thread's own loop, which is running."""
        task = loop.create_task(_wait_for(result))
        self._set_stop(lambda: loop.call_soon_threadsafe(task.cancel))

        def end(task: asyncio.Task[Any]) -> None:
            try:
                ended = _gave(task.result())
            except BaseException as error:  # noqa: BLE001 -- as above
                self._end(self._failed(error))
            else:
                self._end(ended)
                self._show(ended)

        task.add_done_callback(end)

    def _failed(self, error: BaseException) -> Ended:
        if error is self._bad:
            return Ended(error=error, status="bad_arguments")
        if self._tool.options.main and isinstance(error, KeyboardInterrupt):
            why = UsageError("the call was interrupted at the notebook")
            return Ended(error=why, status="cancelled")
        return Ended(error=error)

    def _left_by_main(self, future: Future[None]) -> None:
        """Have an end also where the main thread did not come to it."""
        if future.cancelled():
            why = UsageError("the notebook dropped the call before it ran")
            self._end(Ended(error=why, status="cancelled"))
        elif (error := future.exception()) is not None:
            self._end(self._failed(error))

    def _show(self, ended: Ended) -> None:
        if self._given_up:
            return
        try:
            self._stage.show(self.call, ended.value, None)
        except BaseException:  # noqa: BLE001 -- the output has left; a display is no reason to fail
            _LOG.exception("the result of %s() could not be shown", self._tool.name)

    def _end(self, ended: Ended) -> None:
        self._post(self._settle, ended)

    def _settle(self, ended: Ended) -> None:
        if not self.ended.done():
            self.ended.set_result(ended)

    def _post(self, function: Callable[..., object], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *arguments)


def told(error: BaseException) -> str:
    """Return what an error says, in one line; one that cannot say it has its name."""
    name, said = type(error).__name__, ""
    with contextlib.suppress(Exception):
        said = " ".join(str(error).split())
    if isinstance(error, BadArguments | UsageError) and said:
        return said
    return f"{name}: {said}" if said else name


def _gave(result: Any) -> Ended:
    if inspect.isgenerator(result):
        result = _taken(cast("Iterator[Any]", result))
    return Ended(result, output_text(result))


def _taken(entries: Iterator[Any]) -> list[Any]:
    """Return what a generator yields as a list, up to a bound; it is closed there."""
    taken = PartList()
    for one in entries:
        if len(taken) == ITEMS_TAKEN:
            cast("Any", entries).close()
            return taken
        taken.append(one)
    return list(taken)


async def _taken_async(entries: AsyncIterator[Any]) -> list[Any]:
    taken = PartList()
    async for one in entries:
        if len(taken) == ITEMS_TAKEN:
            await cast("Any", entries).aclose()
            return taken
        taken.append(one)
    return list(taken)


async def _wait_for(result: Awaitable[Any]) -> Any:
    return await result


def _loop_here() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
