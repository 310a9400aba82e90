"""What is shown of a turn in which nobody spoke."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realtime_nb.bridge.feed import ENDED_NOTE, GATHER_S, IDLE_NOTE, Feed
from tests.bridge.fakes import FakeSession

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Message


def added(item_id: str) -> dict[str, object]:
    item = {
        "id": item_id,
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    return {"type": "conversation.item.added", "previous_item_id": None, "item": item}


async def test_an_idle_timeout_is_said_in_the_transcript_and_again_after_a_reload() -> None:
    session = FakeSession()
    sent: list[Message] = []
    feed = Feed(session.conversation, sent.append, asyncio.get_running_loop())
    session.subscribe(feed.add)
    session.receive(
        {
            "type": "input_audio_buffer.timeout_triggered",
            "item_id": "u1",
            "audio_start_ms": 0,
            "audio_end_ms": 6000,
        },
        added("u1"),
        added("u2"),
    )
    await asyncio.sleep(2 * GATHER_S)
    items = [message["items"] for message in sent if message["kind"] == "items"]
    notes = {item["id"]: (item["note"], item["pending"]) for item in items[-1]}
    assert notes["u1"] == (IDLE_NOTE, False)
    assert notes["u2"][0] is None
    idle = session.conversation.item("u1")
    assert idle is not None
    assert feed.show(idle)["note"] == IDLE_NOTE


async def test_words_that_were_heard_all_the_same_are_shown_without_the_note() -> None:
    session = FakeSession()
    feed = Feed(session.conversation, lambda _message: None, asyncio.get_running_loop())
    session.subscribe(feed.add)
    session.receive(
        {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1"},
        added("u1"),
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "u1",
            "content_index": 0,
            "transcript": "hm",
        },
    )
    feed.flush()
    item = session.conversation.item("u1")
    assert item is not None
    assert (feed.show(item)["text"], feed.show(item)["note"]) == ("hm", None)


async def test_no_words_are_awaited_once_the_chat_has_ended() -> None:
    session = FakeSession()
    sent: list[Message] = []
    feed = Feed(session.conversation, sent.append, asyncio.get_running_loop())
    session.subscribe(feed.add)
    transcribing = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
    session.receive(
        {"type": "session.created", "session": {"type": "realtime", **transcribing}},
        added("u1"),
        {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 10},
    )
    feed.flush()
    shown = [(item["id"], item["pending"], item["status"]) for item in sent[-1]["items"]]
    assert shown == [("u1", True, "completed"), ("u2", True, "in_progress")]
    feed.end()
    for shown in (sent[-1]["items"], feed.page()):
        said = [(item["pending"], item["status"], item["note"]) for item in shown]
        assert said == [(False, "incomplete", ENDED_NOTE)] * 2
