"""The practice phone: rung, answered, turned away, and everything said to it that it cannot do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.server.fakes import tone
from tests.server.phone.answering import SECRET, Answering, answering
from tests.server.serving import TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE_S = 20.0


class Phone:
    """A phone's socket."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(orjson.dumps({"type": f"phone.{kind}", **fields}).decode())

    async def told(self) -> dict[str, Any]:
        """Return the next message; sound before it is passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while isinstance(frame := await self.socket.recv(), bytes):
                pass
        return orjson.loads(frame)

    async def heard(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            while isinstance(frame := await self.socket.recv(), str):
                pass
        return frame


@asynccontextmanager
async def phone_at(desk: Answering, key: str = TOKEN) -> AsyncIterator[Phone]:
    url = f"ws://127.0.0.1:{desk.served.port}/v1/practice/phone"
    headers = {"Authorization": f"Bearer {key}"}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        yield Phone(socket)


@asynccontextmanager
async def room() -> AsyncIterator[Answering]:
    async with serving() as served, answering(served) as desk:
        yield desk


async def dial(phone: Phone, desk: Answering, **fields: Any) -> str:
    await phone.send("dial", webhook_url=desk.url, webhook_secret=SECRET, **fields)
    ringing = await phone.told()
    assert ringing["type"] == "phone.ringing"
    event = await asyncio.wait_for(desk.events.get(), PATIENCE_S)
    assert event.data.call_id == ringing["call_id"]
    return ringing["call_id"]


async def gone(desk: Answering) -> None:
    """Return when no call is left."""
    async with asyncio.timeout(PATIENCE_S):
        while len(desk.served.shared.calls):  # noqa: ASYNC110 -- a dict has no event
            await asyncio.sleep(0.01)


async def test_a_phone_rings_and_is_talked_to() -> None:
    async with room() as desk, phone_at(desk) as phone:
        await phone.send(
            "dial",
            webhook_url=desk.url,
            webhook_secret=SECRET,
            **{"from": "+1555", "headers": [["X-Order", "42"]]},
        )
        event = await asyncio.wait_for(desk.events.get(), PATIENCE_S)
        given = {one.name: one.value for one in event.data.sip_headers}
        assert given["From"].startswith("<sip:+1555@")
        assert given["X-Order"] == "42"
        assert (await phone.told())["type"] == "phone.ringing"
        await phone.send("dtmf", digit="9")  # nobody is there yet
        await desk.accept(event.data.call_id)
        assert await phone.told() == {"type": "phone.accepted"}
        assert len(await phone.heard()) == 960

        async with desk.client.realtime.connect(call_id=event.data.call_id) as sideband:
            assert (await sideband.recv()).type == "session.created"
            await phone.send("dtmf", digit="5")
            await phone.send("dtmf", digit="55")
            await phone.socket.send(tone(800).tobytes())
            await phone.socket.send(bytes(48_001))  # half a sample
            await phone.socket.send(bytes(48_000))
            seen = [await asyncio.wait_for(sideband.recv(), PATIENCE_S)]
            while seen[-1].type != "output_audio_buffer.started":
                seen.append(await asyncio.wait_for(sideband.recv(), PATIENCE_S))
            keys = [one.event for one in seen if one.type.endswith("dtmf_event_received")]
            assert keys == ["5"]
            while not any(await phone.heard()):
                pass
            await phone.send("hang_up")
            assert await phone.told() == {"type": "phone.ended", "detail": "the caller hung up"}


@pytest.mark.parametrize("status", [603, 486])
async def test_a_phone_is_turned_away(status: int) -> None:
    async with room() as desk, phone_at(desk) as phone:
        call_id = await dial(phone, desk)
        await desk.client.realtime.calls.reject(call_id, status_code=status)
        assert await phone.told() == {"type": "phone.rejected", "detail": str(status)}


async def test_a_phone_is_sent_elsewhere() -> None:
    async with room() as desk, phone_at(desk) as phone:
        call_id = await dial(phone, desk)
        await desk.accept(call_id)
        assert (await phone.told())["type"] == "phone.accepted"
        await desk.client.realtime.calls.refer(call_id, target_uri="tel:+15557")
        assert await phone.told() == {"type": "phone.referred", "detail": "tel:+15557"}


async def test_a_phone_that_goes_ends_its_call() -> None:
    async with room() as desk:
        async with phone_at(desk) as phone:
            call_id = await dial(phone, desk)
        await gone(desk)
        with pytest.raises(desk.not_found, match="the caller hung up"):
            await desk.accept(call_id)


async def test_nobody_took_the_webhook() -> None:
    async with room() as desk, phone_at(desk) as phone:
        desk.served.shared.phone.after_s = (0.0, 0.0)
        desk.statuses = [400] * 9
        await phone.send("dial", webhook_url=desk.url, webhook_secret=SECRET)
        assert (await phone.told())["type"] == "phone.ringing"
        failed = await phone.told()
        assert failed["type"] == "phone.failed"
        assert "it answered 400" in failed["detail"]
        assert len(desk.deliveries) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "nobody is told of this call"),
        ({"webhook_url": "http://example.com/", "webhook_secret": "s"}, "this computer only"),
        ({"webhook_url": "http://127.0.0.1:1/"}, "nobody is told of this call"),
        ({"webhook_url": 3, "webhook_secret": "s"}, "webhook_url is missing or no text"),
        ({"webhook_url": "http://127.0.0.1:1/", "webhook_secret": ""}, "secret has 1 to"),
        ({"headers": "x"}, "pairs of name and value"),
        ({"headers": [["a"]]}, "pair of name and value"),
        ({"headers": [["a", "b" * 2000]]}, "1024 characters"),
    ],
)
async def test_what_cannot_be_dialled_is_refused_in_one_line(
    fields: dict[str, Any], words: str
) -> None:
    async with room() as desk, phone_at(desk) as phone:
        if "headers" in fields:
            fields = {"webhook_url": desk.url, "webhook_secret": SECRET, **fields}
        await phone.send("dial", **fields)
        refused = await phone.told()
        assert refused["type"] == "phone.refused"
        assert words in refused["detail"]
        assert "\n" not in refused["detail"]
        assert len(desk.served.shared.calls) == 0


async def test_too_many_calls_are_refused() -> None:
    async with room() as desk, phone_at(desk) as phone:
        desk.served.shared.calls.most = 0
        await phone.send("dial", webhook_url=desk.url, webhook_secret=SECRET)
        assert "calls are under way" in (await phone.told())["detail"]


@pytest.mark.parametrize("frame", ["hello", "[]", '"x"'])
async def test_what_is_no_message_is_refused(frame: str) -> None:
    async with room() as desk, phone_at(desk) as phone:
        await phone.socket.send(frame)
        assert (await phone.told())["type"] == "phone.refused"


@pytest.mark.parametrize("key", ["wrong", "line_guessed"])
async def test_without_token_or_ticket_there_is_no_phone(key: str) -> None:
    async with room() as desk:
        with pytest.raises(InvalidStatus, match="401"):
            async with phone_at(desk, key):
                pass


async def test_a_published_line_is_rung_by_its_ticket_and_no_other_is() -> None:
    async with room() as desk:
        url = f"{desk.served.url}/practice/phone/lines"
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(trust_env=False) as client:
            told = {"url": desk.url, "secret": SECRET}
            assert (await client.post(url, json=told)).status_code == 401
            wrong = {"url": "http://example.com/", "secret": SECRET}
            refused = await client.post(url, json=wrong, headers=bearer)
            assert refused.status_code == 400
            assert SECRET not in refused.text
            ticket = (await client.post(url, json=told, headers=bearer)).json()["ticket"]
            as_key = {"Authorization": f"Bearer {ticket}"}
            assert (await client.post(url, json=told, headers=as_key)).status_code == 401
        async with phone_at(desk, ticket) as phone:
            await phone.send("dial", webhook_url="http://127.0.0.1:1/", webhook_secret="x")
            assert (await phone.told())["type"] == "phone.ringing"
            await asyncio.wait_for(desk.events.get(), PATIENCE_S)
