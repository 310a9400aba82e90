from __future__ import annotations

import ast
import base64
import json

from realtime_nb.protocol.event_view import (
    LONGEST_JSON,
    answered_event,
    answering_errors,
    event_json,
    event_python,
)
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog


def test_sound_pictures_and_credentials_are_told_by_their_size_or_not_at_all() -> None:
    payload = base64.b64encode(bytes(3000)).decode()
    event = Event(
        {
            "type": "conversation.item.create",
            "item": {
                "content": [
                    {"type": "input_audio", "audio": payload},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{payload}"},
                ]
            },
            "session": {"tools": [{"type": "mcp", "authorization": "canary", "headers": {"a": 1}}]},
        }
    )
    for whole in (False, True):
        text, cut = event_json(event, whole=whole)
        assert payload not in text
        assert "canary" not in text
        assert not cut
        content = json.loads(text)["item"]["content"]
        assert content[0]["audio"] == "<3,000 bytes of sound>"
        assert content[1]["image_url"] == "data:image/png;base64,<3,000 bytes>"


def test_long_and_deep_events_are_cut_unless_they_are_copied() -> None:
    event = Event({"type": "x", "text": "y" * 1_000_000, "n": [1, 2.5, None, True]})
    text, cut = event_json(event)
    assert cut
    assert len(text) < 3000
    assert json.loads(event_json(event, whole=True)[0]) == event.data
    many = Event({"type": "x", "list": ["y" * 100] * 10_000})
    assert len(event_json(many)[0]) < LONGEST_JSON + 10
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    assert event_json(Event({"type": "x", "deep": deep}))[1]


def test_half_characters_can_be_sent() -> None:
    event_json(Event({"type": "x", "text": "\ud800"}))[0].encode()


def test_a_sent_event_is_a_call_and_a_received_one_a_value() -> None:
    log = EventLog()
    payload = base64.b64encode(bytes(300)).decode()
    sent = {"type": "session.update", "session": {"type": "realtime", "instructions": "it's 'q'"}}
    log.append("sent", Event(sent), t_ms=0, size=1)
    log.append(
        "sent", Event({"type": "input_audio_buffer.append", "audio": payload}), t_ms=0, size=1
    )
    log.append("received", Event({"type": "x", "a": [1, None]}), t_ms=0, size=1)
    code = event_python(log[0], "chat")
    assert code.startswith("await chat.session.send(")
    call = ast.parse(code).body[0].value.value  # type: ignore[attr-defined]
    assert ast.literal_eval(call.args[0]) == sent
    with_sound = event_python(log[1], "not a name")
    assert payload not in with_sound
    assert "chat.events.source.find(1).event.data['audio']" in with_sound
    ast.parse(with_sound)
    assert event_python(log[2], "chat") == "event = {'type': 'x', 'a': [1, None]}"


def test_errors_and_what_they_answer_find_each_other() -> None:
    log = EventLog()
    log.append("sent", Event({"type": "response.create", "event_id": "e1"}), t_ms=0, size=1)
    log.append("received", Event({"type": "x", "event_id": "e1"}), t_ms=0, size=1)
    log.append("received", Event({"type": "error", "error": {"event_id": "e1"}}), t_ms=0, size=1)
    log.append("received", Event({"type": "error", "error": {"event_id": None}}), t_ms=0, size=1)
    assert answered_event(log, log[2]) == 0
    assert answered_event(log, log[3]) is None
    assert answering_errors(log, log[0]) == [2]
    assert answering_errors(log, log[1]) == []


def test_a_type_that_is_no_word_is_shown() -> None:
    odd: list[object] = [[], {"a": 1}, 5, None]
    for kind in odd:
        data: dict[str, object] = {"type": "x", "part": {"type": kind, "data": "words"}}
        assert json.loads(event_json(Event(data))[0]) == data
