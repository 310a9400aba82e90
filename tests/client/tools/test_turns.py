"""The answer that follows the tools, for whoever asked: against a scripted service."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import Future

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    error,
    expect,
    hold,
    item_created,
    response_created,
    response_done,
    send,
    session_created,
    spoken,
    wait_until,
)
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.errors import ConnectionLost, ResponseFailed

HELLO = send(session_created())
ASKED = expect("response.create")
SAID = expect("conversation.item.create", item={"type": "message"})
OUTPUT = expect("conversation.item.create", item={"type": "function_call_output"})
TAKEN = answer(item_created)
TONE = AudioClip(np.sin(np.arange(4800) / 8).astype(np.float32) / 2, 24_000)  # 200 ms


def calls(*names, rid="resp_1"):
    """Answer the request expected last by calls of these functions."""
    return answer(functools.partial(_calls, names, rid))


def _calls(names, rid, request):
    items = [
        {
            "id": f"item_{rid}_{name}",
            "type": "function_call",
            "status": "completed",
            "name": name,
            "call_id": f"call_{rid}_{name}",
            "arguments": "{}",
        }
        for name in names
    ]
    done = {"type": "response.output_item.done", "response_id": rid}
    return [
        response_created(request, rid),
        *({**done, "output_index": at, "item": item} for at, item in enumerate(items)),
        response_done(request, rid, output=items),
    ]


def says(text, rid):
    return answer(lambda request: spoken(request, text, response_id=rid))


def add() -> int:
    """Add."""
    return 3


@pytest.fixture
def open_talk(open_desk):
    """Open a session whose askers are given the answer that follows the tools."""

    async def opened(peer, *functions, **options):
        session, desk = await open_desk(peer, *functions, **options)
        session.follower = desk.turns
        return session, desk

    return opened


async def until(condition):
    """Wait for what happens on the session's thread."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 -- it is told nowhere
            await asyncio.sleep(0.002)


ROUND = (OUTPUT, TAKEN, ASKED)


async def test_the_answer_after_several_rounds_of_tools_is_given(open_talk):
    script = [
        *(HELLO, SAID, TAKEN, ASKED, calls("add"), *ROUND, calls("add", rid="resp_2")),
        *(*ROUND, says("It is six.", "resp_3")),
    ]
    async with ScriptedPeer(script) as peer:
        session, _ = await open_talk(peer, add)
        response = await session.say("how much is it")
    assert response.text == "It is six."
    assert response.audio.duration_ms > 0
    assert [one.id for one in response.before] == ["resp_1", "resp_2"]
    assert [one.before for one in response.before] == [(), ()]
    assert [call.name for call in response.calls] == ["add", "add"]


async def test_a_clip_is_answered_by_all_responses_of_its_turn(open_talk):
    item = {"id": "item_u", "type": "message", "role": "user", "content": []}
    heard = [
        {"type": "input_audio_buffer.speech_started", "item_id": "item_u", "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "item_u", "audio_end_ms": 200},
        {"type": "input_audio_buffer.committed", "item_id": "item_u"},
        {"type": "conversation.item.added", "item": item, "previous_item_id": None},
    ]
    hears = asyncio.Event()
    told = send(*heard, *_calls(("add",), "resp_1", None))
    script = [HELLO, wait_until(hears), told, *ROUND, says("Three.", "r2")]
    async with ScriptedPeer(script) as peer:
        session, _ = await open_talk(peer, add)
        call = session.listen(TONE, realtime=False, then="silence")
        await until(lambda: peer.of_type("input_audio_buffer.append"))
        hears.set()
        result = await call
    assert [one.id for one in result.responses] == ["resp_1", "r2"]
    assert result.answer == "Three."


async def test_a_clip_that_is_committed_has_all_of_them_too(open_talk):
    committed = {"type": "input_audio_buffer.committed", "item_id": "item_u"}
    commit = expect("input_audio_buffer.commit")
    script = [HELLO, commit, send(committed), ASKED, calls("add"), *ROUND, says("Three.", "r2")]
    async with ScriptedPeer(script) as peer:
        session, _ = await open_talk(peer, add)
        result = await session.listen(TONE, realtime=False, then="commit")
    assert [one.id for one in result.responses] == ["resp_1", "r2"]
    assert result.answer == "Three."


@pytest.mark.parametrize(
    ("options", "sent"), [({"follow_up": False}, [OUTPUT, TAKEN]), ({"main": True}, [])]
)
async def test_a_call_that_nothing_follows_by_itself_ends_the_turn(
    open_talk, options, sent, monkeypatch
):
    # As in a kernel whose main thread runs the cell that waits.
    monkeypatch.setattr(PlainStage, "on_main", lambda *_: Future())
    async with ScriptedPeer([HELLO, ASKED, calls("add"), *sent]) as peer:
        session, _ = await open_talk(peer, add, **options)
        response = await session.respond()
    assert (response.id, response.before) == ("resp_1", ())


async def test_a_call_that_is_the_users_to_answer_ends_the_turn(open_talk):
    tools = [{"type": "function", "name": "theirs", "parameters": {"type": "object"}}]
    async with ScriptedPeer([HELLO, ASKED, calls("theirs", "add")]) as peer:
        session, desk = await open_talk(peer, add)
        response = await session.respond(tools=tools)
        assert {"call_resp_1_theirs": "yours"}.items() <= {
            one.call_id: one.status for one in desk.calls
        }.items()
    assert response.id == "resp_1"


async def test_a_denied_call_is_answered_too(open_talk):
    script = [HELLO, ASKED, calls("add"), *ROUND, says("I may not.", "resp_2")]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_talk(peer, add, approve=True)
        call = session.respond()
        await until(lambda: desk.approvals.open)
        assert not call.done()
        desk.approvals.answer(desk.approvals.open[0].id, "deny")
        assert (await call).text == "I may not."


async def test_a_call_that_takes_too_long_is_answered_too(open_talk):
    async def add() -> int:
        """Add for ever."""
        await asyncio.Event().wait()
        return 3

    script = [HELLO, ASKED, calls("add"), *ROUND, says("It took too long.", "resp_2")]
    async with ScriptedPeer(script) as peer:
        session, _ = await open_talk(peer, add, timeout_s=0.05)
        assert (await session.respond()).text == "It took too long."


async def hangs() -> int:
    """Wait for ever."""
    await asyncio.Event().wait()
    return 3


async def test_who_cuts_in_ends_the_turn(open_talk):
    script = [HELLO, ASKED, calls("hangs"), OUTPUT, TAKEN]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_talk(peer, hangs)
        call = session.respond()
        await until(lambda: [one.status for one in desk.calls] == ["running"])
        session.interrupted()
        assert (await call).id == "resp_1"


async def test_a_session_that_is_lost_meanwhile_fails_the_call(open_talk):
    async with ScriptedPeer([HELLO, ASKED, calls("hangs"), hold(0.1), drop()]) as peer:
        session, _ = await open_talk(peer, hangs, restore=False)
        with pytest.raises(ConnectionLost):
            await session.respond()


async def test_a_desk_that_stops_meanwhile_fails_the_call(open_talk):
    async with ScriptedPeer([HELLO, ASKED, calls("hangs")]) as peer:
        session, desk = await open_talk(peer, hangs)
        call = session.respond()
        await until(lambda: [one.status for one in desk.calls] == ["running"])
        desk.stop()
        with pytest.raises(ConnectionLost, match="closed"):
            await call


async def test_an_answer_that_ends_after_its_desk_has_stopped_fails_the_call(open_talk):
    begun, rest = {}, asyncio.Event()

    def first(request):
        begun["events"] = _calls(["hangs"], "resp_1", request)
        return begun["events"][:-1]

    script = [HELLO, ASKED, answer(first), wait_until(rest), answer(lambda _: begun["events"][-1:])]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_talk(peer, hangs)
        call = session.respond()
        await until(lambda: [one.status for one in desk.calls] == ["running"])
        desk.stop()
        rest.set()
        with pytest.raises(ConnectionLost, match="closed"):
            await call


async def test_giving_up_the_call_stops_neither_tool_nor_answer(open_talk):
    go_on = asyncio.Event()

    async def waits() -> int:
        """Wait a little."""
        while not go_on.is_set():  # noqa: ASYNC110 -- of another loop
            await asyncio.sleep(0.002)
        return 3

    script = [HELLO, ASKED, calls("waits"), *ROUND, says("Three.", "resp_2")]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_talk(peer, waits)
        call = session.respond()
        await until(lambda: [one.status for one in desk.calls] == ["running"])
        assert call.cancel()
        go_on.set()
        await until(lambda: len(peer.of_type("response.create")) == 2)
    assert [one.status for one in desk.calls] == ["ok"]


async def test_a_tool_may_itself_ask_and_wait(open_talk):
    inner = []
    talk = []

    def asks() -> str:
        """Ask in the talk, and beside it."""
        inner.append(talk[0].say("and now").result(10).text)
        inner.append(talk[0].respond(conversation="none").result(10).text)
        return "asked"

    beside = answer(
        lambda request: [
            response_created(request, "resp_b"),
            response_done(request, "resp_b", output=[]),
        ]
    )
    script = [
        *(HELLO, ASKED, calls("asks"), SAID, TAKEN, ASKED, says("Inside.", "resp_2")),
        *(expect("response.create", response={"conversation": "none"}), beside),
        *(*ROUND, says("Outside.", "resp_3")),
    ]
    async with ScriptedPeer(script) as peer:
        session, _ = await open_talk(peer, asks)
        talk.append(session)
        response = await session.respond()
    assert inner == ["Inside.", ""]
    assert response.text == "Outside."
    assert [one.id for one in response.before] == ["resp_1"]


async def test_a_response_of_the_service_that_has_seen_the_outputs_is_the_answer(open_talk):
    # While somebody speaks, the service's own answer is waited for: no other is asked for.
    began = {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 0}
    ended = {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 9}
    seen = answer(lambda request: [*item_created(request), ended, *spoken(None, "Seen.")])
    async with ScriptedPeer([HELLO, ASKED, send(began), calls("add"), OUTPUT, seen]) as peer:
        session, _ = await open_talk(peer, add)
        response = await session.respond()
        assert len(peer.of_type("response.create")) == 1
    assert response.text == "Seen."
    assert [one.id for one in response.before] == ["resp_1"]


async def test_a_follow_up_that_fails_fails_the_call(open_talk):
    failed = answer(
        lambda request: [
            response_created(request, "resp_2"),
            response_done(request, "resp_2", status="failed"),
        ]
    )
    async with ScriptedPeer([HELLO, ASKED, calls("add"), *ROUND, failed]) as peer:
        session, _ = await open_talk(peer, add)
        with pytest.raises(ResponseFailed):
            await session.respond()


async def test_a_follow_up_that_is_refused_leaves_the_response_there_is(open_talk):
    refused = answer(lambda request: error("no more", event_id=request["event_id"]))
    async with ScriptedPeer([HELLO, ASKED, calls("add"), *ROUND, refused]) as peer:
        session, _ = await open_talk(peer, add)
        assert (await session.respond()).id == "resp_1"
