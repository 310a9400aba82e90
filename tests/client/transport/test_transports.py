"""How a session reaches its service: a sideband, a call through a page, a page by itself."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    drop,
    error,
    expect,
    refuse,
    response_created,
    send,
    session_created,
    session_updated,
)
from realtime_nb.client.transport import call_wire, relayed_wire, transports
from realtime_nb.client.transport.page_transports import DirectTransport, WebRTCTransport
from realtime_nb.client.transport.rtc import failed_at
from realtime_nb.client.transport.transports import SidebandTransport, WebSocketTransport
from realtime_nb.errors import (
    ConnectionFailed,
    ConnectionLost,
    EndpointError,
    ServerError,
    UsageError,
)
from realtime_nb.protocol.restored.gap import GAP

CALL = "rtc_0123456789"
HELLO = send(session_created())
SDP = "v=0\r\n"
KEY = "sk-very-secret-123"
EK = "ek_0123456789abcdef3f9c"


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- what is waited for lives on another thread
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(call_wire.CallWire.__init__, "__kwdefaults__", QUICK)


QUICK = {"on_end": lambda: None, "delays_s": (0.01, 0.01, 0.01)}


class FakePage:
    """A `PagePeer` that connects at once, or fails where it is told to."""

    def __init__(self, *, no_offer=None, no_answer=None, call_id=CALL):
        self._no_offer, self._no_answer, self._call_id = no_offer, no_answer, call_id
        self.answers, self.sent, self.direct_to = [], [], []
        self.hung_up = 0
        self.hear = self.closed = lambda _text: None
        self.on_direct = lambda: None

    async def offer(self):
        if self._no_offer:
            raise self._no_offer
        return SDP

    async def answer(self, sdp):
        if self._no_answer:
            raise self._no_answer
        self.answers.append(sdp)

    async def direct(self, url, key):
        self.direct_to.append((url, key.reveal()))
        self.on_direct()
        return self._call_id

    def send(self, text):
        self.sent.append(json.loads(text))

    def on_message(self, callback):
        self.hear = callback

    def on_closed(self, callback):
        self.closed = callback

    def hang_up(self):
        self.hung_up += 1


@contextmanager
def service(*answers):
    """An HTTP service that gives its answers in turn; yields its base URL and what it was asked."""
    waiting, asked = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.path, dict(self.headers), body))
            given = waiting.pop(0)
            status, said, *headers = given() if callable(given) else given
            said = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CREATED = (201, SDP.encode() + b"a=answer\r\n", ("Location", f"/v1/realtime/calls/{CALL}"))
MADE = (200, {"value": EK, "expires_at": 1_800_000_000, "session": {"type": "realtime"}})


def endpoint_at(url):
    return Endpoint(url, "gpt-realtime-2.1", "the service", api_key=Secret(KEY))


# -- the plain one


async def test_a_websocket_is_no_call():
    async with ScriptedPeer([HELLO]) as peer:
        session = RealtimeSession(peer.endpoint)
        await session.open()
        assert isinstance(session.transport, WebSocketTransport)
        assert session.call_id is None
        with pytest.raises(UsageError, match="is no call: close"):
            await session.hang_up()
        assert session.state == "open"
        await session.close()


# -- a sideband


async def test_a_call_is_joined_by_its_id_and_can_be_updated():
    script = [HELLO, expect("session.update"), answer(session_updated)]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        assert (session.call_id, session.transport.name) == (CALL, "sideband")
        assert (await session.update({"instructions": "Be kind."}))["instructions"] == "Be kind."
        await session.close()
    assert peer.handshakes[0].query == {"call_id": [CALL]}
    assert [event["type"] for event in peer.received] == ["session.update"]


async def test_a_call_whose_service_says_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(SidebandTransport, "asks_after_s", 0.01)
    script = [expect("session.update", session={"type": "realtime"}), answer(session_updated)]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        assert (await session.open())["type"] == "realtime"
        await session.close()


@pytest.mark.parametrize("call_id", ["", " ", "rtc_\n1", "rtc_é", "x" * 201])
def test_what_can_be_no_id_is_refused(call_id):
    with pytest.raises(UsageError, match="is no id of a call"):
        SidebandTransport(call_id)


async def test_sound_of_a_call_does_not_go_through_its_session():
    async with ScriptedPeer([HELLO]) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        for ask in (
            lambda: session.append_audio(bytes(960)),
            lambda: session.listen((bytes(960), 24_000)),
            lambda: session.truncate("item_1", 0, 10),
        ):
            with pytest.raises(UsageError, match="is not for a call"):
                ask()
        await session.close()
    assert peer.received == []


async def test_a_translation_has_no_call():
    session = RealtimeSession(
        endpoint_at("http://127.0.0.1:1/v1"),
        {"type": "translation"},
        transport=SidebandTransport(CALL),
    )
    with pytest.raises(EndpointError, match="--transport websocket"):
        await session.open()


# -- a sideband that drops


async def test_a_sideband_that_drops_comes_back_and_says_what_is_missing():
    begun = answer(lambda request: response_created(request, "resp_1"))
    first = [HELLO, expect("response.create"), begun, drop()]
    second = [HELLO, expect("session.update"), answer(session_updated)]
    async with ScriptedPeer(first, second) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        with pytest.raises(ConnectionLost, match=r"was away for .* and is back"):
            await session.respond()
        assert session.state == "open"
        assert not session.responding
        assert session.conversation.active_response_id is None
        assert (await session.update({"instructions": "On."}))["instructions"] == "On."
        await session.close()
    gaps = [record for record in session.log if record.event.type == GAP]
    assert [record.event.get("tries") for record in gaps] == [1]
    assert "events were missed" in gaps[0].row()["summary"]
    assert [one.query for one in peer.handshakes] == [{"call_id": [CALL]}] * 2


async def test_what_is_said_while_it_is_away_leaves_when_it_is_back():
    first = [HELLO, drop()]
    second = [HELLO, expect("session.update"), answer(session_updated)]
    async with ScriptedPeer(first, second) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        core = session._core
        await until(lambda: not core._connection.writable or len(peer.handshakes) > 1)
        assert (await session.update({"instructions": "On."}))["instructions"] == "On."
        await session.close()


async def test_a_call_that_is_over_is_not_dialled_for_ever():
    async with ScriptedPeer([HELLO, drop()], [refuse(404, "no such call")]) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        await until(lambda: session.state == "failed")
        assert "broke off" in str(session.failure)
    assert len(peer.handshakes) == 2


async def test_a_service_that_is_busy_for_a_moment_is_asked_again():
    scripts = [HELLO, drop()], [refuse(429, "slow down")], [HELLO]
    async with ScriptedPeer(*scripts) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        await until(lambda: any(record.event.type == GAP for record in session.log))
        assert session.state == "open"
        await session.close()


async def test_a_sideband_that_breaks_each_time_it_is_back_is_given_up():
    async with ScriptedPeer(*[[HELLO, drop()]] * 4) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        await until(lambda: session.state == "failed")
    assert len(peer.handshakes) == 4


async def test_three_dials_and_it_is_over():
    dead = [refuse(503, "busy")]
    async with ScriptedPeer([HELLO, drop()], dead, dead, dead) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        await until(lambda: session.state == "failed")
    assert len(peer.handshakes) == 4


async def test_a_call_that_is_over_is_said_to_be():
    async with ScriptedPeer([refuse(404, "no such call")]) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        with pytest.raises(ConnectionFailed, match="no such call; the call is over, or its id"):
            await session.open()


async def test_a_call_that_ends_politely_has_not_failed():
    async with ScriptedPeer([HELLO, close(1000, "hung up")]) as peer:
        session = RealtimeSession(peer.endpoint, transport=SidebandTransport(CALL))
        await session.open()
        await until(lambda: session.state == "closed")
        assert session.failure is None
    assert len(peer.handshakes) == 1


# -- through a page


async def call_of(page, peer, url, config=None):
    """Open a session whose HTTP goes to `url` and whose sideband goes to the scripted peer."""
    session = RealtimeSession(endpoint_at(url), config, transport=WebRTCTransport(page))
    await opened_at(session, peer)
    return session


async def opened_at(session, peer):
    """Open a session whose sideband goes to the scripted peer."""
    real = transports.Wire.dial

    async def dial(_endpoint, **options):
        return await real(peer.endpoint, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transports.Wire, "dial", dial)
        await session.open()


async def test_a_page_calls_without_a_key_and_the_session_joins():
    page, config = FakePage(), {"instructions": "Be brief."}
    told = session_created(instructions="Be brief.")
    with service(CREATED, (200, b"")) as (url, asked):
        async with ScriptedPeer([send(told)]) as peer:
            session = await call_of(page, peer, url, config)
            assert session.call_id == CALL
            assert session.effective["instructions"] == "Be brief."
            await session.hang_up()
            assert session.state == "closed"
    assert peer.received == []  # what is in force is not asked for again
    assert page.answers == [SDP + "a=answer\r\n"]
    assert page.hung_up >= 1
    (path, headers, body), (ended, _, nothing) = asked
    assert (path, ended) == ("/v1/realtime/calls", f"/v1/realtime/calls/{CALL}/hangup")
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert nothing == b""
    given = json.loads(body.split(b"application/json\r\n\r\n")[1].split(b"\r\n")[0])
    assert given == {"type": "realtime", "model": "gpt-realtime-2.1", **config}


async def test_what_the_service_has_not_in_force_is_asked_for():
    script = [HELLO, expect("session.update"), answer(session_updated)]
    with service(CREATED) as (url, _):
        async with ScriptedPeer(script) as peer:
            session = await call_of(FakePage(), peer, url, {"instructions": "Be brief."})
            assert session.effective["instructions"] == "Be brief."
            await session.close()


async def test_a_page_that_is_reloaded_ends_the_call_and_says_so():
    page = FakePage()
    with service(CREATED) as (url, _):
        async with ScriptedPeer([HELLO]) as peer:
            session = await call_of(page, peer, url)
            page.closed("the page was reloaded: run the cell again")
            await until(lambda: session.state == "failed")
            assert str(session.failure) == "the page was reloaded: run the cell again"
    assert len(peer.handshakes) == 1
    assert page.hung_up >= 1


@pytest.mark.parametrize(
    ("page", "answers", "said"),
    [
        (FakePage(no_offer=failed_at("page", "there is none")), [], "failed at page: there is"),
        (FakePage(no_answer=failed_at("ICE", "no way")), [CREATED, (200, b"")], "failed at ICE"),
        (FakePage(), [(429, {"error": {"message": "too many"}})], "HTTP 429: too many"),
        (FakePage(), [(201, b"hello", ("Location", "/x/rtc_1"))], "answered the SDP offer with"),
        (FakePage(), [(201, SDP.encode())], "a call without its id"),
        (FakePage(), [(302, b"", ("Location", "http://other/x"))], "302; it sends us elsewhere"),
        (FakePage(), [CREATED, (200, b"")], "failed at the sideband: .*--transport websocket"),
    ],
    ids=["page", "ICE", "status", "sdp", "location", "redirect", "sideband"],
)
async def test_a_failure_says_where_and_gives_everything_back(page, answers, said):
    # The sideband goes to the HTTP service here, which is no WebSocket server.
    with service(*answers) as (url, asked):
        session = RealtimeSession(endpoint_at(url), transport=WebRTCTransport(page))
        with pytest.raises(ConnectionFailed, match=said) as failure:
            await session.open()
        assert session.state == "failed"
    assert KEY not in str(failure.value)
    assert "\n" not in str(failure.value)
    assert page.hung_up == 1
    assert len(asked) == len(answers)


async def test_a_call_that_is_closed_while_it_is_asked_for_is_ended():
    asked_for, go_on = Event(), Event()
    page = FakePage()

    def slowly():
        asked_for.set()
        go_on.wait(5)
        return CREATED

    with service(slowly, (200, b"")) as (url, asked):
        session = RealtimeSession(endpoint_at(url), transport=WebRTCTransport(page))
        opening = session.open()
        await until(asked_for.is_set)
        await session.close()
        go_on.set()
        await until(lambda: len(asked) > 1)
        with pytest.raises(ConnectionLost, match="was closed while"):
            await opening
    assert asked[1][0] == f"/v1/realtime/calls/{CALL}/hangup"
    assert page.hung_up >= 1


async def test_a_sideband_that_is_refused_does_not_wait_for_the_page():
    class Slow(FakePage):
        async def answer(self, sdp):
            self.answers.append(sdp)
            await asyncio.Event().wait()

    page = Slow()
    with service(CREATED, (200, b"")) as (url, _):
        session = RealtimeSession(endpoint_at(url), transport=WebRTCTransport(page))
        with pytest.raises(ConnectionFailed, match="failed at the sideband"):
            await session.open()
    assert page.hung_up >= 1


async def test_hanging_up_what_is_over_ends_the_session():
    with service(CREATED, (404, {"error": {"message": "no such call"}})) as (url, asked):
        async with ScriptedPeer([HELLO]) as peer:
            session = await call_of(FakePage(), peer, url)
            await session.hang_up()
            assert (session.state, session.failure) == ("closed", None)
    assert len(asked) == 2


VOICE = {"audio": {"output": {"voice": "nobody"}}}
NO_VOICE = {"error": {"message": "no such voice", "param": "session.audio.output.voice"}}


async def test_a_config_that_is_refused_leaves_a_call_with_the_service_s_defaults():
    refusal = answer(lambda update: error("no such voice", event_id=update["event_id"]))
    script = [HELLO, expect("session.update"), refusal]
    with service((400, NO_VOICE), CREATED, (200, b"")) as (url, asked):
        async with ScriptedPeer(script) as peer:
            with pytest.raises(ServerError, match="no such voice"):
                await call_of(page := FakePage(), peer, url, VOICE)
            assert page.answers
            assert page.hung_up == 0
    first, second = (json.loads(body.split(b"json\r\n\r\n")[1].split(b"\r\n")[0])
                     for _, _, body in asked[:2])  # fmt: skip
    assert first["audio"] == VOICE["audio"]
    assert second == {"type": "realtime", "model": "gpt-realtime-2.1"}
    assert peer.received[0]["session"]["audio"] == VOICE["audio"]


async def test_a_page_that_calls_by_itself_does_so_without_a_config_that_is_refused():
    page = FakePage()
    page.on_direct = lambda: page.hear(json.dumps(session_created()))
    with service((400, NO_VOICE), MADE) as (url, asked):
        session = RealtimeSession(endpoint_at(url), VOICE, transport=DirectTransport(page))
        opening = session.open()
        await until(lambda: page.sent)
        page.hear(json.dumps(session_updated(page.sent[0])))
        await opening
        await session.close()
    assert json.loads(asked[1][2])["session"] == {"type": "realtime", "model": "gpt-realtime-2.1"}
    assert page.sent[0]["session"]["audio"] == VOICE["audio"]


async def test_what_is_refused_without_any_config_names_its_field():
    said = {"error": {"message": "no such model", "param": "session.model"}}
    with service((400, said)) as (url, _):
        session = RealtimeSession(endpoint_at(url), transport=WebRTCTransport(FakePage()))
        with pytest.raises(ServerError, match="no such model") as refused:
            await session.open()
        assert refused.value.param == "session.model"


async def test_a_call_that_the_service_does_not_end_goes_on_and_that_is_said():
    with service((503, b"busy"), (200, b"")) as (url, asked):
        async with ScriptedPeer([send(session_created())]) as peer:
            session = RealtimeSession(endpoint_at(url), transport=SidebandTransport(CALL))
            await opened_at(session, peer)
            with pytest.raises(ConnectionFailed, match=r"goes on: .*HTTP 503.*hang_up"):
                await session.hang_up()
            assert session.state == "open"
            await session.hang_up()
            assert session.state == "closed"
    assert len(asked) == 2


async def test_a_pages_call_that_the_service_does_not_end_is_left_all_the_same():
    page = FakePage()
    with service(CREATED, (503, b"busy")) as (url, asked):
        async with ScriptedPeer([send(session_created())]) as peer:
            session = await call_of(page, peer, url)
            await session.hang_up()
            assert session.state == "closed"
    assert page.hung_up >= 1
    assert len(asked) == 2


# -- a page by itself


async def test_a_page_calls_by_itself_and_its_data_channel_is_the_wire():
    page = FakePage()
    page.on_direct = lambda: page.hear(json.dumps(session_created(instructions="Be brief.")))
    with service(MADE, (200, b"")) as (url, asked):
        config = {"instructions": "Be brief."}
        session = RealtimeSession(endpoint_at(url), config, transport=DirectTransport(page))
        await session.open()
        assert session.call_id == CALL
        update = session.update({"instructions": "On."})
        await until(lambda: page.sent)
        page.hear(json.dumps(session_updated(page.sent[0])))
        assert (await update)["instructions"] == "On."
        await session.hang_up()
    assert page.direct_to == [(f"{url}/realtime/calls", EK)]
    assert json.loads(asked[0][2])["session"]["instructions"] == "Be brief."
    assert asked[1][0] == f"/v1/realtime/calls/{CALL}/hangup"
    assert page.hung_up >= 1
    assert EK not in repr(list(session.log))


async def test_an_ephemeral_key_that_is_quoted_is_blotted_out():
    page = FakePage()
    page.on_direct = lambda: page.hear(json.dumps(session_created()))
    strays = []
    with service(MADE) as (url, _):
        session = RealtimeSession(endpoint_at(url), transport=DirectTransport(page))
        session.on_stray(lambda stray: strays.append(str(stray)))
        await session.open()
        page.hear("\ud800")  # half of a character, as JSON may hold it
        page.hear(json.dumps(error(f"no such key {EK}", "x")))
        await until(lambda: strays)
        page.closed(f"refused {EK}")
        await until(lambda: session.state == "failed")
    assert strays == ["no such key [key]"]
    assert str(session.failure) == "refused [key]"
    assert EK not in repr([record.event.data for record in session.log])


async def test_a_page_that_fails_with_its_key_does_not_show_it():
    class Telling(FakePage):
        async def direct(self, url, key):
            raise failed_at("HTTP 401", f"{url} refused {key.reveal()}")

    page = Telling()
    with service(MADE) as (url, _):
        session = RealtimeSession(endpoint_at(url), transport=DirectTransport(page))
        with pytest.raises(ConnectionFailed, match=r"refused \[key\]"):
            await session.open()
    assert page.hung_up == 1


async def test_a_page_that_goes_takes_its_call_with_it():
    page = FakePage(call_id=None)
    page.on_direct = lambda: page.hear(json.dumps(session_created()))
    with service(MADE) as (url, _):
        session = RealtimeSession(endpoint_at(url), transport=DirectTransport(page))
        await session.open()
        assert session.call_id is None
        page.closed("the page is gone")
        await until(lambda: session.state == "failed")
        assert str(session.failure) == "the page is gone"
        page.hear(json.dumps(error("too late", "x")))  # nobody listens, and nothing breaks


async def test_a_page_that_floods_ends_its_call(monkeypatch):
    monkeypatch.setattr(relayed_wire, "MAX_WAITING_BYTES", 1_000)
    page = FakePage()
    wire = relayed_wire.RelayedWire(page, "the service", Secret(EK))
    page.hear("x" * 2_000)
    assert len(await wire.receive()) == 2_000
    with pytest.raises(ConnectionLost, match="at once"):
        await wire.receive()
    with pytest.raises(ConnectionLost):
        wire.send("{}")
