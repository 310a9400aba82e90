from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.conversation.reducer import MAX_ITEMS, Conversation
from realtime_nb.protocol.events import SERVER_EVENT_TYPES, Event
from realtime_nb.protocol.log.event_log import EventLog

TRANSCRIBING = {
    "type": "session.updated",
    "session": {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}},
}


def told(*events: dict[str, Any]) -> Conversation:
    conversation = Conversation()
    for number, data in enumerate(events):
        conversation.apply("received", Event(data), float(number))
    return conversation


def created(response_id: str = "resp_1", conversation: str | None = "conv_1") -> dict:
    return {
        "type": "response.created",
        "response": {"id": response_id, "conversation_id": conversation},
    }


def added(item_id: str, role: str, after: str | None = None, content: Any = ()) -> dict:
    item = {"id": item_id, "type": "message", "role": role, "content": list(content)}
    return {"type": "conversation.item.added", "item": item, "previous_item_id": after}


def said(item_id: str, text: str, response_id: str = "resp_1") -> dict:
    return {
        "type": "response.output_audio_transcript.delta",
        "item_id": item_id,
        "response_id": response_id,
        "content_index": 0,
        "delta": text,
    }


def sounded(item_id: str, milliseconds: int, response_id: str = "resp_1") -> dict:
    payload = base64.b64encode(bytes(48 * milliseconds)).decode()
    return {
        "type": "response.output_audio.delta",
        "item_id": item_id,
        "response_id": response_id,
        "content_index": 0,
        "delta": payload,
    }


def heard(item_id: str, transcript: str) -> dict:
    return {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": item_id,
        "content_index": 0,
        "transcript": transcript,
    }


AUDIO_IN = {"type": "input_audio", "transcript": None}


def test_a_late_transcript_stands_where_the_turn_began() -> None:
    conversation = told(
        TRANSCRIBING,
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5},
        {"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": None},
        added("u1", "user", content=[AUDIO_IN]),
        created(),
        added("a1", "assistant", after="u1"),
        said("a1", "Hello there."),
    )
    user = conversation.item("u1")
    assert user is not None
    assert user.awaits_transcript
    conversation.apply("received", Event(heard("u1", "good morning")), 9.0)
    assert [(i.id, i.text) for i in conversation.items] == [
        ("u1", "good morning"),
        ("a1", "Hello there."),
    ]
    assert not user.awaits_transcript


def test_a_transcript_that_comes_before_its_item_is_not_lost() -> None:
    conversation = told(TRANSCRIBING, heard("u1", "early"), added("u1", "user", content=[AUDIO_IN]))
    item = conversation.items[0]
    assert item.text == "early"
    assert not item.awaits_transcript


def test_without_transcription_nothing_waits_for_words() -> None:
    conversation = told(added("u1", "user", content=[AUDIO_IN]))
    assert not conversation.items[0].awaits_transcript


def test_the_null_predecessor_of_the_assistants_done_moves_nothing() -> None:
    conversation = told(
        added("u1", "user"),
        created(),
        added("a1", "assistant", after="u1"),
        {
            "type": "conversation.item.done",
            "previous_item_id": None,
            "item": {"id": "a1", "role": "assistant", "status": "completed"},
        },
    )
    assert [item.id for item in conversation.items] == ["u1", "a1"]
    assert conversation.items[1].status == "completed"


def test_items_go_where_the_service_says() -> None:
    conversation = told(
        added("a", "user"),
        added("b", "user", after="a"),
        added("c", "user", after="a"),
        added("d", "system", after="root"),
    )
    assert [item.id for item in conversation.items] == ["d", "a", "c", "b"]
    assert conversation.previous_id("c") == "a"
    assert conversation.previous_id("d") is None


def test_what_was_heard_of_a_cut_answer_ends_at_a_word() -> None:
    conversation = told(
        created(),
        added("a1", "assistant"),
        said("a1", "one two three four five"),
        sounded("a1", 1000),
        {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 500},
    )
    item = conversation.items[0]
    assert item.heard_text == "one two"
    assert item.text == "one two three four five"


def test_a_cut_at_nothing_was_not_heard_and_no_cut_was_heard_whole() -> None:
    conversation = told(created(), added("a1", "assistant"), said("a1", "one"))
    assert conversation.items[0].heard_text == "one"
    cut = {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 0}
    conversation.apply("received", Event(cut), 9)
    assert conversation.items[0].heard_text == ""


def test_out_of_band_responses_join_nothing() -> None:
    conversation = told(
        created("resp_2", None),
        {
            "type": "response.output_item.added",
            "response_id": "resp_2",
            "item": {"id": "x", "role": "assistant"},
        },
        said("x", "aside", "resp_2"),
        sounded("x", 10, "resp_2"),
    )
    assert conversation.items == []
    assert conversation.active_response_id is None


def test_the_active_response_ends_with_its_own_done() -> None:
    conversation = told(created("resp_1"))
    other = {"type": "response.done", "response": {"id": "resp_9"}}
    conversation.apply("received", Event(other), 1)
    assert conversation.active_response_id == "resp_1"
    own = {"type": "response.done", "response": {"id": "resp_1"}}
    conversation.apply("received", Event(own), 1)
    assert conversation.active_response_id is None


def test_audio_is_measured_in_the_session_s_format() -> None:
    law = {"session": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}}
    conversation = told(
        {"type": "session.updated", **law}, created(), added("a1", "assistant"), sounded("a1", 10)
    )
    assert conversation.items[0].audio_ms == 60.0  # 480 bytes at 8 a millisecond


def test_deleted_items_are_gone_and_failed_transcripts_say_why() -> None:
    conversation = told(
        added("u1", "user"),
        added("u2", "user", after="u1"),
        {"type": "conversation.item.deleted", "item_id": "u1"},
        {
            "type": "conversation.item.input_audio_transcription.failed",
            "item_id": "u2",
            "error": {"message": "too quiet"},
        },
    )
    assert [item.id for item in conversation.items] == ["u2"]
    assert conversation.items[0].error == "too quiet"


def test_a_log_replayed_tells_the_same() -> None:
    log = EventLog()
    live = Conversation()
    for data in (created(), added("a1", "assistant"), said("a1", "Hi"), sounded("a1", 20)):
        record = log.append("received", Event(data), t_ms=1.0, size=1)
        live.apply("received", record.event, 1.0)
    assert Conversation.replay(log).items == live.items


WIRE = st.fixed_dictionaries(
    {"type": st.sampled_from(SERVER_EVENT_TYPES)},
    optional={
        "item_id": st.sampled_from(["a", "b", "", None, [], {}, 3]),
        "response_id": st.sampled_from(["r", None]),
        "previous_item_id": st.sampled_from(["a", "b", "root", None, [], 3]),
        "delta": st.sampled_from(["x", "", None, 3, []]),
        "item": st.sampled_from(
            [None, {}, [], {"id": "a"}, {"id": []}, {"id": "b", "content": [None, {}]}]
        ),
        "response": st.sampled_from([None, {}, {"id": "r", "conversation_id": "c"}]),
        "session": st.sampled_from([None, {}, {"audio": None}, {"audio": {"input": None}}]),
        "content_index": st.sampled_from([0, 1, None, []]),
    },
)


@given(st.lists(WIRE, max_size=20))
def test_no_order_of_events_breaks_it(events: list[dict[str, Any]]) -> None:
    conversation = told(*events)
    ids = [item.id for item in conversation.items]
    assert len(ids) == len(set(ids))
    assert "" not in ids


def streamed(item_id: str, text: str) -> dict:
    kind = "conversation.item.input_audio_transcription.delta"
    return {"type": kind, "item_id": item_id, "content_index": 0, "delta": text}


def committed(item_id: str, after: str | None = None) -> dict:
    return {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": after}


def test_words_that_stream_in_before_the_commit_are_not_final_until_completed() -> None:
    spoken = added("u", "user", content=[{"type": "input_audio", "transcript": None}])
    steps = [TRANSCRIBING, streamed("u", "Good mor"), committed("u"), spoken, streamed("u", "ning")]
    for count in range(2, len(steps) + 1):
        item = told(*steps[:count]).items[0]
        assert item.awaits_transcript, steps[count - 1]
        assert not item.transcribed
    item = told(*steps, heard("u", "Good morning.")).items[0]
    assert (item.text, item.awaits_transcript, item.transcribed) == ("Good morning.", False, True)


def test_words_completed_before_their_item_comes_stay_final_also_silence() -> None:
    spoken = added("u", "user", content=[{"type": "input_audio", "transcript": None}])
    for words in ("Good morning.", ""):
        item = told(TRANSCRIBING, committed("u"), heard("u", words), spoken).items[0]
        assert (item.text, item.awaits_transcript) == (words, False)


def test_words_completed_in_another_order_stand_as_they_were_spoken() -> None:
    conversation = told(
        TRANSCRIBING,
        committed("a"),
        committed("b", "a"),
        committed("c", "b"),
        heard("c", "three"),
        heard("a", "one"),
        heard("b", "two"),
    )
    assert [item.text for item in conversation.items] == ["one", "two", "three"]


def test_a_transcript_that_comes_after_its_failure_is_no_failure() -> None:
    conversation = Conversation()
    about = {"item_id": "u", "content_index": 0}
    kind = "conversation.item.input_audio_transcription"
    for data in (
        {"type": f"{kind}.failed", **about, "error": {"message": "busy"}},
        {"type": f"{kind}.completed", **about, "transcript": "hello"},
    ):
        conversation.apply("received", Event(data), 0.0)
    item = conversation.items[0]
    assert (item.text, item.error) == ("hello", None)


def test_past_its_bound_a_conversation_forgets_its_first_item() -> None:
    conversation = Conversation()
    for number in range(MAX_ITEMS + 2):
        item = {"id": f"item{number}", "type": "message", "role": "user", "content": []}
        previous = f"item{number - 1}" if number else None
        data = {"type": "conversation.item.added", "previous_item_id": previous, "item": item}
        conversation.apply("received", Event(data), 0.0)
    kept = [item.id for item in conversation.items]
    assert kept == [f"item{number}" for number in range(2, MAX_ITEMS + 2)]
    late = {"type": "conversation.item.input_audio_transcription.delta", "delta": "x"}
    assert conversation.apply("received", Event({**late, "item_id": "item0"}), 0.0) == frozenset()
    assert conversation.previous_id("item2") is None


def began(item_id: str) -> dict:
    return {"type": "input_audio_buffer.speech_started", "item_id": item_id}


def turns(detection: dict | None) -> dict:
    audio = {"input": {"transcription": {"model": "m"}, "turn_detection": detection}}
    return {"type": "session.updated", "session": {"audio": audio}}


SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200}


@pytest.mark.parametrize(
    "end",
    [
        turns(None),
        turns({"type": "semantic_vad"}),
        turns({**SERVER_VAD, "threshold": 0.7}),
        {"type": "input_audio_buffer.cleared"},
        began("u2"),
    ],
)
def test_a_turn_that_can_never_end_goes(end: dict) -> None:
    conversation = told(turns(SERVER_VAD), began("u1"))
    changed = conversation.apply("received", Event(end), 9.0)
    assert "u1" in changed
    assert conversation.item("u1") is None
    assert [item.id for item in conversation.items] == [i for i in [end.get("item_id")] if i]
    assert conversation.dropped("u1")


@pytest.mark.parametrize("previous", [{}, {"previous_item_id": "a1"}])
@pytest.mark.parametrize("first", [[added("a1", "assistant")], []])
def test_a_turn_that_is_committed_all_the_same_comes_back_to_its_place(
    first: list[dict], previous: dict
) -> None:
    conversation = told(
        turns(SERVER_VAD),
        *first,
        began("u1"),
        turns(None),
        added("a2", "assistant"),
        {"type": "input_audio_buffer.committed", "item_id": "u1", **previous},
    )
    shown = [item.id for item in conversation.items]
    assert shown == [one["item"]["id"] for one in first] + ["u1", "a2"]
    assert not conversation.dropped("u1")
    assert conversation.apply("received", Event(turns(SERVER_VAD)), 9.0) == frozenset()
    assert len(conversation.items) == len(shown)


@pytest.mark.parametrize(
    "end",
    [
        turns({**SERVER_VAD, "silence_duration_ms": 900}),
        began("u1"),
    ],
)
def test_a_turn_whose_rules_stay_goes_on(end: dict) -> None:
    conversation = told(turns(SERVER_VAD), began("u1"), end)
    assert [item.id for item in conversation.items] == ["u1"]


def test_words_of_a_turn_that_was_given_up_stay() -> None:
    delta = {"item_id": "u1", "content_index": 0, "delta": "Wait, I"}
    kind = "conversation.item.input_audio_transcription.delta"
    conversation = told(turns(SERVER_VAD), began("u1"), {"type": kind, **delta}, turns(None))
    (item,) = conversation.items
    assert (item.text, item.status, item.awaits_transcript) == ("Wait, I", "incomplete", False)


def test_a_turn_that_was_committed_stays() -> None:
    committed = {"type": "input_audio_buffer.committed", "item_id": "u1"}
    for known in (committed, added("u1", "user"), heard("u1", "Hello.")):
        conversation = told(turns(SERVER_VAD), began("u1"), known, turns(None), began("u2"))
        assert [item.id for item in conversation.items] == ["u1", "u2"]


def test_a_session_that_is_no_object_inside_hides_no_later_one() -> None:
    odd = {"type": "session.updated", "session": {"audio": "loud"}}
    assert told(odd, turns(SERVER_VAD)).session == turns(SERVER_VAD)["session"]
