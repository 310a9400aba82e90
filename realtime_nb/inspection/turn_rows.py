"""What became of each turn of the user: one row for what was said and what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.beta import BETA_TYPES
from realtime_nb.protocol.restored.input_clock import InputClock
from realtime_nb.protocol.restored.restored import LOST, read_successor
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import EventLog, Record

_DELTAS: Final = frozenset(
    {"response.output_audio.delta", "response.output_text.delta"}
    | {"response.output_audio_transcript.delta", "response.function_call_arguments.delta"}
)


@dataclass(slots=True)
class _Answer:
    """When a response came, in milliseconds, and how it ended."""

    created_ms: float | None = None
    first_delta_ms: float | None = None
    done_ms: float | None = None
    status: str = "in_progress"


@dataclass(slots=True)
class _Speech:
    """Where the user's speech lies in the sound, and when the service saw its end; ms."""

    start_ms: float | None = None
    end_ms: float | None = None
    stopped_ms: float | None = None


@dataclass(slots=True)
class _Facts:
    answers: dict[str, _Answer] = field(default_factory=dict[str, _Answer])
    speech: dict[str, _Speech] = field(default_factory=dict[str, _Speech])


def turn_rows(log: EventLog, conversation: Conversation) -> list[dict[str, Any]]:
    """Return a row for each turn; see `realtime_nb.inspection.frames.TURN_COLUMNS`."""
    facts = _Facts()
    clock = InputClock()
    for record in log:
        if record.direction == "received":
            _take(facts, record, clock)
    groups: list[tuple[Item | None, list[Item]]] = []
    for item in conversation.items:
        if item.role == "user":
            groups.append((item, []))
        elif item.type != "message" or item.role == "assistant":
            if not groups:
                groups.append((None, []))
            groups[-1][1].append(item)
    before = bool(groups) and groups[0][0] is None
    return [
        _row(number, said, answer, facts)
        for number, (said, answer) in enumerate(groups, not before)
    ]


def _take(facts: _Facts, record: Record, clock: InputClock) -> None:
    event = record.event
    kind = BETA_TYPES.get(event.type, event.type)
    if kind in _DELTAS:
        response_id = event.get("response_id")
        answer = facts.answers.get(response_id) if isinstance(response_id, str) else None
        if answer is not None and answer.first_delta_ms is None:
            answer.first_delta_ms = record.t_ms
    elif kind in ("response.created", "response.done"):
        response_id = event.get("response.id")
        if isinstance(response_id, str):
            answer = facts.answers.setdefault(response_id, _Answer())
            if kind == "response.created":
                answer.created_ms = record.t_ms
            else:
                answer.done_ms = record.t_ms
                answer.status = str(event.get("response.status") or "completed")
    elif kind.startswith("input_audio_buffer.speech_"):
        _take_speech(facts, record, clock)
    elif kind == LOST:
        _end_open(facts, record.t_ms)
    elif (successor := read_successor(event)) is not None:
        clock.succeed(successor)


def _end_open(facts: _Facts, t_ms: float) -> None:
    """End the responses that went with their session."""
    for answer in facts.answers.values():
        if answer.status == "in_progress":
            answer.status, answer.done_ms = "incomplete", t_ms


def _take_speech(facts: _Facts, record: Record, clock: InputClock) -> None:
    event = record.event
    speech = facts.speech.setdefault(str(event.get("item_id")), _Speech())
    if event.type.endswith("started"):
        speech.start_ms = _place(event, "audio_start_ms", clock)
    else:
        speech.end_ms = _place(event, "audio_end_ms", clock)
        speech.stopped_ms = record.t_ms


def _place(event: Event, name: str, clock: InputClock) -> float | None:
    told = told_ms(event, name)
    return None if told is None else clock.place(told)


def _row(number: int, said: Item | None, items: Sequence[Item], facts: _Facts) -> dict[str, Any]:
    ids = list(dict.fromkeys(item.response_id for item in items if item.response_id is not None))
    answers = [facts.answers.get(response_id, _Answer()) for response_id in ids]
    spoken = [item for item in items if item.type == "message"]
    speech = facts.speech.get(said.id, _Speech()) if said is not None else _Speech()
    cut = any(item.truncated_ms is not None or item.lost for item in items)
    return {
        "turn": number,
        "item_id": said.id if said is not None else None,
        "said": said.text if said is not None else None,
        "spoken": said is not None and any(part.kind == "audio" for part in said.parts.values()),
        "speech_start_ms": speech.start_ms,
        "speech_end_ms": speech.end_ms,
        "started_ms": said.started_ms if said is not None else items[0].started_ms,
        "stopped_ms": speech.stopped_ms,
        "responses": len(ids),
        "response_id": ids[-1] if ids else None,
        "status": answers[-1].status if answers else None,
        "created_ms": answers[0].created_ms if answers else None,
        "first_delta_ms": answers[0].first_delta_ms if answers else None,
        "done_ms": answers[-1].done_ms if answers else None,
        "answer": " ".join(item.text for item in spoken if item.text),
        "heard": " ".join(item.heard_text for item in spoken if item.heard_text),
        "answer_ms": sum(item.audio_ms for item in items) or None,
        "interrupted": cut or any(answer.status == "cancelled" for answer in answers),
        "calls": ", ".join(
            item.name for item in items if item.type == "function_call" and item.name
        ),
    }
