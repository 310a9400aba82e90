"""What is asked beside the talk: summaries and checks, by rule, many at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_nb.server.brain.asides import say_aside
from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.interface import BrainRequest, ContextItem
from tests.server.fakes import Stage, virtual

TALK = (
    ContextItem("message", "user", "what time is it"),
    ContextItem("message", "assistant", "It is 9:05."),
    ContextItem("message", "user", "you stupid thing"),
)


def aside(wish: str, *, as_message: bool = False, items: Any = TALK) -> str | None:
    if as_message:
        items = (*items, ContextItem("message", "user", wish))
        return say_aside(BrainRequest("Be brief.", items, beside=True))
    return say_aside(BrainRequest(wish, items, beside=True))


@pytest.mark.parametrize("as_message", [False, True])
def test_a_summary_quotes_the_talk(as_message: bool):  # noqa: FBT001 -- a parameter of the test
    told = json.loads(str(aside("Summarise the talk as JSON", as_message=as_message)))
    assert told == {
        "messages": 3,
        "user": ["what time is it", "you stupid thing"],
        "assistant": ["It is 9:05."],
    }
    assert aside("Take notes.", as_message=as_message) == (
        "You said: what time is it / you stupid thing. I said: It is 9:05."
    )


def test_a_check_looks_for_words_of_its_list():
    assert json.loads(str(aside('Moderate the last message: {"flagged": bool} as JSON'))) == {
        "flagged": True,
        "words": ["stupid"],
    }
    assert aside("Is this appropriate?", items=TALK[:2]) == "Nothing was flagged."


def test_nothing_is_summed_up():
    assert aside("Summarise the talk.", items=()) == "Nothing was said yet."


def test_other_wishes_and_the_talk_itself_are_answered_as_ever():
    assert aside("Be brief.") is None
    assert say_aside(BrainRequest("Summarise the talk.", TALK)) is None


@virtual
async def test_many_at_once_do_not_enter_the_talk_nor_wait_for_it():
    async with Stage(CardBrain()) as stage:
        await stage.update(output_modalities=["text"])
        item_id = await stage.say_text("tell me a story")
        other = await stage.say_text("hello")
        await stage.send("response.create")
        before = len(stage.events)
        for number in range(3):
            await stage.send(
                "response.create",
                response={
                    "conversation": "none",
                    "instructions": "Summarise the talk as JSON.",
                    "metadata": {"number": str(number)},
                    "input": [{"type": "item_reference", "id": item_id}],
                },
            )
        await stage.settle(60)
        done = [e["response"] for e in stage.events[before:] if e["type"] == "response.done"]
        beside = {r["metadata"]["number"]: r for r in done if r["metadata"]}
        assert set(beside) == {"0", "1", "2"}
        for response in beside.values():
            assert response["conversation_id"] is None
            text = response["output"][0]["content"][0]["text"]
            assert json.loads(text) == {
                "messages": 1,
                "user": ["tell me a story"],
                "assistant": [],
            }
        ids = {r["output"][0]["id"] for r in beside.values()}
        for made in ids | {other}:
            found = await stage.send("conversation.item.retrieve", item_id=made)
            assert found[0]["type"] == ("conversation.item.retrieved" if made == other else "error")
