"""The data channel as a link: events both ways, as on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from aiortc.exceptions import InvalidStateError

from realtime_nb.server.beside import Beside
from realtime_nb.server.calls.webrtc.limits import MAX_MESSAGE, too_large_event

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

    from realtime_nb.server.connection import Connection

_log = logging.getLogger(__name__)

# Bytes that the channel may hold; then the next event waits.
_FULL: Final = 256 << 10
# Bytes of the page's that wait to be read. A channel has no way to let the page wait.
_MOST_UNREAD: Final = 32 << 20
_FLUSH_S: Final = 0.5
_POLL_S: Final = 0.01


class ChannelLink:
    """A page's data channel.

    Parameters
    ----------
    channel
        It, open.
    """

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        self._connection: Connection | None = None
        self._unread: deque[str | bytes] = deque()
        self._unread_size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._beside = Beside("a data channel failed")
        self._left = False
        channel.bufferedAmountLowThreshold = _FULL // 2
        channel.on("bufferedamountlow", self._room.set)
        channel.on("message", self._on_message)
        channel.on("close", self._on_close)

    @property
    def left(self) -> bool:
        """Whether it has closed: its page may open another."""
        return self._left

    def serve(self, connection: Connection) -> None:
        """Begin: what comes goes to a connection."""
        self._connection = connection
        connection.start()
        self._beside.run(self._read(connection))

    async def send(self, frame: bytes) -> None:
        """Send an event; return when there is room for another."""
        if len(frame) > MAX_MESSAGE:
            frame = too_large_event(len(frame))
        try:
            self._give(frame)
        except InvalidStateError as error:
            raise ConnectionError("the page is gone") from error
        if self._channel.bufferedAmount > _FULL:
            self._room.clear()
            await self._room.wait()

    def _give(self, frame: bytes) -> None:
        try:
            self._channel.send(frame.decode())
        except ValueError:  # a page may take less than Chromium does, and its offer says so
            with contextlib.suppress(ValueError):
                self._channel.send(too_large_event(len(frame)).decode())

    def close(self, code: int, reason: str) -> None:  # noqa: ARG002 -- a channel tells neither
        """Close the channel after what was sent."""
        self._beside.run(self._flush())

    def abort(self) -> None:
        """Close the channel at once; the call goes on."""
        self._channel.close()
        self._on_close()

    def _on_message(self, message: str | bytes) -> None:
        self._unread_size += len(message)
        if self._unread_size > _MOST_UNREAD:
            _log.warning("a page sends more than is read: its data channel is given up")
            self.abort()
            return
        self._unread.append(message)
        self._news.set()

    async def _read(self, connection: Connection) -> None:
        while True:
            while not self._unread:
                self._news.clear()
                await self._news.wait()
            message = self._unread.popleft()
            room = connection.take(message)
            if room is not None:
                await room
            self._unread_size -= len(message)

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _FLUSH_S
        # The threshold that could tell is `send`'s.
        while self._channel.bufferedAmount and loop.time() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        self.abort()

    def _on_close(self) -> None:
        if self._left or self._connection is None:
            return
        self._left = True
        self._beside.cancel()
        self._beside.run(self._connection.end())
