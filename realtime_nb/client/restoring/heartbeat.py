"""Whether somebody is there still: pings over a WebSocket, and what counts as an answer.

A connection whose other end has vanished (a Wi-Fi that changed, a laptop's lid) stays open for
the system for many minutes. So every `EVERY_S` seconds a ping goes out, and when for
`ANSWER_S` seconds after one not a byte has come, the connection is dropped: 15 s after the
last sign of life, at the latest. Any byte counts, not only the pong, which on a slow link waits
behind the sound.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_S: Final = 5.0
ANSWER_S: Final = 10.0


class Beating(Protocol):
    """A socket that can be pinged; `heard_s` is when the last byte came, on the loop's clock."""

    heard_s: float

    def beat(self) -> bool:
        """Send a ping; False when it is closed."""
        ...


class Heartbeat:
    """Watches one socket, from its making to `stop`; everything on the socket's loop.

    Parameters
    ----------
    socket
        The socket.
    on_silence
        Called once, when nobody answers.
    every_s, answer_s
        How often a ping goes out, and how long after one something must come, in seconds.
    """

    def __init__(
        self,
        socket: Beating,
        on_silence: Callable[[], object],
        *,
        every_s: float = EVERY_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._socket = socket
        self._on_silence = on_silence
        self._every_s = every_s
        self._answer_s = answer_s
        self._loop = asyncio.get_running_loop()
        self._judging: asyncio.TimerHandle | None = None
        self._next = self._loop.call_later(every_s, self._ping)

    def stop(self) -> None:
        """Watch no more."""
        self._next.cancel()
        if self._judging is not None:
            self._judging.cancel()

    @property
    def silence_s(self) -> float:
        """After how long a connection that died is noticed at the latest, in seconds."""
        return self._every_s + self._answer_s

    def _ping(self) -> None:
        if not self._socket.beat():
            return
        if self._judging is None:
            at_s = self._loop.time()
            # What came while the loop was busy is read before a timer that is due.
            self._judging = self._loop.call_later(self._answer_s, self._judge, at_s)
        self._next = self._loop.call_later(self._every_s, self._ping)

    def _judge(self, pinged_s: float) -> None:
        self._judging = None
        if self._socket.heard_s < pinged_s:
            self._next.cancel()
            self._on_silence()
