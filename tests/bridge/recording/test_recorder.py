"""Where both sides' sound lies, by a session and a page whose times are told."""

from __future__ import annotations

import asyncio
import base64
import itertools
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.audio.g711 import alaw_encode
from realtime_nb.bridge import Bridge
from realtime_nb.bridge.frames import MICROPHONE, Frame
from realtime_nb.bridge.recording import lanes as recorder_lanes
from realtime_nb.bridge.recording import notes as recorder_notes
from realtime_nb.bridge.recording.lanes import Clock, Lane, Part
from realtime_nb.bridge.recording.recorder import Recorder
from realtime_nb.bridge.recording.recording import make_recording
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

PCM = ("audio/pcm", 24_000, 1)


def level(value: int, ms: float) -> np.ndarray:
    return np.full(round(24 * ms), value, "<i2")


class Talk:
    """A session, a page and a recorder."""

    def __init__(self) -> None:
        self.session, self.view = FakeSession(), FakeView()
        self.bridge = Bridge(self.session, self.view, loop=FakeLoop())
        self.bridge.start()
        bridge = self.bridge
        self.recorder = Recorder(
            self.session, bridge.playback, bridge.uplink, lambda: bridge.has_page
        )
        self.recorder.start()
        self.session.receive({"type": "session.created", "session": {"type": "realtime"}})
        self.session.receive(
            {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}}
        )
        self.seq = 0

    def sends(self, samples: np.ndarray | bytes, t_ms: float) -> None:
        sound = samples if isinstance(samples, bytes) else samples.tobytes()
        self.session.pass_event(
            "sent",
            {"type": "input_audio_buffer.append", "audio": base64.b64encode(sound).decode()},
            t_ms,
        )

    def answers(self, samples: np.ndarray | bytes, t_ms: float, item_id: str = "a1") -> None:
        sound = samples if isinstance(samples, bytes) else samples.tobytes()
        delta = {"response_id": "r", "item_id": item_id, "content_index": 0}
        delta["delta"] = base64.b64encode(sound).decode()
        self.session.receive({"type": "response.output_audio.delta", **delta}, t_ms=t_ms)

    def plays(self, ms: float, now_ms: float, item_id: str = "a1") -> None:
        self.session.clock_ms = now_ms
        self.bridge.playback.play((item_id, 0), round(24 * ms))

    def page_comes(self) -> None:
        self.bridge._receive({"kind": "hello", "client": "page", "version": 1}, ())

    def captures(self, samples: np.ndarray, page_ms: float, now_ms: float) -> None:
        """Have the page send a frame that began at `page_ms` of its clock."""
        frame = Frame(MICROPHONE, 1, self.seq, 0, page_ms, samples.tobytes())
        self.seq += 1
        self.session.clock_ms = now_ms
        taken: list[bytes] = []
        self.session.append_audio = lambda pcm: not taken.append(pcm)
        self.bridge.uplink.take(frame.pack(), lambda pcm: pcm)
        self.sends(taken[0], now_ms)

    def recording(self):
        return make_recording(self.recorder.notes(), self.session.log, self.session.conversation)


@pytest.fixture
async def talk() -> Talk:
    return Talk()


def at(channel: np.ndarray, ms: float) -> int:
    return int(channel[round(24 * ms)])


def spans(channel: np.ndarray) -> list[tuple[float, float, int]]:
    """Return what is not silence: from ms, to ms, level."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], channel.astype(int), [0]))))
    pairs = itertools.pairwise(edges)
    return [(a / 24, b / 24, int(channel[a])) for a, b in pairs if channel[a]]


async def test_both_sides_lie_on_one_clock(talk: Talk) -> None:
    talk.sends(level(5, 1000), 2000)
    talk.answers(level(7, 500), 3000)
    recording = talk.recording()
    left, right = recording.stereo.samples.T
    assert spans(left) == [(1000, 2000, 5)]
    assert spans(right) == [(3000, 3500, 7)]
    assert recording.duration_ms == 3500
    assert recording.lost_ms == 0


async def test_an_answer_lies_where_it_was_played_and_ends_where_it_was_cut(talk: Talk) -> None:
    talk.page_comes()
    talk.answers(level(7, 2000), 1000)
    talk.plays(200, 1500)
    talk.plays(600, 1930)  # a report that was late
    talk.plays(900, 2195)  # and one that was not: it began at 1295
    talk.session.receive(
        {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 850}
    )
    recording = talk.recording()
    assert spans(recording.stereo.samples[:, 1]) == [(1295, 2145, 7)]
    (turn,) = recording.turns
    assert turn.audio.duration_ms == 850
    assert (turn.role, turn.start_ms) == ("assistant", 1295)


async def test_an_answer_lies_where_it_sounded_and_not_where_the_worklet_took_it(
    talk: Talk,
) -> None:
    talk.page_comes()
    talk.answers(level(7, 500), 1000)
    for now_ms, ms in ((1300, 200), (1500, 400)):
        talk.session.clock_ms = now_ms
        streams = [{"stream": 1, "samples": 24 * ms}]
        talk.bridge._receive(
            {"kind": "played", "client": "page", "streams": streams, "latency_ms": 150}, ()
        )
    talk.session.clock_ms = 1600
    talk.bridge._receive({"kind": "drained", "client": "page", "stream": 1}, ())
    assert spans(talk.recording().stereo.samples[:, 1]) == [(1250, 1750, 7)]


async def test_what_the_page_got_and_never_played_was_not_heard(talk: Talk) -> None:
    talk.page_comes()
    talk.answers(level(7, 2000), 1000)
    assert talk.recording().duration_ms == 0
    assert talk.recording().turns == ()


async def test_a_stall_of_the_page_is_a_pause(talk: Talk) -> None:
    talk.page_comes()
    talk.answers(level(7, 1000), 0)
    talk.plays(400, 500)
    talk.plays(600, 1500)
    talk.plays(1000, 1900)
    expected = [(100, 500, 7), (1300, 1900, 7)]
    recording = talk.recording()
    assert spans(recording.stereo.samples[:, 1]) == expected
    assert recording.turns[0].audio.duration_ms == 1000


async def test_late_microphone_frames_are_no_pause(talk: Talk) -> None:
    talk.page_comes()
    for place in range(100):
        # The kernel stood still for a second: its frames come at once, afterwards.
        now = max(5040 + 40 * place, 7000 if 25 <= place < 60 else 0)
        talk.captures(level(5, 40), 1e12 + 40 * place, now)
    assert spans(talk.recording().stereo.samples[:, 0]) == [(5000, 9000, 5)]


async def test_a_microphone_that_was_off_leaves_a_pause(talk: Talk) -> None:
    talk.page_comes()
    for place in (*range(10), *range(50, 60)):
        talk.captures(level(5, 40), 1e12 + 40 * place, 1040 + 40 * place)
    assert spans(talk.recording().stereo.samples[:, 0]) == [(1000, 1400, 5), (3000, 3400, 5)]


async def test_a_page_of_another_computer_has_another_clock(talk: Talk) -> None:
    talk.page_comes()
    for place in range(10):
        talk.captures(level(5, 40), 1e12 + 40 * place, 1040 + 40 * place)
    for place in range(10):
        talk.captures(level(6, 40), 4e11 + 40 * place, 60_040 + 40 * place)
    assert spans(talk.recording().stereo.samples[:, 0]) == [(1000, 1400, 5), (60_000, 60_400, 6)]


async def test_odd_frames_of_a_page_are_counted_and_do_no_harm(talk: Talk) -> None:
    talk.page_comes()
    sound = level(5, 40).tobytes()
    good = Frame(MICROPHONE, 1, 0, 0, 1000.0, sound).pack()
    odd = [
        b"",
        good[:23],
        good[:-1],
        good[:24],  # no sound
        b"\7" + good[1:],
        Frame(MICROPHONE, 1, 0, 0, float("nan"), sound).pack(),
    ]
    for frame in odd:
        talk.bridge.uplink.take(frame, lambda pcm: pcm)
    assert talk.session.did == []
    assert talk.bridge.uplink.refused_frames == len(odd)
    talk.bridge.uplink.take(good, lambda pcm: pcm)
    assert talk.recording().duration_ms == 40


async def test_a_clip_sent_faster_than_speech_moves_the_clock_on(talk: Talk) -> None:
    for _ in range(50):
        talk.sends(level(5, 200), 1000)
    talk.answers(level(7, 3000), 1100)
    talk.session.pass_event("sent", {"type": "input_audio_buffer.commit"})
    talk.sends(level(6, 200), 1200)
    left, right = talk.recording().stereo.samples.T
    assert spans(left)[0] == (800, 10_800, 5)
    assert spans(right) == [(10_900, 13_900, 7)]
    # Nobody heard the answer, so the next clip is heard after it.
    assert spans(left)[1] == (13_900, 14_100, 6)


async def test_turns_by_the_services_ear(talk: Talk) -> None:
    talk.sends(np.concatenate([level(0, 500), level(5, 1000), level(0, 500)]), 2000)
    buffer = "input_audio_buffer"
    talk.session.receive(
        {"type": f"{buffer}.speech_started", "item_id": "u1", "audio_start_ms": 400},
        {"type": f"{buffer}.speech_stopped", "item_id": "u1", "audio_end_ms": 1700},
        {"type": f"{buffer}.committed", "item_id": "u1"},
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "u1",
            "transcript": "good morning",
        },
    )
    (turn,) = talk.recording().turns
    assert (turn.role, turn.start_ms, turn.audio.duration_ms) == ("user", 400, 1300)
    assert turn.text == turn.audio.caption == "good morning"
    assert talk.recording().user[0] == turn.audio


async def test_turns_by_hand_and_without_the_pauses_between(talk: Talk) -> None:
    commit = {"type": "input_audio_buffer.commit"}
    talk.sends(level(5, 1000), 1000)
    talk.session.pass_event("sent", commit)
    talk.sends(level(6, 100), 1100)  # sent before the service has answered
    talk.session.receive({"type": "input_audio_buffer.committed", "item_id": "u1"})
    talk.sends(level(6, 500), 4000)
    talk.session.pass_event("sent", commit)
    talk.session.receive({"type": "input_audio_buffer.committed", "item_id": "u2"})
    talk.session.pass_event("sent", commit)
    talk.session.receive(
        {"type": "error", "error": {"code": "input_audio_buffer_commit_empty", "message": "-"}}
    )
    talk.sends(level(8, 300), 9000)
    talk.session.receive({"type": "input_audio_buffer.cleared"})
    talk.sends(level(9, 400), 9400)
    talk.session.pass_event("sent", commit)
    talk.session.receive({"type": "input_audio_buffer.committed", "item_id": "u3"})
    first, second, third = talk.recording().turns
    assert np.unique(first.audio.samples * 32768).tolist() == [5]
    assert first.audio.duration_ms == 1000
    assert np.unique(second.audio.samples * 32768).tolist() == [6]
    assert (second.start_ms, second.audio.duration_ms) == (3500, 600)
    assert np.unique(third.audio.samples * 32768).tolist() == [9]


async def test_phone_codes_and_odd_sound(talk: Talk) -> None:
    formats = {"input": {"format": {"type": "audio/pcma"}}, "output": {"format": {}}}
    talk.session.receive({"type": "session.updated", "session": {"audio": formats}})
    talk.sends(alaw_encode(np.full(8000, 8000, np.int16)), 1000)
    talk.answers(level(7, 100).tobytes() + b"\7", 1000)
    talk.answers(b"\0" + level(7, 100).tobytes(), 1000)
    talk.answers(b"", 1000)
    talk.session.receive(
        {"type": "response.output_audio.delta", "item_id": "a1", "delta": "no base64!"},
        {"type": "response.output_audio.delta", "item_id": 7, "delta": "AAAA"},
        {"type": "response.output_audio.delta", "item_id": "a1", "delta": 7},
    )
    left, right = talk.recording().stereo.samples.T
    assert abs(at(left, 500) - 8000) < 300
    assert at(right, 1050) == at(right, 1150) == 7


async def test_sound_the_log_let_go_is_silence_and_counted(talk: Talk) -> None:
    talk.session.log = EventLog(max_audio_bytes=40_000)
    for place in range(10):
        talk.sends(level(5, 200), 200 + 200 * place)
    recording = talk.recording()
    left = recording.stereo.samples[:, 0]
    assert recording.duration_ms == 2000
    assert spans(left) == [(recording.lost_ms, 2000, 5)]
    assert recording.lost_ms == 1400
    assert "lost" in repr(recording)


async def test_what_comes_while_it_is_made_waits_for_the_next(talk: Talk) -> None:
    talk.sends(level(5, 200), 200)
    notes = talk.recorder.notes()
    talk.sends(level(6, 200), 400)
    recording = make_recording(notes, talk.session.log, talk.session.conversation)
    assert spans(recording.stereo.samples[:, 0]) == [(0, 200, 5)]


async def test_a_translation_flows(talk: Talk) -> None:
    for place in range(5):
        sound = base64.b64encode(level(7, 200).tobytes()).decode()
        event = {"type": "session.output_audio.delta", "delta": sound, "sample_rate": 24_000}
        talk.session.receive(event, t_ms=1200 + 190 * place)
    assert spans(talk.recording().stereo.samples[:, 1]) == [(1000, 2000, 7)]


ODD = st.one_of(
    st.none(), st.integers(), st.text(max_size=3), st.lists(st.integers()), st.booleans()
)
KINDS = [
    "response.output_audio.delta",
    "session.output_audio.delta",
    "conversation.item.truncated",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "input_audio_buffer.cleared",
    "error",
]
FIELDS = ["item_id", "content_index", "audio_start_ms", "audio_end_ms", "sample_rate", "channels"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.dictionaries(st.sampled_from([*FIELDS, "delta", "error"]), ODD),
            st.booleans(),
        ),
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_a_service_sends_can_be_recorded(events) -> None:
    async def go() -> None:
        talk = Talk()
        talk.sends(level(5, 100), 100)
        for place, (kind, fields, with_sound) in enumerate(events):
            sound = {"delta": "AAAA" * 20} if with_sound else {}
            event = Event({"item_id": "a1", "type": kind, **fields, **sound})
            record = talk.session.log.append("received", event, t_ms=100.0 * place, size=9)
            talk.recorder._take(record, frozenset())
        assert talk.recording().duration_ms >= 100

    asyncio.run(go())


async def test_notes_are_bounded(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_notes, "KEPT", 5)
    monkeypatch.setattr(recorder_lanes, "_SEGMENTS", 5)
    for place in range(50):
        talk.answers(level(7, 10), 1000.0 * place, f"a{place}")
        talk.sends(level(5, 10), 1000.0 * place)
        talk.session.receive({"type": "input_audio_buffer.committed", "item_id": f"u{place}"})
    notes = talk.recorder.notes()
    assert len(notes.parts) <= 6
    assert len(notes.turns) <= 6
    assert len(notes.user.segments) == 5
    assert at(talk.recording().stereo.samples[:, 0], talk.recording().duration_ms - 1) == 5


async def test_it_is_saved_in_two_channels(talk: Talk, tmp_path) -> None:
    talk.sends(level(5, 100), 100)
    talk.answers(level(7, 100), 50)
    path = talk.recording().save(tmp_path / "talk.wav")
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 24_000, 3600)
        samples = np.frombuffer(file.readframes(3600), "<i2").reshape(-1, 2)
    assert spans(samples[:, 0]) == [(0, 100, 5)]
    assert spans(samples[:, 1]) == [(50, 150, 7)]
    assert "<audio" in talk.recording()._repr_html_()


def test_a_part_a_page_joined_late_is_heard_from_there() -> None:
    part = Part(PCM, 0.0, ms=1000, missed_ms=400)
    part.play(700, 600)
    assert part.pieces() == [(500, 400, 600)]


def test_a_lane_of_an_hour_is_one_segment() -> None:
    lane = Lane(Clock(), leads=True)
    for place in range(90_000):
        lane.add(place, 40.0 * (place + 1), 1920, 40.0, PCM)
    assert len(lane.segments) == 1
    assert lane.segments[0].end_ms == pytest.approx(3_600_000)


async def test_a_turn_that_never_ended_is_none_of_the_recording(talk: Talk) -> None:
    begun = {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
    talk.session.receive(begun)
    talk.sends(level(500, 1000), 1000)
    talk.session.receive({"type": "input_audio_buffer.cleared"})
    assert talk.recording().turns == ()


async def test_a_turn_given_up_and_committed_all_the_same_is_whole_in_it(talk: Talk) -> None:
    begun = {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
    vad = {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    talk.session.receive(begun)
    talk.sends(level(500, 1000), 1000)
    talk.session.receive(
        {"type": "session.updated", "session": vad},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 900},
    )
    assert talk.recording().turns == ()
    talk.session.receive({"type": "input_audio_buffer.committed", "item_id": "u1"})
    (turn,) = talk.recording().turns
    assert turn.audio.duration_ms == pytest.approx(800)


def test_every_moment_keeps_its_place_when_the_clock_moves_on_later() -> None:
    clock = Clock()
    lane = Lane(clock, leads=True)
    assert clock.place(500.0) == 500.0
    for seq in range(100):
        lane.add(seq, 1000.0 + seq / 10, 1920, 40.0, PCM)
    # Four seconds of sound were sent in 10 ms; what came before that stays where it was.
    assert clock.place(900.0) == 900.0
    assert clock.place(1100.0) == clock.at(1100.0) == pytest.approx(1100 + clock.ahead_ms)
    assert clock.ahead_ms > 3000
    places = [clock.place(t) for t in np.linspace(0, 2000, 500)]
    assert places == sorted(places)
    clock.move_on(1000.0, 5.0)
    assert clock.place(1500.0) == clock.at(1500.0)
    twin = recorder_notes.Notes(clock).copy()
    clock.move_on(1600.0, 1000.0)
    assert twin.clock.place(1700.0) == clock.at(1700.0) - 1000
