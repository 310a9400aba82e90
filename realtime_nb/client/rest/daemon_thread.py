"""Work that takes long, on a thread that neither a stop nor the end of the kernel waits for."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def on_daemon_thread(function: Callable[[], T], name: str) -> T:
    """Return what a function gives, or raise what it raises, run on a thread of its own.

    `asyncio.to_thread` takes threads that Python waits for before it exits, whatever they do.

    Parameters
    ----------
    function
        What to do; it is not ended when this is cancelled, only no longer waited for.
    name
        What to call the thread.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Callable[[], T]] = loop.create_future()
    context = contextvars.copy_context()  # what it prints belongs to the cell that asked

    def settle(outcome: Callable[[], T]) -> None:
        if not done.done():
            done.set_result(outcome)

    def work() -> None:
        outcome: Callable[[], T]
        try:
            result = context.run(function)
        except BaseException as error:  # noqa: BLE001 -- raised where it is waited for
            outcome = _raising(error)
        else:
            outcome = _giving(result)
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=work, name=f"work of realtime_nb: {name}", daemon=True).start()
    return (await done)()


def _giving(result: T) -> Callable[[], T]:
    return lambda: result


def _raising(error: BaseException) -> Callable[[], T]:
    def fail() -> T:
        raise error

    return fail
