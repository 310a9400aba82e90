"""Marks, sound and waveforms of a conversation on one clock."""

from __future__ import annotations

import base64
import math
import re
import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.audio.peaks import fold
from realtime_nb.bridge.recording.lanes import Part
from realtime_nb.bridge.recording.recording import make_recording
from realtime_nb.inspection.latency import latency
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.notes import read_notes
from realtime_nb.inspection.timeline.svg import IMAGE_INK, KINDS, clean, nice_step, stages_of
from realtime_nb.inspection.timeline.view import LONGEST_PIECE_MS, Timeline, timeline
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from realtime_nb.bridge.recording.notes import Notes

RNG = np.random.default_rng(5)
EVIL = '</title><script>alert("x")</script>\u202e\x00\ud800'
PCM = ("audio/pcm", 24_000, 1)
HALF_A_SECOND = RNG.integers(-9000, 9000, 12_000)


def base(samples: np.ndarray) -> str:
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


class Script:
    """A log that is written by hand."""

    def __init__(self) -> None:
        self.log = EventLog()

    def add(self, t_ms: float, kind: str, *, sent: bool = False, **fields: Any) -> int:
        event = Event({"type": kind, **fields})
        size = len(str(fields.get("audio") or fields.get("delta") or "")) + 100
        direction = "sent" if sent else "received"
        return self.log.append(direction, event, t_ms=t_ms, size=size).seq

    def speaks(self, t_ms: float, samples: np.ndarray) -> None:
        """The user, 40 ms a frame, each sent when it is over."""
        for number, start in enumerate(range(0, len(samples), 960)):
            frame = samples[start : start + 960]
            at = t_ms + 40 * (number + 1)
            self.add(at, "input_audio_buffer.append", sent=True, audio=base(frame))

    def answers(self, t_ms: float, item: str, response: str, samples: np.ndarray) -> None:
        about = {"item_id": item, "response_id": response, "content_index": 0}
        for start in range(0, len(samples), 4800):
            delta = base(samples[start : start + 4800])
            self.add(t_ms, "response.output_audio.delta", delta=delta, **about)

    def talk(self, notes: Notes | None = None, **more: Any) -> Talk:
        return Talk(self.log, Conversation.replay(self.log), notes, **more)


def two_turns() -> tuple[Script, Notes]:
    """One turn, an answer, spoken over by a second turn; the page's plays are noted."""
    script = Script()
    vad = {"type": "server_vad", "silence_duration_ms": 400}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": vad}}}
    script.add(0, "session.created", session=session)
    voice = RNG.integers(-9000, 9000, 24 * 4000).astype(np.int16)
    script.speaks(1000, voice)
    script.add(1300, "input_audio_buffer.speech_started", audio_start_ms=200, item_id="u1")
    script.add(2950, "input_audio_buffer.speech_stopped", audio_end_ms=1900, item_id="u1")
    script.add(2952, "input_audio_buffer.committed", item_id="u1")
    script.add(2960, "response.created", response={"id": "r1", "conversation_id": "c"})
    answer = RNG.integers(-9000, 9000, 24 * 3000).astype(np.int16)
    script.answers(3100, "a1", "r1", answer)
    script.add(
        3200, "response.function_call_arguments.done", name=EVIL, response_id="r1", item_id="f"
    )
    script.add(4000, "input_audio_buffer.speech_started", audio_start_ms=2900, item_id="u2")
    done = {"id": "r1", "status": "cancelled", "conversation_id": "c"}
    script.add(4010, "response.done", response=done)
    cut = {"item_id": "a1", "content_index": 0, "audio_end_ms": 800}
    script.add(4020, "conversation.item.truncate", sent=True, **cut)
    script.add(4030, "conversation.item.truncated", **cut)
    script.add(5000, "error", error={"message": EVIL, "code": "x"})
    notes = read_notes(script.log)
    notes.parts["a1", 0] = Part(PCM, 3100, 24 * 3000 * 2, 3000, 0.0, 800, 850, [(3220.0, 0.0)])
    return script, notes


def test_marks_lie_where_things_happened() -> None:
    script, notes = two_turns()
    line = timeline(script.talk(notes))
    at = {mark.kind: mark.t_ms for mark in line.marks if mark.item_id != "u2"}
    assert at["speech_stopped"] == 2950
    assert at["committed"] == 2952
    assert at["response_created"] == 2960
    assert at["first_delta"] == 3100
    assert at["audible"] == pytest.approx(3220)
    assert at["silent"] == pytest.approx(3220 + 850)
    assert at["truncated"] == 4030
    over = [mark for mark in line.marks if mark.kind == "barge_in"]
    assert [(mark.t_ms, mark.item_id) for mark in over] == [(4000, "u2")]
    by_seq = {record.seq: record.event.type for record in script.log}
    assert by_seq[over[0].seq] == "input_audio_buffer.speech_started"
    audible = next(mark for mark in line.marks if mark.kind == "audible")
    assert by_seq[audible.seq] == "response.output_audio.delta"
    assert [mark.t_ms for mark in line.marks] == sorted(mark.t_ms for mark in line.marks)
    assert list(line.df["kind"]) == [mark.kind for mark in line.marks]
    assert list(line.df.attrs["columns"]) == list(line.df.columns)


def test_a_turn_s_way_from_the_sound_to_the_ear() -> None:
    script, notes = two_turns()
    frame = latency(script.talk(notes)).df
    first = frame.iloc[0]
    # Its speech began at 1000 on the clock, and ended 1500 ms of sound later.
    assert first["at_ms"] == pytest.approx(2500)
    assert first["vad_ms"] == pytest.approx(450)
    assert first["commit_ms"] == pytest.approx(2)
    assert first["create_ms"] == pytest.approx(8)
    assert first["delta_ms"] == pytest.approx(140)
    assert first["playback_ms"] == pytest.approx(120)
    assert first["total_ms"] == pytest.approx(720)
    assert first["answer_ms"] == pytest.approx(850)
    assert first["tools"] == 1
    assert first["interrupted"]
    legs = frame.iloc[0][["vad_ms", "commit_ms", "create_ms", "delta_ms", "playback_ms"]]
    assert legs.sum() == pytest.approx(first["total_ms"])
    line = timeline(script.talk(notes))
    assert stages_of(line.turns[0])[-1][2] == pytest.approx(720)
    assert "median 720 ms" in repr(line.latency)
    assert "720" in line.latency._repr_html_()
    assert list(frame.attrs["columns"]) == list(frame.columns)
    assert line.latency.to_polars()["total_ms"].to_list()[0] == pytest.approx(720)


def test_without_notes_nothing_is_said_to_have_been_audible() -> None:
    script, _ = two_turns()
    line = timeline(script.talk())
    kinds = {mark.kind for mark in line.marks}
    assert "first_delta" in kinds
    assert "audible" not in kinds
    frame = line.latency.df
    assert frame["total_ms"].isna().all()
    assert frame["to_delta_ms"].iloc[0] == pytest.approx(600)
    assert line.latency.median_ms is None


def test_the_sound_is_the_recording_s_at_every_place() -> None:
    script, notes = two_turns()
    line = timeline(script.talk(notes))
    stereo = make_recording(notes, script.log, Conversation.replay(script.log)).stereo
    for from_ms, to_ms in ((0, 9_000), (1_234.5, 3_456.7), (3_300, 3_301), (4_015, 4_030)):
        clip = line.clip(from_ms, to_ms)
        first = round(from_ms * 24)
        expected = stereo.samples[first : first + len(clip)]
        differs = np.abs(clip.samples[: len(expected)].astype(int) - expected).max(axis=0)
        assert differs.max(initial=0) == 0, (from_ms, to_ms, differs)
        assert len(clip) >= min(round(to_ms * 24), len(stereo)) - first - 2
    assert line.clip(0, 1e9).duration_ms <= LONGEST_PIECE_MS
    assert len(line.clip(1e9, 2e9)) == 0


def test_peaks_are_those_of_the_samples_at_every_zoom() -> None:
    script, notes = two_turns()
    line = timeline(script.talk(notes))
    sound = line.sound.samples("user", 0, line.duration_ms).astype(int)
    for from_ms, to_ms, count in (
        (0, 5000, 500),
        (1200, 1300, 1000),
        (0, 5000, 77),
        (1500, 1501, 4000),
    ):
        pairs = line.peaks.columns("user", from_ms, to_ms, count)
        assert pairs.shape == (count, 2)
        width = (to_ms - from_ms) / count
        for column in range(0, count, max(1, count // 50)):
            # Every sample of the column is in its pair; the pair is no wider than a bin more.
            first = int(np.ceil((from_ms + column * width) * 24))
            last = int((from_ms + (column + 1) * width) * 24)
            inside = sound[first:last]
            if len(inside):
                assert pairs[column, 0] <= min(0, inside.min()) + 1
                assert pairs[column, 1] >= max(0, inside.max()) - 1
            around = sound[max(0, first - 242) : last + 242]
            assert pairs[column, 1] <= max(0, around.max(initial=0))
    assert line.peaks.columns("user", 1e8, 2e8, 10).tolist() == [[0, 0]] * 10


def test_a_block_that_ends_where_a_column_does_fills_no_other() -> None:
    loud = np.full(240, 1000, np.int16)
    pairs = fold([(10.0, loud)], 0.0, 10.0, 4)
    assert pairs.tolist() == [[0, 0], [0, 1000], [0, 0], [0, 0]]


def test_an_hour_is_drawn_from_few_numbers_and_again_at_once() -> None:
    log = EventLog()
    frame = base(RNG.integers(-9000, 9000, 24_000).astype(np.int16))
    for second in range(3600):
        event = Event({"type": "input_audio_buffer.append", "audio": frame})
        log.append("sent", event, t_ms=1000.0 * (second + 1), size=len(frame))
    line = timeline(Talk(log, Conversation()))
    began = time.perf_counter()
    pairs = line.peaks.columns("user", 0, line.duration_ms, 1000)
    first_s = time.perf_counter() - began
    assert (pairs[:, 1] > 5000).all()
    began = time.perf_counter()
    for start in range(50):
        line.peaks.columns("user", start * 60_000, (start + 10) * 60_000, 1000)
    again_s = (time.perf_counter() - began) / 50
    assert again_s < first_s / 5, (first_s, again_s)
    # A second of it is worked out from the sound itself, and not from all of it.
    began = time.perf_counter()
    line.peaks.columns("user", 1_800_000, 1_801_000, 1000)
    assert time.perf_counter() - began < first_s / 2


def test_the_picture_is_well_formed_and_nothing_in_it_is_markup() -> None:
    script, notes = two_turns()
    conversation = Conversation.replay(script.log)
    line = Timeline(Talk(script.log, conversation, notes, name=EVIL))
    svg = line.svg()
    tree = ET.fromstring(svg)  # noqa: S314 -- our own
    assert "script" not in {node.tag.rpartition("}")[2] for node in tree.iter()}
    assert not {name for node in tree.iter() for name in node.attrib if name.startswith("on")}
    assert "\u202e" not in svg
    assert "\x00" not in svg
    svg.encode()
    titles = " ".join(node.text or "" for node in tree.iter() if node.tag.endswith("title"))
    for kind in ("first_delta", "audible", "barge_in", "truncated", "tool_call"):
        assert KINDS[kind][0] in titles  # type: ignore[index]
    assert len(svg) < 200_000
    assert "barge-in" not in line.svg(from_ms=0, to_ms=2000)
    assert clean("a<b>&\u202e") == "a&lt;b&gt;&amp;\ufffd"


def test_a_cell_shows_an_image_which_pages_keep_that_take_svg_away() -> None:
    script, notes = two_turns()
    conversation = Conversation.replay(script.log)
    line = Timeline(Talk(script.log, conversation, notes, name=f'"{EVIL}'))
    shown = ET.fromstring(line._repr_html_().removesuffix(">") + "/>")  # noqa: S314 -- our own
    assert shown.tag == "img"
    assert set(shown.attrib) == {"alt", "style", "src"}
    kind, _, data = shown.attrib["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    # Words in a grey of its own, which an image cannot take from the page; and no ground.
    svg = base64.b64decode(data).decode()
    assert svg.replace(f' color="{IMAGE_INK}"', "") == line.svg()
    assert f'<svg color="{IMAGE_INK}"' in svg
    assert "background" not in shown.attrib["style"]
    assert "opacity" not in re.sub("(fill|stroke)-opacity", "", svg)
    assert shown.attrib["alt"].startswith('Timeline of "')
    assert shown.attrib["alt"].endswith(" s, 1 turn")
    assert "\u202e" not in shown.attrib["alt"]


def test_the_title_tells_what_is_drawn() -> None:
    script, notes = two_turns()
    line = Timeline(Talk(script.log, Conversation.replay(script.log), notes, name="mine"))
    begin_ms = line.turns[0].begin_ms
    assert begin_ms is not None
    assert ", 1 turn</title>" in line.svg()
    assert "mine: 0 s to" in line.svg(to_ms=begin_ms - 1)
    assert ", 0 of 1 turn</title>" in line.svg(to_ms=begin_ms - 1)
    assert ", 1 turn</title>" in line.svg(from_ms=begin_ms)
    assert " to " in line.svg(from_ms=begin_ms).partition("</title>")[0]


def test_an_empty_log_and_a_silent_one_have_a_timeline() -> None:
    empty = timeline(Talk(EventLog(), Conversation()))
    ET.fromstring(empty.svg())  # noqa: S314 -- our own
    assert len(empty.clip(0, 1000)) == 0
    assert empty.latency.df.empty
    assert list(empty.latency.df.columns)[:3] == ["turn", "item_id", "kind"]
    script = Script()
    script.add(5, "conversation.item.create", sent=True, item={"role": "user", "id": "i"})
    typed = timeline(script.talk())
    assert [mark.kind for mark in typed.marks] == ["typed"]
    assert typed.to_polars()["kind"].to_list() == ["typed"]


def test_a_crowd_of_marks_is_bounded_in_the_picture() -> None:
    script = Script()
    for number in range(3000):
        script.add(number, "error", error={"message": "no"})
    script.add(1500, "input_audio_buffer.committed", item_id="u")
    svg = timeline(script.talk()).svg()
    assert "marks left out" in svg
    assert svg.count("<line") < 700
    assert "committed" in svg


def test_a_log_of_another_tool_with_nonsense_in_it_is_read() -> None:
    script = Script()
    script.add(0, "session.updated", session={"audio": {"input": {"format": {"rate": -5}}}})
    script.add(1, "response.output_audio.delta", delta=5, item_id=["x"])
    script.add(2, "response.output_audio.delta", delta="%%%", item_id="a", response_id=3)
    script.add(3, "input_audio_buffer.speech_started", audio_start_ms="soon", item_id=None)
    script.add(4, "input_audio_buffer.speech_stopped", audio_end_ms=-1e300, item_id={})
    script.add(5, "response.created", response="none")
    script.add(6, "conversation.item.truncated", item_id="a", audio_end_ms=-5, content_index=0)
    script.add(7, "response.done", response=[1])
    line = timeline(script.talk())
    ET.fromstring(line.svg())  # noqa: S314 -- our own
    assert line.marks


@pytest.mark.parametrize(
    "odd",
    [10**400, -(10**400), math.inf, math.nan, 1e300, -5, True, "x"],
    ids=lambda odd: str(odd)[:5],
)
def test_a_time_that_no_sound_could_have_is_none(odd: object) -> None:
    script = Script()
    detection = {"turn_detection": {"silence_duration_ms": odd}}
    script.add(0, "session.updated", session={"audio": {"input": detection}})
    script.speaks(500, HALF_A_SECOND)
    script.add(500, "input_audio_buffer.speech_started", audio_start_ms=odd, item_id="a")
    script.add(510, "input_audio_buffer.speech_stopped", audio_end_ms=odd, item_id="a")
    script.add(520, "response.created", response={"id": "r"})
    script.answers(530, "b", "r", HALF_A_SECOND)
    script.add(540, "conversation.item.truncated", item_id="b", audio_end_ms=odd, content_index=0)
    line = timeline(script.talk())
    ET.fromstring(line.svg())  # noqa: S314 -- our own
    assert 0 <= line.duration_ms < 10_000
    assert all(math.isfinite(mark.t_ms) for mark in line.marks)
    assert len(line.latency.df) == 1


def test_waveforms_of_any_time_there_is_can_be_asked_for() -> None:
    script = Script()
    script.speaks(500, HALF_A_SECOND)
    peaks = timeline(script.talk()).peaks
    with np.errstate(all="raise"):
        for first, last in ((0.0, 1e300), (1e300, 1e301), (-1e300, 0.0)):
            assert peaks.columns("user", first, last, 7).shape == (7, 2)


def test_it_is_drawn_with_matplotlib() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- after the backend is chosen

    script, notes = two_turns()
    ax = timeline(script.talk(notes)).plot()
    assert ax.get_xlim()[1] == pytest.approx(5.04, abs=0.1)
    words = {text.get_text() for text in ax.get_legend().get_texts()}
    assert "barge-in" in words
    plt.close("all")


@pytest.mark.parametrize(
    ("least", "step"), [(0.7, 1), (1, 1), (3, 5), (120, 200), (0.0, 0.001), (4e5, 6e5), (4e6, 5e6)]
)
def test_steps_of_the_axis(least: float, step: float) -> None:
    assert nice_step(least) == pytest.approx(step)
