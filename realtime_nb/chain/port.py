"""Where a chain listens: a loopback port of this process, on a loop and a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import tornado.httpserver
import tornado.netutil
import tornado.web

from realtime_nb.chain.session import ChainSession, Settled
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import RealtimeError
from realtime_nb.server.config.config import MODEL
from realtime_nb.server.door.admission import Refusal, admit
from realtime_nb.server.door.web import MAX_FRAME, NotFoundHandler, Shared
from realtime_nb.server.door.websocket import SocketHandler
from realtime_nb.server.workers import Settings
from realtime_nb.speech.engines import load_voice_activity
from realtime_nb.speech.interfaces import Engines
from realtime_nb.speech.speaker import ToneSpeaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.chain.legs import Legs
    from realtime_nb.client.rest.service import Notice
    from realtime_nb.protocol.chain import LegName
    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.connection import Exits
    from realtime_nb.server.door.admission import Admitted, Visit
    from realtime_nb.server.session_base import BaseSession

_TIMEOUT_S: Final = 10.0


class ChainServer:
    """A chain that listens.

    Parameters
    ----------
    legs
        Who hears, thinks and speaks.
    voice
        The name of a voice of the one that speaks.
    prompt
        What the one that hears should expect, until a session says otherwise.
    on_notice
        Called with what a leg does otherwise than usual, on the chain's thread.

    Attributes
    ----------
    endpoint
        Where it listens: what a client is given.
    missing
        What the voice activity does without, on this machine.
    """

    def __init__(
        self,
        legs: Legs,
        *,
        voice: str = "alloy",
        prompt: str = "",
        on_notice: Callable[[LegName, Notice], object] | None = None,
    ) -> None:
        activity, self.missing = load_voice_activity()
        token = secrets.token_urlsafe(24)
        self._shared = Shared(
            token,
            _no_brain,
            Engines(activity, None, ToneSpeaker(), self.missing),
            Settings(),
        )
        self._loop = BackgroundLoop()
        self._server: tornado.httpserver.HTTPServer | None = None
        settled = Settled(legs, voice, prompt, on_notice)
        try:
            port = self._loop.call(self._listen(settled), "chain").result(_TIMEOUT_S)
        except BaseException:
            self._loop.stop()
            raise
        self.endpoint: Endpoint = ChainEndpoint(
            base_url=f"http://127.0.0.1:{port}/v1",
            model=legs.model,
            name=legs.service,
            practice=legs.practice,
            api_key=Secret(token),
            key_source="the chain's own token",
            billed=legs.costs,
        )

    def close(self) -> None:
        """End its sessions, close its port, and end its thread; closing twice is fine."""
        if self._loop.alive:
            with contextlib.suppress(RealtimeError):
                self._loop.call(self._leave(), "close the chain").result(_TIMEOUT_S)
        self._loop.stop()

    async def _listen(self, settled: Settled) -> int:
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        given = {"shared": self._shared}
        app = tornado.web.Application(
            [(r"/v1/realtime/?", ChainHandler, {**given, "settled": settled})],
            default_handler_class=NotFoundHandler,
            default_handler_args=given,
            websocket_max_message_size=MAX_FRAME,
            log_function=_no_log,
        )
        server = tornado.httpserver.HTTPServer(app, max_buffer_size=2 * MAX_FRAME)
        server.add_sockets(sockets)
        self._server = server
        return sockets[0].getsockname()[1]

    async def _leave(self) -> None:
        if self._server is None:
            return
        self._server.stop()
        leaving = [client.leave() for client in list(self._shared.connections)]
        await asyncio.gather(*leaving, *self._shared.endings, return_exceptions=True)
        await asyncio.sleep(0)  # the close frames are on their way
        await self._server.close_all_connections()


@dataclass(frozen=True)
class ChainEndpoint(Endpoint):
    """Where a chain listens.

    Parameters
    ----------
    billed
        Whether one of its legs is: it costs money though it is on this machine.
    """

    billed: bool = False

    @property
    def costs(self) -> bool:
        """Whether talking to it may cost money."""
        return self.billed


class ChainHandler(SocketHandler):
    """A client of a chain."""

    def initialize(self, shared: Shared, settled: Settled) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- tornado's: what the route gives
        """Take what the route gives."""
        super().initialize(shared)
        self._settled = settled

    def admit(self, visit: Visit) -> Admitted | Refusal:
        """Return whether the client may come in: with the token, to the chain's one model."""
        asked = dict(visit.query)
        if asked.get("model") == self._settled.legs.model:
            asked["model"] = MODEL
        visit = replace(visit, query=asked)
        return admit(visit, self._shared.token, self._shared.client_secrets)

    def make_session(self, admitted: Admitted, exits: Exits) -> BaseSession:  # noqa: ARG002 -- there is one kind
        """Return its session."""
        return ChainSession(exits, self._settled)


def _no_brain() -> Brain:
    raise NotImplementedError  # a chain's sessions bring their own


def _no_log(_handler: tornado.web.RequestHandler) -> None:
    """Log no request: tornado would warn of each that is refused."""
