"""Records that have aged read like new ones, and cost what their sound and JSON do."""

from __future__ import annotations

import base64
import copy
import itertools
import random
import threading
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log import event_log as log_module
from realtime_nb.protocol.log.event_log import RECENT, EventLog
from realtime_nb.protocol.log.sealed import BLOCK, Block, SealedEvent

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab\u202e<", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(
    ["response.output_audio.delta", "input_audio_buffer.append", "error", "новое.delta"]
)
PAYLOADS = (
    st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode())
    | st.text("AB=-_ ", max_size=9)
    | JSON
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "RECENT", 3)


def sealed(event: Event) -> Event:
    """Return an event as it comes out of a log after it has aged."""
    log = EventLog()
    log.append("sent", Event(copy.deepcopy(event.data)), t_ms=1.5, size=9)
    for _ in range(5):
        log.append("received", Event({"type": "x"}), t_ms=2, size=9)
    return log[0].event


@settings(deadline=None)
@given(
    kind=KINDS,
    payload=PAYLOADS,
    rest=st.dictionaries(st.text("cd\0ü", max_size=4), JSON, max_size=4),
)
def test_an_event_reads_as_it_did(kind: str, payload: object, rest: dict[str, object]) -> None:
    log_module.RECENT = 3  # hypothesis asks more than once
    event = Event({"type": kind, "delta": payload, **rest, "audio": payload})
    old = sealed(event)
    assert old.data == event.data
    assert list(old.data) == list(event.data)
    assert old == event
    assert old.audio == event.audio
    assert old.audio_size == event.audio_size
    assert old.get("delta") == payload
    assert old.get("delta.none", 7) == event.get("delta.none", 7)
    assert old.to_json() == event.to_json()
    assert copy.deepcopy(old) == event


def test_fields_of_an_aged_event_are_attributes() -> None:
    old = sealed(Event({"type": "response.done", "response": {"id": "r1"}, "event_id": "e1"}))
    assert isinstance(old, SealedEvent)
    assert old.response.id == "r1"
    assert old.event_id == "e1"
    with pytest.raises(AttributeError, match="no field 'nothing'"):
        _ = old.nothing


def test_what_json_cannot_hold_is_kept_as_it_is() -> None:
    event = Event({"type": "x", "lone": "\ud800", "set": {1}})
    assert sealed(event).data == event.data


def random_log(count: int, **bounds: int) -> tuple[EventLog, list[Event]]:
    rng = random.Random(7)  # noqa: S311 -- a test
    log, events = EventLog(**bounds), []
    for number in range(count):
        if rng.random() < 0.6:
            pcm = base64.b64encode(rng.randbytes(rng.randrange(30))).decode()
            event = Event({"type": "response.output_audio.delta", "item_id": "i", "delta": pcm})
        else:
            event = Event({"type": "error", "n": number, "text": "x" * rng.randrange(40)})
        events.append(event)
        log.append("received", event, t_ms=number, size=len(event.to_json()))
    return log, events


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, BLOCK, BLOCK + 3, 3 * BLOCK + 7])
def test_places_slices_and_numbers(count: int) -> None:
    log, events = random_log(count)
    assert len(log) == count
    assert [record.event for record in log] == events
    assert [record.seq for record in reversed(log)] == list(range(count))[::-1]
    for place in (slice(None), slice(-5, None), slice(2, 400, 3), slice(None, None, -7)):
        assert [record.event for record in log[place]] == events[place]
    for place in {0, count // 2, count - 1, -1} if count else ():
        assert log[place].event == events[place]
        assert log.find(log[place].seq) == log[place]
    assert log.find(-1) is None
    assert log.find(count) is None
    with pytest.raises(IndexError):
        log[count]


def test_numbers_with_gaps_are_found() -> None:
    log = EventLog()
    seqs = [5, 6, 9, 40, 41, 1000, 1001, 1002]
    for seq in seqs:
        log.append("sent", Event({"type": "x", "n": seq}), t_ms=seq, size=1, seq=seq)
    assert [record.seq for record in log] == seqs
    assert [log.find(seq).event.n for seq in seqs] == seqs
    assert [log.find(seq) for seq in (0, 7, 39, 999, 2000)] == [None] * 5
    assert log.append("sent", Event({"type": "x"}), t_ms=0, size=1, seq=3).seq == 1003


@pytest.mark.parametrize("max_bytes", [300, 5_000, 40_000])
@pytest.mark.parametrize("max_audio_bytes", [200, 3_000, 10**6])
def test_bounds_hold_across_sealed_and_recent(max_bytes: int, max_audio_bytes: int) -> None:
    log, events = random_log(1200, max_bytes=max_bytes, max_audio_bytes=max_audio_bytes)
    kept = list(log)
    assert [record.seq for record in kept] == list(range(1200 - len(kept), 1200))
    assert log.dropped_records == 1200 - len(kept)
    with_sound = [r.size for r in kept if r.event.type != "error" and r.event.audio]
    assert sum(with_sound) <= max_audio_bytes
    rests = sum(r.size - 4 * ((events[r.seq].audio_size + 2) // 3) for r in kept)
    assert rests <= max_bytes
    quiet = [bool(r.event.audio) for r in kept if events[r.seq].audio]
    assert quiet == sorted(quiet)  # the oldest first
    assert all(r.event == events[r.seq] for r in kept if r.event.audio or not events[r.seq].audio)
    assert repr(log) == f"<EventLog: 0 sent, {len(kept)} received>"
    assert len(log._blocks) <= len(log) // BLOCK + 2


def test_one_thread_appends_while_another_looks() -> None:
    log = EventLog(max_bytes=200_000)
    done = threading.Event()
    wrong: list[object] = []

    def look() -> None:
        while not done.is_set():
            # What goes meanwhile is missing; the rest is in order and whole.
            seqs = [record.seq for record in log]
            wrong.extend(pair for pair in itertools.pairwise(seqs) if pair[0] >= pair[1])
            wrong.extend(r for r in log[-20:] if r.event.n != r.seq)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(20_000):
        log.append("sent", Event({"type": "x", "n": number}), t_ms=number, size=60)
    done.set()
    reader.join()
    assert wrong == []


def test_the_conversation_of_an_aged_log_is_the_same() -> None:
    log, events = random_log(600)
    fresh = Conversation()
    for event in events:
        fresh.apply("received", event, 0)
    assert RECENT > 100
    assert Conversation.replay(log).items == fresh.items


@pytest.mark.parametrize("bounds", [{}, {"max_bytes": 9_000}, {"max_audio_bytes": 900}])
def test_the_columns_are_those_of_the_rows(bounds: dict[str, int]) -> None:
    log, _ = random_log(900, **bounds)
    more: list[dict[str, Any]] = [
        {"type": "session.created", "session": {"id": "s", "instructions": "a  b"}},
        {"type": "response.done", "response": {"id": "r", "status": "completed"}},
        {"type": "conversation.item.added", "item": {"id": "i", "role": "user"}},
        {"type": "x.delta", "delta": 5, "item_id": None, "lone": "\ud800"},
        {"type": "response.output_audio.delta", "delta": "no base64", "event_id": 7},
        {"type": "error", "error": {"message": "y" * 40_000}},
    ]
    for data in more * 2:
        log.append("sent", Event(data), t_ms=1, size=1)
    frame = log.df.astype(object).where(log.df.notna(), None)
    rows = [{k: v for k, v in row.items() if k != "since_ms"} for row in frame.to_dict("records")]
    assert rows == log.rows()
    assert frame["since_ms"][0] == 0


def test_a_million_events_are_held_and_looked_at() -> None:
    log_module.RECENT = RECENT
    log = EventLog(max_bytes=60_000_000)
    event = Event({"type": "response.output_text.delta", "item_id": "i", "delta": "word"})
    for number in range(1_000_000):
        log.append("received", event, t_ms=number, size=64)
    assert len(log) == 937_500
    assert log.dropped_records == 62_500
    assert [record.seq for record in log[-2:]] == [999_998, 999_999]
    found = log.find(500_000)
    assert found is not None
    assert found.t_ms == 500_000
    shown = log._repr_html_()
    assert shown.count("<tr>") == 2
    assert "the last 4,000 of 937,500 events" in shown
    assert sum(map(len, (batch.kinds for batch in log.batches()))) == 937_500
    assert len(log._recent) == RECENT


def test_a_large_event_takes_no_more_room_than_its_json() -> None:
    frame = b'{"type":"x","a":[' + b"{}," * 30_000 + b"{}]}"
    block = Block(0)
    tracemalloc.start()
    for number in range(8):
        block.add(number, 0.0, len(frame), len(frame), Event.parse(frame), sent=False)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 8 * len(frame) * 1.5
