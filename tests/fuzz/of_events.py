"""What a service sends: events into the log, the conversation, and everything made of them."""

# ruff: noqa: E501 -- inputs stand as they are written

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import orjson

from realtime_nb.errors import MalformedEvent, RealtimeError
from realtime_nb.inspection import chain_legs, frames, latency
from realtime_nb.inspection.check import check
from realtime_nb.inspection.cost import usage_table as cost
from realtime_nb.inspection.report.html import report_html
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.notes import read_notes
from realtime_nb.inspection.timeline.turns import read_story
from realtime_nb.inspection.turn_rows import turn_rows
from realtime_nb.protocol.audio_api.completion_stream import CompletionStream
from realtime_nb.protocol.audio_api.event_stream import EventStream
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.event_view import event_json, event_python
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.log.html import log_html
from realtime_nb.protocol.rows.filter import Query
from realtime_nb.protocol.rows.table import Rows
from realtime_nb.protocol.summary import LONGEST, reference, summarise
from tests.bridge.stage import Stage
from tests.fuzz.running import Target

CORPUS = Path(__file__).with_name("corpus")


def _talks() -> list[bytes]:
    """Return talks of 1 to 30 events, each line a frame with the way it went."""
    lines = (CORPUS / "talk.jsonl").read_bytes().splitlines()
    talks = [b"\n".join(lines[first : first + 26]) for first in range(0, len(lines), 13)]
    return [*talks, b"\n".join(lines), *(line for line in lines[::5])]


TALKS = _talks()


def records_of(data: bytes) -> list[tuple[str, Event, int]]:
    """Return direction, event and size of each line; a line that is no event is left out."""
    found = []
    for line in data.split(b"\n"):
        direction = "received"
        try:
            value = orjson.loads(line)
            if isinstance(value, dict) and isinstance(value.get("event"), dict):
                direction = "sent" if value.get("direction") == "sent" else "received"
                line = orjson.dumps(value["event"])  # noqa: PLW2901 -- what is inside
            found.append((direction, Event.parse(line), len(line)))
        except (ValueError, TypeError, MalformedEvent):
            continue
    return found


def _talk_of(data: bytes) -> tuple[EventLog, Conversation]:
    log, conversation = EventLog(), Conversation()
    for number, (direction, event, size) in enumerate(records_of(data)):
        record = log.append(direction, event, t_ms=number * 40.0, size=size)  # type: ignore[arg-type]
        conversation.apply(record.direction, event, record.t_ms)
    return log, conversation


def take_events(data: bytes) -> None:
    """Take a talk in; nothing is lost, and every view of it can be written."""
    with contextlib.suppress(MalformedEvent):
        Event.parse(data.partition(b"\n")[0])
    log, conversation = _talk_of(data)
    assert [record.seq for record in log] == list(range(len(records_of(data))))
    ids = [item.id for item in conversation.items]
    assert len(ids) == len(set(ids)), "an item is there twice"
    for record in log:
        assert len(summarise(record.event)) <= LONGEST
        reference(record.event)
        repr(record.event)
        _ = record.event.audio
        event_json(record.event)
        event_python(record, "chat").encode()
    repr(conversation)
    rows = Rows(log)
    while rows.index.catch_up():
        pass
    orjson.dumps(rows.page(Query(), 0, 200).rows)
    log_html(log).encode()
    check(log)


def take_inspection(data: bytes) -> None:
    """Make the tables, the bill, the timeline and the report of a talk."""
    log, conversation = _talk_of(data)
    notes = read_notes(log)
    read_story(log, notes)
    turn_rows(log, conversation)
    talk = Talk(log=log, conversation=conversation, notes=notes)
    repr(latency.latency(talk))
    repr(cost.usage(talk))
    repr(cost.bill(talk))
    repr(chain_legs.legs(talk))
    frames.items(talk)
    frames.turns(talk)
    report_html(talk).encode("utf-8", "strict")


def take_frames(data: bytes) -> None:
    """Be a service: frames into an open session with its bridge, which must go on."""
    stage = Stage()
    try:
        for line in data.split(b"\n")[:60]:
            value: Any = None
            try:
                value = orjson.loads(line)
            except ValueError:
                continue
            inner = value.get("event") if isinstance(value, dict) else None
            try:
                event = Event.parse(orjson.dumps(inner) if isinstance(inner, dict) else line)
            except (MalformedEvent, TypeError):
                continue
            stage.tell(event.data)
        stage.wait(0.5)
        assert not stage.troubles.said, stage.troubles.said
        assert not stage.loop.failures, stage.loop.failures
        json.dumps([message for message, _ in stage.view.sent]).encode()
        orjson.dumps([message for message, _ in stage.view.sent])
    finally:
        stage.close()


def take_stream(data: bytes) -> None:
    """Be a REST service that streams: events out of pieces of bytes."""
    stream, told, step = EventStream(), CompletionStream(lambda _sound: None), len(data) % 17 + 1
    found = []
    for first in range(0, min(len(data), 4_000), step):
        found += stream.feed(data[first : min(4_000, first + step)])
    found += stream.finish()
    for one in found:
        told.feed(one)
    told.finish()
    repr(told.message())


_CHUNK = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-audio",
    "choices": [
        {
            "index": 0,
            "delta": {
                "role": "assistant",
                "content": "hi",
                "refusal": None,
                "audio": {"id": "a", "data": "AAAA", "transcript": "hi", "expires_at": 9},
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "c",
                        "type": "function",
                        "function": {"name": "f", "arguments": "{"},
                    }
                ],
            },
            "finish_reason": None,
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
_SSE = [
    b"data: " + json.dumps(_CHUNK).encode() + b"\n\ndata: [DONE]\n\n",
    b'event: x\r\ndata: {"type":"transcript.text.delta","delta":"hi"}\r\n\r\n: comment\n\ndata: {\ndata: "a":1}\n\n',
    b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop","index":0}]}\n\n',
]

TARGETS = (
    Target("events", take_events, TALKS, "lines", share=30),
    Target("inspection", take_inspection, TALKS, "lines", (RealtimeError,), share=3),
    Target("frames", take_frames, TALKS, "lines", share=6),
    Target("stream", take_stream, _SSE, "text", (RealtimeError,), share=30),
)
