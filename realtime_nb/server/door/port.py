"""The server's TCP port: how many may be connected, and how long they may be silent.

Whoever is on this computer can connect, token or not. So nobody may hold a connection without
saying anything, nor by sending a request a byte at a time, and there is an end to how many there
are: then the oldest that has shown no key makes room, so that a crowd of strangers keeps nobody
out who has one. WebSockets are looked after by their pings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tornado.httpserver import HTTPServer

from realtime_nb.server.door.app import make_app
from realtime_nb.server.door.web import MAX_FRAME

if TYPE_CHECKING:
    from collections.abc import Container

    from tornado.iostream import IOStream

    from realtime_nb.server.door.web import Shared

MOST_CONNECTIONS: Final = 256
"""Open at a time, WebSockets included; where all have shown a key, one more gets 503."""
HEADER_TIMEOUT_S: Final = 30.0
"""Seconds in which a request's headers must come, and for which a connection may idle."""
BODY_TIMEOUT_S: Final = 120.0
"""Seconds in which a request's whole body must come."""
MAX_HEADER: Final = 64 << 10
"""Bytes that a request's headers may have."""
_MAX_BODY: Final = 1 << 20  # where a handler says nothing else

_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class BoundedServer(HTTPServer):
    """An HTTP server with an end to its connections.

    Parameters
    ----------
    guests
        The connections that have shown a key.
    most_connections
        Open at a time.
    """

    def initialize(  # pyright: ignore[reportIncompatibleMethodOverride] -- tornado's way to construct
        self,
        *args: Any,
        guests: Container[IOStream],
        most_connections: int = MOST_CONNECTIONS,
        **kwargs: Any,
    ) -> None:
        """Take what tornado's takes, and the limit."""
        super().initialize(*args, **kwargs)
        self._most = most_connections
        self._guests = guests
        self._open: dict[IOStream, None] = {}  # the oldest first

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a connection, or send it away."""
        # A stream has room for one callback at its end, which is tornado's own.
        self._open = {one: None for one in self._open if not one.closed()}
        if len(self._open) >= self._most and not self._make_room():
            stream.write(_FULL).add_done_callback(lambda sent: sent.exception())
            stream.close()
            return
        self._open[stream] = None
        super().handle_stream(stream, address)  # pyright: ignore[reportUnknownMemberType] -- tornado's bare tuple

    def _make_room(self) -> bool:
        stranger = next((one for one in self._open if one not in self._guests), None)
        if stranger is None:
            return False
        del self._open[stranger]
        stranger.close()
        return True


def make_server(shared: Shared, **limits: Any) -> BoundedServer:
    """Return the server that answers on the sockets it is given.

    Parameters
    ----------
    shared
        What its handlers share.
    limits
        Others than those of this module, by tornado's names; for tests.
    """
    return BoundedServer(
        make_app(shared),
        guests=shared.guests,
        **{
            "max_buffer_size": 2 * MAX_FRAME,
            "max_header_size": MAX_HEADER,
            "max_body_size": _MAX_BODY,
            "idle_connection_timeout": HEADER_TIMEOUT_S,
            "body_timeout": BODY_TIMEOUT_S,
            **limits,
        },
    )
