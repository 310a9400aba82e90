"""Turns at the engines: a few requests at a time, some more in a queue, the rest sent away."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from realtime_nb.server.http.errors import too_busy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

# A set of decoders for the recogniser takes some 130 MB: more at a time would be dear.
AT_ONCE: Final = 4
MOST_WAITING: Final = 64
_RETRY_AFTER_S: Final = 2


class Turns:
    """Who may work now; made and used on one event loop.

    Parameters
    ----------
    at_once
        So many work at a time.
    most_waiting
        So many wait for that; who comes then is refused.

    Attributes
    ----------
    working, waiting : int
        How many there are now.
    """

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most_waiting = most_waiting
        self.working = 0
        self.waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Hold a turn for the length of a block; waits until one is free.

        Raises
        ------
        Refusal
            With status 429, when too many wait already.
        """
        if self.waiting >= self._most_waiting:
            raise too_busy(_RETRY_AFTER_S)
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.working += 1
        try:
            yield
        finally:
            self.working -= 1
            self._free.release()
