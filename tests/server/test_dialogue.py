"""Items made, shown, cut and taken out by the client, and every refusal of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime_nb.server.answers.pacing import Pace
from tests.server.fakes import Stage, TalkBrain, tone, virtual

Json = dict[str, Any]


def message(role: str, *parts: Json, **more: Any) -> Json:
    return {"type": "message", "role": role, "content": list(parts), **more}


def text(words: str, kind: str = "input_text") -> Json:
    return {"type": kind, "text": words}


async def answered(stage: Stage) -> Json:
    """Let the assistant answer; return its item."""
    await stage.say_text("hi")
    await stage.send("response.create")
    return (await stage.until("response.done"))["response"]["output"][0]


@virtual
async def test_items_are_echoed_as_the_wire_does():
    async with Stage() as stage:
        call = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "call_1"}
        output = {"type": "function_call_output", "call_id": "call_1", "output": "7"}
        for item in (
            message("system", text("Rule.")),
            message("user", text("Hi."), object="realtime.item", status="incomplete"),
            message("assistant", text("Ho.", "output_text")),
            call,
            output,
        ):
            added, done = await stage.send("conversation.item.create", item=item)
            assert (added["type"], done["type"]) == (
                "conversation.item.added",
                "conversation.item.done",
            )
            assert added["item"] == done["item"]
            assert added["item"].get("status", "completed") == "completed"
            assert {**item, **added["item"]}["type"] == item["type"]
        assert "status" not in stage.events[-1]["item"]


@virtual
async def test_items_go_where_they_are_put():
    async with Stage() as stage:
        first = await stage.say_text("first")
        third = await stage.say_text("third")
        second = await stage.say_text("second", previous_item_id=first)
        zeroth = await stage.say_text("zeroth", previous_item_id="root")
        previous = [
            event["previous_item_id"]
            for event in stage.events
            if event["type"] == "conversation.item.added"
        ]
        assert previous == [None, first, first, None]
        await stage.send("response.create")
        await stage.settle()
        assert [item.text for item in stage.brain.requests[0].items] == [
            "zeroth", "first", "second", "third",
        ]  # fmt: skip
        assert len({first, second, third, zeroth}) == 4


@virtual
async def test_a_clients_own_id_is_kept_and_must_be_new():
    async with Stage() as stage:
        item = message("user", text("hi"), id="mine")
        added, _ = await stage.send("conversation.item.create", item=item)
        assert added["item"]["id"] == "mine"
        (event,) = await stage.send("conversation.item.create", event_id="e1", item=item)
        assert event["error"] == {
            "type": "invalid_request_error",
            "code": "item_create_duplicate_item_id",
            "message": "Error adding item: an item with id 'mine' already exists.",
            "param": None,
            "event_id": None,
        }


@virtual
async def test_retrieve_brings_the_sound():
    async with Stage() as stage:
        item = await answered(stage)
        (event,) = await stage.send("conversation.item.retrieve", item_id=item["id"])
        assert event["type"] == "conversation.item.retrieved"
        sound = base64.b64decode(event["item"]["content"][0]["audio"])
        sent = b"".join(
            base64.b64decode(e["delta"])
            for e in stage.events
            if e["type"] == "response.output_audio.delta"
        )
        assert sound == sent
        assert event["item"]["content"][0]["transcript"] == "Hello there, my friend."


@virtual
async def test_delete_takes_an_item_out_of_the_context():
    async with Stage() as stage:
        first = await stage.say_text("forget me")
        await stage.say_text("hello")
        (event,) = await stage.send("conversation.item.delete", item_id=first)
        assert (event["type"], event["item_id"]) == ("conversation.item.deleted", first)
        await stage.send("response.create")
        await stage.settle()
        assert [item.text for item in stage.brain.requests[0].items] == ["hello"]
        (event,) = await stage.send("conversation.item.delete", item_id=first)
        assert event["error"]["code"] == "item_delete_invalid_item_id"


@virtual
async def test_truncate_cuts_the_sound_and_forgets_the_words():
    async with Stage() as stage:
        item = await answered(stage)
        (event,) = await stage.send(
            "conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=333
        )
        assert event["type"] == "conversation.item.truncated"
        assert (event["item_id"], event["content_index"], event["audio_end_ms"]) == (
            item["id"],
            0,
            333,
        )
        (event,) = await stage.send("conversation.item.retrieve", item_id=item["id"])
        part = event["item"]["content"][0]
        assert len(base64.b64decode(part["audio"])) == 333 * 48
        assert part["transcript"] is None
        await stage.say_text("go on")
        await stage.send("response.create")
        await stage.settle()
        assert [item.text for item in stage.brain.requests[1].items] == ["hi", "", "go on"]


@virtual
async def test_truncate_past_the_end_is_refused():
    async with Stage() as stage:
        item = await answered(stage)
        (event,) = await stage.send(
            "conversation.item.truncate",
            event_id="e1",
            item_id=item["id"],
            content_index=0,
            audio_end_ms=3760,
        )
        error = event["error"]
        assert error["message"] == "Audio content of 1000ms is already shorter than 3760ms"
        assert error["event_id"] is None


@virtual
async def test_what_is_no_spoken_answer_cannot_be_truncated():
    async with Stage(TalkBrain([60.0, "late"])) as stage:
        user = await stage.say_text("hi")
        events = await stage.send(
            "conversation.item.truncate", item_id=user, content_index=0, audio_end_ms=1
        )
        assert events[0]["error"]["message"] == "Only model output audio messages can be truncated"
        events = await stage.send(
            "conversation.item.truncate",
            event_id="e",
            item_id="nobody",
            content_index=0,
            audio_end_ms=1,
        )
        assert events[0]["error"]["code"] == "item_truncate_invalid_item_id"
        assert events[0]["error"]["event_id"] is None


@virtual
async def test_truncating_while_the_answer_is_made_holds():
    async with Stage(TalkBrain("word " * 40), pace=Pace(4.0)) as stage:
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.settle(1)
        item_id = next(e for e in stage.events if "item_id" in e)["item_id"]
        await stage.send(
            "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=500
        )
        done = await stage.until("response.done")
        assert done["response"]["status"] == "completed"
        (event,) = await stage.send("conversation.item.retrieve", item_id=item_id)
        part = event["item"]["content"][0]
        assert len(base64.b64decode(part["audio"])) == 500 * 48
        assert part["transcript"] is None


@virtual
async def test_user_audio_may_come_as_an_item():
    async with Stage(texts=["hello from a file"]) as stage:
        audio = base64.b64encode(tone(300).tobytes()).decode()
        added, _ = await stage.send(
            "conversation.item.create",
            item=message("user", {"type": "input_audio", "audio": audio}),
        )
        assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
        await stage.send("response.create")
        await stage.settle()
        assert stage.brain.requests[0].items[0].text == "hello from a file"
        assert stage.recogniser.heard_samples == [4800]
        (event,) = await stage.send("conversation.item.retrieve", item_id=added["item"]["id"])
        assert event["item"]["content"][0]["audio"] == audio


REFUSED: list[tuple[Json, str | None, str | None]] = [
    ({"type": "message"}, "missing_required_parameter", "item.role"),
    (message("user", text("x", "text")), "invalid_value", "item.content[0].type"),
    (message("assistant", text("x")), "invalid_value", "item.content[0].type"),
    (message("tool", text("x")), "invalid_value", "item.role"),
    (message("user", {"type": "input_text"}), "missing_required_parameter", "item.content[0].text"),
    (message("user", text("x"), mood="good"), "unknown_parameter", "item.mood"),
    (message("user", {"type": "input_audio", "audio": "%%%"}), "invalid_value",
     "item.content[0].audio"),
    (message("user", {"type": "input_audio", "audio": "AAA="[:3] + "A"}), "invalid_value",
     "item.content[0].audio"),
    (message("user", {"type": "input_image", "image_url": "http://x/y.png"}), "invalid_value",
     "item.content[0].image_url"),
    ({"type": "item_reference", "id": "x"}, "invalid_value", "item.type"),
    ({"type": "function_call_output", "call_id": "call_9", "output": "x"},
     "invalid_tool_call_id", "item.call_id"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "code", "param"), REFUSED)
def test_refused_items(item: Json, code: str, param: str):
    @virtual
    async def scene():
        async with Stage() as stage:
            (event,) = await stage.send("conversation.item.create", event_id="e", item=item)
            error = event["error"]
            assert (error["code"], error["param"], error["event_id"]) == (code, param, "e")

    scene()


@virtual
async def test_an_unknown_predecessor_is_refused():
    async with Stage() as stage:
        (event,) = await stage.send(
            "conversation.item.create", item=message("user", text("x")), previous_item_id="gone"
        )
        assert event["error"]["code"] == "item_create_invalid_previous_item_id"
        assert event["error"]["message"] == (
            "Error adding item: the previous item with id 'gone' does not exist."
        )


@virtual
async def test_response_input_stands_in_for_the_conversation():
    async with Stage() as stage:
        kept = await stage.say_text("keep me")
        await stage.say_text("drop me")
        asked = {
            "conversation": "none",
            "input": [{"type": "item_reference", "id": kept}, message("user", text("new"))],
        }
        await stage.send("response.create", response=asked)
        await stage.settle()
        assert [item.text for item in stage.brain.requests[0].items] == ["keep me", "new"]
        asked["input"] = [{"type": "item_reference", "id": "gone"}]
        (event,) = await stage.send("response.create", response=asked)
        assert event["error"]["param"] == "response.input[0].id"
