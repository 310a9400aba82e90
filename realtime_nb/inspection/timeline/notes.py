"""Where sound lies, for a log that nobody took notes of: as it was sent and as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.bridge.recording.lanes import Part, ms_of
from realtime_nb.bridge.recording.notes import PCM_RATE, Notes, part_key
from realtime_nb.protocol.restored.sent_sound import SentSound
from realtime_nb.protocol.summary import payload_bytes
from realtime_nb.protocol.told import as_object, told_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.bridge.recording.lanes import Form
    from realtime_nb.inspection.talk import Talk
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record
    from realtime_nb.protocol.restored.input_clock import InputClock

_LOWEST: Final = 1_000
_HIGHEST: Final = 384_000
_G711: Final = ("audio/pcmu", "audio/pcma")


def notes_of(talk: Talk) -> Notes:
    """Return a talk's notes, made from its log where nobody took any."""
    if talk.notes is not None:
        return talk.notes
    notes = read_notes(talk.log)
    notes.settle(talk.conversation)
    return notes


def read_notes(records: Iterable[Record]) -> Notes:
    """Return where the sound of a log lies, told by its events alone.

    What was heard of an answer nobody knows then: it lies where it came, one content part
    after the other, and ends where it was cut.
    """
    notes = Notes()
    form: dict[str, Form] = dict.fromkeys(("input", "output"), ("audio/pcm", PCM_RATE, 1))
    free_ms, sound = 0.0, SentSound()
    for record in records:
        event, notes.last_seq = record.event, record.seq
        notes.forget()
        fresh = sound.take(record)
        size = payload_bytes(event) if record.direction == "received" else fresh
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
            _turn(notes, event, sound.clock)
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


def _turn(notes: Notes, event: Event, clock: InputClock) -> None:
    item_id, turns = str(event.get("item_id")), notes.turns
    start, end = told_ms(event, "audio_start_ms"), told_ms(event, "audio_end_ms")
    if event.type == "input_audio_buffer.speech_started" and start is not None:
        turns[item_id] = (clock.place(start), None)
    elif event.type == "input_audio_buffer.speech_stopped" and end is not None:
        place = clock.place(end)
        turns[item_id] = (turns.get(item_id, (clock.origin_ms, None))[0], place)
    elif event.type == "input_audio_buffer.committed" and item_id not in turns:
        last = max((till for _, till in turns.values() if till is not None), default=0.0)
        turns[item_id] = (last, notes.user.audio_ms)


def _form(event: Event, side: str) -> Form:
    wire = event.get(f"session.audio.{side}.format")
    fields = as_object(wire)
    kind, rate = fields.get("type"), fields.get("rate")
    if kind in _G711:
        return (str(kind), 8_000, 1)
    if not isinstance(rate, int) or not _LOWEST <= rate <= _HIGHEST:
        rate = PCM_RATE
    return ("audio/pcm", rate, 1)
