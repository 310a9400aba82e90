"""Sound at the pace at which it is heard: a frame every 20 ms, silence where there is nothing.

Policy. What is given to play waits in memory, at most `LONGEST_MS` of it; what comes beyond
that is left out. A loop that was kept from its turn makes up for up to `_LATEST_MS`; what it
missed before that was never heard and is not counted as played.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

RATE: Final = 24_000
FRAME_MS: Final = 20
FRAME_BYTES: Final = RATE * FRAME_MS // 1000 * 2
LONGEST_MS: Final = 10 * 60_000
_LATEST_MS: Final = 200.0
_SILENCE: Final = bytes(FRAME_BYTES)
_BYTES_PER_MS: Final = RATE * 2 // 1000


class Playout:
    """Plays PCM16 at 24 kHz, one channel, in real time; made and used on one event loop.

    Parameters
    ----------
    send
        Takes each frame of 20 ms (960 bytes), silence too; must not block or raise.
    """

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._waiting = bytearray()
        self._played = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; until then what is given waits. A second start changes nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """End, and drop what waits."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def play(self, pcm: bytes) -> None:
        """Queue sound behind what waits already."""
        room = LONGEST_MS * _BYTES_PER_MS - len(self._waiting)
        self._waiting += pcm[: max(0, room)]

    def clear(self) -> None:
        """Drop what was not played yet."""
        self._waiting.clear()

    @property
    def played_ms(self) -> float:
        """How much of all that was given has been played, in ms; silence does not count."""
        return self._played / _BYTES_PER_MS

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s += FRAME_MS / 1000
            late_s = loop.time() - due_s
            if late_s > _LATEST_MS / 1000:
                due_s += late_s - _LATEST_MS / 1000
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            self._send(self._next())

    def _next(self) -> bytes:
        if not self._waiting:
            return _SILENCE
        frame = bytes(self._waiting[:FRAME_BYTES])
        del self._waiting[:FRAME_BYTES]
        self._played += len(frame)
        return frame.ljust(FRAME_BYTES, b"\0")
