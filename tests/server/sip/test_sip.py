"""SIP calls from a telephone's view: answered, declined, ended either way, heard and spoken to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.audio.g711 import alaw_encode, ulaw_decode, ulaw_encode
from realtime_nb.server.sip.endpoint import SipEndpoint
from realtime_nb.server.sip.resending import Timing
from tests.server.fakes import tone
from tests.server.phone.answering import Answering, answering
from tests.server.serving import serving
from tests.server.sip.telephone import PATIENCE_S, Telephone, header

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUICK = Timing(t1=0.05, t2=0.2)


@asynccontextmanager
async def ringing(timing: Timing | None = None) -> AsyncIterator[tuple[Telephone, Answering]]:
    """Give a telephone at a server whose calls somebody answers."""
    async with serving() as served, answering(served, default=True) as desk:
        sip = SipEndpoint(served.shared.calls, served.shared.phone, timing)
        await sip.open("127.0.0.1", 0)
        phone = await Telephone.open(sip)
        try:
            yield phone, desk
        finally:
            phone.close()
            await served.shared.calls.close()
            await sip.close()


async def incoming(desk: Answering) -> Any:
    return await asyncio.wait_for(desk.events.get(), PATIENCE_S)


async def event(connection: Any, kind: str) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        async for one in connection:
            if one.type == kind:
                return one
    raise AssertionError(f"no {kind}")


async def test_a_call_is_announced_accepted_and_talked_on() -> None:
    async with ringing() as (phone, desk):
        calling = asyncio.ensure_future(phone.call(None, "X-Order: 42", "Authorization: Digest x"))
        call = (await incoming(desk)).data
        given = {one.name: one.value for one in call.sip_headers}
        assert given["X-Order"] == "42"
        assert given["From"] == '"Bob" <sip:+15551234@127.0.0.1>;tag=caller'
        assert "Authorization" not in given
        assert call.sip_media_security == "rtp"

        await desk.accept(call.call_id)
        await calling
        async with desk.client.realtime.connect(call_id=call.call_id) as sideband:
            await event(sideband, "session.created")
            for _ in range(40):
                phone.speak(ulaw_encode(tone(20, rate=8000)))
            # and then nothing at all: a telephone that is silent in pauses
            await event(sideband, "input_audio_buffer.speech_started")
            await event(sideband, "input_audio_buffer.speech_stopped")
            phone.press(7)
            phone.press(11)
            phone.send("INFO", "Signal=*\r\nDuration=160\r\n")
            assert (await event(sideband, "input_audio_buffer.dtmf_event_received")).event == "7"
            keys = {(await event(sideband, "input_audio_buffer.dtmf_event_received")).event
                    for _ in range(2)}  # fmt: skip
            assert keys == {"#", "*"}
            await event(sideband, "response.done")
            async with asyncio.timeout(PATIENCE_S):
                while not abs(ulaw_decode((await phone.hear())[12:])).max() > 500:
                    pass
            phone.send("BYE")
            await phone.status(200)
            with pytest.raises(StopAsyncIteration):
                await anext(iter_events(sideband))


async def iter_events(connection: Any) -> AsyncIterator[Any]:
    async for one in connection:
        if one.type == "never":
            yield one


async def test_sound_goes_out_every_20_ms_in_order() -> None:
    async with ringing() as (phone, desk):
        calling = asyncio.ensure_future(phone.call(phone.offer("8 101")))
        await desk.accept((await incoming(desk)).data.call_id)
        await calling
        phone.speak(alaw_encode(tone(20, rate=8000)), 8)
        packets = [await phone.hear() for _ in range(10)]
    assert {len(packet) for packet in packets} == {12 + 160}
    assert {packet[1] & 0x7F for packet in packets} == {8}
    assert [packet[1] >> 7 for packet in packets[:2]] == [1, 0]  # the marker, where it begins
    numbers = [int.from_bytes(packet[2:4]) for packet in packets]
    assert all((b - a) % 65536 == 1 for a, b in pairwise(numbers))
    stamps = [int.from_bytes(packet[4:8]) for packet in packets]
    assert all((b - a) % 2**32 == 160 for a, b in pairwise(stamps))


async def test_the_service_hangs_up_by_bye() -> None:
    async with ringing() as (phone, desk):
        calling = asyncio.ensure_future(phone.call())
        call_id = (await incoming(desk)).data.call_id
        await desk.accept(call_id)
        await calling
        await desk.client.realtime.calls.hangup(call_id)
        bye = await phone.request("BYE")
        assert header(bye, "To").endswith(";tag=caller")
        assert header(bye, "From").endswith(f";tag={phone.to_tag}")
        assert bye.startswith(f"BYE sip:bob@127.0.0.1:{phone.signals.number} SIP/2.0")


async def test_what_is_not_answered_is_sent_again() -> None:
    async with ringing(QUICK) as (phone, desk):
        number = phone.send("INVITE", phone.offer())
        call_id = (await incoming(desk)).data.call_id
        await phone.status(180)
        phone.send("INVITE", phone.offer(), number=number)  # the first one's answers were lost
        await phone.status(180)
        await desk.accept(call_id)
        first = await phone.status(200)
        assert await phone.status(200) == first
        phone.send("ACK", number=number)
        await desk.client.realtime.calls.hangup(call_id)
        byes: list[str] = []
        while len(byes) < 3:
            message = await phone.receive()
            if message.startswith("BYE "):
                byes.append(message)
        assert byes[0] == byes[1] == byes[2]
        assert desk.events.empty()  # one INVITE, one webhook


async def test_many_requests_before_the_acknowledgement_change_nothing() -> None:
    async with ringing(QUICK) as (phone, desk):
        number = phone.send("INVITE", phone.offer())
        await desk.accept((await incoming(desk)).data.call_id)
        first = await phone.status(200)
        for _ in range(40):
            phone.send("OPTIONS")
        while await phone.receive() != first:  # it is sent again all the same
            pass
        phone.send("ACK", number=number)
        phone.send("BYE")
        while header(await phone.status(200), "CSeq") != f"{phone.cseq} BYE":
            pass


async def test_a_caller_who_never_acknowledges_is_hung_up() -> None:
    async with ringing(Timing(t1=0.01, t2=0.05)) as (phone, desk):
        phone.send("INVITE", phone.offer())
        call_id = (await incoming(desk)).data.call_id
        await desk.accept(call_id)
        await phone.request("BYE")
        with pytest.raises(desk.not_found, match="never acknowledged"):
            await desk.client.realtime.calls.hangup(call_id)


@pytest.mark.parametrize(("given", "status"), [({}, 603), ({"status_code": 486}, 486)])
async def test_a_call_is_rejected(given: dict[str, int], status: int) -> None:
    async with ringing(QUICK) as (phone, desk):
        number = phone.send("INVITE", phone.offer())
        await desk.client.realtime.calls.reject((await incoming(desk)).data.call_id, **given)
        assert await phone.status(status) == await phone.status(status)  # until it is acknowledged
        phone.send("ACK", number=number)


async def test_a_caller_who_gives_up_is_told_so_and_the_call_is_gone() -> None:
    async with ringing() as (phone, desk):
        number = phone.send("INVITE", phone.offer())
        call_id = (await incoming(desk)).data.call_id
        await phone.status(180)
        phone.send("CANCEL", number=number)
        assert header(await phone.status(200), "CSeq") == f"{number} CANCEL"
        assert header(await phone.status(487), "CSeq") == f"{number} INVITE"
        with pytest.raises(desk.not_found, match="gave up"):
            await desk.accept(call_id)


async def test_what_was_answered_cannot_be_cancelled() -> None:
    async with ringing(QUICK) as (phone, desk):
        number = phone.send("INVITE", phone.offer())
        call_id = (await incoming(desk)).data.call_id
        await desk.accept(call_id)
        await phone.status(200)
        for _ in range(2):  # before it is acknowledged, and after
            phone.send("CANCEL", number=number)
            while header(await phone.status(200), "CSeq") != f"{number} CANCEL":
                pass
            phone.send("ACK", number=number)
        await desk.client.realtime.calls.hangup(call_id)  # it was still there
        await phone.request("BYE")


async def test_a_new_description_whose_answer_is_lost_ends_the_call() -> None:
    async with ringing(Timing(t1=0.02, t2=0.1)) as (phone, desk):
        calling = asyncio.ensure_future(phone.call())
        call_id = (await incoming(desk)).data.call_id
        await desk.accept(call_id)
        await calling
        # A refusal changes nothing, be it acknowledged or not.
        phone.send("INVITE", phone.offer("18"))
        await phone.status(488)
        await asyncio.sleep(64 * 0.02 + 0.1)
        phone.send("INVITE", phone.offer())
        await phone.status(200)
        await phone.request("BYE")
        with pytest.raises(desk.not_found, match="never acknowledged"):
            await desk.client.realtime.calls.hangup(call_id)


async def test_who_is_hung_up_on_is_not_waited_for_any_more() -> None:
    async with ringing() as (phone, desk):
        calling = asyncio.ensure_future(phone.call())
        call_id = (await incoming(desk)).data.call_id
        await desk.accept(call_id)
        await calling
        refer = desk.client.realtime.calls.refer(call_id, target_uri="tel:+15557")
        asked = asyncio.ensure_future(refer)
        while not (await phone.receive()).startswith("REFER "):
            pass
        await desk.client.realtime.calls.hangup(call_id)
        with pytest.raises(desk.refused, match="answered nothing"):
            await asyncio.wait_for(asked, 10)


async def test_a_call_is_referred_and_the_telephone_may_refuse() -> None:
    async with ringing() as (phone, desk):
        calling = asyncio.ensure_future(phone.call())
        call_id = (await incoming(desk)).data.call_id
        await desk.accept(call_id)
        await calling
        refer = desk.client.realtime.calls.refer
        asked = asyncio.ensure_future(refer(call_id, target_uri="tel:+15557"))
        first = await phone.request("REFER", "405 Method Not Allowed")
        assert header(first, "Refer-To") == "<tel:+15557>"
        with pytest.raises(desk.refused, match="405"):
            await asked
        asked = asyncio.ensure_future(refer(call_id, target_uri="sip:agent@example.com"))
        assert header(await phone.request("REFER"), "Refer-To") == "<sip:agent@example.com>"
        await asked
        phone.send("NOTIFY", "", "Event: refer")
        await phone.status(200)


async def test_a_call_on_hold_is_sent_nothing_until_it_goes_on() -> None:
    async with ringing() as (phone, desk):
        calling = asyncio.ensure_future(phone.call())
        await desk.accept((await incoming(desk)).data.call_id)
        await calling
        await phone.hear()
        for body in (phone.offer() + "a=sendonly\r\n", phone.offer("8 101")):
            number = phone.send("INVITE", body)
            await phone.status(200)
            phone.send("ACK", number=number)
        while (await phone.hear())[1] & 0x7F != 8:  # what it had on its way, then the new codec
            pass
        number = phone.send("INVITE", phone.offer(host="192.0.2.7"))
        await phone.status(488)
        phone.send("ACK", number=number)
        await phone.hear()  # as before


async def test_an_offer_may_come_with_the_acknowledgement() -> None:
    async with ringing() as (phone, desk):
        number = phone.send("INVITE")
        await desk.accept((await incoming(desk)).data.call_id)
        assert "m=audio" in await phone.status(200)
        phone.send("ACK", phone.offer("8 101"), number=number)
        assert (await phone.hear())[1] & 0x7F == 8


@pytest.mark.parametrize(
    ("body", "extra", "status"),
    [
        ("v=0\r\nm=audio 9 RTP/AVP 96\r\n", [], 488),
        ("v=0\r\nc=IN IP4 192.0.2.7\r\nm=audio 9 RTP/AVP 0\r\n", [], 488),
        ("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/SAVP 0\r\n", [], 488),
        ("hello", [], 488),
        ("v=0\r\n", ["Require: 100rel"], 420),
        ("v=0\r\n", ["Content-Type: text/plain"], 415),
    ],
)
async def test_what_cannot_be_talked_on_is_declined(
    body: str, extra: list[str], status: int
) -> None:
    async with ringing(QUICK) as (phone, desk):
        phone.send("INVITE", body, *extra)
        await phone.status(status)
        assert desk.events.empty()


async def test_what_is_no_sip_is_dropped_and_what_has_no_call_is_told() -> None:
    async with ringing() as (phone, _):
        for junk in (
            b"",
            b"\r\n\r\n",
            b"\0" * 65_000,
            b"INVITE sip:x SIP/2.0\r\n\r\n",
            b"INVITE sip:x SIP/2.0\r\nVia x\r\n\r\n",
            b"SIP/2.0 2000 What\r\n\r\n",
        ):
            phone.signals.send(junk, phone.sip.address)
        phone.send("OPTIONS")
        assert "INVITE" in header(await phone.status(200), "Allow")
        for method, status in (("BYE", 481), ("CANCEL", 481), ("SUBSCRIBE", 405)):
            phone.send(method)
            await phone.status(status)
        assert phone.sip.dropped >= 5


async def test_nobody_is_told_of_calls_where_no_webhook_is_known() -> None:
    async with serving() as served:
        sip = SipEndpoint(served.shared.calls, served.shared.phone)
        await sip.open("127.0.0.1", 0)
        phone = await Telephone.open(sip)
        phone.send("INVITE", phone.offer())
        await phone.status(480)
        phone.close()
        await sip.close()
    assert len(served.shared.calls) == 0


async def test_too_many_calls_are_busy() -> None:
    async with ringing() as (phone, desk):
        desk.served.shared.calls.most = 0
        phone.send("INVITE", phone.offer())
        await phone.status(486)
