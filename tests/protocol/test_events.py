from __future__ import annotations

import base64
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from realtime_nb.errors import MalformedEvent
from realtime_nb.protocol.events import CLIENT_EVENT_TYPES, SERVER_EVENT_TYPES, Event
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.typed import _by_type

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON), st.text(min_size=1))
def test_an_event_keeps_everything_it_was_given(fields: dict, kind: str) -> None:
    data = {**fields, "type": kind}
    assert json.loads(Event.parse(json.dumps(data)).to_json()) == data


@pytest.mark.parametrize("frame", ["", "{", "[]", "3", "{}", '{"type": 3}', b"\xff"])
def test_a_frame_that_is_no_event_is_refused_in_one_line(frame: str | bytes) -> None:
    with pytest.raises(MalformedEvent) as caught:
        Event.parse(frame)
    assert "\n" not in str(caught.value)


def test_fields_are_attributes_however_deep() -> None:
    event = Event({"type": "response.done", "response": {"output": [{"id": "item_1"}]}})
    assert event.response.output[0].id == "item_1"
    assert event.get("response.output") == [{"id": "item_1"}]
    assert event.get("response.nothing.here", 7) == 7


def test_a_missing_field_names_those_there_are() -> None:
    event = Event({"type": "error", "error": {"message": "no"}})
    with pytest.raises(AttributeError, match="it has: type, error"):
        _ = event.item
    with pytest.raises(AttributeError, match="there are: message"):
        _ = event.error.code


def test_sound_is_decoded_once_and_bad_base64_is_no_sound() -> None:
    sound = bytes(range(256))
    event = Event(
        {"type": "response.output_audio.delta", "delta": base64.b64encode(sound).decode()}
    )
    assert event.audio == sound
    assert event.audio is event.audio
    assert Event({"type": "response.output_audio.delta", "delta": "?"}).audio in (None, b"")
    assert Event({"type": "response.output_audio.delta"}).audio is None
    assert Event({"type": "response.output_text.delta", "delta": "aaaa"}).audio is None


def test_our_tables_hold_exactly_the_events_of_the_openai_package() -> None:
    assert set(_by_type()) == set(CLIENT_EVENT_TYPES) | set(SERVER_EVENT_TYPES)


def test_a_typed_event_is_validated() -> None:
    good = Event({"type": "input_audio_buffer.cleared", "event_id": "event_1"})
    assert type(good.model()).__name__ == "InputAudioBufferClearedEvent"
    with pytest.raises(ValidationError):
        Event({"type": "input_audio_buffer.cleared"}).model()
    with pytest.raises(LookupError, match=r"response\.bogus"):
        Event({"type": "response.bogus"}).model()


def test_ids_look_like_the_service_s() -> None:
    assert len(new_id("item")) == len("item_") + 21
    assert len(new_id("call")) == len("call_") + 16
    assert new_id("resp").startswith("resp_")
    assert new_id("event") != new_id("event")


def test_an_event_can_be_pickled() -> None:
    event = Event({"type": "error", "error": {"message": "no"}})
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301 -- our own bytes
