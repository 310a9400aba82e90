"""The real application on a free loopback port, inside a test's own loop."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import tornado.netutil

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.door.port import make_server
from realtime_nb.server.door.web import Shared
from realtime_nb.server.workers import Settings
from tests.server.fakes import LoudnessActivity, ScriptedRecogniser, TalkBrain, ToneSpeaker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "a-token-for-tests"  # noqa: S105 -- planted


@dataclass
class Served:
    """A server under test."""

    shared: Shared
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def socket_url(self, query: str = "?model=local-demo") -> str:
        return f"ws://127.0.0.1:{self.port}/v1/realtime{query}"


@asynccontextmanager
async def serving(
    brain: Any = None, *, texts: Any = (), limits: Any = None, **settings: Any
) -> AsyncIterator[Served]:
    """Serve with fake engines, real threads and real time."""
    chosen = brain or TalkBrain()
    recogniser = ScriptedRecogniser(list(texts))
    engines: Any = SimpleNamespace(
        voice_activity=LoudnessActivity, recogniser=recogniser, speaker=ToneSpeaker(), missing=()
    )
    shared = Shared(TOKEN, lambda: chosen, engines, Settings(Pace(0), **settings))
    server = make_server(shared, **(limits or {}))
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield Served(shared, sockets[0].getsockname()[1])
    finally:
        server.stop()
        await shared.calls.close()
        for client in list(shared.connections):
            await client.leave()
        await server.close_all_connections()
