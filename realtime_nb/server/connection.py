"""One client: frames in, one after the other; events out, as fast as they are read.

Knows nothing of tornado: a `Link` sends and closes. Incoming frames wait in a queue of
their own, so that a close is seen at once even while a large append is being heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from realtime_nb.server.emitter import Emitter
from realtime_nb.server.outbox import Outbox
from realtime_nb.server.session import EXPIRED, Session

if TYPE_CHECKING:
    from realtime_nb.server.admission import Refusal
    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.config import SessionKind
    from realtime_nb.server.core import Settings
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

_log = logging.getLogger(__name__)

INBOX_LIMIT: Final = 32 << 20  # bytes read ahead of the session; then the client waits
_GOING_AWAY: Final = 1001


class Link(Protocol):
    """The client's socket."""

    async def send(self, frame: bytes) -> None:
        """Send a text frame; return when the system took it. Raises when the socket is gone."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame after what was sent before."""
        ...

    def abort(self) -> None:
        """Drop the socket at once."""
        ...


def encode(event: Json) -> bytes:
    """Return an event as a frame."""
    return orjson.dumps(event)


async def turn_away(link: Link, refusal: Refusal) -> None:
    """Send a refused client the reason, and close."""
    frames: list[bytes] = []
    emit = Emitter(lambda event: frames.append(encode(event)))
    emit("error", error=refusal.error)
    for frame in frames:
        await link.send(frame)
    link.close(refusal.close_code, refusal.close_reason)


class Connection:
    """A client that was let in, and its session.

    Parameters
    ----------
    link
        Its socket.
    brain, engines, settings, kind
        For the session.
    """

    def __init__(
        self,
        link: Link,
        *,
        brain: Brain,
        engines: Engines,
        settings: Settings,
        kind: SessionKind = "realtime",
    ) -> None:
        self._link = link
        self._outbox = Outbox()
        self._session = Session(
            self._queue,
            brain=brain,
            engines=engines,
            settings=settings,
            gate=self._outbox.room,
            kind=kind,
            on_expired=self._on_expired,
        )
        self._inbox: deque[str | bytes] = deque()
        self._inbox_size = 0
        self._frame_came = asyncio.Event()
        self._inbox_room = asyncio.Event()
        self._inbox_room.set()
        self._farewell: tuple[int, str] | None = None
        self._given_up = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin the session."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._read()), loop.create_task(self._write())]
        self._session.start()

    async def take(self, frame: str | bytes) -> None:
        """Queue a frame of the client; returns late when the session lags far behind."""
        self._inbox.append(frame)
        self._inbox_size += len(frame)
        self._frame_came.set()
        if self._inbox_size > INBOX_LIMIT:
            self._inbox_room.clear()
            await self._inbox_room.wait()

    async def end(self, code: int | None = None, reason: str = "") -> None:
        """End the session and everything it runs.

        Parameters
        ----------
        code, reason
            Of a close frame to send, None when the client is gone already.
        """
        self._inbox_room.set()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        await self._session.close()
        if code is not None:
            self._link.close(code, reason)

    async def _read(self) -> None:
        while True:
            while not self._inbox:
                self._frame_came.clear()
                await self._frame_came.wait()
            frame = self._inbox.popleft()
            self._inbox_size -= len(frame)
            if self._inbox_size <= INBOX_LIMIT:
                self._inbox_room.set()
            await self._session.handle(frame)
            # A client that never stops sending must not keep others from their turn.
            await asyncio.sleep(0)

    async def _write(self) -> None:
        while True:
            if self._farewell is not None and self._outbox.size == 0:
                self._link.close(*self._farewell)
                return
            frame = await self._outbox.get()
            try:
                await self._link.send(frame)
            except OSError:
                return  # the socket is gone; its handler ends the session
            self._outbox.sent(frame)

    def _queue(self, event: Json) -> None:
        if not self._outbox.put(encode(event)) and not self._given_up:
            # At once and without a farewell: the socket takes nothing more.
            self._given_up = True
            _log.warning("a client does not read: its connection is given up")
            self._link.abort()

    def _on_expired(self) -> None:
        # The close frame follows the last event, which is queued already.
        self._farewell = (_GOING_AWAY, EXPIRED)
