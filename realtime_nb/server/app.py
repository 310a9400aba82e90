"""The tornado side: one loopback port for WebSocket and HTTP."""

from __future__ import annotations

import asyncio
import hmac
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
import tornado.web
import tornado.websocket

from realtime_nb.server.admission import (
    SUBPROTOCOL,
    is_local_request,
    presented_key,
    refuse,
    session_kind,
)
from realtime_nb.server.config import MODEL
from realtime_nb.server.connection import Connection, turn_away
from realtime_nb.server.wire_errors import error_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.core import Settings
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

_log = logging.getLogger(__name__)

# An append of 15 MiB is 20 MiB of base64; anything much larger is closed with code 1009.
MAX_FRAME: Final = 24 << 20
PING_S: Final = 20.0
_GOING_AWAY: Final = 1001


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
    connections
        Those open now.
    endings
        Sessions whose client is gone, while they end.
    """

    token: str
    make_brain: Callable[[], Brain]
    engines: Engines
    settings: Settings
    connections: set[RealtimeHandler] = field(default_factory=set["RealtimeHandler"])
    endings: set[asyncio.Future[None]] = field(default_factory=set["asyncio.Future[None]"])


class LocalHandler(tornado.web.RequestHandler):
    """What every HTTP answer has in common: loopback only, JSON, errors in the service's shape."""

    shared: Shared

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        self.shared = shared

    def prepare(self) -> None:
        """Refuse what was not meant for this computer."""
        if not is_local_request(self.request.headers):
            self.refuse(HTTPStatus.FORBIDDEN, "This server answers requests to this computer only.")

    def require_token(self) -> bool:
        """Return whether the request carries the token; answers 401 when it does not."""
        key = presented_key(self.request.headers, ())
        if key is not None and hmac.compare_digest(key.encode(), self.shared.token.encode()):
            return True
        self.refuse(
            HTTPStatus.UNAUTHORIZED,
            "Send the practice server's token as the API key.",
            code="invalid_api_key",
        )
        return False

    def reply(self, body: Json) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(body))  # pyright: ignore[reportUnknownMemberType] -- tornado's dict

    def refuse(self, status: HTTPStatus, message: str, *, code: str | None = None) -> None:
        """Answer with an error."""
        error = error_body(message, code=code)
        del error["event_id"]
        self.set_status(status)
        self.reply({"error": error})

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Answer a fault in the same shape; what went wrong stands in the log."""
        self.refuse(HTTPStatus(status_code), f"{HTTPStatus(status_code).phrase}.")


class NotFoundHandler(LocalHandler):
    """Everything that is not here."""

    def prepare(self) -> None:
        """Refuse whatever is asked."""
        super().prepare()
        if not self._finished:
            self.refuse(HTTPStatus.NOT_FOUND, f"There is no {self.request.path} here.")


class HealthHandler(LocalHandler):
    """Whether the server is well, and what it works with."""

    def get(self) -> None:
        """Answer without asking for the token: it tells nothing private."""
        shared, engines = self.shared, self.shared.engines
        brain = shared.make_brain()
        self.reply(
            {
                "status": "ok",
                "model": MODEL,
                "brain": brain.name,
                "voice_activity": engines.voice_activity().name,
                "recogniser": engines.recogniser.name if engines.recogniser else None,
                "speaker": engines.speaker.name,
                "missing": [
                    {"name": part.name, "why": part.why, "fallback": part.fallback,
                     "install": part.install}
                    for part in engines.missing
                ],
                "sessions": len(shared.connections),
                "pace": shared.settings.pace.factor,
            }
        )  # fmt: skip


class ModelsHandler(LocalHandler):
    """The one model there is, truthfully named."""

    def get(self) -> None:
        """Answer as the service's list of models."""
        if self.require_token():
            model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "realtime_nb"}
            self.reply({"object": "list", "data": [model]})


class CardHandler(LocalHandler):
    """What can be said to the brain."""

    def get(self) -> None:
        """Answer with the card, for people (`phrases`) and for a recogniser (`patterns`)."""
        if self.require_token():
            brain = self.shared.make_brain()
            self.reply(
                {
                    "phrases": list(brain.card),
                    "patterns": list(brain.phrases),
                    "about": brain.about,
                    "brain": brain.name,
                }
            )


class RealtimeHandler(tornado.websocket.WebSocketHandler):
    """One WebSocket client."""

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        self._shared = shared
        self._connection: Connection | None = None

    def prepare(self) -> None:
        """Refuse what was not meant for this computer, before any upgrade."""
        if not is_local_request(self.request.headers):
            self.set_status(HTTPStatus.FORBIDDEN)
            self.finish()  # pyright: ignore[reportUnknownMemberType] -- tornado's dict

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 -- tornado's signature
        """Let any page of this computer in, with the token; `prepare` has looked at it."""
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Answer a browser's offer; never with the one that holds its key."""
        return SUBPROTOCOL if SUBPROTOCOL in subprotocols else None

    async def open(self, *_args: str, **_kwargs: str) -> None:
        """Let the client in, or tell it why not."""
        self.set_nodelay(True)
        shared, request = self._shared, self.request
        query = {name: values[-1].decode("utf-8", "replace")
                 for name, values in request.query_arguments.items()}  # fmt: skip
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        protocols = [protocol.strip() for protocol in offered]
        refusal = refuse(request.headers, query, protocols, shared.token)
        if refusal is not None:
            await turn_away(self, refusal)
            return
        self._connection = Connection(
            self,
            brain=shared.make_brain(),
            engines=shared.engines,
            settings=shared.settings,
            kind=session_kind(query),
        )
        shared.connections.add(self)
        self._connection.start()

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Take a frame; tornado reads the next when this one is taken."""
        return self._connection.take(message) if self._connection is not None else None

    def on_close(self) -> None:
        """End the session: the client is gone."""
        self._shared.connections.discard(self)
        if self._connection is not None:
            ending = asyncio.ensure_future(self._connection.end())
            self._shared.endings.add(ending)
            ending.add_done_callback(self._shared.endings.discard)

    async def send(self, frame: bytes) -> None:
        """Send a text frame; return when the system took it."""
        try:
            await self.write_message(frame)
        except tornado.websocket.WebSocketClosedError as error:
            raise ConnectionError("the client is gone") from error

    def abort(self) -> None:
        """Drop the socket at once."""
        if self.ws_connection is not None:
            self.ws_connection.on_connection_close()

    async def leave(self) -> None:
        """End the session because the server ends."""
        if self._connection is not None:
            await self._connection.end(_GOING_AWAY, "the server ends")


def make_app(shared: Shared) -> tornado.web.Application:
    """Return the server's application.

    Parameters
    ----------
    shared
        What its handlers share.
    """
    given: Json = {"shared": shared}
    return tornado.web.Application(
        [
            (r"/v1/realtime/?", RealtimeHandler, given),
            (r"/v1/models/?", ModelsHandler, given),
            (r"/v1/practice/card/?", CardHandler, given),
            (r"/health/?", HealthHandler, given),
        ],
        default_handler_class=NotFoundHandler,
        default_handler_args=given,
        websocket_ping_interval=PING_S,
        websocket_ping_timeout=PING_S,
        websocket_max_message_size=MAX_FRAME,
        log_function=_log_request,
    )


def _log_request(handler: tornado.web.RequestHandler) -> None:
    # Tornado would log a warning for each refused request; tokens never stand in the URL.
    _log.debug("%s %s %d", handler.request.method, handler.request.path, handler.get_status())
