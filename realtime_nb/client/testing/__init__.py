"""A realtime service that follows a script, for tests of clients.

A real WebSocket server on loopback; the script says which client events it expects and what
it answers. A client event that was not expected, and a step that was never reached, fail the
test::

    async with ScriptedPeer([
        send(session_created()),
        expect("session.update", session={"instructions": "Be brief."}),
        answer(session_updated),
    ]) as peer:
        session = RealtimeSession(peer.endpoint, {"instructions": "Be brief."})
        await session.open()

``with`` in place of ``async with`` runs the peer on a thread of its own. Each script is for
one connection, in the order they come.
"""

from __future__ import annotations

from realtime_nb.client.testing.events import (
    DEFAULT_SESSION,
    error,
    item_created,
    response_created,
    response_done,
    response_object,
    session_created,
    session_updated,
    spoken,
)
from realtime_nb.client.testing.peer import Handshake, ScriptedPeer
from realtime_nb.client.testing.steps import (
    ANYTHING,
    ScriptError,
    Step,
    answer,
    close,
    drop,
    expect,
    hold,
    refuse,
    send,
    send_raw,
    start_reading,
    stop_reading,
    wait_until,
)

__all__ = [
    "ANYTHING",
    "DEFAULT_SESSION",
    "Handshake",
    "ScriptError",
    "ScriptedPeer",
    "Step",
    "answer",
    "close",
    "drop",
    "error",
    "expect",
    "hold",
    "item_created",
    "refuse",
    "response_created",
    "response_done",
    "response_object",
    "send",
    "send_raw",
    "session_created",
    "session_updated",
    "spoken",
    "start_reading",
    "stop_reading",
    "wait_until",
]
