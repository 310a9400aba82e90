from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.frames import MICROPHONE, Frame
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView
from tests.bridge.page import sound as numbered

RATE = 24_000


@dataclass
class Room:
    session: FakeSession
    view: FakeView
    bridge: Bridge

    async def settle(self, seconds: float = 0.0) -> None:
        await asyncio.sleep(seconds)
        await asyncio.sleep(0)

    def sounds(self) -> list[Frame]:
        return [Frame.unpack(b[0]) for m, b in self.view.sent if m["kind"] == "audio"]

    def answer(self, milliseconds: int, item_id: str = "a1", level: int = 7) -> None:
        self.hear(level.to_bytes(2, "little") * (24 * milliseconds), item_id)

    def hear(self, pcm: bytes, item_id: str, response_id: str = "resp_1") -> None:
        self.session.receive(
            {
                "type": "response.output_audio.delta",
                "item_id": item_id,
                "response_id": response_id,
                "content_index": 0,
                "delta": base64.b64encode(pcm).decode(),
            }
        )

    def count_up(self, milliseconds: int, first_ms: int = 0) -> None:
        self.hear(numbered(first_ms, milliseconds), "a1")

    def finish(self, item_id: str = "a1") -> None:
        self.session.receive(
            {
                "type": "response.output_audio.done",
                "item_id": item_id,
                "response_id": "resp_1",
                "content_index": 0,
            }
        )


@pytest.fixture
async def room() -> Room:
    session, view = FakeSession(), FakeView()
    bridge = Bridge(session, view, loop=FakeLoop(), phrases=["what time is it"])
    bridge.start()
    session.receive(
        {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {}}}}},
        {"type": "response.created", "response": {"id": "resp_1", "conversation_id": "c"}},
    )
    return Room(session, view, bridge)


@pytest.fixture
async def owned(room: Room) -> Room:
    room.view.page_says("hello", version=1)
    await room.settle()
    return room


def microphone(seq: int, stream: int = 1, milliseconds: int = 40) -> bytes:
    pcm = bytes(48 * milliseconds)
    return Frame(MICROPHONE, stream, seq, seq * 960, 1000.0 + seq * 40, pcm).pack()


async def test_a_page_is_welcomed_with_all_there_is(room: Room) -> None:
    room.view.page_says("hello", version=1)
    await room.settle()
    welcome = room.view.of_kind("welcome")[0]
    assert welcome["to"] == "page"
    assert welcome["owner"] is True
    assert welcome["state"] == "open"
    assert welcome["phrases"] == ["what time is it"]
    assert welcome["endpoint"]["practice"] is True
    assert welcome["events"] == 2


async def test_what_is_told_before_any_page_came_is_shown_to_the_first(room: Room) -> None:
    room.bridge.notice("info", "no instructions")
    assert room.view.of_kind("notice") == []
    room.view.page_says("hello", version=1)
    room.view.page_says("hello", client="other", version=1)
    await room.settle()
    assert [notice["text"] for notice in room.view.of_kind("notice")] == ["no instructions"]


async def test_the_model_shown_is_the_one_the_service_says_it_is(owned: Room) -> None:
    assert owned.view.of_kind("welcome")[0]["endpoint"]["model"] == "local-demo"
    owned.session.receive({"type": "session.updated", "session": {"model": "another"}})
    assert owned.view.of_kind("state")[-1]["model"] == "another"


async def test_sound_goes_up_in_order_and_gaps_are_counted(owned: Room) -> None:
    owned.view.page_says("mic", on=True)
    for seq in (0, 1, 4):
        owned.view.page_says("audio", microphone(seq))
    owned.view.page_says("audio", b"not a frame")
    await owned.settle()
    assert [entry[0] for entry in owned.session.did] == ["append"] * 3
    assert owned.bridge.uplink.lost_frames == 2
    assert owned.bridge.uplink.refused_frames == 1


async def test_only_the_owner_is_heard_and_a_press_takes_over(owned: Room) -> None:
    owned.view.page_says("mic", on=True)
    owned.view.page_says("hello", client="other", version=1)
    owned.view.page_says("audio", microphone(0), client="other")
    await owned.settle()
    assert owned.session.did == []
    assert owned.view.of_kind("welcome")[-1]["owner"] is False
    owned.view.page_says("mic", client="other", on=True)
    owned.view.page_says("audio", microphone(0), client="other")
    await owned.settle()
    assert len(owned.session.did) == 1
    assert owned.view.of_kind("owner")[-1]["client"] == "other"


async def test_an_idle_page_gives_way_to_one_that_reloaded(owned: Room) -> None:
    owned.view.page_says("hello", client="reloaded", version=1)
    await owned.settle()
    assert owned.view.of_kind("welcome")[-1]["owner"] is True


async def test_the_first_sound_goes_down_at_once_and_the_rest_gathered(owned: Room) -> None:
    owned.answer(100)
    assert len(owned.sounds()) == 1
    for _ in range(6):
        owned.answer(50)
    await owned.settle(0.05)
    frames = owned.sounds()
    assert sum(frame.samples for frame in frames) == 24 * 400
    assert len(frames) < 7
    assert [frame.offset for frame in frames] == [
        sum(f.samples for f in frames[:n]) for n in range(len(frames))
    ]
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    owned.finish()
    await owned.settle()
    assert owned.view.of_kind("end") == [{"kind": "end", "stream": 1, "to": "page"}]


async def test_no_more_than_half_a_minute_lies_unplayed_in_the_page(owned: Room) -> None:
    for _ in range(200):
        owned.answer(200)
    await owned.settle(0.05)
    sent = sum(frame.duration_ms for frame in owned.sounds())
    assert 30_000 <= sent <= 30_400
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 5 * RATE}])
    await owned.settle()
    more = sum(frame.duration_ms for frame in owned.sounds())
    assert 34_900 <= more <= 35_500


async def test_barge_in_silences_and_cuts_where_the_page_says(owned: Room) -> None:
    owned.answer(1000)
    await owned.settle()
    owned.session.receive(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5}
    )
    clear = owned.view.of_kind("clear")[0]
    assert clear["to"] == "page"
    owned.answer(100)  # in flight when the item was cut
    owned.view.page_says(
        "cleared", id=clear["id"], streams=[{"stream": 1, "samples": 12_000}], latency_ms=32.0
    )
    await owned.settle(0.01)
    assert owned.session.did == [("truncate", "a1", 0, 468)]
    assert sum(frame.duration_ms for frame in owned.sounds()) == 1000


async def test_nothing_heard_is_nothing_cut(owned: Room) -> None:
    owned.answer(1000)
    owned.session.receive(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5}
    )
    clear = owned.view.of_kind("clear")[0]
    owned.view.page_says(
        "cleared", id=clear["id"], streams=[{"stream": 1, "samples": 0}], latency_ms=0
    )
    await owned.settle(0.01)
    assert owned.session.did == []


async def test_an_answer_heard_whole_is_not_cut(owned: Room) -> None:
    owned.answer(500)
    owned.finish()
    owned.view.page_says("drained", stream=1)
    await owned.settle()
    owned.session.receive(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5}
    )
    await owned.settle(0.01)
    assert owned.view.of_kind("clear") == []
    assert owned.session.did == []
    assert owned.bridge.playback.heard_ms(("a1", 0)) == 500


async def test_without_interrupt_response_speech_stops_nothing(owned: Room) -> None:
    detection = {"type": "server_vad", "interrupt_response": False}
    owned.session.receive(
        {
            "type": "session.updated",
            "session": {"audio": {"input": {"turn_detection": detection}}},
        }
    )
    owned.answer(1000)
    owned.session.receive(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5}
    )
    assert owned.view.of_kind("clear") == []


async def test_a_page_that_does_not_answer_is_taken_at_its_last_report(
    owned: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr("realtime_nb.bridge.playing.interruption.ANSWER_S", 0.01)
    owned.answer(1000)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 6_000}])
    await owned.settle()
    owned.view.page_says("stop")
    await owned.settle(0.1)
    assert owned.session.did == [("cancel",), ("truncate", "a1", 0, 250)]
    # No red line in a cell: nothing failed.
    assert [one.levelname for one in caplog.records if "cut where" in one.message] == ["INFO"]
    assert "WARNING" not in {one.levelname for one in caplog.records}


async def test_typing_stops_the_answer_and_speaks_when_it_is_cut(owned: Room) -> None:
    owned.answer(1000)
    owned.view.page_says("text", text="  hello  ")
    owned.view.page_says("text", text="   ")
    await owned.settle()
    assert owned.session.did == [("cancel",)]
    streams = [{"stream": 1, "samples": 12_000}]
    owned.view.page_says("cleared", id=1, streams=streams, latency_ms=0)
    await owned.settle()
    await owned.settle()
    assert owned.session.did[1:] == [("truncate", "a1", 0, 500), ("say", "hello")]


async def test_what_comes_of_an_answer_that_was_stopped_is_not_heard(owned: Room) -> None:
    owned.view.page_says("stop")
    await owned.settle()
    assert owned.session.interruptions == 1  # a tool may run although nothing is heard
    owned.answer(1000)
    await owned.settle(0.05)
    assert owned.sounds() == []


@pytest.mark.parametrize("how", ["stop", "speech"])
async def test_of_two_answers_at_once_neither_goes_on(owned: Room, how: str) -> None:
    owned.session.receive(
        {"type": "response.created", "response": {"id": "resp_2", "conversation_id": "c"}}
    )
    if how == "stop":
        owned.view.page_says("stop")
    else:
        owned.session.receive({"type": "input_audio_buffer.speech_started", "item_id": "u1"})
    await owned.settle()
    for response_id in ("resp_1", "resp_2"):
        owned.hear(bytes(4800), f"a_{response_id}", response_id)
    await owned.settle(0.05)
    assert owned.sounds() == []


async def test_what_was_stopped_before_it_began_is_not_heard_and_what_follows_is(
    owned: Room,
) -> None:
    owned.session.receive({"type": "response.done", "response": {"id": "resp_1"}})
    owned.session.requested = True
    owned.view.page_says("stop")
    await owned.settle()
    owned.session.receive(
        {"type": "response.created", "response": {"id": "aside", "conversation_id": None}},
        {"type": "response.created", "response": {"id": "resp_1", "conversation_id": "c"}},
    )
    owned.answer(200)
    owned.session.receive(
        {"type": "response.created", "response": {"id": "resp_2", "conversation_id": "c"}}
    )
    assert owned.sounds() == []
    owned.hear(numbered(0, 100), "a2", response_id="resp_2")
    assert len(owned.sounds()) == 1


async def test_what_was_stopped_and_never_began_silences_nothing_else(owned: Room) -> None:
    owned.session.receive({"type": "response.done", "response": {"id": "resp_1"}})
    owned.session.requested = True
    owned.view.page_says("stop")
    await owned.settle()
    owned.session.cancels[-1].end()
    await owned.settle()
    owned.session.receive(
        {"type": "response.created", "response": {"id": "resp_2", "conversation_id": "c"}}
    )
    owned.hear(numbered(0, 100), "a2", response_id="resp_2")
    assert len(owned.sounds()) == 1


async def test_an_answer_that_the_user_speaks_over_before_its_first_sound_is_not_heard(
    owned: Room,
) -> None:
    owned.session.receive(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5}
    )
    owned.answer(200)
    assert owned.sounds() == []
    assert owned.session.did == []


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled"])
async def test_an_answer_broken_off_is_played_to_its_end_and_holds_up_no_other(
    owned: Room, status: str
) -> None:
    owned.answer(200)
    owned.session.receive({"type": "response.done", "response": {"id": "resp_1", "status": status}})
    assert owned.view.of_kind("end") == [{"kind": "end", "stream": 1, "to": "page"}]


async def test_who_comes_in_the_middle_of_an_answer_hears_its_rest_in_its_place(
    room: Room,
) -> None:
    room.answer(2000)
    room.view.page_says("hello", version=1)
    await room.settle()
    room.answer(1000)
    assert [frame.offset for frame in room.sounds()] == [2000 * 24]
    room.view.page_says("stop")
    await room.settle()
    streams = [{"stream": 1, "samples": 2500 * 24}]
    room.view.page_says("cleared", id=1, streams=streams, latency_ms=0)
    await room.settle()
    await room.settle()
    assert ("truncate", "a1", 0, 2500) in room.session.did


async def test_an_answer_goes_on_in_the_page_that_takes_over(owned: Room) -> None:
    owned.count_up(2000)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 12_000}])
    owned.view.page_says("take_over", client="other")
    await owned.settle()
    assert owned.view.of_kind("clear") == [{"kind": "clear", "id": 1, "to": "page"}]
    given = len(owned.sounds())
    owned.count_up(100, first_ms=2000)
    owned.finish()
    await owned.settle(0.05)
    assert len(owned.sounds()) == given, "until it is known where to go on"
    streams = [{"stream": 1, "samples": 24_000}]
    owned.view.page_says("cleared", id=1, streams=streams, latency_ms=40)
    await owned.settle(0.01)
    frames = owned.sounds()[given:]
    assert {frame.stream for frame in frames} == {2}
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert frames[0].offset == 24_000
    assert b"".join(frame.pcm for frame in frames) == numbered(1000, 1100)
    assert {m["to"] for m, _ in owned.view.sent if m.get("stream") == 2} == {"other"}
    assert owned.view.of_kind("end") == [{"kind": "end", "stream": 2, "to": "other"}]
    owned.view.page_says("drained", stream=2, client="other")
    await owned.settle()
    assert owned.session.did == []
    assert owned.bridge.playback.heard_ms(("a1", 0)) == 2100


async def test_a_page_that_is_gone_is_taken_over_from_at_its_last_report(owned: Room) -> None:
    owned.count_up(2000)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 24_000}])
    owned.view.page_says("mic", client="other", on=True)
    await owned.settle(1.1)
    taken = [frame for frame in owned.sounds() if frame.stream == 2]
    assert b"".join(frame.pcm for frame in taken) == numbered(1000, 1000)


async def test_what_is_stopped_while_a_page_hands_over_is_cut_where_that_one_was(
    owned: Room,
) -> None:
    owned.answer(2000)
    owned.view.page_says("take_over", client="other")
    owned.view.page_says("stop", client="other")
    await owned.settle()
    streams = [{"stream": 1, "samples": 24_000}]
    owned.view.page_says("cleared", id=1, streams=streams, latency_ms=40)
    await owned.settle(0.01)
    assert ("truncate", "a1", 0, 960) in owned.session.did
    assert not owned.bridge._loudspeaker.downlink.active
    assert {message["to"] for message in owned.view.of_kind("audio")} == {"page"}
    owned.view.page_says("take_over", client="page")
    await owned.settle()
    assert len(owned.view.of_kind("clear")) == 1, "there is nothing to hand over"


async def test_taken_over_twice_it_goes_on_in_the_last_page(owned: Room) -> None:
    owned.count_up(1000)
    owned.view.page_says("take_over", client="other")
    owned.view.page_says("take_over", client="third")
    await owned.settle()
    streams = [{"stream": 1, "samples": 480}]
    owned.view.page_says("cleared", id=1, streams=streams, latency_ms=0)
    await owned.settle(0.01)
    assert owned.view.of_kind("audio")[-1]["to"] == "third"
    taken = [frame for frame in owned.sounds() if frame.stream == 2]
    assert b"".join(frame.pcm for frame in taken) == numbered(20, 980)
    owned.view.page_says("take_over", client="page")
    await owned.settle()
    owned.view.page_says("cleared", id=2, client="third", streams=[], latency_ms=0)
    await owned.settle(0.01)
    taken = [frame for frame in owned.sounds() if frame.stream == 3]
    assert b"".join(frame.pcm for frame in taken) == numbered(20, 980)


@pytest.mark.parametrize("says_so", [True, False])
async def test_an_answer_goes_on_in_the_page_that_was_reloaded(
    owned: Room, monkeypatch: pytest.MonkeyPatch, *, says_so: bool
) -> None:
    owned.count_up(2000)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 24_000}])
    await owned.settle()
    if says_so:
        owned.view.page_says("leave")
    else:
        monkeypatch.setattr("realtime_nb.bridge.pages.pages.SILENT_S", -1.0)
    owned.count_up(100, first_ms=2000)
    owned.finish()
    owned.view.page_says("hello", client="reloaded", version=1)
    await owned.settle(0.05)
    assert owned.view.of_kind("welcome")[-1]["owner"] is True
    sound = [m["kind"] for m, _ in owned.view.sent if m.get("to") == "reloaded"]
    assert sound[0] == "welcome", "a page knows what it plays"
    taken = [frame for frame in owned.sounds() if frame.stream == 2]
    assert b"".join(frame.pcm for frame in taken) == numbered(1000, 1100)
    owned.view.page_says("drained", stream=2, client="reloaded")
    await owned.settle()
    assert owned.session.did == []
    assert owned.bridge.playback.heard_ms(("a1", 0)) == 2100


async def test_an_answer_is_stopped_and_cut_when_nobody_comes_back(
    owned: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime_nb.bridge.pages.absence.RETURN_S", 0.02)
    monkeypatch.setattr("realtime_nb.bridge.playing.interruption.ANSWER_S", 0.02)
    owned.answer(2000)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 24_000}])
    owned.view.page_says("leave")
    await owned.settle(0.2)
    assert owned.session.did == [("cancel",), ("truncate", "a1", 0, 1000)]
    assert not owned.bridge._loudspeaker.downlink.active


async def test_a_page_that_is_heard_of_again_was_not_left(
    owned: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime_nb.bridge.pages.absence.RETURN_S", 0.02)
    owned.answer(2000)
    owned.view.page_says("leave", client="another")
    await owned.settle(0.1)
    owned.view.page_says("leave")
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 24_000}])
    await owned.settle(0.1)
    owned.view.page_says("hello", client="other", version=1)
    await owned.settle()
    assert owned.view.of_kind("welcome")[-1]["owner"] is False
    assert owned.session.did == []
    assert owned.bridge._loudspeaker.downlink.active


async def test_a_huge_piece_of_sound_goes_down_in_frames_like_any_other(owned: Room) -> None:
    owned.count_up(40_000)
    frames = owned.sounds()
    assert max(frame.duration_ms for frame in frames) == 1000
    assert sum(frame.duration_ms for frame in frames) == 30_000
    assert b"".join(frame.pcm for frame in frames) == numbered(0, 30_000)


async def test_past_its_room_a_part_is_ended_and_leaves_no_hole(
    owned: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime_nb.bridge.playing.downlink.MAX_WAITING", 48_000)
    for _ in range(33):
        owned.answer(1000)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 10 * RATE}])
    await owned.settle()
    owned.answer(1000)
    await owned.settle(0.05)
    assert sum(frame.samples for frame in owned.sounds()) == 31 * RATE
    assert owned.bridge._loudspeaker.downlink.refused_bytes == 3 * 48_000
    owned.answer(1000, item_id="a2")
    await owned.settle(0.05)
    assert owned.sounds()[-1].stream == 2


async def test_nothing_is_sent_to_a_session_that_is_gone(owned: Room) -> None:
    owned.session.failure = RuntimeError("the server went away")
    owned.session.become("failed")
    owned.view.page_says("text", text="hello")
    owned.view.page_says("mic", on=True)
    await owned.settle()
    assert owned.session.did == []
    assert owned.view.of_kind("state")[-1]["detail"] == "the server went away"
    assert owned.view.of_kind("mic_off")[0]["to"] == "page"
    assert "hello" in owned.view.of_kind("notice")[0]["text"]


async def test_a_page_is_told_that_the_cell_says_why_a_session_failed(owned: Room) -> None:
    owned.session.failure = RuntimeError("nobody listens")
    owned.session.become("failed")
    await owned.settle()
    assert owned.view.of_kind("state")[-1]["told"] is False
    owned.bridge.cell_tells()
    await owned.settle()
    state = owned.view.of_kind("state")[-1]
    assert (state["state"], state["detail"], state["told"]) == ("failed", "nobody listens", True)


async def test_without_a_page_sound_goes_nowhere_and_nothing_is_cut(room: Room) -> None:
    room.answer(500)
    room.session.receive(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 5}
    )
    await room.settle(0.01)
    assert room.sounds() == []
    assert room.session.did == []


async def test_items_are_gathered_and_rows_are_given_to_who_asks(owned: Room) -> None:
    item = {"id": "a1", "type": "message", "role": "assistant", "content": []}
    owned.session.receive(
        {"type": "conversation.item.added", "item": item, "previous_item_id": None}
    )
    for text in ("Hel", "lo ", "you"):
        owned.session.receive(
            {
                "type": "response.output_audio_transcript.delta",
                "item_id": "a1",
                "response_id": "resp_1",
                "content_index": 0,
                "delta": text,
            }
        )
    await owned.settle(0.12)
    messages = owned.view.of_kind("items")
    assert len(messages) == 1
    assert messages[0]["items"][0]["text"] == "Hello you"
    await owned.settle(0.2)
    assert owned.view.of_kind("events")[-1] == {"kind": "events", "events": 6}
    question = {"id": 4, "filter": {}, "start": -1, "stop": None}
    owned.view.page_says("rows", **question)
    await owned.settle(0.2)
    answer = owned.view.of_kind("rows")[-1]
    assert (answer["to"], answer["id"], answer["events"]) == ("page", 4, 6)
    assert [(row["summary"], row["count"]) for row in answer["rows"]] == [("Hello you", 3)]


async def test_a_bad_message_of_a_page_ends_nothing(
    owned: Room, caplog: pytest.LogCaptureFixture
) -> None:
    for fields in ({"streams": 3}, {"streams": [None]}):
        owned.view.page_says("played", **fields)
    owned.view.page_says("nonsense")
    owned.view.page_says("text", client=3, text="x")
    await owned.settle()
    assert "could not be handled" in caplog.text
    owned.view.page_says("text", text="still here")
    await owned.settle()
    assert ("say", "still here") in owned.session.did


async def test_the_notebook_s_share_is_measured_on_two_clocks(owned: Room) -> None:
    detection = {"type": "server_vad", "silence_duration_ms": 200}
    owned.session.receive(
        {
            "type": "session.updated",
            "session": {"audio": {"input": {"turn_detection": detection}}},
        }
    )
    for seq in range(20):
        owned.session.clock_ms = 5_000 + seq * 40
        owned.view.page_says("audio", microphone(seq))
        await owned.settle()
    owned.session.receive(
        {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 600}
    )
    owned.answer(100)
    owned.bridge.timing.turns[-1].delta_ms = 5_800.0
    owned.view.page_says("started", stream=1, t_ms=1_000 + 400 + 450)
    await owned.settle()
    turn = owned.bridge.timing.turns[-1]
    # The speech ended 400 ms into the sound: in the tenth frame, captured by 1400, sent at 5360.
    assert turn.page_ms == 450
    assert turn.socket_ms == 440
    assert turn.share_ms == 10


async def test_stopping_lets_the_microphone_go(owned: Room) -> None:
    owned.bridge.stop()
    await owned.settle()
    assert owned.view.of_kind("mic_off")[0]["to"] == "page"
    assert owned.view.handlers == []


async def test_other_formats_are_turned_into_the_page_s(owned: Room) -> None:
    law = {"format": {"type": "audio/pcmu"}}
    owned.session.receive(
        {"type": "session.updated", "session": {"audio": {"input": law, "output": law}}}
    )
    owned.view.page_says("audio", microphone(0, milliseconds=200))
    await owned.settle()
    assert abs(len(owned.session.did[0][1]) - 8 * 200) < 40
    owned.session.receive(
        {
            "type": "response.output_audio.delta",
            "item_id": "a9",
            "response_id": "resp_1",
            "content_index": 0,
            "delta": base64.b64encode(bytes([255]) * 800).decode(),
        }
    )
    owned.finish("a9")
    await owned.settle(0.05)
    assert sum(frame.duration_ms for frame in owned.sounds()) == 100


def spoke(text: str, status: str | None = None) -> dict[str, Any]:
    """Words of the answer as they come, or the item's end with them."""
    place = {"response_id": "resp_1", "item_id": "a1", "content_index": 0}
    if status is None:
        return {"type": "response.output_audio_transcript.delta", **place, "delta": text}
    content = [{"type": "output_audio", "transcript": text}]
    item = {"id": "a1", "type": "message", "role": "assistant", "status": status}
    item = {**item, "content": content}
    return {"type": "response.output_item.done", "response_id": "resp_1", "item": item}


async def shown(room: Room) -> dict[str, Any]:
    await room.settle(0.15)
    return [item for one in room.view.of_kind("items") for item in one["items"]][-1]


UNHEARD = "stopped before it was heard"


@pytest.mark.parametrize("played_ms", [0, 15])
async def test_an_answer_stopped_before_it_sounded_is_shown_as_unheard(
    owned: Room, played_ms: int
) -> None:
    owned.session.receive(spoke("Sure."))
    owned.answer(100)
    owned.view.page_says("stop")
    await owned.settle()
    number = owned.view.of_kind("clear")[-1]["id"]
    streams = [{"stream": 1, "samples": 24 * played_ms}]
    owned.view.page_says("cleared", id=number, streams=streams, latency_ms=30)
    await owned.settle()
    owned.session.receive(spoke("Sure.", "incomplete"))
    item = await shown(owned)
    assert (item["text"], item["heard_chars"], item["note"]) == ("Sure.", 0, UNHEARD)
    assert [did for did in owned.session.did if did[0] == "truncate"] == []
    owned.view.page_says("hello", client="later", version=1)
    await owned.settle()
    assert owned.view.of_kind("welcome")[-1]["items"][-1]["note"] == UNHEARD


async def test_an_answer_stopped_before_its_first_sound_is_shown_as_unheard(owned: Room) -> None:
    owned.view.page_says("stop")
    await owned.settle()
    owned.session.receive(spoke("Sure."))
    owned.answer(100)
    owned.session.receive(spoke("Sure.", "incomplete"))
    assert (await shown(owned))["note"] == UNHEARD


async def test_an_answer_broken_off_without_any_sound_is_shown_as_unheard(owned: Room) -> None:
    owned.session.receive(spoke("", "incomplete"))
    assert (await shown(owned))["note"] == UNHEARD


async def test_an_answer_that_was_heard_and_went_on_unheard_is_no_unheard_one(owned: Room) -> None:
    owned.session.receive(spoke("Sure."))
    owned.answer(100)
    owned.view.page_says("played", streams=[{"stream": 1, "samples": 2400}], latency_ms=0)
    await owned.settle()
    owned.view.page_says("stop")
    owned.answer(100)
    owned.session.receive(spoke("Sure.", "incomplete"))
    assert (await shown(owned))["note"] is None
