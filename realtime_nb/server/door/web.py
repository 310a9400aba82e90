"""What every HTTP answer of the server has in common: loopback only, JSON, errors in one shape."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import orjson
import tornado.web

from realtime_nb.server.calls.desk import CallDesk
from realtime_nb.server.completions.remembered import Remembered
from realtime_nb.server.completions.spoken import SpokenAnswers
from realtime_nb.server.door.admission import is_local_request, is_token, presented_key
from realtime_nb.server.door.client_secrets import ClientSecrets
from realtime_nb.server.http.turns import Turns
from realtime_nb.server.phone.exchange import Exchange
from realtime_nb.server.wire_errors import WireError, error_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httputil import HTTPServerRequest
    from tornado.iostream import IOStream

    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.door.websocket import SocketHandler
    from realtime_nb.server.workers import Settings
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

# An append of 15 MiB is 20 MiB of base64; anything much larger is closed with code 1009.
MAX_FRAME: Final = 24 << 20
READ_TIMEOUT_S: Final = 60.0
"""Seconds in which an answer must have been read; some megabytes of it the system takes ahead."""


@dataclass
class Shared:
    """What all handlers of one server share.

    Parameters
    ----------
    token
        What clients must present.
    make_brain
        Makes a brain for each session.
    engines, settings
        For the sessions.
    client_secrets
        The ephemeral keys given out.
    connections
        Those open now.
    endings
        Sessions whose client is gone, while they end.
    turns
        Of REST requests at the engines.
    spoken_answers
        Those that chat completions may still name.
    remembered
        What recordings said to chat completions.
    phone
        What telephones share: the lines they ring.
    guests
        Connections that have shown a key.

    Attributes
    ----------
    calls : CallDesk
        Those under way.
    """

    token: str
    make_brain: Callable[[], Brain]
    engines: Engines
    settings: Settings
    client_secrets: ClientSecrets = field(default_factory=ClientSecrets)
    connections: set[SocketHandler] = field(default_factory=set["SocketHandler"])
    endings: set[asyncio.Future[None]] = field(default_factory=set["asyncio.Future[None]"])
    turns: Turns = field(default_factory=Turns)
    spoken_answers: SpokenAnswers = field(default_factory=SpokenAnswers)
    remembered: Remembered = field(default_factory=Remembered)
    phone: Exchange = field(default_factory=Exchange)
    guests: WeakSet[IOStream] = field(default_factory=WeakSet["IOStream"])
    calls: CallDesk = field(init=False)

    def __post_init__(self) -> None:
        """Open the desk for calls."""
        self.calls = CallDesk(self.make_brain, self.engines, self.settings)

    def welcome(self, request: HTTPServerRequest) -> None:
        """Remember that a request's connection has shown a key."""
        connection: Any = request.connection
        if connection is not None and connection.stream is not None:
            self.guests.add(connection.stream)


class LocalHandler(tornado.web.RequestHandler):
    """A request of this computer, answered with JSON."""

    shared: Shared

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        self.shared = shared

    def prepare(self) -> None:
        """Refuse what was not meant for this computer."""
        if not self.is_welcome():
            self.refuse(HTTPStatus.FORBIDDEN, "This server answers requests to this computer only.")

    def set_default_headers(self) -> None:
        """Tell nobody what runs here, and let no other site's page show what it says."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def is_welcome(self) -> bool:
        """Return whether the request was meant for this computer."""
        return is_local_request(self.request.headers)

    def is_known(self) -> bool:
        """Return whether the request carries a key that is worth reading on for."""
        known = is_token(presented_key(self.request.headers, ()), self.shared.token)
        if known:
            self.shared.welcome(self.request)
        return known

    def require_token(self) -> bool:
        """Return whether the request carries the token; answers 401 when it does not."""
        if self.is_known():
            return True
        self.refuse(
            HTTPStatus.UNAUTHORIZED,
            "Send the practice server's token as the API key.",
            code="invalid_api_key",
        )
        return False

    def finish(self, chunk: str | bytes | Json | None = None) -> asyncio.Future[None]:
        """Send the answer; hang up on who does not read it within `READ_TIMEOUT_S`."""
        sent = super().finish(chunk)  # pyright: ignore[reportUnknownMemberType] -- tornado's dict
        if not sent.done():
            late = asyncio.get_running_loop().call_later(READ_TIMEOUT_S, self.drop)
            sent.add_done_callback(lambda _: late.cancel())
        return sent

    def drop(self) -> None:
        """Hang up."""
        connection: Any = self.request.connection
        connection.close()

    def reply(self, body: Json) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(body))  # pyright: ignore[reportUnknownMemberType] -- tornado's dict

    def refuse(self, status: HTTPStatus, message: str, *, code: str | None = None) -> None:
        """Answer with an error."""
        self._refuse(status, error_body(message, code=code))

    def refuse_value(self, error: WireError) -> None:
        """Answer 400 for what the request holds."""
        self._refuse(HTTPStatus.BAD_REQUEST, error.body(None))

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Answer a fault in the same shape; what went wrong stands in the log."""
        self.refuse(HTTPStatus(status_code), f"{HTTPStatus(status_code).phrase}.")

    def _refuse(self, status: HTTPStatus, error: Json) -> None:
        del error["event_id"]
        self.set_status(status)
        self.reply({"error": error})


class NotFoundHandler(LocalHandler):
    """Everything that is not here."""

    def prepare(self) -> None:
        """Refuse whatever is asked."""
        super().prepare()
        if not self._finished and self.require_token():
            self.refuse(HTTPStatus.NOT_FOUND, f"There is no {self.request.path} here.")
