"""What was heard of an answer on a call, whose sound is in no event."""

from __future__ import annotations

import pytest

from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.restored.gap import GAP

WORDS = "one two three four five six seven eight nine ten"  # 48 characters


def told(*events):
    conversation = Conversation()
    for t_ms, kind, fields in events:
        conversation.apply("received", Event({"type": kind, **fields}), t_ms)
    return conversation


def answer(number, text, t_ms):
    about = {"response_id": f"resp_{number}", "item_id": f"item_{number}", "content_index": 0}
    item = {"id": f"item_{number}", "type": "message", "role": "assistant", "content": []}
    return (
        (t_ms, "response.created", {"response": {"id": f"resp_{number}"}}),
        (t_ms, "response.output_item.added", {"response_id": f"resp_{number}", "item": item}),
        (t_ms, "conversation.item.added", {"item": item}),
        (t_ms, "response.content_part.added", {**about, "part": {"type": "audio"}}),
        (t_ms, "response.output_audio_transcript.done", {**about, "transcript": text}),
        (t_ms, "output_audio_buffer.started", {"response_id": f"resp_{number}"}),
        (t_ms, "response.done", {"response": {"id": f"resp_{number}"}}),
    )


def ended(number, t_ms, how="stopped"):
    return (t_ms, f"output_audio_buffer.{how}", {"response_id": f"resp_{number}"})


def cut(number, t_ms, at_ms):
    return (t_ms, "conversation.item.truncated", {"item_id": f"item_{number}", "content_index": 0,
                                                  "audio_end_ms": at_ms})  # fmt: skip


def test_an_answer_played_to_its_end_was_heard_whole():
    item = told(*answer(1, WORDS, 100.0), ended(1, 4_100.0)).item("item_1")
    assert item.audio_ms == 4_000.0
    assert item.heard_text == WORDS


def test_one_that_was_cut_is_measured_by_one_that_was_not():
    # 100 ms a character: at half of it, half the words.
    events = (*answer(1, WORDS, 0.0), ended(1, 4_800.0), *answer(2, WORDS, 5_000.0))
    item = told(*events, ended(2, 7_400.0, "cleared"), cut(2, 7_400.0, 2_400)).item("item_2")
    assert item.heard_text == "one two three four five"
    assert item.truncated_ms == 2_400
    assert item.audio_ms == 2_400.0


def test_before_any_was_heard_whole_it_is_a_reader_s_pace():
    events = (*answer(1, WORDS, 0.0), ended(1, 1_600.0, "cleared"), cut(1, 1_600.0, 1_600))
    assert told(*events).item("item_1").heard_text == "one two three four five"


@pytest.mark.parametrize("at_ms", [10_000, 60_000])
def test_what_was_cut_at_its_very_end_was_heard(at_ms):
    events = (*answer(1, WORDS, 0.0), ended(1, 9.0, "cleared"), cut(1, 9.0, at_ms))
    assert told(*events).item("item_1").heard_text == WORDS


def test_nothing_was_heard_of_what_was_cut_at_once():
    events = (*answer(1, WORDS, 0.0), ended(1, 0.0, "cleared"), cut(1, 0.0, 0))
    assert told(*events).item("item_1").heard_text == ""


def test_words_of_a_buffer_that_is_nobodys_change_nothing():
    events = ((0.0, "output_audio_buffer.stopped", {}), ended(7, 1.0), *answer(1, WORDS, 2.0))
    assert told(*events).item("item_1").heard_text == WORDS


def test_a_response_whose_end_was_missed_is_not_open():
    conversation = told((0.0, "response.created", {"response": {"id": "resp_1"}}))
    assert conversation.active_response_id == "resp_1"
    conversation.apply("received", Event({"type": GAP, "away_ms": 300, "tries": 1}), 1.0)
    assert conversation.active_response_id is None
