"""Messages over UDP are sent again until they are answered (RFC 3261, section 17)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Timing:
    """The protocol's own times, in seconds.

    Parameters
    ----------
    t1
        The estimate of a round trip: the first repeat comes after it.
    t2
        The longest pause between repeats.
    """

    t1: float = 0.5
    t2: float = 4.0

    @property
    def timeout(self) -> float:
        """After this nobody will answer."""
        return 64 * self.t1


class Resending:
    """Sends a datagram at once, and again until `stop`.

    Parameters
    ----------
    send
        Sends it.
    timing
        When again.
    on_timeout
        Called when nobody has answered in time.
    """

    def __init__(
        self, send: Callable[[], object], timing: Timing, on_timeout: Callable[[], object]
    ) -> None:
        self._send = send
        self._timing = timing
        self._on_timeout = on_timeout
        send()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Send it no more: it was answered, or is not wanted."""
        self._task.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        over_s = loop.time() + self._timing.timeout
        pause_s = self._timing.t1
        while loop.time() + pause_s < over_s:
            await asyncio.sleep(pause_s)
            self._send()
            pause_s = min(2 * pause_s, self._timing.t2)
        await asyncio.sleep(max(0.0, over_s - loop.time()))
        self._on_timeout()
