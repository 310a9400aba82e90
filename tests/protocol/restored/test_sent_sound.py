from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.log.sealed import silent
from realtime_nb.protocol.restored.restored import successor_event
from realtime_nb.protocol.restored.sent_sound import SentSound

_BYTES_PER_MS = 48


def _append(log: EventLog, samples: bytes) -> None:
    event = Event(
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(samples).decode()}
    )
    log.append("sent", event, t_ms=0.0, size=len(event.to_json()))


@given(
    before=st.lists(st.integers(1, 300), min_size=1, max_size=8),
    share=st.floats(0.0, 1.0),
    after=st.lists(st.integers(1, 300), min_size=1, max_size=20),
)
def test_each_sample_is_new_once(before: list[int], share: float, after: list[int]) -> None:
    log = EventLog()
    for samples in before:
        _append(log, bytes(2 * samples))
    whole = 2 * sum(before)
    again = round(whole * share / 2) * 2
    log.append(
        "received",
        successor_event(
            1,
            items=(),
            audio_ms=(whole - again) / _BYTES_PER_MS,
            resent_ms=again / _BYTES_PER_MS,
        ),
        t_ms=0.0,
        size=0,
    )
    for samples in after:
        _append(log, bytes(2 * samples))
    sound = SentSound()
    fresh = [sound.take(record) for record in log]
    expected = whole + max(0, 2 * sum(after) - again)
    assert sum(fresh) == expected
    assert abs(sound.clock.sent_ms * _BYTES_PER_MS - expected) < 0.01
    assert abs(sound.clock.all_ms * _BYTES_PER_MS - whole - 2 * sum(after)) < 0.01
    assert sound.clock.place(0.0) * _BYTES_PER_MS == whole - again


def test_sound_that_the_log_let_go_of_was_sent_all_the_same() -> None:
    log = EventLog()
    _append(log, bytes(4800))
    event = successor_event(1, items=(), audio_ms=0.0, resent_ms=100.0)
    log.append("received", event, t_ms=0.0, size=0)
    _append(log, bytes(4800))
    _append(log, bytes(960))
    sound = SentSound()
    fresh: list[int] = []
    for record in log:
        gone = record.event if record.seq != 2 else silent(record.event)
        kept = type(record)(record.seq, record.t_ms, record.direction, record.size, gone)
        fresh.append(sound.take(kept))
    assert fresh == [4800, 0, 0, 960]
