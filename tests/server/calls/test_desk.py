"""Calls without a network: who joins, who leaves, how a call rings, and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.brain.interface import FunctionCall
from realtime_nb.server.calls.call import MOST_LINKS, MOST_UNHEARD
from realtime_nb.server.connection import Exits
from realtime_nb.server.wire_errors import WireError
from tests.server.calls.stage import Caller, CallStage, Listener, SwitchLeg
from tests.server.fakes import TalkBrain, virtual

TEN = "one two three four five six seven eight nine ten"

DTMF = "input_audio_buffer.dtmf_event_received"


@virtual
async def test_every_link_sees_every_event() -> None:
    async with CallStage() as stage:
        sideband = stage.listen()
        await sideband.send("response.create")
        await stage.page.until("output_audio_buffer.stopped")
        assert sideband.types == stage.page.types
        ids = [event["event_id"] for event in stage.page.events[1:]]
        assert ids == [event["event_id"] for event in sideband.events[1:]]
        assert stage.page.events[0]["session"] == sideband.events[0]["session"]


@virtual
async def test_either_link_may_change_the_session() -> None:
    async with CallStage() as stage:
        sideband = stage.listen()
        await sideband.send("session.update", session={"type": "realtime", "instructions": "Hm."})
        (updated,) = stage.page.of("session.updated")
        assert updated["session"]["instructions"] == "Hm."


@virtual
async def test_what_is_refused_is_told_to_who_asked() -> None:
    async with CallStage() as stage:
        sideband = stage.listen()
        await sideband.send("response.cancel", event_id="mine")
        (error,) = sideband.of("error")
        assert error["error"]["event_id"] == "mine"
        assert stage.page.of("error") == []


@virtual
async def test_a_link_that_leaves_may_come_back() -> None:
    async with CallStage() as stage:
        await stage.listen().leave()
        await stage.page.send("session.update", session={"type": "realtime", "instructions": "A"})
        again = stage.listen()
        assert again.types == ["session.created"]
        assert again.events[0]["session"]["instructions"] == "A"
        await stage.page.send("response.create")
        assert again.of("response.created")


@virtual
async def test_so_many_links_and_no_more() -> None:
    async with CallStage() as stage:
        for _ in range(MOST_LINKS - 1):
            stage.listen()
        with pytest.raises(WireError, match="has 8 connections") as refused:
            stage.listen()
        assert refused.value.code == "rate_limit_exceeded"


@virtual
async def test_keys_are_told_without_an_event_id() -> None:
    async with CallStage() as stage:
        stage.call.dtmf("#")
        event = stage.page.events[-1]
        assert event["event"] == "#"
        assert "event_id" not in event
        assert isinstance(event["received_at"], int)


@virtual
async def test_keys_pressed_before_anybody_has_joined_are_told_to_the_first() -> None:
    async with CallStage() as stage:
        call = stage.desk.ring(Caller())
        call.dtmf("0")  # it rings, and nobody hears
        await stage.desk.accept(call.id, None)
        for key in "12":
            call.dtmf(key)
        first, second = Listener(call), Listener(call)
        call.dtmf("3")
        told = [[one["event"] for one in link.of(DTMF)] for link in (first, second)]
        assert told == [["1", "2", "3"], ["3"]]
        assert first.types[0] == "session.created"
        await first.leave()
        await second.leave()
        call.dtmf("4")
        assert not Listener(call).of(DTMF)


@virtual
async def test_a_call_is_hung_up_in_the_middle_of_a_tool() -> None:
    async with CallStage(TalkBrain(FunctionCall("look_up", "{}"))) as stage:
        await stage.page.send("response.create")
        done = await stage.page.until("response.done")
        await stage.desk.hang_up(stage.call.id)
        assert stage.page.farewell == (1000, "it was hung up")
        assert stage.leg.closed == ["it was hung up"]
        item = {"type": "function_call_output", "output": "late",
                "call_id": done["response"]["output"][0]["call_id"]}  # fmt: skip
        before = len(stage.page.events)
        await stage.page.send("conversation.item.create", item=item)
        assert len(stage.page.events) == before


@virtual
async def test_a_call_is_hung_up_in_the_middle_of_an_answer() -> None:
    async with CallStage(TalkBrain(TEN), pace=Pace(1.2, 400)) as stage:
        await stage.page.send("response.create")
        await stage.page.until("output_audio_buffer.started")
        await stage.call.hang_up("the caller hung up")
        assert stage.brain.closed == 1
        assert stage.call.state == "ended"
        assert len(stage.desk) == 0
        await stage.call.hear(bytes(960))  # a last frame on its way
        with pytest.raises(WireError, match="has ended: the caller hung up") as refused:
            stage.desk.find(stage.call.id)
        assert refused.value.code == "call_id_not_found"


@virtual
async def test_a_call_ends_with_its_session() -> None:
    async with CallStage(max_session_s=30) as stage:
        await asyncio.sleep(31)
        assert stage.page.of("error")[0]["error"]["code"] == "session_expired"
        text = "Your session hit the maximum duration of 60 minutes."
        assert stage.page.farewell == (1001, text)
        assert stage.leg.closed == [text]


@virtual
async def test_the_line_goes_on_while_the_session_is_busy() -> None:
    async with CallStage() as stage, stage.call._turn:
        for _ in range(40):
            await stage.call.hear(bytes(48_000))
        assert sum(map(len, stage.call._unheard)) <= MOST_UNHEARD


@virtual
async def test_a_call_that_was_not_accepted_can_be_joined_by_nobody() -> None:
    async with CallStage() as stage:
        caller = Caller()
        call = stage.desk.ring(caller, [("From", "<sip:+1555@x>")], "srtp")
        assert (call.state, call.headers) == ("ringing", (("From", "<sip:+1555@x>"),))
        with pytest.raises(WireError) as refused:
            call.check_joinable()
        assert refused.value.code == "call_not_accepted"
        with pytest.raises(WireError) as refused:
            await stage.desk.refer(call.id, "tel:+1")
        assert refused.value.code == "call_not_accepted"


@virtual
async def test_a_call_is_rejected_once() -> None:
    async with CallStage() as stage:
        caller = Caller()
        call = stage.desk.ring(caller)
        with pytest.raises(WireError, match="SIP status"):
            await stage.desk.reject(call.id, 200)
        await stage.desk.reject(call.id, 486)
        assert caller.declined == [486]
        assert call.ended_because == "it was rejected with 486"
        for again in (stage.desk.reject(call.id), stage.desk.accept(call.id, None)):
            with pytest.raises(WireError) as refused:
                await again
            assert refused.value.code == "call_id_not_found"


@virtual
async def test_a_call_rings_for_so_long() -> None:
    async with CallStage() as stage:
        caller = Caller()
        call = stage.desk.ring(caller)
        await asyncio.sleep(stage.desk.ring_s - 1)
        assert call.state == "ringing"
        await asyncio.sleep(2)
        assert call.ended_because == "nobody answered within 60 s"
        assert caller.declined == [480]


@virtual
async def test_who_hangs_up_while_it_rings_is_gone() -> None:
    async with CallStage() as stage:
        caller = Caller()
        call = stage.desk.ring(caller)
        await call.hang_up("the caller gave up")
        await asyncio.sleep(0)
        with pytest.raises(WireError, match="the caller gave up"):
            await stage.desk.accept(call.id, None)
        late = Caller()
        late.gone = True
        call = stage.desk.ring(late)
        with pytest.raises(WireError, match="is gone") as refused:
            await stage.desk.accept(call.id, None)
        assert refused.value.code == "call_id_not_found"


@virtual
async def test_a_refused_session_leaves_the_call_ringing() -> None:
    async with CallStage() as stage:
        call = stage.desk.ring(Caller())
        for session, code in [
            ({"instructions": "no type"}, "missing_required_parameter"),
            ({"type": "realtime", "voice": "alloy"}, "unknown_parameter"),
            ({"type": "realtime", "model": "gpt-4o"}, "invalid_model"),
        ]:
            with pytest.raises(WireError) as refused:
                await stage.desk.accept(call.id, session)
            assert refused.value.code == code
        await stage.desk.accept(call.id, {"type": "realtime", "instructions": "Yes."})
        assert call.state == "active"
        with pytest.raises(WireError) as refused:
            await stage.desk.accept(call.id, None)
        assert refused.value.code == "call_already_answered"


@virtual
async def test_only_who_can_be_referred_is() -> None:
    async with CallStage(leg=SwitchLeg()) as stage:
        for target in ("", "tel:", "http://x", "sip:a b", "tel:+1\r\nX: y", "javascript:alert"):
            with pytest.raises(WireError, match="target_uri"):
                await stage.desk.refer(stage.call.id, target)
        await stage.desk.refer(stage.call.id, "tel:+14155550123")
        assert stage.leg.referred == ["tel:+14155550123"]
    async with CallStage() as stage:
        with pytest.raises(WireError, match="only SIP calls") as refused:
            await stage.desk.refer(stage.call.id, "tel:+1")
        assert refused.value.code == "call_not_referable"


@virtual
async def test_so_many_calls_and_no_more() -> None:
    async with CallStage() as stage:
        callers = [Caller() for _ in range(stage.desk.most - 1)]
        calls = [stage.desk.ring(caller) for caller in callers]
        with pytest.raises(WireError, match="32 calls are under way") as refused:
            stage.desk.ring(Caller())
        assert refused.value.code == "rate_limit_exceeded"
        await stage.desk.hang_up(calls[0].id)
        stage.desk.ring(Caller())


@virtual
async def test_a_leg_that_cannot_be_closed_ends_its_call(caplog: Any) -> None:
    async with CallStage() as stage:

        async def broken(reason: str) -> None:
            raise RuntimeError(reason)

        stage.leg.close = broken
        await stage.call.hang_up("enough")
        assert len(stage.desk) == 0
        assert "did not end well" in caplog.text


@virtual
async def test_a_leg_that_never_closes_holds_nobody_up(caplog: Any) -> None:
    async with CallStage() as stage:

        async def stuck(reason: str) -> None:
            await asyncio.sleep(1e6)
            raise AssertionError(reason)

        stage.leg.close = stuck
        async with asyncio.timeout(60):
            await stage.desk.hang_up(stage.call.id)
        assert stage.page.farewell == (1000, "it was hung up")
        assert len(stage.desk) == 0
        assert "did not end well" in caplog.text


@virtual
async def test_the_caller_s_own_link_finds_a_place_among_sidebands() -> None:
    async with CallStage() as stage:
        for _ in range(MOST_LINKS - 1):
            stage.listen()
        seen: list[dict[str, Any]] = []
        own = stage.call.attach(Exits(seen.append, never, lambda *_: None), own=True)
        own.start()
        assert [event["type"] for event in seen] == ["session.created"]
        await own.close()


@virtual
async def test_nobody_hears_who_was_not_taken_up_yet() -> None:
    async with CallStage() as stage:
        call = stage.desk.ring(Caller())
        await call.hear(bytes(48_000))
        await stage.desk.accept(call.id, None)
        assert not call._unheard


@virtual
async def test_what_cannot_begin_is_given_up() -> None:
    async with CallStage() as stage:

        def no_brain() -> Any:
            raise RuntimeError("no brain")

        stage.desk._make_brain = no_brain
        caller = Caller()
        call = stage.desk.ring(caller)
        with pytest.raises(RuntimeError, match="no brain"):
            await stage.desk.accept(call.id, None)
        assert caller.leg.closed == ["it could not begin"]
        assert call.state == "ended"
        await settled(stage)
        assert caller.declined == [480]


@virtual
async def test_who_accepts_and_goes_away_leaves_nobody_waiting() -> None:
    class Slow(Caller):
        async def answer(self, call: Any) -> Any:
            await asyncio.sleep(5)
            return await super().answer(call)

    async with CallStage() as stage:
        caller = Slow()
        call = stage.desk.ring(caller)
        accepting = asyncio.ensure_future(stage.desk.accept(call.id, None))
        await asyncio.sleep(1)
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        await settled(stage)
        assert (call.state, caller.declined) == ("ended", [480])
        # Hung up meanwhile: the leg that comes after all is closed.
        caller = Slow()
        call = stage.desk.ring(caller)
        accepting = asyncio.ensure_future(stage.desk.accept(call.id, None))
        await asyncio.sleep(1)
        await call.hang_up("the caller gave up")
        with pytest.raises(WireError) as refused:
            await accepting
        assert refused.value.code == "call_id_not_found"
        assert caller.leg.closed == ["the caller gave up"]
        assert len(stage.desk) == 1


async def never() -> None:
    raise AssertionError("a link's reader must not hold a call up")


async def settled(stage: CallStage) -> None:
    """Return when what was given up has been forgotten."""
    async with asyncio.timeout(10):
        while len(stage.desk) > 1:  # noqa: ASYNC110 -- nothing tells but its length
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
