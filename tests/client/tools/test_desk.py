"""A desk between a session and the functions of a registry, against a scripted service."""

from __future__ import annotations

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    expect,
    item_created,
    response_created,
    response_done,
    send,
    session_created,
    spoken,
)
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.protocol.tools.options import ToolOptions

CREATE = "conversation.item.create"
HELLO = send(session_created())


def call_item(call_id, name="add", arguments='{"a": 1, "b": 2}', status="completed"):
    return {
        "id": f"item_{call_id}",
        "type": "function_call",
        "status": status,
        "name": name,
        "call_id": call_id,
        "arguments": arguments,
    }


def called(*items, rid="resp_1", request=None, status="completed"):
    """A response that makes these calls."""
    return [
        response_created(request, rid),
        *(
            {"type": "response.output_item.done", "response_id": rid, "output_index": at, "item": i}
            for at, i in enumerate(items)
        ),
        response_done(request, rid, status=status, output=list(items)),
    ]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def open_desk(loop):
    """Open a session with a peer, and a desk on it."""
    sessions = []

    async def opened(peer, *functions, **options):
        registry = ToolRegistry()
        for function in functions:
            registry.add(function, ToolOptions(**options))
        session = RealtimeSession(peer.endpoint, loop=loop)
        desk = ToolDesk(session, registry, PlainStage(), loop)
        desk.start()
        await session.open()
        sessions.append((session, desk))
        return session, desk

    yield opened
    for session, desk in sessions:
        desk.stop()
        session.close().result(5)


async def test_a_call_is_run_answered_and_followed_up(open_desk):
    peer = ScriptedPeer(
        [
            HELLO,
            expect("response.create"),
            answer(lambda request: called(call_item("call_a"), request=request)),
            expect(
                CREATE, item={"type": "function_call_output", "call_id": "call_a", "output": "3"}
            ),
            answer(item_created),
            expect("response.create"),
            answer(lambda request: spoken(request, "It is three.")),
        ]
    )
    async with peer:
        session, desk = await open_desk(peer, add)
        await session.respond()
        await peer.heard("response.create", 2)
    (record,) = desk.calls
    assert (record.tool, record.status, record.output) == ("add", "ok", "3")
