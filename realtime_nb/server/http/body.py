"""A REST request: answered in a turn, dropped when nobody waits.

What works on an answer is cancelled as soon as the client is gone.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tornado.iostream import StreamClosedError

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.door.admission import is_token, presented_key
from realtime_nb.server.frames import parse_object
from realtime_nb.server.http.bounded import BodyHandler
from realtime_nb.server.http.errors import (
    Refusal,
    as_refusal,
    no_key,
    not_json,
    server_fault,
    too_large,
    wrong_key,
    wrong_media_type,
)
from realtime_nb.server.http.sse import ClientGone
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from realtime_nb.server.door.web import Shared

Json = dict[str, Any]

_log = logging.getLogger(__name__)

MAX_JSON: Final = 20 << 20  # bytes: some 15 MB of sound in base64


class ApiHandler(BodyHandler):
    """A POST of the REST API; a subclass gives `answer`.

    `Refusal` and `WireError` raised by `answer` become error answers. When the client goes
    away `answer` is cancelled.

    Attributes
    ----------
    max_body : int
        Bytes that a body may have.
    media_type : str
        Its `Content-Type`.
    body : bytes
        It, as soon as `answer` runs.
    """

    max_body = MAX_JSON
    media_type = "application/json"

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        super().initialize(shared)
        self.body = b""
        self._work: asyncio.Future[None] | None = None
        self._is_gone = False

    def prepare(self) -> None:
        """Give the request an id; make room for its body."""
        self.set_header("x-request-id", new_id("req"))
        super().prepare()

    async def post(self, *parts: str) -> None:
        """Answer, or refuse; end at once when the client is gone."""
        self._work = asyncio.ensure_future(self._post(*parts))
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._is_gone:
                raise

    def on_connection_close(self) -> None:
        """Stop working for a client that is gone."""
        self._is_gone = True
        if self._work is not None:
            self._work.cancel()

    async def answer(self, *parts: str) -> None:
        """Answer the request; `parts` are those that the route's pattern names.

        Raises
        ------
        Refusal, WireError
            When it is refused.
        """
        raise NotImplementedError

    def json_body(self) -> Json:
        """Return the JSON object that the body holds.

        Raises
        ------
        Refusal
            When it is not JSON, no object, or nested too deep.
        """
        try:
            return parse_object(self.body, "JSON body", "Expected a JSON object.")
        except WireError as error:
            raise not_json() if error.code == "invalid_json" else as_refusal(error) from None

    def refuse_with(self, refusal: Refusal) -> None:
        """Answer with an error."""
        self.set_status(refusal.status)
        for name, value in refusal.headers.items():
            self.set_header(name, value)
        self.reply(refusal.body())

    def refuse(self, status: HTTPStatus, message: str, *, code: str | None = None) -> None:
        """Answer with an error, in the REST API's order of fields."""
        self.refuse_with(Refusal(status, message, code=code))

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Answer what came to no `answer`: another method than POST, a broken request."""
        request = self.request
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            message = (
                f"Not allowed to {request.method} on {request.path}. "
                "(HINT: Perhaps you meant to use a different HTTP method?)"
            )
            self.refuse(HTTPStatus.METHOD_NOT_ALLOWED, message, code="method_not_supported")
        else:
            super().write_error(status_code)

    async def _post(self, *parts: str) -> None:
        self.body = self.take_body()
        try:
            self.admit()
            await self.answer(*parts)
        except Refusal as refusal:
            self._refuse_once(refusal)
        except WireError as error:
            self._refuse_once(as_refusal(error))
        except (ClientGone, StreamClosedError):
            self.drop()  # it may be there still, and just not read
        except Exception as error:  # noqa: BLE001 -- logged, and told to the client
            # An engine's fault costs a request, never the server.
            _log.exception("a request failed")
            self._refuse_once(server_fault(f"The server had an error: {type(error).__name__}."))

    def admit(self) -> None:
        """Raise `Refusal` for a request without the token, too large, or of another type."""
        key = presented_key(self.request.headers, ())
        if key is None:
            raise no_key()
        if not is_token(key, self.shared.token):
            raise wrong_key(key)
        if self.body_size > self.max_body:
            raise too_large(self.max_body, self.body_size)
        given = self.request.headers.get("Content-Type", "")
        if given.partition(";")[0].strip().lower() != self.media_type:
            raise wrong_media_type(given, self.media_type)

    def _refuse_once(self, refusal: Refusal) -> None:
        if self._headers_written:  # a stream under way: it ends here, and the client notices
            self.drop()
        else:
            self.refuse_with(refusal)
