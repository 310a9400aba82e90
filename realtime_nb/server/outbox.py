"""What waits to be sent to one client, bounded in bytes.

Policy. Answers wait while more than `HIGH_WATER` bytes are queued and go on below
`LOW_WATER`: a reader that lags slows its own answers down, to any pace. Events that the
client's own requests bring are queued in any case; when they pile up to `LIMIT`, nobody is
reading and the connection is dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

HIGH_WATER: Final = 1 << 20
LOW_WATER: Final = 1 << 18
LIMIT: Final = 32 << 20


class Outbox:
    """A queue of frames, counted in bytes.

    Parameters
    ----------
    limit
        Bytes that may wait.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def size(self) -> int:
        """Bytes waiting, the frame being sent included."""
        return self._size

    def put(self, frame: bytes) -> bool:
        """Queue a frame; return False, and drop it, when too much is waiting."""
        if self._ended:
            return True  # too late, as for a socket that is closed
        if self._size + len(frame) > self._limit:
            return False
        self._frames.append(frame)
        self._size += len(frame)
        if self._size > HIGH_WATER:
            self._room.clear()
        self._news.set()
        return True

    def end(self) -> None:
        """Let `get` return None when everything is gone; nothing more is queued."""
        self._ended = True
        self._news.set()

    async def get(self) -> bytes | None:
        """Return the next frame, None after the last. Call `sent` when it is gone."""
        while not self._frames:
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()

    def sent(self, frame: bytes) -> None:
        """Count a frame as gone."""
        self._size -= len(frame)
        if self._size < LOW_WATER:
            self._room.set()

    async def room(self) -> None:
        """Return when the reader keeps up."""
        await self._room.wait()
