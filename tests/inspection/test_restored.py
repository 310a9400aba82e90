"""A talk that lost its session and was restored, in tables, pictures, reports and files."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from realtime_nb.inspection.archive.reading import read
from realtime_nb.inspection.archive.saving import save
from realtime_nb.inspection.check import check
from realtime_nb.inspection.cost.usage_table import bill
from realtime_nb.inspection.frames import items, turns
from realtime_nb.inspection.latency import latency
from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.inspection.report.html import report_html
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.log.event_log import EventLog
from tests.protocol.restored_talk import Turn, cut, whole

if TYPE_CHECKING:
    from pathlib import Path

TURNS = (
    Turn("voice", ("what", "time"), ("just", "noon", "now"), cut=True),
    Turn("typed", ("and", "you"), ("fine", "thanks", "so")),
    Turn("voice", ("bye",), ("bye", "bye"), lead=2),
)
IN_SPEECH, IN_ANSWER, IN_LAST_SPEECH = 5, 18, 50


def _talk(*places: int) -> Talk:
    made = cut(TURNS, *places)
    return Talk(made.log, made.conversation, model="gpt-realtime")


@pytest.mark.parametrize("place", [IN_SPEECH, IN_ANSWER, IN_LAST_SPEECH])
def test_the_speech_lies_where_it_does_without_a_loss(place: int) -> None:
    plain = whole(TURNS)
    names = ["said", "spoken", "speech_start_ms", "speech_end_ms"]
    expected = turns(Talk(plain.log, plain.conversation)).get(names)
    assert turns(_talk(place)).get(names).equals(expected)


def test_an_answer_that_broke_is_told_as_that() -> None:
    talk = _talk(IN_ANSWER)
    table = turns(talk)
    assert table["status"].tolist()[0] == "completed"
    assert table["interrupted"].tolist()[0]
    assert table["responses"].tolist()[0] == 2
    assert "cut off: the connection broke" in report_html(talk)
    assert items(talk)["status"].tolist()[1] == "incomplete"


def test_where_nobody_answered_any_more_a_turn_has_an_end() -> None:
    made = cut(TURNS[:1], IN_ANSWER)
    log = made.log[: [record.event.type for record in made.log].index("realtime_nb.lost") + 1]
    kept = EventLog()
    for record in log:
        kept.append(record.direction, record.event, t_ms=record.t_ms, size=record.size)
    talk = Talk(kept, Conversation.replay(kept))
    table = turns(talk)
    assert table["status"].tolist() == ["incomplete"]
    assert table["done_ms"].tolist() == [log[-1].t_ms]
    line = timeline(talk)
    assert [away.end_ms for away in line.aways] == [None]
    ET.fromstring(line.svg())  # noqa: S314 -- our own


@pytest.mark.parametrize("place", [IN_SPEECH, IN_ANSWER, IN_LAST_SPEECH])
def test_the_timeline_has_the_turns_once_and_the_stretch_without_a_session(place: int) -> None:
    talk = _talk(place)
    line = timeline(talk)
    assert [turn.kind for turn in line.turns] == ["voice", "typed", "voice"]
    assert len(latency(talk)) == 3
    assert [mark.kind for mark in line.marks if mark.kind == "typed"] == ["typed"]
    (away,) = line.aways
    lost, restored = (
        next(mark for mark in line.marks if mark.kind == kind) for kind in ("lost", "restored")
    )
    assert (away.start_ms, away.end_ms) == (lost.t_ms, restored.t_ms)
    assert lost.label == "the connection broke (1006)"
    picture = ET.fromstring(line.svg())  # noqa: S314 -- our own
    titles = [one.text or "" for one in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("the connection broke (1006); restored") for title in titles)


def test_a_turn_that_was_interrupted_by_the_loss_says_so() -> None:
    turn = timeline(_talk(IN_ANSWER)).turns[0]
    assert turn.interrupted
    assert turn.responses == 2


def test_a_file_says_the_same(tmp_path: Path) -> None:
    talk = _talk(IN_SPEECH, IN_ANSWER, IN_LAST_SPEECH)
    opened = read(save(talk, tmp_path / "talk.rtnb")).talk
    assert items(opened).equals(items(talk))
    assert turns(opened).equals(turns(talk))
    assert timeline(opened).df.equals(timeline(talk).df)
    assert str(bill(opened).total) == str(bill(talk).total)
    assert [one.rule for one in check(opened.log)] == [one.rule for one in check(talk.log)]
    assert opened.conversation.sent_audio_ms == talk.conversation.sent_audio_ms


def test_the_log_alone_says_the_same(tmp_path: Path) -> None:
    talk = _talk(IN_SPEECH, IN_ANSWER, IN_LAST_SPEECH)
    path = RealtimeLog(talk.log).to_jsonl(tmp_path / "talk.jsonl")
    again = RealtimeLog.read(path).talk()
    assert items(again)["text"].tolist() == items(talk)["text"].tolist()
    assert turns(again).equals(turns(talk))
    assert again.conversation.input_audio_ms == talk.conversation.input_audio_ms
