"""The WebSocket handlers: a socket, its way in, and the session behind it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import tornado.websocket

from realtime_nb.server.connection import Connection, turn_away
from realtime_nb.server.door.admission import (
    SUBPROTOCOL,
    Refusal,
    Visit,
    admit,
    admit_translation,
    is_local_request,
    refuse_crowd,
    refuse_join,
)
from realtime_nb.server.session import Session
from realtime_nb.server.translation_session import TranslationSession
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from realtime_nb.server.connection import Exits, Talk
    from realtime_nb.server.door.admission import Admitted
    from realtime_nb.server.door.web import Shared

MOST_SESSIONS: Final = 64
"""WebSocket clients at a time; each may have a recogniser and a voice of its own."""
_GOING_AWAY: Final = 1001
_MAX_FRAME_OF_STRANGERS: Final = 4096


class SocketHandler(tornado.websocket.WebSocketHandler):
    """One WebSocket client; a subclass makes its session."""

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        self._shared = shared
        self._connection: Connection | None = None
        self._verdict: Admitted | Refusal | None = None

    def admit(self, visit: Visit) -> Admitted | Refusal:
        """Return whether the client may come in, and to what.

        Parameters
        ----------
        visit
            Its request.
        """
        raise NotImplementedError

    def make_session(self, admitted: Admitted, exits: Exits) -> Talk:
        """Return the session of a client that came in.

        Parameters
        ----------
        admitted
            What `admit` returned.
        exits
            Where its events go.
        """
        raise NotImplementedError

    def prepare(self) -> None:
        """Refuse what was not meant for this computer, before any upgrade."""
        if not is_local_request(self.request.headers):
            self.set_status(HTTPStatus.FORBIDDEN)
            self.finish()  # pyright: ignore[reportUnknownMemberType] -- tornado's dict
            return
        self._verdict = self._judge()

    @property
    def max_message_size(self) -> int:
        """Bytes of the largest frame that is read; who may not come in has nothing to say."""
        refused = isinstance(self._verdict, Refusal)
        return _MAX_FRAME_OF_STRANGERS if refused else super().max_message_size

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 -- tornado's signature
        """Let any page of this computer in, with the token; `prepare` has looked at it."""
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Answer a browser's offer; never with the one that holds its key."""
        return SUBPROTOCOL if SUBPROTOCOL in subprotocols else None

    async def open(self, *_args: str, **_kwargs: str) -> None:
        """Let the client in, or tell it why not."""
        self.set_nodelay(True)
        verdict = self._verdict
        if verdict is None or isinstance(verdict, Refusal):
            if verdict is not None:
                await turn_away(self, verdict)
            return
        self._connection = Connection(self, lambda exits: self.make_session(verdict, exits))
        self._shared.connections.add(self)
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

    def _judge(self) -> Admitted | Refusal:
        verdict = self.admit(self._visit())
        if not isinstance(verdict, Refusal) and len(self._shared.connections) >= MOST_SESSIONS:
            return refuse_crowd(MOST_SESSIONS)
        if not isinstance(verdict, Refusal):
            self._shared.welcome(self.request)
        return verdict

    def _visit(self) -> Visit:
        headers = self.request.headers
        query = {name: values[-1].decode("utf-8", "replace")
                 for name, values in self.request.query_arguments.items()}  # fmt: skip
        offered = headers.get("Sec-WebSocket-Protocol", "").split(",")
        return Visit(headers, query, tuple(protocol.strip() for protocol in offered))


class RealtimeHandler(SocketHandler):
    """A client of `/v1/realtime`: a realtime or a transcription session."""

    def admit(self, visit: Visit) -> Admitted | Refusal:
        """Return whether the client may come in, and to what."""
        shared = self._shared
        verdict = admit(visit, shared.token, shared.client_secrets)
        if isinstance(verdict, Refusal) or verdict.call_id is None:
            return verdict
        try:
            shared.calls.find(verdict.call_id).check_joinable()
        except WireError as error:
            return refuse_join(error)
        return verdict

    def make_session(self, admitted: Admitted, exits: Exits) -> Talk:
        """Return its session, or its share in a call's."""
        shared = self._shared
        if admitted.call_id is not None:
            return shared.calls.find(admitted.call_id).attach(exits)
        return Session(
            exits.sink,
            brain=shared.make_brain(),
            engines=shared.engines,
            settings=shared.settings,
            gate=exits.gate,
            kind="transcription" if admitted.kind == "transcription" else "realtime",
            on_over=exits.on_over,
            config=admitted.config,
        )


class TranslationHandler(SocketHandler):
    """A client of `/v1/realtime/translations`."""

    def admit(self, visit: Visit) -> Admitted | Refusal:
        """Return whether the client may come in, and to what."""
        return admit_translation(visit, self._shared.token, self._shared.client_secrets)

    def make_session(self, admitted: Admitted, exits: Exits) -> Talk:
        """Return its session; the brain only tells which words to expect."""
        shared = self._shared
        return TranslationSession(
            exits.sink,
            engines=shared.engines,
            settings=shared.settings,
            gate=exits.gate,
            on_over=exits.on_over,
            config=admitted.config,
            expected=shared.make_brain().phrases,
        )
