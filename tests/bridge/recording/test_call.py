"""Where a call's sound lies: told by its events and by what the page recorded."""

from __future__ import annotations

import numpy as np
import pytest

from realtime_nb.bridge.recording.call import CallNotes
from realtime_nb.bridge.recording.notes import Notes
from realtime_nb.bridge.recording.recording import make_recording
from realtime_nb.inspection.latency import Latency
from realtime_nb.inspection.timeline.turns import read_story
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

MS = 24


class Call:
    """A call as it happens: events and sound in, notes and recording out."""

    def __init__(self):
        self.log, self.notes, self.conversation = EventLog(), CallNotes(), Conversation()

    def event(self, t_ms, kind, **fields):
        record = self.log.append("received", Event({"type": kind, **fields}), t_ms=t_ms, size=1)
        self.notes.take(record)
        self.conversation.apply("received", record.event, t_ms)

    def sound(self, side, t_ms, ms, level):
        wave = np.full(round(ms * MS), level, "<i2")
        for begin in range(0, round(ms), 40):
            piece = wave[begin * MS : (begin + 40) * MS]
            self.log.record_sound(side, piece.tobytes(), t_ms + begin)

    def answer(self, number, started_ms):
        about = {"response_id": f"resp_{number}", "item_id": f"item_{number}"}
        item = {"id": f"item_{number}", "type": "message", "role": "assistant"}
        self.event(started_ms - 5, "response.created", response={"id": f"resp_{number}"})
        self.event(started_ms - 4, "conversation.item.added", item=item)
        part = {"type": "audio", "transcript": ""}
        self.event(started_ms - 2, "response.content_part.added", content_index=0, part=part,
                   **about)  # fmt: skip
        self.event(started_ms, "output_audio_buffer.started", response_id=f"resp_{number}")

    def laid(self):
        notes = Notes(last_seq=len(self.log) - 1)
        self.notes.lay(notes, self.log.recorded)
        return notes

    def recording(self):
        return make_recording(self.laid(), self.log, self.conversation)


@pytest.fixture
def call():
    return Call()


def test_an_answer_lies_from_its_first_audible_sample_to_its_last(call):
    call.answer(1, 1_000.0)
    call.sound("output", 500.0, 600, 3)  # a hiss that nobody hears
    call.sound("output", 1_100.0, 800, 9_000)
    call.sound("output", 1_900.0, 700, 0)
    call.event(1_850.0, "output_audio_buffer.stopped", response_id="resp_1")
    part = call.laid().parts["item_1", 0]
    assert part.pieces() == [(pytest.approx(1_100), 0.0, pytest.approx(800))]
    assert part.cut_ms is None
    [turn] = call.recording().turns
    assert (turn.role, turn.start_ms) == ("assistant", pytest.approx(1_100))
    assert len(turn.audio.samples) == 800 * MS
    assert turn.audio.samples.min() > 0.2


def test_an_answer_that_is_heard_before_the_word_of_it_took_no_time_to_be_played(call):
    call.answer(1, 1_000.0)
    call.sound("output", 940.0, 800, 9_000)
    call.event(1_850.0, "output_audio_buffer.stopped", response_id="resp_1")
    [turn] = read_story(call.log, call.laid()).turns
    assert turn.delta_ms == turn.audible_ms == pytest.approx(940.0)
    [row] = Latency((turn,)).rows
    assert row["playback_ms"] == 0.0


def test_an_answer_that_nobody_heard_is_looked_for_once(call, monkeypatch):
    call.answer(1, 1_000.0)
    call.sound("output", 500.0, 3_000, 0)
    call.event(1_850.0, "output_audio_buffer.stopped", response_id="resp_1")
    assert call.laid().parts == {}
    monkeypatch.delattr(type(call.log.recorded), "between")
    assert call.laid().parts == {}


def test_one_that_was_cleared_is_cut_where_it_fell_silent(call):
    call.answer(1, 1_000.0)
    call.sound("output", 1_000.0, 700, 9_000)
    call.sound("output", 1_700.0, 900, 0)
    call.event(1_600.0, "output_audio_buffer.cleared", response_id="resp_1")
    part = call.laid().parts["item_1", 0]
    assert part.cut_ms == pytest.approx(700)
    story = read_story(call.log, call.laid())
    assert story.turns[0].interrupted
    assert story.turns[0].audible_ms == pytest.approx(1_000)


def test_each_answer_has_its_own_sound_though_they_follow_at_once(call):
    call.answer(1, 1_000.0)
    call.sound("output", 1_000.0, 500, 9_000)
    call.event(1_500.0, "output_audio_buffer.stopped", response_id="resp_1")
    call.answer(2, 1_600.0)
    call.sound("output", 1_500.0, 100, 0)
    call.sound("output", 1_600.0, 500, 12_000)
    call.event(2_100.0, "output_audio_buffer.stopped", response_id="resp_2")
    call.sound("output", 2_100.0, 600, 0)
    first, second = call.recording().turns
    assert first.audio.samples.max() < 0.3 < second.audio.samples.min()
    assert len(first.audio.samples) == len(second.audio.samples) == 500 * MS


def test_sound_with_a_hole_is_laid_on_both_sides_of_it(call):
    call.answer(1, 1_000.0)
    call.sound("output", 1_000.0, 400, 9_000)
    call.sound("output", 1_900.0, 400, 9_000)  # half a second late
    call.sound("output", 2_300.0, 800, 0)
    call.event(2_300.0, "output_audio_buffer.stopped", response_id="resp_1")
    pieces = call.laid().parts["item_1", 0].pieces()
    assert [(round(at), round(first), round(last)) for at, first, last in pieces] == [
        (1_000, 0, 400),
        (1_900, 400, 800),
    ]


def test_the_users_words_lie_where_the_quickest_word_of_the_service_puts_them(call):
    # The service's count begins 5 s into the session; its words are 20 ms on their way.
    call.sound("input", 4_000.0, 6_000, 0)
    call.event(7_320.0, "input_audio_buffer.speech_started", item_id="item_1", audio_start_ms=2_000)
    call.event(8_520.0, "input_audio_buffer.speech_stopped", item_id="item_1", audio_end_ms=3_500)
    call.event(8_530.0, "input_audio_buffer.committed", item_id="item_1")
    notes = call.laid()
    assert notes.user.pieces(*notes.turns["item_1"]) == [
        (pytest.approx(7_020), pytest.approx(8_520))
    ]
    story = read_story(call.log, notes)
    assert story.turns[0].said_ms == pytest.approx(8_520)


def test_a_turn_that_was_ended_by_hand_begins_where_the_one_before_ended(call):
    call.sound("input", 0.0, 5_000, 9_000)
    call.event(1_000.0, "input_audio_buffer.cleared")
    call.event(2_000.0, "input_audio_buffer.committed", item_id="item_1")
    call.event(3_500.0, "input_audio_buffer.committed", item_id="item_2")
    notes = call.laid()
    assert notes.turns == {"item_1": (1_000.0, 2_000.0), "item_2": (2_000.0, 3_500.0)}
    first, second = call.recording().turns
    assert (first.audio.duration_ms, second.audio.duration_ms) == (1_000.0, 1_500.0)


def test_on_a_call_that_nobody_recorded_the_words_alone_tell(call):
    call.event(2_000.0, "input_audio_buffer.speech_started", item_id="item_0", audio_start_ms=9_000)
    call.event(3_000.0, "input_audio_buffer.speech_stopped", item_id="item_0", audio_end_ms=10_900)
    call.answer(1, 4_000.0)
    call.event(5_000.0, "output_audio_buffer.stopped", response_id="resp_1")
    notes = call.laid()
    assert notes.parts["item_1", 0].pieces() == [(4_000.0, 0.0, 1_000.0)]
    story = read_story(call.log, notes)
    assert story.turns[0].audible_ms == 4_000.0
    assert story.turns[0].said_ms == pytest.approx(3_000)
    recording = call.recording()
    assert recording.turns == ()
    assert recording.lost_ms == 0


def test_what_makes_no_sense_lays_nothing(call):
    call.event(1.0, "output_audio_buffer.started")
    call.event(2.0, "output_audio_buffer.stopped", response_id=["x"])
    call.event(3.0, "input_audio_buffer.speech_stopped", item_id=7, audio_end_ms="soon")
    call.event(4.0, "response.content_part.added", part={"type": "audio"}, content_index="first")
    assert call.laid().parts == {}
    assert call.recording().turns == ()
