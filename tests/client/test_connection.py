from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from types import SimpleNamespace

import pytest
from openai import AsyncOpenAI
from openai.types.realtime import ResponseCreateEvent
from websockets.protocol import State

from realtime_nb.client import connect
from realtime_nb.client import connection as module
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.testing import (
    ANYTHING,
    ScriptedPeer,
    close,
    drop,
    error,
    expect,
    hold,
    refuse,
    send,
    send_raw,
    session_created,
    spoken,
    start_reading,
    stop_reading,
    wait_until,
)
from realtime_nb.client.transport import wire
from realtime_nb.client.transport.wire import HIGH_WATER
from realtime_nb.errors import ConnectionFailed, ConnectionLost, MalformedEvent, UsageError

KEY = "sk-very-secret-123"


def locals_of_our_frames(error):
    """What a traceback with locals would show, but for the frames of the test itself."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in trace.stack if "/tests/" not in frame.filename]
    return f"{trace} {[(frame.name, frame.locals) for frame in frames]}"


def connected(peer, **options):
    """Unchecked: these tests are about the frames, whatever is in them."""
    return connect(endpoint=peer.endpoint, check=False, **options)


async def speak_all(connection):
    """Every client event of the protocol, as the openai package's methods send it."""
    await connection.session.update(session={"type": "realtime"}, event_id="e1")
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": []}, previous_item_id="root"
    )
    await connection.conversation.item.retrieve(item_id="i")
    await connection.conversation.item.truncate(item_id="i", content_index=0, audio_end_ms=12)
    await connection.conversation.item.delete(item_id="i", event_id="e2")
    await connection.input_audio_buffer.append(audio="AAAA")
    await connection.input_audio_buffer.commit()
    await connection.input_audio_buffer.clear()
    await connection.output_audio_buffer.clear()
    await connection.response.create(response={"metadata": {"a": "b"}})
    await connection.response.create()
    await connection.response.cancel(response_id="r")
    await connection.response.cancel()
    await connection.send({"type": "made.up", "x": None})
    await connection.send_raw('{"type":"raw","n":1}')


async def test_the_methods_send_what_those_of_the_openai_package_send():
    async with ScriptedPeer([], [], ignore=[ANYTHING]) as peer:
        async with connected(peer) as connection:
            await speak_all(connection)
            await peer.heard("raw")
        ours, peer.received = peer.received, []
        client = AsyncOpenAI(base_url=peer.url, api_key=KEY)
        async with client.realtime.connect(model="m") as connection:
            await speak_all(connection)
            await peer.heard("raw")
        await client.close()
        assert ours == peer.received
        assert len(ours) == 15


async def test_the_handshake_is_that_of_the_openai_package():
    async with ScriptedPeer([], []) as peer:
        url = peer.url.replace("/v1", "/openai/v1/")
        query, headers = {"api-version": "2026"}, {"X-Mine": "1"}
        ours = connect(
            base_url=url, api_key=KEY, model="a b", extra_query=query, extra_headers=headers
        )
        async with ours:
            pass
        client = AsyncOpenAI(base_url=url, api_key=KEY)
        theirs = client.realtime.connect(model="a b", extra_query=query, extra_headers=headers)
        async with theirs:
            pass
        await client.close()
        mine, sdk = peer.handshakes
        assert mine.path == sdk.path == "/openai/v1/realtime"
        assert mine.query == sdk.query == {"model": ["a b"], "api-version": ["2026"]}
        for name in ("Authorization", "X-Mine"):
            assert mine.headers[name] == sdk.headers[name]
        for name in ("OpenAI-Beta", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"):
            assert name not in mine.headers


async def test_typed_events_of_the_openai_package_can_be_sent():
    script = [expect("response.create", event_id="e")]
    async with ScriptedPeer(script) as peer, connected(peer) as connection:
        await connection.send(ResponseCreateEvent(type="response.create", event_id="e"))


async def test_a_call_id_takes_the_place_of_the_model():
    async with ScriptedPeer([]) as peer:
        async with connected(peer, call_id="rtc_1"):
            pass
        assert peer.handshakes[0].query == {"call_id": ["rtc_1"]}


async def test_events_come_as_attributes_and_in_the_log():
    request = {"type": "response.create", "response": {"metadata": {"k": "v"}}}
    script = [
        send(session_created()),
        expect("response.create"),
        send(*spoken(request, "Hi.")),
        close(),
    ]
    async with ScriptedPeer(script) as peer, connected(peer) as connection:
        created = await connection.recv()
        assert created.session.audio.output.voice == "alloy"
        await connection.send(request)
        events = [event async for event in connection]
    assert events[0].response.metadata.k == "v"
    assert [event.type for event in events][-1] == "response.done"
    deltas = [event for event in events if event.type == "response.output_audio.delta"]
    assert b"".join(event.audio for event in deltas) == b"\0\0" * 2400
    log = connection.log
    assert [record.direction for record in log] == ["received", "sent", *["received"] * len(events)]
    assert [record.seq for record in log] == list(range(len(log)))
    assert log[1].event.data == request
    assert log[1].size == len(json.dumps(request, separators=(",", ":")))
    times = [record.t_ms for record in log]
    assert times == sorted(times)
    assert times[0] >= 0
    assert repr(connection) == f"<Connection to the peer: {log!r}>"


async def test_a_frame_that_is_no_event_leaves_the_connection_usable():
    script = [send_raw("no json"), send_raw("[1]"), send_raw(b'{"type":"binary"}'), close()]
    async with ScriptedPeer(script) as peer, connected(peer) as connection:
        for _ in range(2):
            with pytest.raises(MalformedEvent):
                await connection.recv()
        assert (await connection.recv()).type == "binary"
        assert len(connection.log) == 1


async def test_unread_frames_can_be_had_and_parsed():
    async with ScriptedPeer([send_raw('{"type":"x"}')]) as peer, connected(peer) as connection:
        frame = await connection.recv_bytes()
        assert frame == b'{"type":"x"}'
        assert connection.parse_event(frame).type == "x"
        assert len(connection.log) == 0


async def test_giving_up_a_recv_loses_nothing():
    go = asyncio.Event()
    script = [wait_until(go), send(session_created())]
    async with ScriptedPeer(script) as peer, connected(peer) as connection:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.recv(), 0.02)
        go.set()
        assert (await connection.recv()).type == "session.created"


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_polite_end_ends_the_iteration(code):
    async with ScriptedPeer([close(code)]) as peer, connected(peer) as connection:
        assert [event async for event in connection] == []


@pytest.mark.parametrize(("step", "code"), [(drop(), 1006), (close(4000, "x"), 4000)])
async def test_another_end_is_an_error(step, code):
    async with ScriptedPeer([send(session_created()), step]) as peer, connected(peer) as connection:
        assert (await connection.recv()).type == "session.created"
        with pytest.raises(ConnectionLost) as caught:
            _ = [event async for event in connection]
        assert caught.value.code == code
        with pytest.raises(ConnectionLost) as again:
            await connection.response.create()
        assert again.value.code == code
        with pytest.raises(ConnectionLost):
            await connection.recv()


async def test_sending_into_a_closing_connection_says_how_it_closed():
    async with ScriptedPeer([close(4000, "why")]) as peer, connected(peer) as connection:
        while connection._wire._socket.state is State.OPEN:  # noqa: ASYNC110 -- a look inside
            await asyncio.sleep(0)
        with pytest.raises(ConnectionLost, match="4000 why"):
            await connection.response.create()


async def test_closing_is_idempotent_and_needs_no_context():
    async with ScriptedPeer([]) as peer:
        connection = await connected(peer).enter()
        await connection.close(1000, "done")
        await connection.close()
        with pytest.raises(ConnectionLost, match="1000"):
            await connection.recv()


async def test_what_cannot_be_sent_is_refused_and_not_logged():
    async with ScriptedPeer([]) as peer, connected(peer) as connection:
        for wrong in ({"no": "type"}, {"type": "x", "y": object()}, "text"):
            with pytest.raises(UsageError):
                await connection.send(wrong)
        assert len(connection.log) == 0


async def test_a_raw_frame_that_is_no_event_is_sent_and_not_logged():
    async with ScriptedPeer([hold(0)]) as peer:
        sent = []
        peer._note = sent.append
        async with connected(peer) as connection:
            connection._wire.send = sent.append
            await connection.send_raw("no json")
            assert sent == ["no json"]
            assert len(connection.log) == 0


async def test_sound_as_template_is_the_same_as_by_the_method():
    pcm = bytes(range(256)) * 8
    async with ScriptedPeer([expect("done")]) as peer, connected(peer) as connection:
        record = connection.post_audio(pcm)
        await connection.input_audio_buffer.append(audio=pcm)
        await connection.input_audio_buffer.append(audio=base64.b64encode(pcm).decode())
        await connection.send({"type": "done"})
        await peer.heard("done")
        appended = peer.of_type("input_audio_buffer.append")
        assert appended[0] == appended[1] == appended[2]
        assert base64.b64decode(appended[0]["audio"]) == pcm
        assert record.event.audio == pcm
        assert [r.size for r in connection.log][:2] == [
            len(json.dumps(appended[0], separators=(",", ":")))
        ] * 2


async def test_send_waits_while_too_much_waits_in_the_socket():
    go = asyncio.Event()
    script = [stop_reading(), wait_until(go), start_reading(), expect("done")]
    big = {"type": "conversation.item.create", "item": {"text": "x" * 2**18}}
    async with ScriptedPeer(script, ignore=[big["type"]]) as peer, connected(peer) as connection:
        sent = 0

        async def flood():
            nonlocal sent
            while sent < 64:
                await connection.send(big)
                sent += 1
            await connection.send({"type": "done"})

        task = asyncio.create_task(flood())
        while connection.writable:  # noqa: ASYNC110 -- there is no event for becoming full
            await asyncio.sleep(0.001)
        stuck = sent
        await asyncio.sleep(0.05)
        assert sent == stuck < 64
        transport = connection._wire._socket.transport
        assert HIGH_WATER < transport.get_write_buffer_size() < HIGH_WATER + 2**19
        go.set()
        await task
        assert len(await peer.heard(big["type"], 64)) == 64


async def test_a_sender_that_waits_is_freed_by_the_end():
    go = asyncio.Event()
    script = [stop_reading(), wait_until(go), drop()]
    big = {"type": "x", "text": "x" * 2**20}
    async with ScriptedPeer(script, ignore=["x"]) as peer, connected(peer) as connection:
        while connection.writable:
            await connection.send(big)
        task = asyncio.create_task(connection.send(big))
        await asyncio.sleep(0.01)
        go.set()
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(task, 5)


async def test_writable_again_is_told():
    go = asyncio.Event()
    script = [stop_reading(), wait_until(go), start_reading(), expect("done")]
    async with ScriptedPeer(script, ignore=["x"]) as peer, connected(peer) as connection:
        told = asyncio.Event()
        connection.call_when_writable(told.set)
        while connection.writable:
            connection.post({"type": "x", "text": "x" * 2**18})
            await asyncio.sleep(0)
        assert not told.is_set()
        go.set()
        await asyncio.wait_for(told.wait(), 5)
        assert connection.writable
        await connection.send({"type": "done"})
        await peer.heard("done")


async def test_the_key_is_nowhere(caplog):
    quoting = error(f"Incorrect API key provided: {KEY}.", "invalid_api_key")
    script = [send(session_created()), expect("session.update"), send(quoting), close(3000)]
    with caplog.at_level(logging.DEBUG):
        peer = ScriptedPeer(script, api_key=KEY)
        async with peer, connected(peer) as connection:
            await connection.session.update(session={"type": "realtime"})
            with pytest.raises(ConnectionLost) as caught:
                _ = [event async for event in connection]
    assert peer.handshakes[0].headers["Authorization"] == f"Bearer {KEY}"
    logged = json.dumps([record.event.data for record in connection.log])
    assert "Incorrect API key provided: [key]." in logged
    ours = [record.getMessage() for record in caplog.records if "realtime_nb" in record.name]
    for text in (
        logged,
        *ours,
        locals_of_our_frames(caught.value),
        str(connection._wire._socket.request),
        repr(connection),
        repr(vars(connection.endpoint)),
    ):
        assert KEY not in text


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
async def test_a_refused_handshake_is_one_line_and_holds_no_key(status, caplog):
    with caplog.at_level(logging.DEBUG):
        async with ScriptedPeer([refuse(status, f"No, {KEY}!")], api_key=KEY) as peer:
            with pytest.raises(
                ConnectionFailed, match=rf"refused with HTTP {status}: No, \[key\]!"
            ) as caught:
                await connected(peer).enter()
    assert KEY not in locals_of_our_frames(caught.value)
    assert caught.value.__context__ is None
    assert not [r for r in caplog.records if "realtime_nb" in r.name and KEY in r.getMessage()]


async def test_nobody_there():
    endpoint = Endpoint("http://127.0.0.1:9/v1", "m", "nobody")
    with pytest.raises(ConnectionFailed, match="nobody listens at nobody"):
        await connect(endpoint=endpoint).enter()


async def test_something_there_that_never_answers():
    ended = asyncio.Event()

    async def silent(reader, writer):
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", "m", "the mute")
    with pytest.raises(ConnectionFailed, match="the mute did not answer in time"):
        await connect(endpoint=endpoint, open_timeout=0.05).enter()
    await ended.wait()
    server.close()


async def test_a_redirect_to_another_host_is_refused():
    async def redirect(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 307 x\r\nLocation: ws://evil.example/v1\r\nContent-Length: 0\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", "m", "the mover")
    with pytest.raises(ConnectionFailed, match=r"another host, evil\.example"):
        await connect(endpoint=endpoint).enter()
    server.close()


async def test_a_dead_peer_is_noticed_by_the_heartbeat(monkeypatch):
    """Our own, in 15 s; here the library's, for who asks for that."""
    async with ScriptedPeer([], [stop_reading(), wait_until(asyncio.Event())], patience=0) as peer:
        async with connected(peer) as connection:
            socket = connection._wire._socket
            assert (socket.ping_interval, socket.heartbeat.silence_s) == (None, 15)
        monkeypatch.setattr(wire, "CLOSE_TIMEOUT_S", 0.1)
        short = {"ping_interval": 0.05, "ping_timeout": 0.05}
        async with connected(peer, websocket_connection_options=short) as connection:
            with pytest.raises(ConnectionLost, match="the peer no longer answers"):
                await connection.recv()
        peer._left.clear()


async def test_loopback_goes_through_no_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with ScriptedPeer([]) as peer, connected(peer):
        pass


def test_base_url_and_endpoint_exclude_each_other():
    with pytest.raises(UsageError, match="not both"):
        connect(base_url="https://h/v1", endpoint="local")


async def test_names_are_resolved_when_entered(monkeypatch):
    asked = []
    async with ScriptedPeer([], [], []) as peer:

        def resolve(name, model, **_):
            asked.append((name, model))
            return peer.endpoint

        monkeypatch.setattr(module, "resolve_endpoint", resolve)
        manager = connect(endpoint="local", model="m")
        assert asked == []
        async with manager:
            pass
        async with connect():
            pass
        assert asked == [("local", "m"), (None, None)]
        async with connect(endpoint=peer.endpoint, model="other"):
            pass
        assert peer.handshakes[-1].query == {"model": ["other"]}


def test_a_key_without_a_url_is_for_openai(monkeypatch):
    monkeypatch.setattr(module, "Wire", SimpleNamespace(dial=None))
    endpoint = connect(api_key=KEY)._endpoint()
    assert endpoint.name == "OpenAI"
    assert endpoint.headers() == {"Authorization": f"Bearer {KEY}"}
    assert endpoint.websocket_url() == "wss://api.openai.com/v1/realtime"


async def test_giving_up_a_handshake_shows_no_frame_that_holds_the_key():
    async def silent(_reader, writer):
        await asyncio.sleep(0.4)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1):
                await connect(base_url=url, api_key=KEY, model="m").enter()
        assert KEY not in locals_of_our_frames(caught.value.__cause__ or caught.value)
        task = asyncio.create_task(connect(base_url=url, api_key=KEY, model="m").enter())
        await asyncio.sleep(0.1)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError) as stopped:
            await task
        assert KEY not in locals_of_our_frames(stopped.value)
        await asyncio.sleep(0.5)


async def test_a_farewell_that_quotes_the_key_does_not_show_it():
    script = [close(3000, f"bad key {KEY}")]
    async with ScriptedPeer(script) as peer:
        connection = await connect(base_url=peer.url, api_key=KEY, model="m").enter()
        with pytest.raises(ConnectionLost, match=r"bad key \[key\]"):
            await connection.recv()


async def test_a_header_that_cannot_be_sent_does_not_show_a_key():
    headers = {"X-Api-Key": f"{KEY}\r\nX: y"}
    manager = connect(base_url="http://127.0.0.1:9/v1", extra_headers=headers)
    with pytest.raises(ConnectionFailed) as caught:
        await manager.enter()
    assert KEY not in str(caught.value)


def test_a_key_that_is_given_goes_wherever_the_endpoint_is(monkeypatch, tmp_path):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com")
    file = tmp_path / "endpoints.toml"
    file.write_text('[endpoints.work]\nurl = "https://gw.example/v1"\nkey_env = "WORK_KEY"\n')
    monkeypatch.setenv("REALTIME_NB_ENDPOINTS", str(file))
    bare = Endpoint("https://h/v1", "m", "h")
    for endpoint in ("azure", "work", "openai", "https://h/v1", bare):
        manager = connect(endpoint=endpoint, api_key=KEY, model="m")
        assert KEY in "".join(manager._endpoint().headers().values()), endpoint
