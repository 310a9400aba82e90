"""Where sound lies, for a log that nobody took notes of: as it was sent and as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.bridge.recorder import PCM_RATE, Notes, part_key
from realtime_nb.bridge.recorder_lanes import Part, ms_of
from realtime_nb.protocol.summary import payload_bytes
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.bridge.recorder_lanes import Form
    from realtime_nb.inspection.talk import Talk
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log import Record

_LOWEST: Final = 1_000
_HIGHEST: Final = 384_000
_G711: Final = ("audio/pcmu", "audio/pcma")


def notes_of(talk: Talk) -> Notes:
    """Return a talk's notes, made from its log where nobody took any."""
    return talk.notes if talk.notes is not None else read_notes(talk.log)


def read_notes(records: Iterable[Record]) -> Notes:
    """Return where the sound of a log lies, told by its events alone.

    What was heard of an answer nobody knows then: it lies where it came, one content part
    after the other, and ends where it was cut.
    """
    notes = Notes()
    form: dict[str, Form] = dict.fromkeys(("input", "output"), ("audio/pcm", PCM_RATE, 1))
    free_ms = 0.0
    for record in records:
        event, notes.last_seq = record.event, record.seq
        notes.forget()
        size = payload_bytes(event)
        if event.type in ("session.created", "session.updated"):
            form = {side: _form(event, side) for side in form}
        elif record.direction == "sent" and size:
            ms = ms_of(size, form["input"])
            notes.user.add(record.seq, record.t_ms, size, ms, form["input"])
        elif event.type == "response.output_audio.delta" and size:
            free_ms = _answer(notes, event, record, form["output"], free_ms)
        elif event.type == "session.output_audio.delta" and size:
            ms = ms_of(size, form["output"])
            notes.flow.add(record.seq, record.t_ms, size, ms, form["output"])
        elif event.type == "conversation.item.truncated":
            part, end = notes.parts.get(part_key(event) or ("", 0)), told_ms(event, "audio_end_ms")
            if part is not None and end is not None:
                part.cut_ms = max(0.0, end)
                free_ms = min(free_ms, part.end_ms)
        else:
            _turn(notes, event)
    return notes


def _answer(notes: Notes, event: Event, record: Record, form: Form, free_ms: float) -> float:
    """Lay a delta of an answer; return when the next answer may begin."""
    key, size = part_key(event), payload_bytes(event)
    if key is None:
        return free_ms
    part = notes.parts.get(key)
    if part is None:
        start = max(notes.clock.at(record.t_ms), free_ms)
        part = notes.parts[key] = Part(form, start)
    part.size += size
    part.ms += ms_of(size, part.form)
    return max(free_ms, part.end_ms)


def _turn(notes: Notes, event: Event) -> None:
    item_id, turns = str(event.get("item_id")), notes.turns
    start, end = told_ms(event, "audio_start_ms"), told_ms(event, "audio_end_ms")
    if event.type == "input_audio_buffer.speech_started" and start is not None:
        turns[item_id] = (start, None)
    elif event.type == "input_audio_buffer.speech_stopped" and end is not None:
        turns[item_id] = (turns.get(item_id, (0.0, None))[0], end)
    elif event.type == "input_audio_buffer.committed" and item_id not in turns:
        last = max((till for _, till in turns.values() if till is not None), default=0.0)
        turns[item_id] = (last, notes.user.audio_ms)


def _form(event: Event, side: str) -> Form:
    wire = event.get(f"session.audio.{side}.format")
    fields = cast("dict[str, Any]", wire) if isinstance(wire, dict) else {}
    kind, rate = fields.get("type"), fields.get("rate")
    if kind in _G711:
        return (str(kind), 8_000, 1)
    if not isinstance(rate, int) or not _LOWEST <= rate <= _HIGHEST:
        rate = PCM_RATE
    return ("audio/pcm", rate, 1)
