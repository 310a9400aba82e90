"""Questions beside the talk: what is sent, and what is refused before."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.client.session import RealtimeSession
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    expect,
    response_created,
    response_done,
    send,
    session_created,
    spoken,
)
from realtime_nb.client.turns.answer_data import FunctionCall, read_json
from realtime_nb.client.turns.asking import ask_fields
from realtime_nb.client.turns.response import Response
from realtime_nb.errors import UsageError
from realtime_nb.protocol.conversation.items import Item, Part
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event


@pytest.fixture
def talk() -> Conversation:
    conversation = Conversation()
    item = {"id": "item_known", "type": "message", "role": "user", "content": []}
    event = {"type": "conversation.item.added", "previous_item_id": None, "item": item}
    conversation.apply("received", Event(event), 0.0)
    return conversation


def user(text: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }


def test_over_the_talk_as_it_stands_the_question_is_the_instructions(talk: Conversation) -> None:
    asked = ask_fields(talk, "Summarise")
    assert asked == {"conversation": "none", "instructions": "Summarise"}
    asked = ask_fields(talk, "Summarise", instructions="You write JSON.")
    assert asked["instructions"] == "You write JSON.\n\nSummarise"


def test_over_an_input_the_question_is_the_last_message(talk: Conversation) -> None:
    known = talk.items[0]
    other = Item("item_other", role="assistant", parts={0: Part("audio", "It rains.")})
    source = ["a text", known, "item_known", {"id": "item_x"}, {"role": "user", "content": []}]
    asked = ask_fields(talk, "Is it rude?", source=[*source, other], instructions="Judge.")
    reference = {"type": "item_reference", "id": "item_known"}
    assert asked["input"] == [
        user("a text"),
        reference,
        reference,
        {"type": "item_reference", "id": "item_x"},
        {"type": "message", "role": "user", "content": []},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "It rains."}],
        },
        user("Is it rude?"),
    ]
    assert asked["instructions"] == "Judge."
    assert ask_fields(talk, "Hello?", source=[])["input"] == [user("Hello?")]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"question": " "}, "asks nothing"),
        ({"question": 3}, "asks nothing"),
        ({"source": "a text"}, "write a list"),
        ({"source": 3}, "write a list"),
        ({"source": [3]}, "texts, items"),
        ({"source": [""]}, "empty"),
        ({"source": [{"text": "hi"}]}, "is no item"),
        ({"source": ["item_A1B2C3D4E5"]}, "the talk has no item"),
        ({"source": [Item("item_o", role="user")]}, "mute"),
        ({"metadata": {"a": 1}}, "metadata 'a'"),
        ({"metadata": 3}, "metadata=3: write pairs"),
        ({"instructions": 3}, "instructions=3"),
        ({"metadata": {"a": "b" * 600}}, "at most 512"),
        ({"metadata": {f"k{n}": "v" for n in range(16)}}, "keep 15"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(
    talk: Conversation, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        ask_fields(talk, **{"question": "Well?", **settings})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ['{"a": [1]}', '```json\n{"a": [1]}\n```', 'Here:\n```\n{"a": [1]}\n```\nSo.']
)
def test_an_answer_is_read_as_json(text: str) -> None:
    assert read_json(text) == {"a": [1]}


@pytest.mark.parametrize("text", ["", "It rains.", '{"a": [1', "[" * 100_000])
def test_what_is_no_json_is_told_with_how_it_begins(text: str) -> None:
    with pytest.raises(UsageError, match="no JSON") as caught:
        read_json(text, "incomplete")
    assert "incomplete" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_calls_of_an_answer_are_told_and_not_run() -> None:
    call = {
        "type": "function_call",
        "name": "mood",
        "arguments": '{"mood": "glad"}',
        "call_id": "c",
    }
    done = Event(response_done(None, "r1", output=[call, {"type": "message"}, "junk"]))
    (made,) = Response.from_events(done).calls
    assert made == FunctionCall("mood", '{"mood": "glad"}', "c")
    assert made.json() == {"mood": "glad"}


async def test_many_at_once_each_get_their_own_answer_while_the_chat_speaks(loop: Any) -> None:
    created: list[dict[str, Any]] = []

    def note(event: dict[str, Any]) -> list[dict[str, Any]]:
        created.append(event)
        return []

    def backwards(_event: dict[str, Any]) -> list[dict[str, Any]]:
        asides = [e for e in created if e["response"].get("conversation") == "none"]
        return [
            event
            for one in reversed(asides)
            for event in spoken(one, f"to {one['response']['instructions']}")
            if not event["type"].startswith("conversation.")
        ]

    script = [
        send(session_created()),
        expect("response.create"),
        answer(lambda event: response_created(event, "resp_talk")),
        *[step for _ in range(3) for step in (expect("response.create"), answer(note))],
        answer(backwards),
        send(response_done(None, "resp_talk")),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        await session.open()
        talk = session.respond()
        await peer.heard("response.create")
        questions = [f"question {number}" for number in range(3)]
        asked = [session.respond(**ask_fields(session.conversation, q)) for q in questions]
        answers = [(await call).text for call in asked]
        assert answers == [f"to {question}" for question in questions]
        assert (await talk).id == "resp_talk"
        assert session.conversation.items == []
        await session.close()
