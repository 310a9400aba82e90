"""A session whose connection is lost goes on in a new one of the service."""

from __future__ import annotations

import asyncio
import base64

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.restoring.policy import RestorePolicy
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    drop,
    error,
    expect,
    item_created,
    response_created,
    response_done,
    send,
    session_created,
    session_updated,
    spoken,
    wait_until,
)
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.errors import ConnectionLost
from realtime_nb.protocol.restored.restored import (
    LOST,
    RESTORED,
    SUCCESSOR,
    read_lost,
    read_restored,
    read_successor,
)
from realtime_nb.protocol.tools.options import ToolOptions

CREATE = "conversation.item.create"
UPDATE = "session.update"
APPEND = "input_audio_buffer.append"
HELLO = send(session_created())
AGAIN = [HELLO, expect(UPDATE), answer(session_updated)]
QUICK = RestorePolicy(delays_s=(0.01, 0.02), brief_s=0.0, listen_s=0.01)
FRAME = bytes(1920)  # 40 ms


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- what is waited for lives on another thread
            await asyncio.sleep(0.001)


async def opened(peer, config=None, policy=QUICK, **options):
    session = RealtimeSession(peer.endpoint, config, restore=policy, **options)
    session.seen = []
    session.on_state(session.seen.append)
    await session.open()
    return session


async def back(session, times=1):
    """Wait until it was restored so often."""
    await until(lambda: session.state == "open" and len(marks(session, RESTORED)) >= times)


def marks(session, kind):
    return [record.event for record in session.log if record.event.type == kind]


def restored(session):
    return read_restored(marks(session, RESTORED)[-1])


def said(text, **fields):
    """Expect a message of the user with these words, and take it."""
    words = lambda content: [part.get("text") for part in content] == [text]  # noqa: E731
    return [expect(CREATE, item={"content": words, **fields}), answer(item_created)]


def told(kind, **fields):
    return [expect(CREATE, item={"type": kind, **fields}), answer(item_created)]


# -- config and talk


async def test_the_new_session_has_config_and_talk_under_their_ids():
    first = [
        HELLO,
        expect(UPDATE),
        answer(session_updated),
        *said("One?"),
        expect("response.create"),
        answer(lambda request: spoken(request, "Number one.", item_id="item_answer")),
        drop(),
    ]
    second = [
        HELLO,
        expect(UPDATE, session={"instructions": "Be brief.", "audio": {"output": ...}}),
        answer(session_updated),
        *said("One?", role="user"),
        *said("Number one.", role="assistant", id="item_answer"),
        *said("Two?"),
        expect("response.create"),
        answer(lambda request: spoken(request, "Number two.")),
    ]
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer, {"instructions": "Be brief."})
        assert (await session.say("One?")).text == "Number one."
        await back(session)
        assert (await session.say("Two?")).text == "Number two."
        items = session.conversation.items
        assert [item.text for item in items] == ["One?", "Number one.", "Two?", "Number two."]
        assert len({item.id for item in items}) == 4
        assert session.effective["instructions"] == "Be brief."
        assert session.restoration is None
        await session.close()
    assert session.seen[:2] == ["connecting", "open"]
    assert set(session.seen[2:-3]) == {"restoring"}
    assert session.seen[-3:] == ["open", "closing", "closed"]
    kinds = [record.event.type for record in session.log]
    assert kinds.index(LOST) < kinds.index(SUCCESSOR) < kinds.index(RESTORED)
    assert kinds[kinds.index(SUCCESSOR) + 1] == "session.created"
    lost = read_lost(marks(session, LOST)[0])
    assert (lost.reason, lost.code) == ("lost", 1006)
    successor = read_successor(marks(session, SUCCESSOR)[0])
    assert successor.items == (items[0].id, "item_answer")
    note = restored(session)
    assert (note.tries, note.carried, note.lost, note.asked_again) == (1, 2, (), False)
    assert [record.seq for record in session.log] == list(range(len(session.log)))


async def test_credentials_go_to_the_new_session_and_never_into_the_log():
    tool = {
        "type": "mcp",
        "server_label": "docs",
        "server_url": "https://h/mcp?token=secret-in-the-url",
        "authorization": "secret-of-the-tool",
    }
    prompt = {"id": "pmpt_1", "variables": {"name": "secret-of-the-prompt"}}
    told = {
        **tool,
        "authorization": None,
        "server_url": "https://h/mcp",
        "allowed_tools": None,
    }
    updated = lambda request: session_updated(  # noqa: E731
        {"session": {**request["session"], "tools": [told], "prompt": {"id": "pmpt_1"}}}
    )
    script = [expect(UPDATE), answer(updated)]
    again = [expect(UPDATE, session={"tools": [tool], "prompt": prompt}), answer(updated)]
    async with ScriptedPeer([HELLO, *script, drop()], [HELLO, *again]) as peer:
        session = await opened(peer, {"tools": [tool], "prompt": prompt})
        await back(session)
        await session.close()
    text = "".join(str(record.event.data) for record in session.log)
    assert "secret" not in text


async def test_a_service_that_does_not_take_what_it_told_is_asked_for_what_it_took():
    odd = lambda request: session_updated({"session": {**request["session"], "odd": 1}})  # noqa: E731
    refusing = answer(lambda event: error("Unknown", event_id=event["event_id"]))
    first = [HELLO, expect(UPDATE), answer(odd), drop()]
    second = [
        HELLO,
        expect(UPDATE, session={"odd": 1}),
        refusing,
        expect(UPDATE, session={"instructions": "Be brief."}),
        answer(session_updated),
    ]
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer, {"instructions": "Be brief."})
        await back(session)
        assert session.effective["instructions"] == "Be brief."
        await session.close()


async def test_a_new_session_that_takes_nothing_of_it_ends_it_in_one_line():
    refusing = answer(lambda event: error("Not any more.", event_id=event["event_id"]))
    second = [HELLO, expect(UPDATE), refusing, expect(UPDATE), refusing]
    first = [HELLO, expect(UPDATE), answer(session_updated), drop()]
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer, {"instructions": "Be brief."})
        await until(lambda: session.state == "failed")
        assert "refused what was in force: Not any more." in str(session.failure)


# -- what was under way


async def test_what_was_sent_and_not_answered_is_sent_again_and_its_calls_end_well():
    first = [
        HELLO,
        expect(CREATE),
        expect("response.create"),
        expect(UPDATE, session={"instructions": "x"}),
        drop(),
    ]
    second = [
        *AGAIN,
        *said("Hello?"),
        expect(UPDATE, session={"instructions": "x"}),
        answer(session_updated),
        expect("response.create"),
        answer(lambda request: spoken(request, "Hello!")),
    ]
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer)
        asked, updated = session.say("Hello?"), session.update({"instructions": "x"})
        assert (await updated)["instructions"] == "x"
        assert (await asked).text == "Hello!"
        assert restored(session).asked_again
        assert [item.text for item in session.conversation.items] == ["Hello?", "Hello!"]
        await session.close()


async def test_an_answer_that_had_begun_ends_as_it_stands():
    first = [
        HELLO,
        *said("A story?"),
        expect("response.create"),
        answer(lambda request: spoken(request, "Once upon a")[:6]),
        drop(),
    ]
    second = [*AGAIN, *said("A story?"), *said("Once upon a", role="assistant")]
    async with ScriptedPeer(first, second) as peer:
        session = await opened(peer)
        with pytest.raises(ConnectionLost, match=r"cut off: .*broke off; what had come of it"):
            await session.say("A story?")
        await back(session)
        assert session.conversation.items[1].text == "Once upon a"
        assert session.conversation.open_response_ids == ()
        assert not session.responding
        assert not restored(session).asked_again
        await session.close()


async def test_a_request_that_kills_two_sessions_is_not_sent_to_a_third():
    begin = [*AGAIN, *said("Boom?"), expect("response.create"), drop()]
    first = [HELLO, *said("Boom?"), expect("response.create"), drop()]
    async with ScriptedPeer(first, begin, [*AGAIN, *said("Boom?")]) as peer:
        session = await opened(peer)
        with pytest.raises(ConnectionLost, match="cut off"):
            await session.say("Boom?")
        await back(session, 2)
        await session.close()


async def test_calls_made_meanwhile_wait_and_then_go_on():
    go = asyncio.Event()
    second = [wait_until(go), *AGAIN, *said("Later"), expect("response.create")]
    second.append(answer(lambda request: spoken(request, "Now.")))
    async with ScriptedPeer([HELLO, drop()], second) as peer:
        session = await opened(peer)
        await until(lambda: session.state == "restoring")
        asked = session.say("Later")
        await asyncio.sleep(0)
        assert not asked.done()
        go.set()
        assert (await asked).text == "Now."
        await session.close()


async def test_a_spoken_turn_that_nobody_answered_is_asked_again():
    turn = [
        {"type": "input_audio_buffer.speech_started", "item_id": "i1", "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "i1", "audio_end_ms": 80},
        {"type": "input_audio_buffer.committed", "item_id": "i1", "previous_item_id": None},
    ]
    item = {"id": "i1", "type": "message", "role": "user", "status": "completed"}
    spoken_item = {**item, "content": [{"type": "input_audio", "transcript": None}]}
    first = [
        HELLO,
        expect(APPEND),
        expect(APPEND),
        expect(APPEND),
        send(*turn, {"type": "conversation.item.added", "item": spoken_item}),
        drop(),
    ]
    held = []
    second = [
        *AGAIN,
        expect(CREATE, item={"id": "i1", "content": lambda parts: held.append(parts) or True}),
        answer(item_created),
        expect(APPEND),
        expect("response.create"),
        answer(lambda request: spoken(request, "Yes?")),
    ]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer)
        for byte in b"abc":
            session.append_audio(bytes([byte]) * 1920)
        await back(session)
        await until(lambda: len(session.conversation.items) == 2 and not session.responding)
        assert restored(session).asked_again
        assert [item.text for item in session.conversation.items] == ["", "Yes?"]
        # Of the turn its sound, and of the rest what no item has.
        assert base64.b64decode(held[0][0]["audio"]) == b"a" * 1920 + b"b" * 1920
        assert base64.b64decode(peer.of_type(APPEND)[-1]["audio"]) == b"c" * 1920
        assert session.conversation.input_audio_ms == 120
        await session.close()


def turn(item_id):
    said_ms = {"item_id": item_id, "audio_start_ms": 0, "audio_end_ms": 80}
    item = {"id": item_id, "type": "message", "role": "user", "status": "completed"}
    return [
        {"type": "input_audio_buffer.speech_started", **said_ms},
        {"type": "input_audio_buffer.speech_stopped", **said_ms},
        {"type": "input_audio_buffer.committed", "item_id": item_id},
        {
            "type": "conversation.item.added",
            "item": {**item, "content": [{"type": "input_audio", "transcript": None}]},
        },
    ]


async def test_what_is_owed_is_not_asked_for_while_the_user_goes_on_talking():
    first = [HELLO, expect(APPEND), expect(APPEND), expect(APPEND), send(*turn("i1")), drop()]
    more = turn("i2")
    own = spoken(None, "Both.", response_id="resp_own")
    second = [
        *AGAIN,
        expect(CREATE, item={"id": "i1"}),
        answer(item_created),
        expect(APPEND),
        send(more[0]),
        expect("input_audio_buffer.clear"),
        send(*more[1:], *own),
        expect("response.cancel"),
    ]
    policy = RestorePolicy(delays_s=(0.01,), brief_s=0.0, listen_s=0.5)
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer, policy=policy)
        for byte in b"abc":
            session.append_audio(bytes([byte]) * 1920)
        await back(session)
        await until(lambda: session.conversation.begun_id == "i2")
        await asyncio.sleep(1.2 * policy.listen_s)
        session.send({"type": "input_audio_buffer.clear"})  # it goes on talking: still not asked
        await until(lambda: session.conversation.items[-1].text == "Both.")
        session.send({"type": "response.cancel"})
        await until(lambda: peer.of_type("response.cancel"))
        assert not peer.of_type("response.create")
        assert restored(session).asked_again
        await session.close()


async def test_a_turn_whose_answer_met_the_one_that_was_owed_is_answered_after_it():
    first = [HELLO, expect(APPEND), expect(APPEND), expect(APPEND), send(*turn("i1")), drop()]
    # As the service's turn detection says it, which no client has asked.
    refused = error("it answers already", code="conversation_already_has_active_response")

    def meets(request):
        owed = spoken(request, "To the first.", response_id="resp_owed")
        return [owed[0], *turn("i2"), refused, *owed[1:]]

    second = [
        *AGAIN,
        expect(CREATE, item={"id": "i1"}),
        answer(item_created),
        expect(APPEND),
        expect("response.create"),
        answer(meets),
        expect("response.create"),
        answer(lambda request: spoken(request, "To the second.", item_id="item_second")),
        expect("input_audio_buffer.clear"),
    ]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer)
        for byte in b"abc":
            session.append_audio(bytes([byte]) * 1920)
        await back(session)
        await until(lambda: session.conversation.items[-1].text == "To the second.")
        await until(lambda: not session.responding)
        session.clear_input()
        await until(lambda: peer.of_type("input_audio_buffer.clear"))
        assert len(peer.of_type("response.create")) == 2
        await session.close()


async def test_what_was_owed_is_not_asked_for_once_the_user_has_said_more():
    active = error("it answers already", code="conversation_already_has_active_response")
    own = spoken(None, "Both.", response_id="resp_own")
    first = [HELLO, expect(APPEND), expect(APPEND), expect(APPEND), send(*turn("i1")), drop()]
    second = [
        *AGAIN,
        expect(CREATE, item={"id": "i1"}),
        answer(item_created),
        expect(APPEND),
        expect("response.create"),
        # What was said meanwhile is a turn of its own, which the service answers by itself.
        send(*turn("i2"), own[0]),
        answer(
            lambda request: {
                **active,
                "error": {**active["error"], "event_id": request["event_id"]},
            }
        ),
        send(*own[1:]),
        expect("input_audio_buffer.clear"),
    ]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer)
        for byte in b"abc":
            session.append_audio(bytes([byte]) * 1920)
        await back(session)
        await until(
            lambda: session.conversation.items[-1].text == "Both." and not session.responding
        )
        await asyncio.sleep(0)
        session.clear_input()
        await until(lambda: peer.of_type("input_audio_buffer.clear"))
        assert restored(session).asked_again
        assert len(peer.of_type("response.create")) == 1
        await session.close()


# -- sound


async def test_a_turn_under_way_goes_out_again_and_then_what_was_spoken_meanwhile():
    go, lost = asyncio.Event(), asyncio.Event()
    first = [
        HELLO,
        *[expect(APPEND)] * 5,
        send({"type": "input_audio_buffer.speech_started", "item_id": "i1", "audio_start_ms": 80}),
        wait_until(lost),
        drop(),
    ]
    second = [wait_until(go), *AGAIN, expect(APPEND), expect(APPEND), expect(APPEND)]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer)
        for byte in b"abcde":
            session.append_audio(bytes([byte]) * 1920)
        await until(lambda: session._core.held.speaking)
        lost.set()
        await until(lambda: session.state == "restoring")
        assert session.append_audio(b"f" * 1920)
        assert session.append_audio(b"g" * 1920)
        go.set()
        await back(session)
        sound = [base64.b64decode(event["audio"]) for event in await peer.heard(APPEND, 8)]
        assert b"".join(sound[5:]) == b"".join(bytes([b]) * 1920 for b in b"cdefg")
        successor = read_successor(marks(session, SUCCESSOR)[-1])
        assert (successor.audio_ms, successor.resent_ms) == (80, 120)
        assert (restored(session).resent_ms, restored(session).dropped_ms) == (120, 0)
        await until(lambda: session.conversation.input_audio_ms == 7 * 40)
        assert session.dropped_audio_bytes == 0
        await session.close()


async def test_without_a_turn_the_last_half_second_goes_out_again():
    first = [HELLO, *[expect(APPEND)] * 20, close(1012)]
    async with ScriptedPeer(first, [*AGAIN, *[expect(APPEND)] * 3], ignore=()) as peer:
        session = await opened(peer)
        for _ in range(20):
            session.append_audio(FRAME)
        await back(session)
        again = (await peer.heard(APPEND, 23))[20:]
        assert sum(len(base64.b64decode(event["audio"])) for event in again) == 500 * 48
        await session.close()


async def test_a_commit_without_an_answer_goes_out_again_in_its_place():
    by_hand = {"audio": {"input": {"turn_detection": None}}}
    first = [
        HELLO,
        expect(UPDATE),
        answer(session_updated),
        expect(APPEND),
        expect("input_audio_buffer.commit"),
        expect(APPEND),
        drop(),
    ]
    second = [
        *AGAIN,
        expect(APPEND, audio=base64.b64encode(b"a" * 4800).decode()),
        expect("input_audio_buffer.commit"),
        send({"type": "input_audio_buffer.committed", "item_id": "i1", "previous_item_id": None}),
        expect(APPEND, audio=base64.b64encode(b"b" * 1920).decode()),
    ]
    async with ScriptedPeer(first, second, ignore=()) as peer:
        session = await opened(peer, by_hand)
        session.append_audio(b"a" * 4800)
        commit = session.commit()
        await peer.heard("input_audio_buffer.commit")
        session.append_audio(b"b" * 1920)
        assert await commit == "i1"
        await session.close()


async def test_after_long_only_the_end_of_the_sound_goes_out():
    policy = RestorePolicy(delays_s=(0.06,), jitter=0.0, brief_s=0.0, held_s=0.05)
    async with ScriptedPeer([HELLO, drop()], [*AGAIN, expect(APPEND)], ignore=()) as peer:
        session = await opened(peer, policy=policy)
        await until(lambda: session.state == "restoring")
        for byte in b"abc":
            session.append_audio(bytes([byte]) * 1920)
        await back(session)
        sound = base64.b64decode((await peer.heard(APPEND))[0]["audio"])
        assert sound == b"c" * 1920
        assert session.dropped_audio_bytes == 2 * 1920
        assert restored(session).dropped_ms == 80
        await session.close()


# -- functions


def calling(request):
    call = {
        "id": "item_call",
        "type": "function_call",
        "status": "completed",
        "name": "look_up",
        "call_id": "call_1",
        "arguments": "{}",
    }
    ids = {"response_id": "resp_call", "output_index": 0}
    return [
        response_created(request, "resp_call"),
        {"type": "response.output_item.added", **ids, "item": {**call, "status": "in_progress"}},
        {"type": "conversation.item.added", "item": {**call, "status": "in_progress"}},
        {"type": "conversation.item.done", "item": call},
        {"type": "response.output_item.done", **ids, "item": call},
        response_done(request, "resp_call", output=[call]),
    ]


@pytest.fixture
def open_desk(loop):
    made = []

    async def opened_desk(peer, function):
        registry = ToolRegistry()
        registry.add(function, ToolOptions())
        session = RealtimeSession(peer.endpoint, loop=loop, restore=QUICK)
        desk = ToolDesk(session, registry, PlainStage(), loop)
        desk.start()
        session.follower = desk.turns
        await session.open()
        made.append((session, desk))
        return session

    yield opened_desk
    for session, desk in made:
        desk.stop()
        session.close().result(5)


ASKS = [*said("Look!"), expect("response.create")]
TOLD = [*said("Look!"), *told("function_call", call_id="call_1", id="item_call")]
FINDS = [
    expect("response.create"),
    answer(lambda request: spoken(request, "Found.")),
]


@pytest.mark.parametrize("whole", [True, False], ids=["response ended", "response cut"])
async def test_a_function_that_runs_goes_on_and_its_output_goes_to_the_new_session(
    open_desk, whole
):
    go, lost = asyncio.Event(), asyncio.Event()
    loop_here = asyncio.get_running_loop()

    async def look_up() -> str:
        """Look."""
        loop_here.call_soon_threadsafe(lost.set)
        while not go.is_set():  # noqa: ASYNC110 -- it is set on another thread
            await asyncio.sleep(0.001)
        return "treasure"

    ends = len(calling(None)) - (0 if whole else 1)
    first = [HELLO, *ASKS, answer(lambda request: calling(request)[:ends]), wait_until(lost)]
    second = [*AGAIN, *TOLD, *told("function_call_output", output="treasure"), *FINDS]
    async with ScriptedPeer([*first, drop()], second) as peer:
        session = await open_desk(peer, look_up)
        asked = session.say("Look!")
        await back(session)
        go.set()
        if whole:
            assert (await asked).text == "Found."
        else:
            with pytest.raises(ConnectionLost, match="cut off"):
                await asked
            await until(lambda: session.conversation.items[-1].text == "Found.")
        assert restored(session).lost == ()


@pytest.mark.parametrize("confirmed", [False, True], ids=["output lost", "follow-up lost"])
async def test_what_follows_a_function_is_asked_for_again(open_desk, confirmed):
    def look_up() -> str:
        """Look."""
        return "treasure"

    output = told("function_call_output", output="treasure")
    first = [HELLO, *ASKS, answer(calling), *(output if confirmed else output[:1])]
    if confirmed:
        first += [expect("response.create"), answer(lambda r: response_created(r, "resp_2"))]
    second = [*AGAIN, *TOLD, *output, *FINDS]
    async with ScriptedPeer([*first, drop()], second) as peer:
        session = await open_desk(peer, look_up)
        assert (await session.say("Look!")).text == "Found."
        kinds = [item.type for item in session.conversation.items]
        assert kinds == ["message", "function_call", "function_call_output", "message"]
