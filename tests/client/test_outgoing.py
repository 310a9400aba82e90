from __future__ import annotations

import json
import tracemalloc

import pytest
from openai.types.realtime import ResponseCreateEvent

from realtime_nb.client.outgoing import as_dict, prepare
from realtime_nb.errors import UsageError
from realtime_nb.protocol.events import Event


def test_a_mapping_an_event_and_a_typed_event_can_be_sent():
    assert as_dict({"type": "x", "a": 1}) == {"type": "x", "a": 1}
    assert as_dict(Event({"type": "x"})) == {"type": "x"}
    typed = ResponseCreateEvent(type="response.create", event_id="event_1")
    assert as_dict(typed) == {"type": "response.create", "event_id": "event_1"}


@pytest.mark.parametrize("wrong", [{}, {"type": 3}, {"type": None}])
def test_an_event_needs_a_type(wrong):
    with pytest.raises(UsageError, match="needs a type"):
        as_dict(wrong)


@pytest.mark.parametrize("wrong", ["response.create", None, 3, ["type"]])
def test_something_else_is_refused(wrong):
    with pytest.raises(UsageError, match="is no event; give a dict"):
        as_dict(wrong)


@pytest.mark.parametrize("value", [object(), b"raw", {1, 2}, "\ud800", 2**70])
def test_what_json_cannot_hold_is_refused_in_one_line(value):
    with pytest.raises(UsageError, match=r"session\.update cannot be sent as JSON") as caught:
        prepare({"type": "session.update", "session": {"x": value}})
    assert "\n" not in str(caught.value)


def test_the_frame_is_the_event_with_the_type_first():
    event = {"type": "x", "event_id": "e", "text": 'ü "quoted" \n', "list": [1, 2.5, None, True]}
    ready = prepare(event)
    assert json.loads(ready.frame) == event == ready.event.data
    assert ready.frame.startswith(b'{"type":"x","event_id":"e"')


def test_what_the_caller_changes_later_is_not_in_the_log():
    session = {"instructions": "before"}
    ready = prepare({"type": "session.update", "session": session})
    session["instructions"] = "after"
    assert ready.event.get("session.instructions") == "before"


def test_a_frame_that_waits_takes_no_more_room_than_its_length() -> None:
    data = {"type": "conversation.item.create", "item": {"text": "word " * 400}}
    tracemalloc.start()
    held = [prepare(data).frame for _ in range(50)]
    room, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert room < 2 * sum(map(len, held))
