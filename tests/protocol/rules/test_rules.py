"""Each rule of the protocol fires on a log that breaks it, and names the events."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.rules.breach import MOST, Breach
from realtime_nb.protocol.rules.check import check

USAGE = {"type": "duration", "seconds": 1}
TENTH = base64.b64encode(bytes(4_800)).decode()
IDS = {"output_index": 0, "content_index": 0}


def response(kind: str, response_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"id": response_id, **fields}}


def created(response_id: str = "r1", **fields: Any) -> dict[str, Any]:
    return response("created", response_id, **fields)


def done(response_id: str = "r1") -> dict[str, Any]:
    return response("done", response_id, status="completed")


def added(item_id: str, previous: str | None = None) -> dict[str, Any]:
    item = {"id": item_id, "type": "message", "role": "user", "content": []}
    return {"type": "conversation.item.added", "item": item, "previous_item_id": previous}


def item_done(item_id: str) -> dict[str, Any]:
    return {**added(item_id), "type": "conversation.item.done"}


def output(kind: str, item_id: str = "a1", response_id: str = "r1") -> dict[str, Any]:
    item = {"id": item_id, "type": "message", "role": "assistant", "content": []}
    return {
        "type": f"response.output_item.{kind}",
        "response_id": response_id,
        "output_index": 0,
        "item": item,
    }


def delta(item_id: str = "a1", response_id: str = "r1", sound: str = TENTH) -> dict[str, Any]:
    return {
        "type": "response.output_audio.delta",
        "response_id": response_id,
        "item_id": item_id,
        "delta": sound,
        **IDS,
    }


def transcript(item_id: str) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return {"type": kind, "item_id": item_id, "content_index": 0, "transcript": "a", "usage": USAGE}


def truncated(at: int) -> dict[str, Any]:
    return {
        "type": "conversation.item.truncated",
        "item_id": "a1",
        "content_index": 0,
        "audio_end_ms": at,
    }


STARTED = {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
STOPPED = {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 500}
DELETED = {"type": "conversation.item.deleted", "item_id": "u1"}
APPEND = {"type": "input_audio_buffer.append", "audio": TENTH}
COMMIT = {"type": "input_audio_buffer.commit"}
COMMITTED = {"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": None}
UPDATE = {"type": "session.update", "session": {"type": "realtime"}}
UPDATED = {"type": "session.updated", "session": {"type": "realtime"}}
ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
CREATE_ITEM = {"type": "conversation.item.create", "item": ITEM}
LATER = {"type": "rate_limits.updated", "rate_limits": []}


def log_of(*events: dict[str, Any] | float, first: int = 0) -> EventLog:
    """Return a log; a number is a pause in ms. The client's own types count as sent."""
    log, t_ms = EventLog(), 0.0
    for number, data in enumerate(events):
        if isinstance(data, float):
            t_ms += data
            continue
        data = {"event_id": f"event_{number}", **data}  # noqa: PLW2901 -- completed
        sent = data.pop(
            "sent",
            data["type"] in {e["type"] for e in (APPEND, COMMIT, UPDATE, CREATE_ITEM)}
            or data["type"] in {"response.create", "conversation.item.truncate"},
        )
        log.append(
            "sent" if sent else "received",
            Event(data),
            t_ms=t_ms,
            size=data.pop("size", 100),
            seq=first + len(log),
        )
        t_ms += 10.0
    return log


# rule -> events that break it, and the numbers of those concerned
BREAKS: dict[str, tuple[list[Any], list[int]]] = {
    "response-created-twice": ([created(), done(), created()], [0, 2]),
    "two-active-responses": ([created("r1"), created("r2"), done("r1"), done("r2")], [0, 1]),
    "done-without-created": ([done()], [0]),
    "done-twice": ([created(), done(), done()], [1, 2]),
    "event-without-created": ([output("added")], [0]),
    "event-after-done": ([created(), output("added"), done(), delta()], [2, 3]),
    "part-done-without-added": ([created(), output("done"), done()], [1]),
    "response-not-done": ([created()], [0]),
    "previous-item-unknown": ([added("u1", "nobody")], [0]),
    "item-added-twice": ([added("u1"), added("u1")], [0, 1]),
    "item-done-without-added": ([item_done("u1")], [0]),
    "item-unknown": ([transcript("u1")], [0]),
    "item-after-delete": ([added("u1"), DELETED, transcript("u1")], [1, 2]),
    "speech-stopped-without-started": ([added("u1"), STOPPED], [1]),
    "speech-started-twice": ([STARTED, STARTED, STOPPED], [0, 1]),
    "audio-after-truncation": (
        [created(), output("added"), delta(), truncated(50), delta(), done()],
        [3, 4],
    ),
    "truncated-past-end": ([created(), output("added"), delta(), done(), truncated(101 + 1)], [4]),
    "append-too-large": ([{**APPEND, "size": 16 * 2**20}], [0]),
    "commit-too-short": ([COMMIT, COMMITTED], [0]),
    "sound-is-no-base64": ([{**APPEND, "audio": "abcde"}], [0]),
    "not-answered": ([UPDATE, 6_000.0, LATER], [0]),
    "unknown-type": ([{"type": "response.novel"}], [0]),
    "beta-type": ([{"type": "response.audio.done"}], [0]),
    "wrong-direction": ([{**LATER, "sent": True}], [0]),
    "unknown-field": ([{**LATER, "novel": 1}], [0]),
    "wrong-field": ([{"type": "rate_limits.updated"}], [0]),
    "event-id-repeated": ([{**LATER, "event_id": "e"}, {**LATER, "event_id": "e"}], [0, 1]),
    "event-id-too-long": ([{**LATER, "event_id": "e" * 513}], [0]),
    "time-backwards": ([LATER, -500.0, LATER], [0, 1]),
}


def found(rule: str, breaches: list[Breach]) -> list[Breach]:
    return [breach for breach in breaches if breach.rule == rule]


@pytest.mark.parametrize("rule", list(BREAKS))
def test_a_rule_fires_and_names_the_events(rule: str) -> None:
    events, seqs = BREAKS[rule]
    breaches = check(log_of(*events))
    (breach,) = found(rule, breaches)
    assert breach.seqs == seqs
    assert breach.message
    assert "\n" not in breach.message
    extra = {one.rule for one in breaches} - {rule}
    assert extra <= {"item-unknown", "response-not-done"}, breaches


def test_a_good_talk_breaks_none() -> None:
    assert check(log_of(*GOOD)) == []


GOOD: list[Any] = [
    {
        "type": "session.created",
        "session": {"type": "realtime", "id": "s", "object": "realtime.session"},
    },
    UPDATE,
    UPDATED,
    *[APPEND] * 3,
    STARTED,
    STOPPED,
    COMMITTED,
    added("u1"),
    item_done("u1"),
    created(),
    output("added"),
    added("a1", "u1"),
    delta(),
    transcript("u1"),
    output("done"),
    item_done("a1"),
    done(),
    LATER,
    {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 50},
    truncated(50),
    created("apart", conversation_id=None),
    created("r3"),
    done("apart"),
    done("r3"),
    DELETED,
    added("u1"),
]


def test_answers_are_told_apart() -> None:
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    text = {"id": "new", **ITEM}
    answered = [
        [
            {**UPDATE, "event_id": "mine"},
            {**error, "error": {**error["error"], "event_id": "mine"}},
        ],
        [
            UPDATE,
            {
                **error,
                "error": {**error["error"], "code": "unknown_parameter", "param": "session.voice"},
            },
        ],
        [
            APPEND,
            COMMIT,
            {**error, "error": {**error["error"], "code": "input_audio_buffer_commit_empty"}},
        ],
        [CREATE_ITEM, {"type": "conversation.item.added", "item": text}],
        [{"type": "response.create"}, created(), done()],
    ]
    for events in answered:
        assert found("not-answered", check(log_of(*events, 9_000.0, LATER))) == []
    # Another's item is no answer to ours.
    spoken = {**ITEM, "id": "u", "content": [{"type": "input_audio"}]}
    other = [CREATE_ITEM, {"type": "conversation.item.added", "item": spoken}, 9_000.0, LATER]
    assert found("not-answered", check(log_of(*other)))[0].severity == "warning"
    (waiting,) = found("not-answered", check(log_of(UPDATE, LATER)))
    assert waiting.severity == "note"


def test_a_log_without_its_beginning_is_not_blamed_for_it() -> None:
    (note,) = check(log_of(delta("a9", "r9"), done("r9"), STOPPED, first=500))
    assert (note.rule, note.severity) == ("log-begins-late", "note")


def test_sound_that_was_let_go_is_not_counted_as_short() -> None:
    quiet = delta(sound="")
    assert check(log_of(created(), output("added"), quiet, done(), truncated(900))) == []


def test_an_update_needs_its_type_and_in_a_translation_has_none() -> None:
    bare = {"type": "session.update", "session": {}}
    (breach,) = found("wrong-field", check(log_of(UPDATED, bare, UPDATED)))
    assert breach.seqs == [1]
    session = {"id": "s", "type": "translation", "model": "gpt-realtime-translate"}
    told = {"type": "session.created", "session": session}
    assert not found("wrong-field", check(log_of(told, bare, {**told, "type": "session.updated"})))


def test_breaches_are_bounded() -> None:
    breaches = check(log_of(*[done(f"r{n}") for n in range(MOST + 50)], *[{"type": "x.y"}] * 300))
    assert len(found("done-without-created", breaches)) == MOST
    assert sum(breach.more for breach in found("done-without-created", breaches)) == 50
    (unknown,) = found("unknown-type", breaches)
    assert len(unknown.seqs) == MOST
    assert unknown.more == 300 - MOST
    assert [b.severity for b in breaches] == sorted(
        (b.severity for b in breaches), key=["error", "warning", "note"].index
    )


@pytest.mark.parametrize(
    "data",
    [
        {"type": "response.created", "response": 5},
        {"type": "response.done", "response": {"id": ["x"]}},
        {"type": "conversation.item.added", "item": "x", "previous_item_id": {}},
        {"type": "conversation.item.truncated", "item_id": 7, "audio_end_ms": "x"},
        {"type": "error", "error": None},
        {"type": "session.updated", "session": {"audio": []}},
        {
            "type": "response.output_audio.delta",
            "delta": {"a": 1},
            "item_id": "i",
            "content_index": [1],
        },
    ],
)
def test_what_makes_no_sense_is_looked_at_all_the_same(data: dict[str, Any]) -> None:
    assert [b.rule for b in check(log_of(UPDATE, APPEND, data)) if b.rule == "wrong-field"]
