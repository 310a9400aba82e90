"""What is special of translations, transcriptions, approvals and guards outlives a connection."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    expect,
    send,
    session_created,
    session_updated,
    spoken,
    wait_until,
)
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.protocol.tools.options import ToolOptions
from tests.client.restoring.test_restoring import (
    AGAIN,
    ASKS,
    CREATE,
    FINDS,
    HELLO,
    QUICK,
    TOLD,
    UPDATE,
    back,
    calling,
    opened,
    restored,
    told,
    until,
)

FRAME = bytes(1920)  # 40 ms
WORDS = "conversation.item.input_audio_transcription.completed"


async def test_a_translation_goes_on_behind_the_words_there_were():
    lost = asyncio.Event()
    append = "session.input_audio_buffer.append"
    config = {"type": "translation", "audio": {"output": {"language": "fr"}}}
    hello = send(session_created(type="translation"))
    taken = [hello, expect(UPDATE, session={"audio": {"output": {"language": "fr"}}})]
    updated = lambda event: {"session": {"type": "translation", **event["session"]}}  # noqa: E731
    taken += [answer(lambda event: {"type": "session.updated", **updated(event)}), expect(append)]

    def speaks(words):
        return send(
            {"type": "session.input_transcript.delta", "delta": "Yes.", "elapsed_ms": 10},
            {"type": "session.output_transcript.delta", "delta": words, "elapsed_ms": 20},
        )

    over = [expect(append), expect("session.close"), send({"type": "session.closed"})]
    first = [*taken, speaks("Oui."), wait_until(lost), drop()]
    # The tail of the sound goes out again before what is new.
    async with ScriptedPeer(first, [*taken, speaks("Non."), *over], ignore=()) as peer:
        session = await opened(peer, config)
        session.append_audio(FRAME)
        await until(lambda: len(session.conversation.items) == 2)
        lost.set()
        await back(session)
        session.append_audio(FRAME)
        texts = lambda: [i.text for i in session.conversation.items if i.role == "assistant"]  # noqa: E731
        await until(lambda: "Non." in " ".join(texts()))
        assert "".join(texts()) == "Oui.Non."
        assert restored(session).carried == 0
        assert restored(session).lost == ()
        await session.close()
    assert not peer.of_type(CREATE)


async def test_a_transcription_goes_on_and_keeps_the_words_that_were_there():
    lost = asyncio.Event()
    hello = send(session_created(type="transcription"))
    taken = [hello, expect(UPDATE, session={"type": "transcription"}), answer(session_updated)]

    def heard(item_id, text):
        return send(
            {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": None},
            {"type": WORDS, "item_id": item_id, "content_index": 0, "transcript": text},
        )

    append = expect("input_audio_buffer.append")
    first = [*taken, append, heard("i1", "one"), wait_until(lost), drop()]
    async with ScriptedPeer(first, [*taken, append, heard("i2", "two")], ignore=()) as peer:
        session = await opened(peer, {"type": "transcription"})
        session.append_audio(FRAME)
        await until(lambda: [item.text for item in session.conversation.items] == ["one"])
        lost.set()
        await back(session)
        session.append_audio(FRAME)
        await until(lambda: len(session.conversation.items) == 2)
        await until(lambda: session.conversation.items[1].text == "two")
        assert session.conversation.items[0].text == "one"
        assert restored(session).lost == ()
        await session.close()
    assert not peer.of_type(CREATE)


@pytest.mark.parametrize("how", ["once", "deny"])
async def test_a_question_of_a_tool_may_be_answered_when_the_talk_is_back(loop, how):
    asked = asyncio.Event()

    def look_up() -> str:
        """Look."""
        return "treasure"

    said = lambda output: ("treasure" in output) is (how == "once")  # noqa: E731
    output = told("function_call_output", call_id="call_1", output=said)
    first = [HELLO, *ASKS, answer(calling), wait_until(asked), drop()]
    async with ScriptedPeer(first, [*AGAIN, *TOLD, *output, *FINDS]) as peer:
        registry = ToolRegistry()
        registry.add(look_up, ToolOptions(approve=True))
        session = RealtimeSession(peer.endpoint, loop=loop, restore=QUICK)
        desk = ToolDesk(session, registry, PlainStage(), loop)
        desk.start()
        session.follower = desk.turns
        await session.open()
        turn = session.say("Look!")
        await until(lambda: len(desk.approvals.open) == 1)
        asked.set()
        await back(session)
        (question,) = desk.approvals.open
        desk.approvals.answer(question.id, how)
        assert (await turn).text == "Found."
        assert restored(session).lost == ()
        desk.stop()
        await session.close()


class Holds:
    """A gate that lets a turn pass when the test says so, and asks for its answer then."""

    answers = True

    def __init__(self):
        self.passed = asyncio.Event()

    async def admit(self, text):
        del text

    async def settled(self, *, strict=True):
        del strict
        await self.passed.wait()


async def test_what_a_gate_holds_back_is_asked_for_in_the_new_session_once_it_has_passed(loop):
    said = [expect(CREATE, item={"role": "user"}), answer(lambda e: [added(e)])]
    second = [*AGAIN, *said, expect("response.create")]
    second.append(answer(lambda request: spoken(request, "You may.")))
    first = [HELLO, expect(CREATE), answer(lambda e: [added(e)]), drop()]
    async with ScriptedPeer(first, second) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop, restore=QUICK)
        await session.open()
        gate = Holds()
        session.gate = gate
        message = {"type": "message", "role": "user"}
        item = {**message, "content": [{"type": "input_text", "text": "May I?"}]}
        held = session.respond()
        await session.create_item(item)
        await back(session)
        assert not held.done()
        loop.post(gate.passed.set)
        assert (await held).text == "You may."
        await session.close()
    assert len(peer.of_type("response.create")) == 1


def added(event):
    item = {"status": "completed", **event["item"]}
    return {"type": "conversation.item.added", "previous_item_id": None, "item": item}
