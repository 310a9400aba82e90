"""What every HTTP answer of the server has in common: loopback only, JSON, errors in one shape."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
import tornado.web

from realtime_nb.server.admission import is_local_request, presented_key
from realtime_nb.server.client_secrets import ClientSecrets
from realtime_nb.server.completions.remembered import Remembered
from realtime_nb.server.completions.spoken import SpokenAnswers
from realtime_nb.server.http.turns import Turns
from realtime_nb.server.wire_errors import WireError, error_body

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.websocket import SocketHandler
    from realtime_nb.server.workers import Settings
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

# An append of 15 MiB is 20 MiB of base64; anything much larger is closed with code 1009.
MAX_FRAME: Final = 24 << 20


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


class LocalHandler(tornado.web.RequestHandler):
    """A request of this computer, answered with JSON."""

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
        if not self._finished:
            self.refuse(HTTPStatus.NOT_FOUND, f"There is no {self.request.path} here.")
