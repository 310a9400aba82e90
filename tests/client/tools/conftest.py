"""A desk on a session with a scripted service."""

from __future__ import annotations

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.protocol.tools.options import ToolOptions


@pytest.fixture
def open_desk(loop):
    """Open a session with a peer, and a desk on it."""
    sessions = []

    async def opened(peer, *functions, transport=None, restore=True, **options):
        registry = ToolRegistry()
        for function in functions:
            registry.add(function, ToolOptions(**options))
        session = RealtimeSession(peer.endpoint, transport=transport, loop=loop, restore=restore)
        desk = ToolDesk(session, registry, PlainStage(), loop)
        desk.start()
        await session.open()
        sessions.append((session, desk))
        return session, desk

    yield opened
    for session, desk in sessions:
        desk.stop()
        session.close().result(5)
