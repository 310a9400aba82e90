"""The kernel's end of the fast path: a loopback port that only the server's relay is let into."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Final

from realtime_nb.audio.private_file import write_private
from realtime_nb.relay.meeting import Line, NotMet, Place, answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOST_STRANGERS: Final = 32
"""Connections that have not shown yet that they know the secret; for one more the oldest goes."""
MOST_CALLERS: Final = 128
"""Connections in all."""

_log = logging.getLogger(__name__)


class Listener:
    """Waits for relays on a free port of 127.0.0.1, and publishes where.

    Parameters
    ----------
    loop
        The loop this runs on.
    serve
        Talks with a relay that has shown that it knows the secret; the line is closed after.

    Raises
    ------
    OSError
        When there is no port to listen on, or no file can be written.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, serve: Callable[[Line], Awaitable[None]]
    ) -> None:
        self._serve = serve
        self._loop = loop
        self._socket = socket.create_server(("127.0.0.1", 0))
        try:
            self.place = Place.publish(self._socket.getsockname()[1], write_private)
        except OSError:
            self._socket.close()
            raise
        atexit.register(self.place.withdraw)
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.Task[None]] = set()
        self._strangers: dict[asyncio.StreamWriter, None] = {}  # the oldest first
        self._warned = False
        self._closed = False
        self._starting = loop.create_task(self._start())

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._called, sock=self._socket)

    def close(self) -> None:
        """Let nobody in any more, and hang up on everybody."""
        self._closed = True
        atexit.unregister(self.place.withdraw)
        self.place.withdraw()
        self._starting.cancel()
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for caller in self._callers:
            caller.cancel()

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed or len(self._callers) >= MOST_CALLERS:
            # Let in by the system just before the port was closed, or one too many.
            writer.transport.abort()
            return
        task = asyncio.current_task()
        if task is not None:
            self._callers.add(task)
            task.add_done_callback(self._callers.discard)
        # A stream's own server task reports a cancellation as an error.
        with contextlib.suppress(asyncio.CancelledError):
            await self._talk(reader, writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self._strangers) >= MOST_STRANGERS:
            # A relay shows what it knows at once; who only holds the port keeps none of them out.
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.transport.abort()
        self._strangers[writer] = None
        try:
            line = await answer(self.place, reader, writer)
        except NotMet as reason:
            if not self._warned:  # whoever knocks could fill the log
                _log.warning("a connection to the fast path was refused: %s", reason)
            self._warned = True
            return
        finally:
            self._strangers.pop(writer, None)
        try:
            await self._serve(line)
        finally:
            line.close()
