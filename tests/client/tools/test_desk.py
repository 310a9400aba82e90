"""A desk between a session and the functions of a registry, against a scripted service."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    error,
    expect,
    item_created,
    response_created,
    response_done,
    send,
    session_created,
    spoken,
    wait_until,
)
from realtime_nb.client.transport.transports import SidebandTransport
from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.call_groups import CANCELLED_OUTPUT

CREATE = "conversation.item.create"
ACTIVE = "conversation_already_has_active_response"
HELLO = send(session_created())


def call_item(call_id, name="add", arguments='{"a": 1, "b": 2}', status="completed"):
    return {
        "id": f"item_{call_id}",
        "type": "function_call",
        "status": status,
        "name": name,
        "call_id": call_id,
        "arguments": arguments,
    }


def called(*items, rid="resp_1", request=None, status="completed"):
    """A response that makes these calls."""
    return [
        response_created(request, rid),
        *(
            {"type": "response.output_item.done", "response_id": rid, "output_index": at, "item": i}
            for at, i in enumerate(items)
        ),
        response_done(request, rid, status=status, output=list(items)),
    ]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def output(call_id, told=..., **fields):
    """Expect an output, and take it."""
    item = {"type": "function_call_output", "call_id": call_id, "output": told, **fields}
    return expect(CREATE, item=item)


TAKEN = answer(item_created)
ASKED = expect("response.create")
DONE = answer(lambda request: spoken(request, "Well."))


def calls(*items, **fields):
    """Answer the request expected last by these calls."""
    return answer(lambda request: called(*items, request=request, **fields))


async def until(condition):
    """Wait for what happens on the session's thread."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- it is told nowhere
            await asyncio.sleep(0.002)


async def heard(peer, kind, count):
    """Wait until the service has heard so many."""
    await until(lambda: len(peer.of_type(kind)) >= count)


async def test_a_call_is_run_answered_and_followed_up(open_desk):
    peer = ScriptedPeer(
        [HELLO, ASKED, calls(call_item("call_a")), output("call_a", "3"), TAKEN, ASKED, DONE]
    )
    async with peer:
        session, desk = await open_desk(peer, add)
        changes = []
        desk.on_change(lambda record: changes.append(record.status))
        await session.respond()
        await until(lambda: not session.responding and len(peer.of_type("response.create")) > 1)
    (record,) = desk.calls
    assert (record.tool, record.status, record.output) == ("add", "ok", "3")
    assert record.ms is not None
    assert record.ms < 5000
    assert changes == ["queued", "running", "ok"]
    (count,) = desk.counts()
    assert (count.name, count.calls, count.ok, count.failed) == ("add", 1, 1, 0)
    assert count.last_ms == count.median_ms == record.ms


async def test_in_a_call_that_was_joined_what_others_run_is_left_to_them(open_desk):
    theirs, ours = call_item("call_a", name="somebodys"), call_item("call_b")
    script = [HELLO, send(*called(theirs), *called(ours, rid="resp_2")), output("call_b"), TAKEN]
    async with ScriptedPeer([*script, ASKED, DONE]) as peer:
        _, desk = await open_desk(peer, add, transport=SidebandTransport("rtc_1"))
        await heard(peer, "response.create", 1)
    assert [(one.tool, one.status) for one in desk.calls] == [("somebodys", "yours"), ("add", "ok")]


async def test_in_a_call_that_was_accepted_here_a_name_that_is_none_is_answered(open_desk):
    script = [HELLO, send(*called(call_item("call_a", name="made_up"))), output("call_a"), TAKEN]
    async with ScriptedPeer([*script, ASKED, DONE]) as peer:
        _, desk = await open_desk(peer, add, transport=SidebandTransport("rtc_1", ours=True))
        await heard(peer, "response.create", 1)
    assert [one.status for one in desk.calls] == ["unknown"]


async def test_parallel_calls_are_answered_in_their_order_and_have_one_follow_up(open_desk):
    second_is_done = threading.Event()

    def add(a: int, b: int) -> int:
        if a == 1:
            assert second_is_done.wait(5)
        else:
            second_is_done.set()
        return a + b

    two = call_item("call_b", arguments='{"a": 5, "b": 5}')
    script = [
        *(HELLO, ASKED, calls(call_item("call_a"), two)),
        *(output("call_a", "3"), TAKEN, output("call_b", "10"), TAKEN, ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add)
        await session.respond()
        await heard(peer, "response.create", 2)
    assert [record.status for record in desk.calls] == ["ok", "ok"]


async def test_no_answer_is_asked_for_before_the_output_is_in(open_desk):
    taken = asyncio.Event()
    script = [
        *(HELLO, ASKED, calls(call_item("call_a")), output("call_a")),
        *(wait_until(taken), TAKEN, ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add)
        await session.respond()
        await until(lambda: desk.calls[-1].ended)
        await asyncio.sleep(0.05)
        assert len(peer.of_type("response.create")) == 1
        taken.set()
        await heard(peer, "response.create", 2)


async def test_a_response_that_began_with_the_output_makes_the_follow_up_needless(open_desk):
    ends = asyncio.Event()
    one = called(call_item("call_a"))
    script = [
        *(HELLO, send(*one[:-1]), output("call_a"), TAKEN, wait_until(ends), send(one[-1])),
        *(ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, _desk = await open_desk(peer, add)
        await until(lambda: session.log[-1].event.type == "conversation.item.done")
        mine = session.respond()
        ends.set()
        assert (await mine).text == "Well."
        await asyncio.sleep(0.05)
        assert not session.responding
        assert len(peer.of_type("response.create")) == 1


async def test_a_barge_in_cancels_what_may_be_cancelled(open_desk):
    begun = asyncio.Event()
    ended = threading.Event()
    loop = asyncio.get_running_loop()

    async def slow() -> str:
        """Take long."""
        loop.call_soon_threadsafe(begun.set)
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.set()
            raise
        return "never"

    script = [
        *(HELLO, ASKED, calls(call_item("call_a", "slow", "{}")), wait_until(begun)),
        send({"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 0}),
        *(output("call_a", CANCELLED_OUTPUT), TAKEN),
        send({"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 9}),
        send(*spoken(None, "Yes?")),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, slow)
        await session.respond()
        await until(lambda: session.log[-1].event.get("response.status") == "completed")
        await until(ended.is_set)
        assert len(peer.of_type("response.create")) == 1
    (record,) = desk.calls
    assert (record.status, record.error) == ("cancelled", "the user interrupted")
    assert record.output == CANCELLED_OUTPUT
    assert desk.counts()[0].failed == 0


async def test_what_is_to_finish_finishes_and_is_followed_up_when_the_user_has_spoken(open_desk):
    release = threading.Event()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def book() -> str:
        """Book it."""
        loop.call_soon_threadsafe(begun.set)
        assert release.wait(5)
        return "booked"

    answered = asyncio.Event()
    script = [
        *(HELLO, ASKED, calls(call_item("call_a", "book", "{}")), wait_until(begun)),
        send({"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 0}),
        send({"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 9}),
        *(send(response_created(None, "resp_own")), wait_until(answered)),
        *(output("call_a", "booked"), TAKEN, send(response_done(None, "resp_own"))),
        *(ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, book, on_interrupt="finish")
        await session.respond()
        await until(lambda: session.responding)
        answered.set()
        release.set()
        await heard(peer, "response.create", 2)
    assert [record.status for record in desk.calls] == ["ok"]


async def test_the_users_stop_cancels_a_tool_although_no_response_is_active(open_desk):
    begun = threading.Event()

    def hang() -> None:
        """Hang."""
        begun.set()
        threading.Event().wait(2)

    script = [HELLO, ASKED, calls(call_item("call_a", "hang", "{}")), output("call_a"), TAKEN]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, hang)
        await session.respond()
        await until(begun.is_set)
        session.interrupted()
        await until(lambda: peer.of_type(CREATE))
        assert [record.status for record in desk.calls] == ["cancelled"]
        await asyncio.sleep(0.05)
        assert len(peer.of_type("response.create")) == 1


async def test_what_is_incomplete_or_beside_the_talk_is_not_run(open_desk):
    cut = call_item("call_a", status="incomplete")
    beside = called(call_item("call_b"), rid="resp_b")
    for event in (beside[0], beside[-1]):
        event["response"]["conversation_id"] = None
    script = [
        HELLO,
        ASKED,
        calls(cut, status="incomplete"),
        send(*beside),
        send(*spoken(None, "x")),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add)
        await session.respond()
        await until(lambda: session.log[-1].event.get("response.status") == "completed")
        assert desk.calls == ()


async def test_a_call_that_a_service_tells_only_at_the_end_is_run_once(open_desk):
    script = [
        *(HELLO, ASKED),
        answer(
            lambda request: [
                event
                for event in called(call_item("call_a"), request=request)
                if event["type"] != "response.output_item.done"
            ]
        ),
        *(output("call_a", "3"), TAKEN, ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add)
        await session.respond()
        await heard(peer, "response.create", 2)
    assert len(desk.calls) == 1


async def test_a_call_whose_response_ended_while_the_sideband_was_away_is_followed_up(open_desk):
    one = called(call_item("call_a"))
    gap = {"type": "realtime_nb.gap", "away_ms": 400, "tries": 1}
    script = [HELLO, send(*one[:-1]), output("call_a", "3"), TAKEN, send(gap), ASKED, DONE]
    async with ScriptedPeer(script) as peer:
        _, desk = await open_desk(peer, add, transport=SidebandTransport("rtc_1"))
        notices = []
        desk.on_notice(lambda level, text: notices.append((level, text)))
        await heard(peer, "response.create", 1)
    ((level, text),) = notices
    assert level == "warning"
    assert "a function that the model called meanwhile was not run" in text


async def test_an_output_that_is_refused_is_a_notice(open_desk):
    gone = answer(
        lambda sent: error(
            "Tool call ID 'call_a' not found in conversation.",
            "invalid_tool_call_id",
            event_id=sent["event_id"],
        )
    )
    script = [HELLO, ASKED, calls(call_item("call_a")), output("call_a"), gone]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add)
        notices = []
        desk.on_notice(lambda level, text: notices.append((level, text)))
        await session.respond()
        await until(lambda: notices)
        await asyncio.sleep(0.05)
        assert len(peer.of_type("response.create")) == 1
    ((level, text),) = notices
    assert level == "warning"
    assert text.startswith("the output of add() was not taken: Tool call ID")


async def test_a_made_up_name_is_answered_and_a_mere_definition_is_the_users(open_desk):
    defined = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
    script = [
        send(session_created(tools=[defined])),
        ASKED,
        calls(call_item("call_a", "nothing"), call_item("call_b", "look_up")),
        *(output("call_a"), TAKEN, output("call_b", '{"found":1}'), TAKEN, ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add)
        await session.respond()
        await until(lambda: len(peer.of_type(CREATE)) == 1)
        made_up, theirs = desk.calls
        assert (made_up.status, theirs.status) == ("unknown", "yours")
        assert "there are: add" in made_up.output
        with pytest.raises(UsageError, match=r"no call 'call_x' .*; these do: call_b"):
            desk.answer_call("call_x", "1")
        desk.answer_call("call_b", {"found": 1})
        await heard(peer, "response.create", 2)
        with pytest.raises(UsageError, match="these do: none"):
            desk.answer_call("call_b", "again")
    assert desk.calls[-1].status == "ok"


async def test_who_answers_a_call_with_an_event_of_their_own_is_not_answered_over(open_desk):
    begun = threading.Event()

    def hang() -> str:
        """Hang."""
        begun.set()
        threading.Event().wait(0.2)
        return "late"

    script = [
        *(HELLO, ASKED, calls(call_item("call_a", "hang", "{}")), output("call_a", "mine"), TAKEN),
        *(ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, hang)
        await session.respond()
        await until(begun.is_set)
        item = {"type": "function_call_output", "call_id": "call_a", "output": "mine"}
        await session.create_item(item)
        await session.respond()
        await asyncio.sleep(0.3)
    assert (desk.calls[0].status, desk.calls[0].error) == ("cancelled", "answered elsewhere")


async def test_a_tool_without_follow_up_is_answered_and_that_is_all(open_desk):
    script = [HELLO, ASKED, calls(call_item("call_a")), output("call_a", "3"), TAKEN]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add, follow_up=False)
        await session.respond()
        await until(lambda: session.log[-1].event.type == "conversation.item.done")
        await asyncio.sleep(0.05)
        assert len(peer.of_type("response.create")) == 1
    assert desk.calls[0].status == "ok"


@pytest.mark.parametrize(
    ("decision", "how", "told"),
    [("once", "once", "3"), ("always", "always", "3"), ("deny", "deny", "not today")],
)
async def test_an_approval_is_waited_for(open_desk, decision, how, told):
    script = [
        *(HELLO, ASKED, calls(call_item("call_a")), output("call_a", lambda text: told in text)),
        *(TAKEN, ASKED, DONE),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add, approve=True)
        told_of = threading.Event()
        desk.approvals.on_change(told_of.set)
        await session.respond()
        await until(lambda: desk.approvals.open)
        (question,) = desk.approvals.open
        assert (question.kind, question.name) == ("function", "add")
        assert json.loads(question.arguments) == {"a": 1, "b": 2}
        assert 50 < question.left_s <= 60
        assert told_of.is_set()
        assert desk.calls[0].status == "waiting"
        assert peer.of_type(CREATE) == []
        desk.approvals.answer(question.id, decision, "not today")
        await heard(peer, "response.create", 2)
        with pytest.raises(UsageError, match="no approval 'call_a' is open"):
            desk.approvals.answer("call_a", "once")
    assert desk.calls[0].approval == how
    assert desk.calls[0].status == ("denied" if decision == "deny" else "ok")
    assert len(desk.approvals.always) == (decision == "always")


async def test_no_answer_in_time_is_a_no_and_a_barge_in_takes_the_question_back(open_desk):
    patient = asyncio.Event()
    script = [
        *(HELLO, ASKED, calls(call_item("call_a")), output("call_a", lambda t: "in time" in t)),
        *(TAKEN, ASKED, wait_until(patient)),
        *(calls(call_item("call_b"), rid="resp_2"), output("call_b"), TAKEN),
    ]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, add, approve=True)
        desk.approvals.deadline_s = 0.05
        await session.respond()
        await heard(peer, "response.create", 2)
        desk.approvals.deadline_s = 60.0
        patient.set()
        await until(lambda: len(desk.calls) > 1 and desk.approvals.open)
        session.interrupted()
        await until(lambda: len(peer.of_type(CREATE)) > 1)
        assert desk.approvals.open == ()
    assert [record.status for record in desk.calls] == ["denied", "cancelled"]


def mcp_request(call_id="mcpr_1", name="search"):
    return {
        "id": call_id,
        "type": "mcp_approval_request",
        "server_label": "docs",
        "name": name,
        "arguments": "{}",
    }


@pytest.mark.parametrize("by_itself", [True, False])
async def test_the_services_request_for_an_approval_is_answered(open_desk, by_itself):
    reply = expect(
        CREATE,
        item={"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
    )
    goes_on = [send(*spoken(None, "Found."))] if by_itself else [ASKED, DONE]
    script = [HELLO, ASKED, calls(mcp_request()), reply, TAKEN, *goes_on]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer)
        await session.respond()
        await until(lambda: desk.approvals.open)
        (question,) = desk.approvals.open
        assert (question.kind, question.server, question.name) == ("mcp", "docs", "search")
        desk.approvals.answer(question.id, "always")
        done = [2, 3][not by_itself] - (not by_itself)
        await until(lambda: [r.event.type for r in session.log].count("response.done") == done)
        await asyncio.sleep(0.05)
        assert len(peer.of_type("response.create")) == (1 if by_itself else 2)
        assert desk.calls == ()


async def test_a_call_by_hand_is_no_news_for_the_model(open_desk):
    async with ScriptedPeer([HELLO]) as peer:
        _session, desk = await open_desk(peer, add, approve=True)
        outcome = await desk.call("add", {"a": 4, "b": 5})
        assert (outcome.status, outcome.value) == ("ok", 9)
        bad = await desk.call("add", {"a": "four"})
        assert bad.status == "bad_arguments"
        with pytest.raises(UsageError, match="no tool 'sub' here; there are: add"):
            desk.call("sub", {})
        with pytest.raises(UsageError, match="JSON"):
            desk.call("add", {"a": object()})
    assert [record.call.origin for record in desk.calls] == ["hand", "hand"]
    assert desk.counts()[0].calls == 2


async def test_a_tool_that_closes_the_chat_ends_it_and_nothing_hangs(open_desk):
    sessions = []

    def leave() -> str:
        """Hang up."""
        sessions[0].close().result(5)
        return "bye"

    async with ScriptedPeer([HELLO, ASKED, calls(call_item("call_a", "leave", "{}"))]) as peer:
        session, desk = await open_desk(peer, leave)
        sessions.append(session)
        await session.respond()
        await until(lambda: session.state == "closed" and desk.calls[0].ended)
    assert (desk.calls[0].status, desk.calls[0].error) == ("cancelled", "the chat was closed")


async def test_a_connection_that_breaks_off_stops_what_runs(open_desk):
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait() -> None:
        """Wait."""
        loop.call_soon_threadsafe(begun.set)
        await asyncio.sleep(30)

    script = [HELLO, ASKED, calls(call_item("call_a", "wait", "{}")), wait_until(begun), drop()]
    async with ScriptedPeer(script) as peer:
        session, desk = await open_desk(peer, wait, restore=False)
        await session.respond()
        await until(lambda: session.state == "failed" and desk.calls[0].ended)
