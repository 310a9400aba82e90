from __future__ import annotations

import base64

import pandas as pd
import pytest

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import LEAST_BYTES, RECENT_BYTES, EventLog


def delta(item_id: str, sound: bytes) -> Event:
    payload = base64.b64encode(sound).decode()
    return Event({"type": "response.output_audio.delta", "item_id": item_id, "delta": payload})


def test_records_are_numbered_and_kept_in_order() -> None:
    log = EventLog()
    log.append("sent", Event({"type": "response.create"}), t_ms=1.0, size=20)
    log.append("received", Event({"type": "response.created"}), t_ms=2.5, size=30)
    assert [record.seq for record in log] == [0, 1]
    assert log[-1].event.type == "response.created"
    assert [record.seq for record in log[1:]] == [1]
    assert len(log) == 2


def test_the_frame_has_one_row_an_event() -> None:
    log = EventLog()
    log.append("sent", Event({"type": "response.create", "event_id": "e1"}), t_ms=1.0, size=20)
    log.append("received", delta("item_1", b"\0" * 10), t_ms=4.0, size=90)
    frame = log.df
    assert isinstance(frame, pd.DataFrame)
    assert list(frame["since_ms"]) == [0.0, 3.0]
    assert list(frame["audio_bytes"]) == [0, 10]
    assert list(frame["item_id"])[1] == "item_1"
    assert EventLog().df.empty


def test_the_oldest_sound_goes_first_and_its_record_stays() -> None:
    log = EventLog(max_audio_bytes=250)
    for number in range(5):
        log.append("received", delta("item_1", bytes([number]) * 30), t_ms=number, size=100)
    assert len(log) == 5
    assert log.dropped_audio == 3
    assert [bool(record.event.audio) for record in log] == [False, False, False, True, True]
    assert log.audio("item_1") == bytes([3]) * 30 + bytes([4]) * 30


def test_past_its_bound_the_oldest_records_go() -> None:
    log = EventLog(max_bytes=250)
    for number in range(5):
        log.append("received", Event({"type": "error", "n": number}), t_ms=number, size=100)
    assert [record.seq for record in log] == [3, 4]
    assert log.dropped_records == 3
    assert log[0].seq == 3


def test_both_bounds_together_lose_nothing_they_should_keep() -> None:
    log = EventLog(max_audio_bytes=250, max_bytes=250)
    for number in range(20):
        log.append("received", delta("item_1", bytes([number]) * 30), t_ms=number, size=100)
        log.append("received", Event({"type": "error", "n": number}), t_ms=number, size=100)
    assert log.audio("item_1").endswith(bytes([19]) * 30)
    assert log[-1].event.n == 19
    assert [r.seq for r in log] == list(range(log[0].seq, 40))


def test_the_table_escapes_what_a_model_said() -> None:
    log = EventLog()
    text = "<img src=x onerror=alert(1)>\u202e\x1b\ud800 " + "y" * 1_000_000
    event = Event({"type": "response.output_text.delta", "delta": text, "item_id": "<b>\u2066"})
    log.append("received", event, t_ms=0, size=1)
    shown = log._repr_html_()
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "&lt;img" in shown
    assert "alert(1)&gt;\u00b7\u00b7? yyy" in shown
    assert len(shown.encode()) < 2_000


def test_the_table_folds_runs_and_has_the_heads_of_the_pages_own() -> None:
    log = EventLog()
    log.append("received", Event({"type": "session.created"}), t_ms=0, size=1)
    said = Event({"type": "input_audio_buffer.append", "audio": "AAAA"})
    for number in range(100):
        log.append("sent", said, t_ms=61_000 + number, size=1)
    added = Event({"type": "conversation.item.done", "item": {"id": "i1"}})
    log.append("received", added, t_ms=62_345.6, size=1)
    shown = log._repr_html_()
    heads = "<th>Time</th><th></th><th>Event</th><th>Item</th><th>Summary</th>"
    assert heads in shown
    assert shown.count("<tr>") == 4
    assert shown.count("input_audio_buffer.append") == 1
    assert "\u00d7100 300 bytes of sound" in shown
    assert "1:02.346" in shown
    assert "i1" in shown
    assert "<small></small>" in shown


@pytest.mark.parametrize("events", [41, 5_000])
def test_the_table_has_the_last_rows_and_says_of_how_many(events: int) -> None:
    log = EventLog()
    for number in range(events):
        log.append("received", Event({"type": f"kind.{number}"}), t_ms=number, size=1)
    shown = log._repr_html_()
    assert shown.count("<tr>") == 41
    assert f"<bdi>kind.{events - 1}</bdi>" in shown
    assert f"<bdi>kind.{events - 40}</bdi>" in shown
    assert f"<bdi>kind.{events - 41}</bdi>" not in shown
    assert f"the last 40 of {events:,} events" in shown


def test_an_empty_log_is_an_empty_table() -> None:
    assert EventLog()._repr_html_().count("<tr>") == 1


@pytest.mark.parametrize("count", [0, 3, 100])
def test_repr_counts_both_directions(count: int) -> None:
    log = EventLog()
    for _ in range(count):
        log.append("sent", Event({"type": "response.create"}), t_ms=0, size=1)
    assert repr(log) == f"<EventLog: {count} sent, 0 received>"


def test_a_flood_of_large_events_is_held_as_it_came_and_not_as_objects() -> None:
    log = EventLog(max_bytes=8 * 2**20)
    frame = b'{"type":"x","a":[' + b"{}," * 200_000 + b"{}]}"
    for number in range(20):
        log.append("received", Event.parse(frame), t_ms=number, size=len(frame))
    # As objects each takes 14 MB.
    assert sum(rest for _, rest in log._recent.values()) <= RECENT_BYTES
    assert log.dropped_records == 20 - 8 * 2**20 // len(frame)
    assert [len(record.event.a) for record in log] == [200_001] * len(log)


def test_the_smallest_frames_count_what_they_cost() -> None:
    log = EventLog(max_bytes=LEAST_BYTES * 100)
    for number in range(300):
        log.append("received", Event({"type": ""}), t_ms=number, size=11)
    assert (len(log), log.dropped_records) == (100, 200)
