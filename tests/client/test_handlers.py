"""The `on` style of the openai package: handlers before and after connecting."""

from __future__ import annotations

import pytest

from realtime_nb.client import connect
from realtime_nb.client.testing import ANYTHING, ScriptedPeer, close, error, send, session_created
from realtime_nb.errors import ServerError

HELLO = send(session_created())


def talk(*events):
    return [HELLO, *(send({"type": kind}) for kind in events), close(1000)]


async def test_handlers_get_the_events_of_their_type_in_order():
    heard = []
    async with ScriptedPeer(talk("a", "b", "a")) as peer:
        manager = connect(endpoint=peer.endpoint, check=False)

        @manager.on("a")
        async def waiting(event):
            heard.append(("waiting", event.type))

        assert manager.once("a", lambda event: heard.append(("once", event.type))) is manager
        async with manager as connection:
            connection.on("event", lambda event: heard.append(("every", event.type)))

            @connection.once("b")
            def only_b(event):
                heard.append(("b", event.type))

            await connection.dispatch_events()
    assert heard == [
        ("every", "session.created"),
        ("waiting", "a"),
        ("once", "a"),
        ("every", "a"),
        ("b", "b"),
        ("every", "b"),
        ("waiting", "a"),
        ("every", "a"),
    ]
    assert only_b.__name__ == "only_b"


async def test_off_takes_one_away():
    heard = []
    async with (
        ScriptedPeer(talk("a")) as peer,
        connect(endpoint=peer.endpoint, check=False) as connection,
    ):
        connection.on("a", heard.append).on("a", heard.append).off("a", heard.append)
        connection.off("a", print).off("never", print)
        await connection.dispatch_events()
    assert [event.type for event in heard] == ["a"]


@pytest.mark.parametrize("kind", ["error", "event"])
async def test_an_error_is_raised_only_when_nobody_listens(kind):
    wrong = error("No.", "invalid_value", param="session.x")
    async with ScriptedPeer(*[[HELLO, send(wrong), close(1000)]] * 2) as peer:
        async with connect(endpoint=peer.endpoint, check=False) as connection:
            with pytest.raises(ServerError, match=r"session\.x: No\.") as caught:
                await connection.dispatch_events()
            assert caught.value.code == "invalid_value"
        async with connect(endpoint=peer.endpoint, check=False) as connection:
            heard = []
            connection.on(kind, heard.append)
            await connection.dispatch_events()
            assert heard[-1].type == "error"


async def test_what_is_sent_before_connecting_goes_out_first():
    async with ScriptedPeer([HELLO], ignore=[ANYTHING]) as peer:
        manager = connect(endpoint=peer.endpoint, check=False)
        manager.send({"type": "first"})
        manager.send({"type": "second"})
        async with manager as connection:
            await connection.send({"type": "third"})
            await peer.heard("third")
        assert [event["type"] for event in peer.received] == ["first", "second", "third"]
