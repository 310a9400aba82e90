"""Tasks that run beside what started them: kept until they are done, and their failures told."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

_log = logging.getLogger(__name__)


class Beside:
    """The tasks of one owner; used on one event loop.

    Parameters
    ----------
    failed
        What the log says of a task that fails, such as "a session's task failed".
    """

    def __init__(self, failed: str) -> None:
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something; the loop alone would not keep it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def cancel(self) -> list[asyncio.Task[None]]:
        """Cancel all but the task that asks for it; return what was cancelled."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        return tasks

    async def end(self) -> None:
        """Cancel all but the task that asks for it, and wait until they have ended."""
        await asyncio.gather(*self.cancel(), return_exceptions=True)

    async def finish(self) -> None:
        """Wait until all but the task that asks for it are done."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("%s", self._failed, exc_info=task.exception())
