from __future__ import annotations

from typing import Any

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.restored.restored import (
    Restored,
    lost_event,
    restored_event,
    successor_event,
)
from realtime_nb.protocol.rules.check import check


def _log(*told: tuple[str, Event | dict[str, Any]]) -> EventLog:
    log = EventLog()
    for number, (direction, event) in enumerate(told):
        one = event if isinstance(event, Event) else Event(event)
        log.append("sent" if direction == "sent" else "received", one, t_ms=number * 10.0, size=1)
    return log


def _added(item_id: str, previous: str | None) -> tuple[str, dict[str, Any]]:
    item = {"id": item_id, "type": "message", "role": "user", "content": []}
    kind = "conversation.item.added"
    return "received", {"type": kind, "item": item, "previous_item_id": previous}


_BROKEN = (
    _added("item_a", None),
    _added("item_b", "item_a"),
    ("received", {"type": "input_audio_buffer.speech_started", "item_id": "item_c"}),
    ("received", {"type": "response.created", "response": {"id": "resp_1"}}),
    ("sent", {"type": "conversation.item.delete", "item_id": "item_b"}),
    ("received", lost_event("lost", code=1006)),
    ("received", successor_event(1, items=("item_a",), audio_ms=0.0, resent_ms=0.0)),
)
_AFTER = (
    _added("item_a", None),
    ("received", {"type": "input_audio_buffer.speech_started", "item_id": "item_d"}),
    ("received", {"type": "response.created", "response": {"id": "resp_2"}}),
    ("received", {"type": "response.done", "response": {"id": "resp_2"}}),
)


def _found(log: EventLog) -> set[str]:
    return {breach.rule for breach in check(log) if breach.rule != "wrong-field"}


def test_a_restored_talk_breaks_no_rule() -> None:
    restored = ("received", restored_event(Restored("lost", away_ms=900.0)))
    assert _found(_log(*_BROKEN, *_AFTER, restored)) == set()


def test_without_the_marks_the_same_breaks_many() -> None:
    told = [one for one in (*_BROKEN, *_AFTER) if not isinstance(one[1], Event)]
    assert _found(_log(*told)) >= {"item-added-twice", "speech-started-twice", "not-answered"}


def test_what_is_sent_to_a_new_session_again_has_the_id_it_had() -> None:
    asked = ("sent", {"type": "response.cancel", "event_id": "event_1"})
    lost, successor = _BROKEN[-2:]
    assert "event-id-repeated" not in _found(_log(asked, lost, successor, asked))
    assert "event-id-repeated" in _found(_log(asked, lost, successor, asked, asked))


def test_a_new_session_does_not_know_what_it_was_not_told() -> None:
    late = ("received", {"type": "conversation.item.truncated", "item_id": "item_b"})
    assert _found(_log(*_BROKEN, *_AFTER, late)) == {"item-unknown"}
