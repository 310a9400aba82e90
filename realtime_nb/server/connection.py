"""One client: frames in, one after the other; events out, as fast as they are read.

Knows nothing of tornado: a `Link` sends and closes. Incoming frames wait in a queue of
their own, so that a close is seen at once even while a large append is being heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from realtime_nb.server.emitter import Emitter
from realtime_nb.server.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_nb.server.door.admission import Refusal

Json = dict[str, Any]

_log = logging.getLogger(__name__)

INBOX_LIMIT: Final = 32 << 20  # bytes read ahead of the session; then the client waits
_TURN_S: Final = 0.005  # of one client's frames, when those of others wait
_FRAME_COST: Final = 256  # what a frame takes besides its bytes: a flood of empty ones is one, too


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


class Talk(Protocol):
    """What a client talks to: a session, or its share in a call's."""

    def start(self) -> None:
        """Begin."""
        ...

    async def handle(self, frame: str | bytes) -> None:
        """Take one frame; never raises for what it holds."""
        ...

    async def close(self) -> None:
        """End everything that runs for the client."""
        ...


def encode(event: Json) -> bytes:
    """Return an event as a frame."""
    # A copy: what orjson returns keeps a buffer up to eight times as long, and may wait here.
    return bytes(memoryview(orjson.dumps(event)))


async def turn_away(link: Link, refusal: Refusal) -> None:
    """Send a refused client the reason, and close."""
    frames: list[bytes] = []
    emit = Emitter(lambda event: frames.append(encode(event)))
    emit("error", error=refusal.error)
    for frame in frames:
        await link.send(frame)
    link.close(refusal.close_code, refusal.close_reason)


@dataclass(frozen=True, slots=True)
class Exits:
    """The ways out of a session.

    Parameters
    ----------
    sink
        Takes each of its events; neither blocks nor raises.
    gate
        Awaited before each piece of an answer: returns when the reader keeps up.
    on_over
        Called after its last event, with the code and reason of the close frame.
    """

    sink: Callable[[Json], None]
    gate: Callable[[], Awaitable[None]]
    on_over: Callable[[int, str], None]


class Connection:
    """A client that was let in, and its session.

    Parameters
    ----------
    link
        Its socket.
    make_session
        Makes the session, given the ways out.
    """

    def __init__(self, link: Link, make_session: Callable[[Exits], Talk]) -> None:
        self._link = link
        self._outbox = Outbox()
        self._session = make_session(Exits(self._queue, self._outbox.room, self._on_over))
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

    def take(self, frame: str | bytes) -> Awaitable[None] | None:
        """Queue a frame of the client.

        Returns
        -------
        awaitable or None
            What to wait for before the next one, where the session lags far behind. None at all
            other times: to wait costs the loop three rounds, and with a busy interpreter
            that is more than the time until the next frame. Pings come the same way.
        """
        self._inbox.append(frame)
        self._inbox_size += len(frame) + _FRAME_COST
        self._frame_came.set()
        if self._inbox_size <= INBOX_LIMIT:
            return None
        self._inbox_room.clear()
        return self._room()

    async def _room(self) -> None:
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
        # Up to 32 MiB, which would else lie there until the garbage is collected.
        self._inbox.clear()
        self._inbox_size = 0
        await self._session.close()
        if code is not None:
            self._link.close(code, reason)

    async def _read(self) -> None:
        now_s = asyncio.get_running_loop().time
        began_s = now_s()
        while True:
            while not self._inbox:
                self._frame_came.clear()
                await self._frame_came.wait()
            frame = self._inbox.popleft()
            self._inbox_size -= len(frame) + _FRAME_COST
            if self._inbox_size <= INBOX_LIMIT:
                self._inbox_room.set()
            await self._session.handle(frame)
            # A client that never stops sending must not keep others from their turn.
            if now_s() - began_s > _TURN_S:
                await asyncio.sleep(0)
                began_s = now_s()

    async def _write(self) -> None:
        while True:
            frame = await self._outbox.get()
            if frame is None:
                if self._farewell is not None:
                    self._link.close(*self._farewell)
                return
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

    def _on_over(self, code: int, reason: str) -> None:
        # The close frame follows the last event, which is queued already.
        self._farewell = (code, reason)
        self._outbox.end()
