"""A request whose body is read within a limit, and kept only for who holds a key.

A body that is too large, or a stranger's, is read to its end and thrown away, so that the client,
which sends all of it before it listens, hears why it is refused. A stranger may send less of it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tornado.web import stream_request_body

from realtime_nb.server.door.web import LocalHandler

if TYPE_CHECKING:
    from realtime_nb.server.door.web import Shared

# Thrown away as it comes, so its size costs time and not memory.
_MOST_DROPPED: Final = 1 << 30
_MOST_DROPPED_OF_STRANGERS: Final = 32 << 20
STRANGERS_TIMEOUT_S: Final = 10.0
"""Seconds in which the whole body of a request without a key must come."""


@stream_request_body
class BodyHandler(LocalHandler):
    """A request with a body.

    Attributes
    ----------
    max_body : int
        Bytes that it may have.
    """

    max_body = 1 << 20

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        super().initialize(shared)
        self._pieces = bytearray()
        self._size = 0
        self._known = False

    def prepare(self) -> None:
        """Make room for the body; refuse what was not meant for this computer."""
        super().prepare()
        if self._finished:
            return
        self._known = self.is_known()
        connection: Any = self.request.connection
        connection.set_max_body_size(_MOST_DROPPED if self._known else _MOST_DROPPED_OF_STRANGERS)
        if not self._known:
            connection.set_body_timeout(STRANGERS_TIMEOUT_S)

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body, as long as it may become something."""
        self._size += len(chunk)
        if self._known and self._size <= self.max_body:
            self._pieces += chunk
        else:
            self._pieces.clear()

    @property
    def body_size(self) -> int:
        """Bytes of the body as it came; more than `max_body` were thrown away."""
        return self._size

    def require_size(self) -> bool:
        """Return whether the body is no larger than it may be; answers 413 when it is."""
        if self._size <= self.max_body:
            return True
        self.refuse(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"Maximum content size limit ({self.max_body}) exceeded ({self._size} bytes read)",
        )
        return False

    def take_body(self) -> bytes:
        """Return the body, and let go of it."""
        body, self._pieces = bytes(self._pieces), bytearray()
        return body
