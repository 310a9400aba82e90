"""The webhook route on a port of its own: HTTP on 127.0.0.1, for a tunnel or a practice server."""

# tornado is partly untyped.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final

from tornado import web
from tornado.httpserver import HTTPServer

from realtime_nb.client.phone.desk import LARGEST_BODY
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from tornado.iostream import IOStream

    from realtime_nb.client.phone.desk import Answered, WebhookDesk

PATH: Final = "/webhook"
HOST: Final = "127.0.0.1"

# What is larger than a webhook is read and dropped up to here, so that its sender can read the
# answer; past that the connection is cut.
_MOST_DROPPED: Final = 32 << 20
_PATIENCE_S: Final = 15.0
_HEADER_BYTES: Final = 64 << 10
MOST_CONNECTIONS: Final = 64
"""Connections open at a time; one more is closed at once."""


class _Plain(web.RequestHandler):
    """Says what is wrong in a line of plain text, and not what runs here."""

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: a webhook is posted to {PATH}\n")

    def compute_etag(self) -> None:
        return None

    def set_default_headers(self) -> None:
        self.clear_header("Server")


@web.stream_request_body
class _Nowhere(_Plain):
    """Every other path; what is posted there is not kept."""

    def prepare(self) -> None:
        raise web.HTTPError(404)

    def data_received(self, chunk: bytes) -> None:
        """Drop it."""


@web.stream_request_body
class _Webhook(_Plain):
    """One webhook; its body is gathered up to the limit and no further."""

    def initialize(self, desk: WebhookDesk) -> None:
        self._desk = desk
        self._body = bytearray()
        self._too_large = False

    def data_received(self, chunk: bytes) -> None:
        self._too_large = self._too_large or len(self._body) + len(chunk) > LARGEST_BODY
        if self._too_large:
            self._body.clear()
        else:
            self._body += chunk

    def post(self) -> None:
        self._tell(
            self._desk.too_large()
            if self._too_large
            else self._desk.take(bytes(self._body), dict(self.request.headers.get_all()))
        )

    def _tell(self, answer: Answered) -> None:
        self.set_status(answer.status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(answer.text + "\n")


def _no_log(_handler: web.RequestHandler) -> None:
    """Log nothing: what strangers send to an open port is no news."""


class _Bounded(HTTPServer):
    """An HTTP server with an end to its connections: whoever is on this computer can make some.

    A webhook is there for milliseconds: the oldest makes room, so that who says nothing keeps
    no call out.
    """

    def initialize(self, *args: Any, **kwargs: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- tornado's way to construct
        super().initialize(*args, **kwargs)
        self._streams: dict[IOStream, None] = {}  # the oldest first

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        self._streams = {one: None for one in self._streams if not one.closed()}
        if len(self._streams) >= MOST_CONNECTIONS:
            oldest = next(iter(self._streams))
            del self._streams[oldest]
            oldest.close()
        self._streams[stream] = None
        super().handle_stream(stream, address)


class Route:
    """Listens for webhooks; make, `start` and `close` it on the loop it runs on.

    Parameters
    ----------
    desk
        Takes them.
    """

    def __init__(self, desk: WebhookDesk) -> None:
        application = web.Application(
            [(PATH, _Webhook, {"desk": desk})],
            default_handler_class=_Nowhere,
            log_function=_no_log,
        )
        self._server = _Bounded(
            application,
            max_body_size=_MOST_DROPPED,
            max_header_size=_HEADER_BYTES,
            body_timeout=_PATIENCE_S,
            idle_connection_timeout=_PATIENCE_S,
        )
        self.port = 0

    def start(self, port: int = 0) -> None:
        """Listen on a port of 127.0.0.1; 0 takes a free one.

        Raises
        ------
        UsageError
            When the port is taken, or may not be had.
        """
        try:
            listening = socket.create_server((HOST, port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise UsageError(
                f"port={port} cannot be listened on: {why}; port=0 takes a free one."
            ) from None
        listening.setblocking(False)
        self._server.add_sockets([listening])
        self.port = int(listening.getsockname()[1])

    @property
    def url(self) -> str:
        """Where webhooks are posted."""
        return f"http://{HOST}:{self.port}{PATH}"

    async def close(self) -> None:
        """Listen no more, and hang up on who is connected."""
        self._server.stop()
        with contextlib.suppress(OSError):
            await self._server.close_all_connections()
