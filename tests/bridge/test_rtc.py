"""A call that a page holds: what is asked of it, what is kept, and what is said when it fails."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge.bridge import Bridge
from realtime_nb.bridge.frames import ANSWER, MICROPHONE, Frame
from realtime_nb.bridge.on_call import ELSEWHERE, OTHERS, OVER, OVER_ELSEWHERE, UNHELD, PageClock
from realtime_nb.bridge.rtc import LEFT, RtcPeer
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.errors import ConnectionFailed
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

if TYPE_CHECKING:
    from collections.abc import Coroutine

KEY = Secret("ek_a_key_that_is_long_enough")


class Desk:
    """A bridge with a page's call, and what a page would say."""

    def __init__(
        self, transport: str = "webrtc", *, peer: bool = True, page_s: float = 0.2
    ) -> None:
        self.session = FakeSession()
        self.session.transport = SimpleNamespace(name=transport, carries_audio=False)
        self.view = FakeView()
        self.peer = RtcPeer(page_s=page_s, offer_s=0.2, connect_s=0.2)
        self.bridge = Bridge(
            self.session,  # pyright: ignore[reportArgumentType]
            self.view,
            loop=FakeLoop(),  # pyright: ignore[reportArgumentType]
            peer=self.peer if peer else None,
        )
        self.bridge.start()

    async def hello(self, client: str = "page") -> None:
        self.view.page_says("hello", client=client)
        await settle()

    async def says(self, kind: str, *buffers: bytes, client: str = "page", **fields: Any) -> None:
        self.view.page_says(kind, *buffers, client=client, **fields)
        await settle()

    @property
    def asked(self) -> dict[str, Any]:
        """What the page was asked last."""
        return self.view.of_kind("rtc")[-1]

    async def call(self, client: str = "page") -> int:
        """Have the page hold a call that is up; return its number."""
        await self.hello(client)
        offering = asyncio.ensure_future(self.peer.offer())
        await settle()
        number = self.asked["call"]
        await self.says("rtc", op="offer", call=number, sdp="v=0", client=client)
        assert await offering == "v=0"
        answering = asyncio.ensure_future(self.peer.answer("v=0 answer"))
        await settle()
        await self.says("rtc", op="state", state="connected", call=number, client=client)
        await answering
        return number


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def fails(work: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(ConnectionFailed) as failure:
        await work
    text = str(failure.value)
    assert "\n" not in text
    assert "--transport websocket" in text
    return text


async def test_a_page_makes_an_offer_and_connects() -> None:
    desk = Desk()
    await desk.call()
    assert [message["op"] for message in desk.view.of_kind("rtc")] == ["offer", "answer"]
    assert desk.asked == {
        "kind": "rtc", "to": "page", "call": 1, "op": "answer", "sdp": "v=0 answer"
    }  # fmt: skip
    assert desk.peer.connected


async def test_an_offer_waits_for_a_page_and_says_so_when_none_comes() -> None:
    assert "none showed this chat within 0.2 s" in await fails(Desk().peer.offer())
    desk = Desk(page_s=5.0)
    offering = asyncio.ensure_future(desk.peer.offer())
    await desk.hello()
    async with asyncio.timeout(5):
        while not desk.view.of_kind("rtc"):  # noqa: ASYNC110 -- a fake has no event
            await asyncio.sleep(0.01)
    await desk.says("rtc", op="offer", call=1, sdp="v=0")
    assert await offering == "v=0"


@pytest.mark.parametrize("stage", ["SDP", "ICE", "DTLS", "data channel"])
async def test_what_fails_in_the_page_names_its_stage(stage: str) -> None:
    desk = Desk()
    await desk.hello()
    offering = asyncio.ensure_future(desk.peer.offer())
    await settle()
    await desk.says("rtc", op="failed", call=1, stage=stage, why="no\nway " + 400 * "x")
    text = await fails(offering)  # pyright: ignore[reportArgumentType]
    assert f"WebRTC failed at {stage}: no way x" in text
    assert len(text) < 500
    assert desk.peer.client is None


async def test_a_page_that_says_nothing_is_given_up() -> None:
    desk = Desk()
    await desk.hello()
    assert "made no offer within 0.2 s" in await fails(desk.peer.offer())
    assert desk.asked["op"] == "hang_up"


async def test_the_key_goes_to_the_page_in_one_message_and_into_no_error() -> None:
    desk = Desk("webrtc-direct")
    await desk.hello()
    calling = asyncio.ensure_future(desk.peer.direct("http://127.0.0.1/v1/realtime/calls", KEY))
    await settle()
    carried = [message for message, _ in desk.view.sent if KEY.reveal() in str(message)]
    assert carried == [desk.asked]
    await desk.says("rtc", op="failed", call=1, stage="HTTP", why=f"401 for {KEY.reveal()}")
    assert KEY.reveal() not in await fails(calling)  # pyright: ignore[reportArgumentType]
    assert KEY.reveal() not in repr(desk.peer)


@pytest.mark.parametrize(
    ("said", "known"),
    [("rtc_1", "rtc_1"), (None, None), ("", None), (7, None), ("rtc_é", None)],
)
async def test_a_direct_call_is_relayed_by_its_page(said: Any, known: str | None) -> None:
    desk = Desk("webrtc-direct")
    await desk.hello()
    heard: list[str] = []
    desk.peer.on_message(heard.append)
    calling = asyncio.ensure_future(desk.peer.direct("http://127.0.0.1/v1/realtime/calls", KEY))
    await settle()
    await desk.says("rtc", op="state", state="connected", call=1, call_id=said)
    assert await calling == known
    await desk.says("rtc", op="message", call=1, text='{"type":"session.created"}')
    await desk.says("rtc", op="message", call=1, text=7)
    await desk.says("rtc", op="message", call=1, text="of another page", client="other")
    await desk.says("rtc", op="message", call=9, text="of another call")
    assert heard == ['{"type":"session.created"}']
    desk.peer.send("up")
    assert (desk.asked["op"], desk.asked["text"]) == ("send", "up")


async def test_what_a_page_says_at_once_is_heard() -> None:
    desk = Desk("webrtc-direct")
    await desk.hello()
    heard: list[str] = []
    reasons: list[str] = []
    desk.peer.on_message(heard.append)
    desk.peer.on_closed(reasons.append)
    calling = asyncio.ensure_future(desk.peer.direct("http://127.0.0.1/v1/realtime/calls", KEY))
    await settle()
    # With no turn of the loop between them.
    desk.peer.receive("page", {"op": "state", "state": "connected", "call": 1})
    desk.peer.receive("page", {"op": "message", "call": 1, "text": "first"})
    desk.peer.receive("page", {"op": "state", "state": "closed", "call": 1, "why": "gone"})
    await calling
    assert heard == ["first"]
    assert reasons == ["gone"]
    assert not desk.peer.connected


async def test_an_offer_that_comes_twice_is_no_connection() -> None:
    desk = Desk()
    await desk.hello()
    offering = asyncio.ensure_future(desk.peer.offer())
    await settle()
    await desk.says("rtc", op="state", state="connected", call=1)
    assert not offering.done()
    await desk.says("rtc", op="offer", call=1, sdp="v=0")
    await offering
    answering = asyncio.ensure_future(desk.peer.answer("v=0 answer"))
    await settle()
    await desk.says("rtc", op="offer", call=1, sdp="v=0")
    await desk.says("rtc", op="state", state="connecting", call=1)
    assert not answering.done()
    assert not desk.peer.connected
    assert "did not connect" in await fails(answering)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ({"kind": "leave"}, LEFT),
        (
            {"kind": "rtc", "op": "state", "state": "closed", "call": 1, "why": "gone\nfor good"},
            "gone for good",
        ),
        (
            {"kind": "rtc", "op": "state", "state": "closed", "call": 1},
            "the WebRTC call ended in the page",
        ),
    ],
)
async def test_a_call_that_ends_in_the_page_says_why(last: dict[str, Any], why: str) -> None:
    desk = Desk()
    reasons: list[str] = []
    desk.peer.on_closed(reasons.append)
    await desk.call()
    await desk.says(**last)
    await desk.says(**last)
    assert reasons == [why]
    desk.session.become("closed")
    state = desk.view.of_kind("state")[-1]
    assert (state["state"], state["detail"], state["transport"]) == ("closed", why, "webrtc")


@pytest.mark.parametrize(
    ("states", "peer", "why"),
    [
        (("open", "closed"), True, OVER),
        (("open", "closed"), False, OVER_ELSEWHERE),
        (("open", "closing", "closed"), True, ""),
    ],
)
async def test_a_call_that_is_hung_up_elsewhere_says_so(
    states: tuple[str, ...], why: str, *, peer: bool
) -> None:
    desk = Desk(peer=peer)
    for state in states:
        desk.session.become(state)
    assert desk.view.of_kind("state")[-1]["detail"] == why


async def test_a_page_that_is_left_is_the_reason_also_where_the_service_was_first() -> None:
    desk = Desk()
    desk.session.become("open")
    await desk.call()
    desk.peer.hang_up()  # as the sideband's end has it
    desk.session.become("closed")
    assert desk.view.of_kind("state")[-1]["detail"] == OVER
    await desk.says("leave", client="another")
    assert desk.view.of_kind("state")[-1]["detail"] == OVER
    await desk.says("leave")
    assert desk.view.of_kind("state")[-1]["detail"] == LEFT


async def test_a_page_that_is_left_before_it_connects_fails_the_dial() -> None:
    desk = Desk()
    await desk.hello()
    offering = asyncio.ensure_future(desk.peer.offer())
    await settle()
    await desk.says("leave")
    assert LEFT in await fails(offering)  # pyright: ignore[reportArgumentType]


async def test_the_page_of_the_call_stays_its_owner() -> None:
    desk = Desk()
    await desk.call()
    await desk.hello("second")
    assert desk.bridge.owner == "page"
    await desk.says("take_over", client="second")
    assert desk.view.of_kind("notice")[-1] == {
        "kind": "notice", "level": "info", "text": OTHERS, "to": "second"
    }  # fmt: skip
    await desk.says("mic", on=True, client="second")
    assert desk.view.of_kind("mic_off")[-1]["reason"] == OTHERS
    await desk.says("text", text="hello", client="second")
    assert ("say", "hello") in desk.session.did
    assert desk.bridge.owner == "page"


async def test_what_the_page_hears_and_sends_is_kept_and_nothing_goes_up() -> None:
    desk = Desk()
    await desk.call()
    await desk.says("mic", on=True)
    pcm = bytes(range(96))
    desk.session.clock_ms = 1_000.0
    await desk.says("audio", Frame(MICROPHONE, 1, 0, 0, 5_000.0, pcm).pack())
    desk.session.clock_ms = 1_030.0
    await desk.says("heard", Frame(ANSWER, 1, 0, 0, 5_010.0, pcm).pack())
    assert desk.session.recorded == [("input", pcm, 998.0), ("output", pcm, 1_008.0)]
    for kind, data in (
        ("audio", Frame(ANSWER, 1, 0, 0, 5_000.0, pcm).pack()),
        ("heard", b"no frame"),
        ("heard", Frame(ANSWER, 1, 0, 0, float("nan"), pcm).pack()),
    ):
        await desk.says(kind, data)
    await desk.says("heard", Frame(ANSWER, 1, 1, 0, 5_020.0, pcm).pack(), client="other")
    assert len(desk.session.recorded) == 2
    assert desk.bridge._on_call.refused_frames == 3  # pyright: ignore[reportPrivateUsage]
    # Also when the microphone is let go: the page itself goes on with silence.
    await desk.says("mic", on=False)
    await asyncio.sleep(0.1)
    assert not [did for did in desk.session.did if did[0] == "append"]


async def test_stop_clears_what_is_heard_at_the_service_and_in_the_page() -> None:
    desk = Desk()
    await desk.call()
    await desk.says("stop")
    assert desk.asked["op"] == "answer"
    assert ("send", "output_audio_buffer.clear") not in desk.session.did
    desk.session.receive({"type": "output_audio_buffer.started", "response_id": "resp_1"})
    await desk.says("stop")
    assert desk.asked["op"] == "hush"
    assert desk.session.did.count(("send", "output_audio_buffer.clear")) == 1
    desk.session.receive({"type": "output_audio_buffer.cleared", "response_id": "resp_1"})
    await desk.says("stop")
    assert desk.session.did.count(("send", "output_audio_buffer.clear")) == 1
    assert not [did for did in desk.session.did if did[0] == "truncate"]


async def test_a_guard_cannot_hold_an_answer_on_a_call_and_says_so_once() -> None:
    desk = Desk()
    await desk.call()
    for response_id in ("resp_1", "resp_2"):
        desk.bridge.guarded.hold(response_id)
    warned = [one for one in desk.view.of_kind("notice") if one["text"] == UNHELD]
    assert len(warned) == 1
    # One that is made already, and still heard, is stopped.
    desk.session.receive({"type": "output_audio_buffer.started", "response_id": "resp_2"})
    desk.bridge.guarded.stop("resp_1", "")
    assert ("send", "output_audio_buffer.clear") not in desk.session.did
    desk.bridge.guarded.stop("resp_2", "")
    assert ("send", "output_audio_buffer.clear") in desk.session.did


async def test_a_sideband_has_no_microphone() -> None:
    desk = Desk("sideband", peer=False)
    await desk.hello()
    assert desk.view.of_kind("welcome")[-1]["transport"] == "sideband"
    await desk.says("mic", on=True)
    assert desk.view.of_kind("mic_off")[-1]["reason"] == ELSEWHERE
    await desk.says("rtc", op="state", state="connected", call=1)
    desk.session.receive(
        {"type": "response.output_audio.delta", "item_id": "i", "content_index": 0, "delta": "AAAA"}
    )
    assert desk.view.of_kind("audio") == []


async def test_closing_the_chat_hangs_up_in_the_page() -> None:
    desk = Desk()
    await desk.call()
    reasons: list[str] = []
    desk.peer.on_closed(reasons.append)
    await desk.bridge.stop()
    assert desk.asked["op"] == "hang_up"
    assert reasons == []


def test_the_least_delay_seen_places_every_frame() -> None:
    now = [0.0]
    clock = PageClock(lambda: now[0])
    now[0] = 150.0
    assert clock.place(1_000.0, 40.0) == 110.0
    now[0] = 160.0
    assert clock.place(1_040.0, 40.0) == 120.0
    now[0] = 400.0
    assert clock.place(1_080.0, 40.0) == 160.0
