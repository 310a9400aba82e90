"""A page of aiortc on the server's own port: sound and events both ways, and every bad page."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError
from tornado.httpclient import AsyncHTTPClient
from websockets.asyncio.client import connect

from realtime_nb.server.calls.call import MOST_LINKS
from tests.server.calls.page import Page, page_on_call, post
from tests.server.fakes import TalkBrain
from tests.server.serving import TOKEN, Served, serving
from tests.server.wire import check_call_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

TEN = "one two three four five six seven eight nine ten"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving(TalkBrain(TEN), texts=["hello"] * 9) as server:
        yield server


async def until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            event = json.loads(await socket.recv())
            check_call_event(event)
            if event["type"] == kind:
                return event


async def freed(served: Served) -> None:
    async with asyncio.timeout(20):
        while len(served.shared.calls):  # noqa: ASYNC110 -- nothing tells but its length
            await asyncio.sleep(0.01)


def sideband(served: Served, call_id: str) -> Any:
    return connect(served.socket_url(f"?call_id={call_id}"), additional_headers=BEARER)


async def secret(served: Served, **body: Any) -> str:
    url = f"{served.url}/realtime/client_secrets"
    reply = await post(url, json.dumps(body), media_type="application/json")
    return json.loads(reply.body)["value"]


async def test_a_page_talks_hears_and_interrupts(served: Served) -> None:
    async with page_on_call(served.url) as (page, call_id), sideband(served, call_id) as socket:
        await until(socket, "session.created")
        # Said on the track, answered on the track.
        page.microphone.speaking = True
        await page.event("input_audio_buffer.speech_started")
        page.microphone.speaking = False
        await page.event("output_audio_buffer.started")
        await page.hears()
        # Spoken over: the server knows what was heard, and cuts there.
        page.microphone.speaking = True
        cut = await page.event("conversation.item.truncated")
        page.microphone.speaking = False
        assert 0 < cut["audio_end_ms"] < 2_500
        await page.event("output_audio_buffer.stopped")
        await page.hears(loud=False)
        for event in page.events:
            check_call_event(event)
        assert await until(socket, "output_audio_buffer.stopped")
    await freed(served)


async def test_the_package_opens_a_call_and_holds_it(served: Served) -> None:
    client = AsyncOpenAI(base_url=served.url, api_key=TOKEN, max_retries=0)
    page = Page()
    made = await client.realtime.calls.create(
        sdp=await page.offer(), session={"type": "realtime", "instructions": "Be brief."}
    )
    assert made.response.status_code == 201
    assert made.response.headers["content-type"].startswith("application/sdp")
    location = made.response.headers["location"]
    assert location.startswith("/v1/realtime/calls/rtc_")
    call_id = location.rpartition("/")[2]
    await page.answer(made.read().decode())
    async with client.realtime.connect(call_id=call_id) as connection:
        first: Any = await connection.recv()
        assert first.type == "session.created"
        assert first.session.instructions == "Be brief."
        created = await page.event("session.created")
        assert created["session"]["id"] == first.session.id
        await connection.session.update(session={"type": "realtime", "instructions": "Longer."})
        assert (await page.event("session.updated"))["session"]["instructions"] == "Longer."
        with pytest.raises(BadRequestError, match="only SIP calls"):
            await client.realtime.calls.refer(call_id, target_uri="tel:+14155550123")
        with pytest.raises(BadRequestError, match="answered already"):
            await client.realtime.calls.accept(call_id, type="realtime")
        await client.realtime.calls.hangup(call_id)
        async with asyncio.timeout(10):
            async for event in connection:
                assert event.type == "session.updated"  # nothing more comes; it ends well
    with pytest.raises(NotFoundError, match="has ended"):
        await client.realtime.calls.hangup(call_id)
    await page.close()
    await client.close()


async def test_a_sideband_drops_and_returns(served: Served) -> None:
    async with page_on_call(served.url) as (page, call_id):
        first = await sideband(served, call_id)
        await until(first, "session.created")
        first.transport.abort()
        page.send("response.create")
        await page.event("output_audio_buffer.started")
        async with sideband(served, call_id) as again:
            await until(again, "session.created")
            await until(again, "output_audio_buffer.stopped")


async def test_a_page_without_its_channel_is_heard(served: Served) -> None:
    async with page_on_call(served.url) as (page, call_id), sideband(served, call_id) as socket:
        page.channel.close()
        page.microphone.speaking = True
        await until(socket, "input_audio_buffer.speech_started")


async def test_a_channel_that_was_closed_may_be_opened_again(served: Served) -> None:
    async with page_on_call(served.url) as (page, call_id), sideband(served, call_id) as socket:
        await page.event("session.created")
        page.channel.close()
        async with asyncio.timeout(20):
            while page.channel.readyState != "closed":  # noqa: ASYNC110 -- told by no event here
                await asyncio.sleep(0.01)
        del page.events[:]
        again = page.peer.createDataChannel("oai-events")
        again.on("message", page._on_message)
        await page.event("session.created")
        again.send('{"type": "response.create"}')
        await page.event("response.created")
        await until(socket, "response.created")


async def test_a_page_that_stops_its_track_is_silent(served: Served) -> None:
    async with page_on_call(served.url) as (page, _):
        page.microphone.speaking = True
        await page.event("input_audio_buffer.speech_started")
        page.microphone.stop()
        await page.event("input_audio_buffer.speech_stopped")


async def test_a_page_that_never_connects_is_given_up(served: Served) -> None:
    served.shared.calls.connect_s = 0.2
    page = Page()
    reply = await post(f"{served.url}/realtime/calls", await page.offer())
    call_id = reply.headers["Location"].rpartition("/")[2]
    async with sideband(served, call_id) as socket:
        await until(socket, "session.created")
        await asyncio.wait_for(socket.wait_closed(), 10)
        assert socket.close_reason == "the page did not connect within 0.2 s"
    await freed(served)
    await page.close()


async def test_twenty_pages_at_once(served: Served) -> None:
    async def talk() -> int:
        async with page_on_call(served.url) as (page, _):
            page.send("response.create")
            await page.event("response.done")
            return len(served.shared.calls)

    async with asyncio.timeout(60):
        most = max(await asyncio.gather(*(talk() for _ in range(20))))
    assert most >= 10
    await freed(served)


OFFERS = [
    ("", "SDP begins with v=0"),
    ("hello", "SDP begins with v=0"),
    ("v=0\r\n", "expected one audio track, but got 0"),
    ("v=0\r\nm=audio\r\n", "cannot be used"),
    ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n", "cannot be used"),
    ("v=0\r\n" + "a=x\r\n" * 60_000, "more than"),
    ("v=0\u0000\u202e\r\n", "cannot be used"),
]


@pytest.mark.parametrize(("offer", "why"), OFFERS)
async def test_what_is_no_offer_is_refused(served: Served, offer: str, why: str) -> None:
    reply = await post(f"{served.url}/realtime/calls", offer)
    error = json.loads(reply.body)["error"]
    assert (reply.code, error["code"], error["param"]) == (400, "invalid_offer", "sdp")
    assert why in error["message"]
    assert "\n" not in error["message"]
    assert len(served.shared.calls) == 0


async def test_two_tracks_and_pictures_are_refused(served: Served) -> None:
    page = Page()
    page.peer.addTransceiver("video")
    reply = await post(f"{served.url}/realtime/calls", await page.offer())
    assert reply.code == 400
    assert "nothing else" in json.loads(reply.body)["error"]["message"]
    await page.close()


@pytest.mark.parametrize(
    ("line", "instead", "why"),
    [
        (r"a=fingerprint.*\r\n", "", "needs a fingerprint"),
        (r"a=setup.*\r\n", "", "needs a fingerprint"),
        (r"a=mid:0", "a=mid:" + "x" * 5_000, "cannot be used"),
        (r"a=ice-ufrag.*\r\n", "", "cannot be used"),
    ],
)
async def test_half_an_offer_is_refused_and_keeps_nothing(
    served: Served, caplog: Any, line: str, instead: str, why: str
) -> None:
    page = Page()
    offer = re.sub(line, instead, await page.offer())
    reply = await post(f"{served.url}/realtime/calls", offer)
    error = json.loads(reply.body)["error"]
    assert (reply.code, error["code"]) == (400, "invalid_offer")
    assert why in error["message"]
    assert len(served.shared.calls) == 0
    await page.close()
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_page_that_does_not_wait_for_its_answer_keeps_no_ports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from realtime_nb.server.calls.webrtc import peer  # noqa: PLC0415 -- aiortc

    made: list[Any] = []
    asked = asyncio.Event()

    class Slow(peer.RTCPeerConnection):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

        async def createAnswer(self) -> Any:  # noqa: N802 -- its own name
            asked.set()
            await asyncio.sleep(60)

    monkeypatch.setattr(peer, "RTCPeerConnection", Slow)
    page = Page()
    call: Any = SimpleNamespace()
    answering = asyncio.ensure_future(peer.answer_offer(call, await page.offer()))
    await asked.wait()
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert answering.cancelled()
    assert made[0].connectionState == "closed"
    await page.close()


async def test_a_page_that_comes_after_its_sidebands_is_let_in(served: Served) -> None:
    page = Page()
    reply = await post(f"{served.url}/realtime/calls", await page.offer())
    call_id = reply.headers["Location"].rpartition("/")[2]
    async with AsyncExitStack() as stack:
        for _ in range(MOST_LINKS):
            await stack.enter_async_context(sideband(served, call_id))
        await page.answer(reply.body.decode())
        await page.event("session.created")
    await page.close()


async def test_a_page_that_takes_little_is_told_what_it_misses(served: Served) -> None:
    page = Page()
    offer = re.sub(r"(max-message-size):\d+", r"\1:8000", await page.offer())
    reply = await post(f"{served.url}/realtime/calls", offer)
    await page.answer(reply.body.decode())
    await page.event("session.created")
    page.send("session.update", session={"type": "realtime", "instructions": "Hm. " * 3_000})
    assert (await page.event("error"))["error"]["code"] == "event_too_large"
    page.send("session.update", session={"type": "realtime", "instructions": "Hm."})
    await page.event("session.updated")
    await page.close()


async def test_a_session_that_is_refused_opens_no_call(served: Served) -> None:
    client = AsyncOpenAI(base_url=served.url, api_key=TOKEN, max_retries=0)
    page = Page()
    session: Any = {"type": "realtime", "voice": "alloy"}
    with pytest.raises(BadRequestError) as refused:
        await client.realtime.calls.create(sdp=await page.offer(), session=session)
    assert (refused.value.code, refused.value.param) == ("unknown_parameter", "session.voice")
    assert len(served.shared.calls) == 0
    await page.close()
    await client.close()


async def test_an_ephemeral_key_brings_its_session_as_often_as_it_is_good(served: Served) -> None:
    session = {"type": "realtime", "instructions": "From the key."}
    key = await secret(
        served, session=session, expires_after={"anchor": "created_at", "seconds": 10}
    )
    for _ in range(2):
        async with page_on_call(served.url, key=key) as (page, call_id):
            created = await page.event("session.created")
            assert created["session"]["instructions"] == "From the key."
    # It opens calls; it joins none, and it hangs up none.
    async with sideband(served, call_id) as socket:
        await asyncio.wait_for(socket.wait_closed(), 10)
    headers = {"Authorization": f"Bearer {key}"}
    async with page_on_call(served.url) as (_, call_id):
        async with connect(
            served.socket_url(f"?call_id={call_id}"), additional_headers=headers
        ) as it:
            assert (await until(it, "error"))["error"]["code"] == "invalid_api_key"
        reply = await post(f"{served.url}/realtime/calls/{call_id}/hangup", "", key=key)
        assert reply.code == 401
    served.shared.client_secrets._clock = lambda: 1e12
    reply = await post(f"{served.url}/realtime/calls", "v=0", key=key)
    assert reply.code == 401
    error = json.loads(reply.body)["error"]
    assert "has expired" in error["message"]
    assert key not in reply.body.decode()


async def test_who_may_post_an_offer(served: Served) -> None:
    url = f"{served.url}/realtime/calls"
    key = await secret(served)
    local, file = {"Origin": "http://localhost:8888"}, {"Origin": "null"}
    for given, origin, code in [
        (TOKEN, local, 400),  # welcome, but it is no offer
        (key, local, 400),
        (key, file, 400),
        (TOKEN, file, 403),
        (TOKEN, {"Origin": "https://evil.example"}, 403),
        ("wrong", local, 401),
        ("ek_unknown", file, 401),
    ]:
        reply = await post(url, "no offer", key=given, **origin)
        assert reply.code == code, (origin, reply.body)
        allowed = reply.headers.get("Access-Control-Allow-Origin")
        assert allowed == (None if "evil" in origin["Origin"] else origin["Origin"])
        assert given not in reply.body.decode() or given == "wrong"
    # The desk's other requests are nobody's page.
    reply = await post(f"{url}/rtc_1/hangup", "", key=TOKEN, **local)
    assert "Access-Control-Allow-Origin" not in reply.headers


async def test_a_browser_asks_first(served: Served) -> None:
    url = f"{served.url}/realtime/calls"
    headers = {
        "Origin": "null",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-openai-agents-sdk",
    }
    reply = await AsyncHTTPClient().fetch(url, method="OPTIONS", headers=headers)
    assert reply.code == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "null"
    assert (
        reply.headers["Access-Control-Allow-Headers"] == headers["Access-Control-Request-Headers"]
    )
    assert reply.headers["Access-Control-Expose-Headers"] == "Location"


@pytest.mark.parametrize(
    ("path", "body", "code", "error"),
    [
        ("rtc_none/accept", '{"type": "realtime"}', 404, "call_id_not_found"),
        ("rtc_none/reject", "", 404, "call_id_not_found"),
        ("rtc_none/refer", '{"target_uri": "tel:+1"}', 404, "call_id_not_found"),
        ("rtc_none/refer", "", 400, "missing_required_parameter"),
        ("rtc_none/reject", '{"status": 603}', 400, "unknown_parameter"),
        ("rtc_none/reject", '{"status_code": "603"}', 400, "invalid_type"),
        ("rtc_none/hangup", "", 404, "call_id_not_found"),
        ("rtc_none/hold", "", 404, None),
    ],
)
async def test_the_hand_on_a_call_that_is_not_there(
    served: Served, path: str, body: str, code: int, error: str | None
) -> None:
    url = f"{served.url}/realtime/calls/{path}"
    reply = await post(url, body, media_type="application/json")
    assert (reply.code, json.loads(reply.body)["error"]["code"]) == (code, error)


async def test_too_many_calls_are_429(served: Served) -> None:
    served.shared.calls.most = 0
    page = Page()
    reply = await post(f"{served.url}/realtime/calls", await page.offer())
    assert (reply.code, json.loads(reply.body)["error"]["code"]) == (429, "rate_limit_exceeded")
    await page.close()


async def test_translated_calls_are_not_here(served: Served) -> None:
    reply = await post(f"{served.url}/realtime/translations/calls", "v=0")
    assert reply.code == 501
    assert "over WebSockets only" in json.loads(reply.body)["error"]["message"]


async def test_without_aiortc_it_says_what_to_install(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "realtime_nb.server.calls.webrtc.peer", raising=False)
    monkeypatch.setitem(sys.modules, "aiortc", None)
    reply = await post(f"{served.url}/realtime/calls", "v=0")
    assert reply.code == 501
    assert "pip install 'realtime-nb[webrtc]'" in json.loads(reply.body)["error"]["message"]


async def test_an_event_too_large_for_the_channel_says_so() -> None:
    async with (
        serving(TalkBrain(" ".join([TEN] * 3))) as served,
        page_on_call(served.url) as (page, call_id),
        sideband(served, call_id) as socket,
    ):
        page.send("response.create")
        done = await page.event("response.done")
        item_id = done["response"]["output"][0]["id"]
        page.send("conversation.item.retrieve", item_id=item_id)
        error = (await page.event("error"))["error"]
        assert error["code"] == "event_too_large"
        whole = await until(socket, "conversation.item.retrieved")
        assert len(whole["item"]["content"][0]["audio"]) > 256 << 10


async def test_the_server_ends_with_calls_under_way() -> None:
    async with serving(TalkBrain(TEN)) as served:
        page = Page()
        reply = await post(f"{served.url}/realtime/calls", await page.offer())
        await page.answer(reply.body.decode())
        await page.event("session.created")
        page.send("response.create")
        await page.event("output_audio_buffer.started")
    assert len(served.shared.calls) == 0
    await page.close()
