"""Items and turns as frames: what a talk came to, with columns and units stated."""

from __future__ import annotations

import base64
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pytest

from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import UsageError
from realtime_nb.inspection import RealtimeLog, Talk, frames
from realtime_nb.inspection.tables import ItemList, TurnTable
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = base64.b64encode(bytes(48_000)).decode()


def message(item_id: str, role: str, content: list[dict[str, str]]) -> dict[str, Any]:
    return {"id": item_id, "type": "message", "role": role, "content": content}


def talk_of(*events: dict[str, Any]) -> Talk:
    """Return a talk of events 10 ms apart."""
    log = EventLog()
    for number, data in enumerate(events):
        log.append("received", Event(data), t_ms=10.0 * number, size=50)
    return Talk(log, RealtimeLog(log).conversation())


def barge_in() -> Talk:
    """Return a spoken turn whose answer is cut, and a call that is answered."""
    one, two = {"response_id": "r1", "item_id": "a1"}, {"response_id": "r2", "item_id": "f1"}
    return talk_of(
        {"type": "session.created", "session": {"id": "s"}},
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1300},
        {
            "type": "conversation.item.added",
            "item": message("u1", "user", [{"type": "input_audio"}]),
        },
        {"type": "response.created", "response": {"id": "r1", "conversation_id": "c"}},
        {
            "type": "response.output_item.added",
            "response_id": "r1",
            "item": message("a1", "assistant", []),
        },
        {"type": "response.output_audio_transcript.delta", **one, "delta": "one two three four"},
        {"type": "response.output_audio.delta", **one, "delta": SECOND},
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "u1",
            "transcript": "Count <b>",
        },
        {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 500},
        {"type": "response.done", "response": {"id": "r1", "status": "cancelled"}},
        {"type": "response.created", "response": {"id": "r2", "conversation_id": "c"}},
        {
            "type": "response.output_item.added",
            "response_id": "r2",
            "item": {"id": "f1", "type": "function_call", "name": "clock", "call_id": "c1"},
        },
        {"type": "response.function_call_arguments.delta", **two, "delta": "{}"},
        {"type": "response.done", "response": {"id": "r2", "status": "completed"}},
    )


def test_a_turn_is_a_row() -> None:
    table = frames.turns(barge_in())
    assert list(table.columns) == list(frames.TURN_COLUMNS)
    (row,) = table.to_dict("records")
    assert row == {
        "turn": 1,
        "item_id": "u1",
        "said": "Count <b>",
        "spoken": True,
        "speech_start_ms": 300,
        "speech_end_ms": 1300,
        "started_ms": 10.0,
        "stopped_ms": 20.0,
        "responses": 2,
        "response_id": "r2",
        "status": "completed",
        "created_ms": 40.0,
        "first_delta_ms": 60.0,
        "done_ms": 140.0,
        "answer": "one two three four",
        "heard": "one two",
        "answer_ms": 1000.0,
        "interrupted": True,
        "calls": "clock",
    }
    assert table.attrs["columns"]["done_ms"].endswith("ms on the session's clock")


def test_an_item_is_a_row() -> None:
    table = frames.items(barge_in())
    assert list(table.columns) == list(frames.ITEM_COLUMNS)
    assert list(table["item_id"]) == ["u1", "a1", "f1"]
    assert table["truncated_ms"].tolist()[1] == 500
    assert pd.isna(table["truncated_ms"][0])
    assert table["audio_ms"].tolist()[:2] == [1000, 1000]  # of the speech, and as received
    assert pd.isna(table["audio_ms"][2])
    assert table["name"][2] == "clock"


def test_what_has_no_sound_or_none_known_has_a_missing_length() -> None:
    spoken = [{"type": "input_audio"}]
    talk = talk_of(
        {
            "type": "conversation.item.added",
            "item": message("typed", "user", [{"type": "input_text", "text": "Hi"}]),
        },
        {"type": "conversation.item.added", "item": message("said", "user", spoken)},
        {"type": "input_audio_buffer.speech_started", "item_id": "on", "audio_start_ms": 300},
        {"type": "conversation.item.added", "item": message("on", "user", spoken)},
    )
    assert frames.items(talk)["audio_ms"].isna().tolist() == [True, True, True]
    assert frames.turns(talk)["answer_ms"].isna().all()


def test_times_have_no_more_digits_than_mean_something() -> None:
    log = EventLog()
    text = [{"type": "input_text", "text": "Hi"}]
    event = Event({"type": "conversation.item.added", "item": message("u", "user", text)})
    log.append("received", event, t_ms=1234.56789012, size=50)
    talk = RealtimeLog(log).talk()
    assert frames.items(talk)["started_ms"].tolist() == [1234.568]
    assert frames.turns(talk)["started_ms"].tolist() == [1234.568]
    assert log.df["t_ms"].tolist() == [1234.56789012]


def test_a_list_of_items_is_told_in_a_line() -> None:
    items = ItemList(barge_in().conversation.items)
    assert repr(items) == "<3 items; .df has them as a frame>"
    assert repr(ItemList(items[:1])) == "<1 item; .df has them as a frame>"
    assert pickle.loads(pickle.dumps(items)) == items  # noqa: S301 -- our own


def test_what_was_said_before_the_first_turn_has_number_0() -> None:
    greeting = talk_of(
        {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}},
        {
            "type": "response.output_item.added",
            "response_id": "r",
            "item": message("a", "assistant", []),
        },
        {"type": "response.output_text.delta", "response_id": "r", "item_id": "a", "delta": "Hi"},
        {
            "type": "conversation.item.added",
            "item": message("u", "user", [{"type": "input_text", "text": "Yes?"}]),
        },
    )
    table = frames.turns(greeting)
    assert table["turn"].tolist() == [0, 1]
    assert table["answer"].tolist() == ["Hi", ""]
    assert not table["spoken"].any()
    assert table["status"][0] == "in_progress"
    assert pd.isna(table["status"][1])


def typed_only() -> Talk:
    """Return a talk in which nobody spoke."""
    text = [{"type": "input_text", "text": "Yes?"}]
    return talk_of({"type": "conversation.item.added", "item": message("u", "user", text)})


@pytest.mark.parametrize("talk", [talk_of(), typed_only(), barge_in()])
def test_a_time_is_a_number_also_where_none_is_known(talk: Talk) -> None:
    for table in (frames.turns(talk), frames.items(talk)):
        times = [name for name in table.columns if name.endswith("_ms")]
        assert {str(table[name].dtype) for name in times} == {"float64"}
        assert len(table["started_ms"] / 1000) == len(table)


@pytest.mark.parametrize("told", ["soon", 10**400, [1], True, None])
def test_what_is_no_time_is_a_missing_one_or_a_number(told: Any) -> None:
    talk = talk_of(
        {"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": told},
        {
            "type": "conversation.item.added",
            "item": message("u", "user", [{"type": "input_audio"}]),
        },
        {"type": "conversation.item.truncated", "item_id": "u", "audio_end_ms": told},
    )
    assert frames.turns(talk)["speech_start_ms"].dtype == "float64"
    assert frames.items(talk)["truncated_ms"].dtype == "float64"


def test_half_a_character_keeps_no_frame_from_files_and_polars() -> None:
    text = [{"type": "input_text", "text": "é \ud800 ok"}]
    error = {"type": "error", "error": {"message": "no \udc00", "code": "\ud83d\ude00"}}
    talk = talk_of(
        {"type": "conversation.item.added", "item": message("u\ud800", "user", text)}, error
    )
    log = RealtimeLog(talk.log)
    assert frames.items(talk)["text"].tolist() == ["é \ufffd ok"]
    assert log.df["summary"].tolist() == ["user: é \ufffd ok", "\U0001f600: no \ufffd"]
    assert log.df["item_id"][0] == "u\ufffd"
    assert talk.log[0].event.get("item.id") == "u\ud800"  # the log itself has what the wire had
    for table in (frames.items(talk), frames.turns(talk), log.df, log.check().df):
        assert table.to_csv().encode()
        assert frames.to_polars(table).height == len(table)


def test_frames_of_two_talks_go_together_in_polars() -> None:
    for made in (frames.turns, frames.items):
        one, two = (frames.to_polars(made(talk)) for talk in (typed_only(), barge_in()))
        assert pl.concat([one, two]).height == one.height + two.height


def test_frames_of_nothing_have_their_columns() -> None:
    nothing = talk_of()
    assert list(frames.turns(nothing).columns) == list(frames.TURN_COLUMNS)
    assert list(frames.items(nothing).columns) == list(frames.ITEM_COLUMNS)
    assert "<table>" in ItemList()._repr_html_()


def test_the_same_in_polars() -> None:
    talk = barge_in()
    table = frames.to_polars(frames.items(talk))
    assert isinstance(table, pl.DataFrame)
    assert table["truncated_ms"].to_list() == [None, 500, None]
    assert table["place"].dtype == pl.Int64
    events = RealtimeLog(talk.log).to_polars()
    assert events["type"].to_list()[0] == "session.created"
    assert events["item_id"].null_count() > 0
    assert RealtimeLog().to_polars().is_empty()


def test_without_polars_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r"pip install 'realtime-nb\[polars\]'"):
        RealtimeLog().to_polars()


def test_what_is_shown_is_escaped() -> None:
    talk = barge_in()
    shown = TurnTable(lambda: talk)._repr_html_() + ItemList(talk.conversation.items)._repr_html_()
    assert "<b>" not in shown
    assert "Count &lt;b&gt;" in shown
    assert "one two three four" in shown


@pytest.fixture
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


@pytest.mark.usefixtures("_practice")
def test_turns_of_a_chat_are_a_table_and_a_call() -> None:
    chat = Chat(resolve_endpoint("local"), {"output_modalities": ["text"]})
    chat.open()
    chat.say("hello").result(20)
    assert len(chat.turns) == 1
    (turn,) = chat.turns.df.to_dict("records")
    assert (turn["said"], turn["status"], turn["spoken"]) == ("hello", "completed", False)
    assert turn["answer"] == chat.items[1].text
    assert turn["created_ms"] <= turn["first_delta_ms"] <= turn["done_ms"]
    assert chat.items.df["role"].tolist() == ["user", "assistant"]
    assert chat.items.df["audio_ms"].isna().all()
    assert "hello" in chat.turns._repr_html_()
    assert chat.turns("push_to_talk").result(20) == "push_to_talk"
    chat.close()


def test_any_log_has_frames() -> None:
    log = RealtimeLog(barge_in().log)
    talk = log.talk()
    assert (talk.kind, talk.model, talk.notes) == ("realtime", "", None)
    assert frames.turns(talk)["said"].tolist() == ["Count <b>"]
    log.source.append(
        "received",
        Event({"type": "session.updated", "session": {"type": "translation", "model": "m"}}),
        t_ms=1e4,
        size=1,
    )
    assert (log.talk().kind, log.talk().model) == ("translation", "m")
