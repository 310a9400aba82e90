"""Items put in, taken out, fetched and cut, against a scripted service."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    error,
    expect,
    item_created,
    response_created,
    send,
    session_created,
    spoken,
)
from realtime_nb.errors import ConnectionLost, ServerError, UsageError

HELLO = send(session_created())
CREATE = "conversation.item.create"
ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def refusing(message, code=None, *, named=True, **fields):
    """Answer with an error that names its event, or with none, as is seen live."""
    return answer(
        lambda event: error(message, code, event_id=event["event_id"] if named else None, **fields)
    )


async def opened(peer, loop):
    session = RealtimeSession(peer.endpoint, loop=loop, reply_timeout=5)
    await session.open()
    return session


async def test_an_item_that_is_refused_has_no_answer(loop) -> None:
    script = [HELLO, expect(CREATE), expect("response.create"), answer(lambda _: [])]
    told = error("No picture.", "bad_image", event_id="")
    script += [send({**told, "error": {**told["error"], "event_id": None, "param": "item"}})]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        with pytest.raises(ServerError, match="No picture"):
            await session.present_item(ITEM)
        await session.close()


async def test_an_item_is_put_where_it_is_wanted(loop) -> None:
    def as_a_service_tells(event):
        # The front is told as null, like the first item of all.
        previous = event.get("previous_item_id")
        told = item_created(event)
        for one in told:
            one["previous_item_id"] = None if previous == "root" else previous
        return told

    script = [HELLO]
    for _ in range(4):
        script += [expect(CREATE), answer(as_a_service_tells)]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        first = await session.insert_item({**ITEM, "id": "first"})
        await session.insert_item({**ITEM, "id": "last"}, after=first)
        await session.insert_item({**ITEM, "id": "between"}, after="first")
        await session.insert_item({**ITEM, "id": "front"}, after="root")
        order = [item.id for item in session.conversation.items]
        assert order == ["front", "first", "between", "last"]
        session.close().result(5)


async def test_refusals_say_what_is_wrong_and_where_to_look(loop) -> None:
    gone = "Error deleting item: the item with id 'x' does not exist."
    past = "Audio content of 300ms is already shorter than 900ms"
    none = "Only model output audio messages can be truncated"
    script = [
        HELLO,
        expect("conversation.item.delete", item_id="x"),
        refusing(gone, "item_delete_invalid_item_id"),
        expect("conversation.item.retrieve"),
        refusing(
            gone.replace("deleting", "retrieving"), "item_retrieve_invalid_item_id", named=False
        ),
        expect("conversation.item.truncate", audio_end_ms=900),
        refusing(past, named=False),
        expect("conversation.item.truncate"),
        refusing(none, named=False),
        expect(CREATE),
        refusing("no such place", "item_create_invalid_previous_item_id", named=False),
        expect("conversation.item.delete"),
        refusing("Not now", "busy"),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        with pytest.raises(UsageError, match=r"no item 'x' in the conversation; chat\.items"):
            await session.delete_item("x")
        with pytest.raises(UsageError, match="no item 'x'"):
            await session.retrieve_item("x")
        with pytest.raises(UsageError, match="less sound than that"):
            await session.cut_item("x", 900.7)
        with pytest.raises(UsageError, match="'x' has none"):
            await session.cut_item("x", 0)
        with pytest.raises(UsageError, match="no item 'y' to come after"):
            await session.insert_item(ITEM, "y")
        with pytest.raises(ServerError, match="Not now"):
            await session.delete_item("x")
        session.close().result(5)


async def test_what_cannot_be_cut_is_told_without_asking(loop) -> None:
    began = answer(lambda event: response_created(event, "resp_1"))
    script = [
        HELLO,
        expect(CREATE, item={"id": "u"}),
        answer(item_created),
        expect("response.create"),
        began,
        answer(lambda event: spoken(event, "One two three", item_id="a", response_id="resp_1")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        await session.insert_item({**ITEM, "id": "u"})
        await session.respond()
        item = session.conversation.item("a")
        assert item is not None
        long_ms = item.audio_ms
        assert long_ms > 0
        for item_id, ms, words in (
            ("u", 10, "'u' is the user's"),
            ("a", long_ms + 1, "'a' has .* ms of sound"),
            ("a", -1, "0 ms or later"),
            ("a", float("nan"), "0 ms or later"),
            ("a", "soon", "number of milliseconds"),
            ("", 3, "named by its id"),
            (None, 3, "named by its id"),
        ):
            with pytest.raises(UsageError, match=words):
                await session.cut_item(item_id, ms)
        item.status = "in_progress"
        with pytest.raises(UsageError, match=r"chat\.interrupt"):
            await session.cut_item("a", 1)
        session.close().result(5)


@pytest.mark.parametrize(
    ("told", "rate"),
    [({}, 24_000), ({"type": "audio/pcmu"}, 8_000), ({"type": "audio/pcma"}, 8_000)],
)
async def test_an_item_comes_back_with_its_sound(loop, told, rate) -> None:
    samples = np.zeros(rate // 10, "<i2")
    sound = samples.tobytes() if not told else bytes(rate // 10)
    part = {"type": "output_audio", "transcript": "hi", "audio": base64.b64encode(sound).decode()}
    wire = {"id": "a", "type": "message", "role": "assistant", "content": [part]}
    created = session_created(audio={"output": {"format": told}} if told else {})
    script = [
        send(created),
        expect("conversation.item.retrieve", item_id="a"),
        send({"type": "conversation.item.retrieved", "item": wire}),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        item = await session.retrieve_item("a")
        assert (item.text, item.role) == ("hi", "assistant")
        assert item.audio is not None
        assert (item.audio.rate, item.audio.duration_ms) == (rate, 100.0)
        assert item.wire == wire
        assert "<audio" in item._repr_html_()
        session.close().result(5)


async def test_what_a_service_sends_for_an_item_is_shown_as_words(loop) -> None:
    wire = {
        "id": "a",
        "type": "message",
        "role": "<script>",
        "content": [{"type": "output_text", "text": "<img>"}, {"audio": "é"}, 3],
    }
    script = [
        HELLO,
        expect("conversation.item.retrieve"),
        send({"type": "conversation.item.retrieved", "item": wire}),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        item = await session.retrieve_item("a")
        assert item.audio is None
        shown = item._repr_html_()
        assert "&lt;script&gt;" in shown
        assert "<img" not in shown
        session.close().result(5)


async def test_earlier_turns_stand_before_what_was_said(loop) -> None:
    script = [HELLO]
    for fields in ({}, {"previous_item_id": "root"}, {"previous_item_id": "first"}):
        script += [expect(CREATE, **fields), answer(item_created)]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        await session.insert_item({**ITEM, "id": "said"})
        turns = [{**ITEM, "id": "first"}, {**ITEM, "id": "second"}]
        assert await session.seed_items(turns) == ["first", "second"]
        assert [item.id for item in session.conversation.items] == ["first", "second", "said"]
        session.close().result(5)


async def test_earlier_turns_are_added_all_or_none(loop) -> None:
    script = [
        HELLO,
        expect(CREATE, item={"id": "one"}),
        answer(item_created),
        expect(CREATE, item={"id": "two"}),
        refusing("An item with id 'two' already exists.", "item_create_duplicate_item_id"),
        expect(CREATE, item={"id": "three"}),
        answer(item_created),
        expect("conversation.item.delete", item_id="one"),
        send({"type": "conversation.item.deleted", "item_id": "one"}),
        expect("conversation.item.delete", item_id="three"),
        send({"type": "conversation.item.deleted", "item_id": "three"}),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        turns = [{**ITEM, "id": name} for name in ("one", "two", "three")]
        with pytest.raises(UsageError, match=r"turns\[1\] was refused, so none was added"):
            await session.seed_items(turns)
        assert session.conversation.items == []
        session.close().result(5)


async def test_an_edit_ends_with_the_connection_and_is_for_conversations(loop) -> None:
    script = [HELLO, expect("conversation.item.delete"), close()]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, loop)
        with pytest.raises(ConnectionLost):
            await session.delete_item("x")
        with pytest.raises(ConnectionLost):
            await session.seed_items([("user", "a")])
    listening = [send(session_created(type="transcription"))]
    async with ScriptedPeer(listening) as peer:
        session = await opened(peer, loop)
        with pytest.raises(UsageError, match="seed\\(\\) is not for a transcription session"):
            await session.seed_items([("user", "a")])
        session.close().result(5)
