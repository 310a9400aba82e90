from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client import connect
from realtime_nb.client.testing import (
    ScriptedPeer,
    ScriptError,
    answer,
    close,
    drop,
    expect,
    hold,
    refuse,
    send,
    send_raw,
    session_created,
    session_updated,
    wait_until,
)
from realtime_nb.errors import ConnectionFailed, ConnectionLost


def connected(peer):
    return connect(endpoint=peer.endpoint, check=False)


async def test_a_script_is_followed():
    script = [
        send(session_created()),
        expect("session.update", session={"type": "realtime", "instructions": str.isupper}),
        answer(session_updated),
        close(1000),
    ]
    async with ScriptedPeer(script) as peer, connected(peer) as connection:
        assert (await connection.recv()).type == "session.created"
        await connection.session.update(session={"type": "realtime", "instructions": "HI"})
        assert (await connection.recv()).session.instructions == "HI"
        assert [event async for event in connection] == []
    assert peer.of_type("session.update")[0]["session"]["instructions"] == "HI"
    assert peer.handshakes[0].path == "/v1/realtime"
    assert peer.handshakes[0].query == {"model": ["gpt-realtime-2.1"]}


async def play(peer, act=None):
    """Connect to the peer, act, and leave."""
    async with peer, connected(peer) as connection:
        if act is not None:
            await act(connection)


async def test_steps_never_reached_fail_the_test():
    peer = ScriptedPeer([expect("response.create"), close()], patience=0.05)
    with pytest.raises(ScriptError, match=r"never reached: expect response\.create, close 1000"):
        await play(peer)


async def test_a_script_nobody_connected_to_fails_the_test():
    with pytest.raises(ScriptError, match=r"never reached: send session\.created"):
        async with ScriptedPeer([send(session_created())], patience=0.05):
            pass


async def test_another_event_than_expected_fails_the_test_and_the_client():
    async def act(connection):
        await connection.response.cancel()
        with pytest.raises(ConnectionLost) as caught:
            await connection.recv()
        assert caught.value.code == 1011

    with pytest.raises(ScriptError, match=r"expected response\.create, got .*response\.cancel"):
        await play(ScriptedPeer([expect("response.create")]), act)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"response": {"instructions": "a"}}, r"event\.response\.instructions is 'b'"),
        ({"response": {"voice": ...}}, r"event\.response has no voice"),
        ({"response": {"instructions": {"deep": 1}}}, r"event\.response\.instructions is 'b'"),
        ({"response": lambda response: not response}, r"event\.response is \{"),
    ],
)
async def test_a_field_other_than_expected_fails_the_test(wanted, problem):
    async def act(connection):
        await connection.response.create(response={"instructions": "b", "more": 1})
        with pytest.raises(ConnectionLost):
            await connection.recv()

    with pytest.raises(ScriptError, match=problem):
        await play(ScriptedPeer([expect("response.create", **wanted)]), act)


async def test_an_event_after_the_script_fails_the_test():
    peer = ScriptedPeer([send(session_created())])

    async def act(connection):
        await connection.response.create()
        assert len(await peer.heard("response.create")) == 1

    with pytest.raises(ScriptError, match=r"not expected: .*response\.create"):
        await play(peer, act)


async def test_a_connection_no_script_is_for_fails_the_test():
    async def act(connection):
        with pytest.raises(ConnectionLost):
            await connection.recv()

    with pytest.raises(ScriptError, match="no script is for"):
        await play(ScriptedPeer(), act)


async def test_an_error_of_the_test_itself_goes_first():
    with pytest.raises(ZeroDivisionError):
        async with ScriptedPeer([expect("response.create")], patience=0.05):
            _ = 1 / 0


async def test_sound_needs_no_step_but_is_received():
    peer = ScriptedPeer([expect("input_audio_buffer.commit")])

    async def act(connection):
        await connection.input_audio_buffer.append(audio=b"\0\0")
        await connection.input_audio_buffer.commit()

    await play(peer, act)
    assert [event["type"] for event in peer.received] == [
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
    ]


async def test_faults():
    go = asyncio.Event()
    scripts = [
        [refuse(403, "Not you.")],
        [send_raw("no json"), hold(0.01), wait_until(go), drop()],
        [close(4000, "invalid_request_error.invalid_model")],
    ]
    async with ScriptedPeer(*scripts) as peer:
        with pytest.raises(ConnectionFailed, match=r"HTTP 403: Not you"):
            async with connected(peer):
                pass
        async with connected(peer) as connection:
            assert await connection.recv_bytes() == b"no json"
            go.set()
            with pytest.raises(ConnectionLost, match="broke off"):
                await connection.recv()
        async with connected(peer) as connection:
            with pytest.raises(ConnectionLost, match="4000") as caught:
                await connection.recv()
            assert caught.value.code == 4000


def test_without_a_loop_it_runs_on_a_thread():
    with ScriptedPeer([send(session_created()), close()]) as peer:

        async def read():
            async with connected(peer) as connection:
                return [event.type async for event in connection]

        assert asyncio.run(read()) == ["session.created"]
    with pytest.raises(RuntimeError, match="inside its with block"):
        _ = ScriptedPeer().url
