from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import CloseCode

from realtime_nb.protocol.cost.meter import NEVER_TOLD, CostMeter, charges, total_of
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.restored.restored import (
    LOST,
    RESTORED,
    SUCCESSOR,
    Lost,
    Restored,
    Successor,
    lost_event,
    read_lost,
    read_restored,
    read_successor,
    restored_event,
    successor_event,
)
from realtime_nb.protocol.restored.text import succession_text
from realtime_nb.protocol.summary import summarise

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_FIELDS = (
    *("reason", "code", "detail", "try", "items", "audio_ms", "resent_ms", "away_ms", "tries"),
    *("carried", "lost", "refused", "dropped_ms", "asked_again", "session_id"),
)


def test_what_is_told_is_read() -> None:
    lost = lost_event("expired", code=1001, detail="60 minutes")
    assert read_lost(lost) == Lost("expired", 1001, "60 minutes")
    successor = successor_event(2, items=["a", "b"], audio_ms=12.5, resent_ms=500.0)
    assert read_successor(successor) == Successor(2, ("a", "b"), 12.5, 500.0)
    told = Restored(
        "lost", 3200.0, 2, 5, ("1 without words",), ("c",), 500.0, 100.0, True, "sess_2"
    )
    assert read_restored(restored_event(told)) == told
    assert read_lost(successor) is read_successor(lost) is read_restored(lost) is None


def test_each_says_what_it_is_in_a_line() -> None:
    assert succession_text(lost_event("lost", code=1006)) == "the connection broke (1006)"
    told = lost_event("lost", code=CloseCode.GOING_AWAY, detail="the service restarts")
    assert succession_text(told) == "the service restarts (1001)"
    assert told.to_json().endswith('"code":1001,"detail":"the service restarts"}')
    assert succession_text(lost_event("expired")) == "the session's time was up"
    successor = successor_event(2, items=["a"], audio_ms=0.0, resent_ms=500.0)
    assert summarise(successor) == (
        "a new session, try 2: 1 item told again, 0.5 s of sound sent again"
    )
    told = Restored("lost", 3200.0, 2, 5, ("1 without words",), ("c",), 500.0, 1000.0)
    assert succession_text(restored_event(told)) == (
        "restored after 3.2 s and 2 tries; not told again: 1 without words; "
        "1 item refused by the service; 1.0 s of what was said meanwhile not kept"
    )
    assert succession_text(restored_event(Restored("renewal", 40.0))) == "renewed after 40 ms"
    assert succession_text(Event({"type": "error"})) == ""


@given(
    st.sampled_from((LOST, SUCCESSOR, RESTORED)),
    st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING),
)
def test_a_file_may_say_anything(kind: str, fields: dict[str, Any]) -> None:
    event = Event({"type": kind, **fields})
    assert isinstance(summarise(event), str)
    told = read_successor(event)
    if told is not None:
        assert math.isfinite(told.audio_ms)
        assert told.resent_ms >= 0


def test_an_answer_whose_usage_was_never_told_is_of_unknown_cost() -> None:
    log = EventLog()
    for event in (
        Event({"type": "response.created", "response": {"id": "resp_1"}}),
        lost_event("lost"),
        Event({"type": "response.created", "response": {"id": "resp_2"}}),
    ):
        log.append("received", event, t_ms=1.0, size=1)
    found = charges(log, "gpt-realtime")
    assert [(one.id, one.status) for one in found] == [
        ("resp_1", "incomplete"),
        ("resp_2", "in_progress"),
    ]
    assert found[0].note == NEVER_TOLD
    assert total_of(found).unknown == 2
    meter = CostMeter("gpt-realtime")
    for record in log:
        meter.take(record)
    # What is under way may still be told; what was lost never will.
    assert meter.total.unknown == 1
