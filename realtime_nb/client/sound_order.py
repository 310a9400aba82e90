"""The order of the sound that a thread sends, and of what has its place in that sound.

Sound goes into the outbox from whatever thread it comes; a commit or clear takes its way to the
session's loop first. So sound that is given behind one that is on that way takes it too: else it
would be in the item that the commit makes.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from realtime_nb.client.outbox import MAX_AUDIO_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.loop import BackgroundLoop


class SoundOrder:
    """What is on its way to the loop, by calls of other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on_way = self._bytes = 0

    @property
    def busy(self) -> bool:
        """Whether anything is on its way, which sound must not overtake."""
        return self._on_way > 0

    def post(self, loop: BackgroundLoop, function: Callable[[], object], size: int = 0) -> bool:
        """Have a function called on the loop, behind all that is on its way there.

        Parameters
        ----------
        loop
            The loop.
        function
            What to call.
        size
            How many bytes of sound it puts.

        Returns
        -------
        bool
            False where it will not be: the loop is stopped, or `MAX_AUDIO_BYTES` of sound are
            on their way already.
        """
        with self._lock:
            if size and self._bytes + size > MAX_AUDIO_BYTES:
                return False
            self._on_way += 1
            self._bytes += size

        def arrive() -> None:
            try:
                function()
            finally:
                self._arrived(size)

        # Behind the first steps of calls that were made before: those are tasks.
        posted = loop.post(lambda: asyncio.get_running_loop().call_soon(arrive))
        if not posted:
            self._arrived(size)
        return posted

    def _arrived(self, size: int) -> None:
        with self._lock:
            self._on_way -= 1
            self._bytes -= size
