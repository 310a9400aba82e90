"""Notes where both sides' sound lies in a conversation; the sound itself stays in the log.

What a recording needs beside the log is small: for the user's sound where its pauses are, for
each answer when the page played how much of it, for each turn from where to where it goes.
The log keeps the newest sound up to its `max_audio_bytes`, by default 512 MiB as the wire has
it: more than an hour of both sides. A recording is silent where sound is gone, and says how
much.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.recording.call import CallNotes
from realtime_nb.bridge.recording.lanes import Part, ms_of
from realtime_nb.bridge.recording.notes import KEPT, PCM_RATE, Notes, part_key
from realtime_nb.protocol.restored.restored import LOST
from realtime_nb.protocol.restored.sent_sound import SentSound
from realtime_nb.protocol.summary import payload_bytes
from realtime_nb.protocol.told import as_object, told_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.recording.lanes import Form
    from realtime_nb.bridge.uplink import Uplink
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.conversation.playback import PartKey, Playback
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

_G711_RATE: Final = 8_000
_LOWEST: Final = 1_000
_HIGHEST: Final = 384_000
_MOST_CHANNELS: Final = 32
_NO_SOUND: Final = "input_audio_buffer_commit_empty"
_SAME_MS: Final = 0.5
_LATEST_MS: Final = 10_000.0


class Recorder:
    """Follows one session; everything but `notes` runs on the session's loop.

    Parameters
    ----------
    session
        The session.
    playback
        What the page has played of each answer.
    uplink
        Which knows when the page's microphone captured a frame.
    has_page
        Whether a page plays what comes now.
    """

    def __init__(
        self,
        session: RealtimeSession,
        playback: Playback,
        uplink: Uplink,
        has_page: Callable[[], bool],
    ) -> None:
        self._session = session
        self._playback = playback
        self._uplink = uplink
        self._has_page = has_page
        self._notes = Notes()
        self._sent = SentSound()
        self._call = None if session.transport.carries_audio else CallNotes()
        self._lock = threading.Lock()
        self._commits: deque[float] = deque()
        self._committed = False
        # Turns that were begun and given up; a service may commit one all the same.
        self._dropped: dict[str, tuple[float, float | None]] = {}
        self._turn_from_ms = 0.0
        self._alone_until_ms = 0.0
        self._page_offset_ms: float | None = None
        self._handlers: Mapping[str, Callable[[Event, Record], None]] = {
            "response.output_audio.delta": self._on_sound,
            "session.output_audio.delta": self._on_flow,
            "conversation.item.truncated": self._on_truncated,
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": self._on_speech_stopped,
            "input_audio_buffer.committed": self._on_committed,
            "input_audio_buffer.cleared": self._on_cleared,
            "error": self._on_error,
            LOST: self._on_lost,
        }

    def start(self) -> None:
        """Begin to follow the session."""
        self._session.subscribe(self._take)
        self._playback.watch(self._on_played)

    def notes(self) -> Notes:
        """Return a copy of what is noted; call it from any thread."""
        with self._lock:
            notes = self._notes.copy()
            if self._call is not None:
                self._call.lay(notes, self._session.log.recorded)
        notes.settle(self._session.conversation)
        return notes

    # -- events

    def _take(self, record: Record, changed: frozenset[str]) -> None:
        event = record.event
        with self._lock:
            self._drop(changed)
            self._notes.last_seq = record.seq
            if self._call is not None:
                self._call.take(record)
                return
            self._notes.forget()
            fresh = self._sent.take(record)
            if record.direction == "received":
                handler = self._handlers.get(event.type)
                if handler is not None:
                    handler(event, record)
            elif fresh:
                self._on_sent(fresh, record)
            elif event.type == "input_audio_buffer.commit":
                self._commits.append(self._notes.user.audio_ms)
                self._committed = True

    def _drop(self, changed: frozenset[str]) -> None:
        turns = self._notes.turns
        for item_id in changed:
            if item_id in turns and self._session.conversation.dropped(item_id):
                self._dropped[item_id] = turns.pop(item_id)
                if len(self._dropped) > KEPT:
                    del self._dropped[next(iter(self._dropped))]

    def _on_sent(self, size: int, record: Record) -> None:
        form = self._form("input")
        ms = ms_of(size, form)
        lane = self._notes.user
        captured_ms = self._captured_ms(lane.audio_ms + ms, record.t_ms)
        # A clip sent while nobody listens to the answer before it is heard after that.
        alone = 0.0 if captured_ms is not None else self._alone_until_ms
        t_ms = record.t_ms if captured_ms is None else captured_ms
        begins, self._committed = self._committed, False
        lane.add(record.seq, t_ms, size, ms, form, not_before_ms=alone, begins=begins)

    def _captured_ms(self, audio_ms: float, t_ms: float) -> float | None:
        """Return when the page captured this frame, on the session's clock; None for a clip's.

        A frame may be late and never early: the quickest of all says how the clocks differ.
        """
        mark = self._uplink.mark_at(audio_ms - _SAME_MS)
        if mark is None or abs(mark.audio_ms - audio_ms) > _SAME_MS:
            return None
        offset = t_ms - mark.page_ms
        known = self._page_offset_ms
        # Another page, of another computer, has another clock.
        if known is None or offset < known or offset > known + _LATEST_MS:
            self._page_offset_ms = known = offset
        return mark.page_ms + known

    def _on_sound(self, event: Event, record: Record) -> None:
        key = part_key(event)
        size = payload_bytes(event)
        aside = event.get("response_id") in self._session.conversation.asides
        if key is None or not size or aside:
            return
        notes = self._notes
        part = notes.parts.get(key)
        if part is None:
            start = max(notes.clock.at(record.t_ms), self._alone_until_ms)
            part = notes.parts[key] = Part(self._form("output"), start)
        ms = ms_of(size, part.form)
        part.size += size
        part.ms += ms
        if self._has_page():
            part.played_ms = part.played_ms or 0.0
        elif part.played_ms is None:
            part.missed_ms += ms
            self._alone_until_ms = max(self._alone_until_ms, part.end_ms)

    def _on_played(self, key: PartKey, samples: int, latency_ms: float) -> None:
        with self._lock:
            part = self._notes.parts.get(key)
            if part is not None:
                sounds_ms = self._notes.clock.at(self._session.now_ms()) + latency_ms
                part.play(sounds_ms, samples * 1000 / self._playback.rate)

    def _on_flow(self, event: Event, record: Record) -> None:
        size = payload_bytes(event)
        rate, channels = event.get("sample_rate"), event.get("channels")
        form = ("audio/pcm", _rate(rate), _channels(channels))
        self._notes.flow.add(record.seq, record.t_ms, size, ms_of(size, form), form)

    def _on_truncated(self, event: Event, _record: Record) -> None:
        part = self._notes.parts.get(part_key(event) or ("", 0))
        end_ms = event.get("audio_end_ms")
        if part is not None and isinstance(end_ms, int | float):
            part.cut_ms = float(end_ms)

    # -- the user's turns

    def _on_speech_started(self, event: Event, _record: Record) -> None:
        start_ms = told_ms(event, "audio_start_ms")
        if start_ms is not None:
            place = self._sent.clock.place(start_ms)
            self._notes.turns[str(event.get("item_id"))] = (place, None)

    def _on_speech_stopped(self, event: Event, _record: Record) -> None:
        item_id = str(event.get("item_id"))
        end_ms = told_ms(event, "audio_end_ms")
        for turns in (self._notes.turns, self._dropped):
            if item_id in turns and end_ms is not None:
                turns[item_id] = (turns[item_id][0], self._sent.clock.place(end_ms))

    def _on_committed(self, event: Event, _record: Record) -> None:
        item_id = str(event.get("item_id"))
        begun = self._dropped.pop(item_id, (self._turn_from_ms, None))
        start, end = self._notes.turns.get(item_id, begun)
        if end is None:
            # By hand: it ends with what had been sent when the commit was.
            end = self._commits.popleft() if self._commits else self._notes.user.audio_ms
        self._notes.turns[item_id] = (start, end)
        self._turn_from_ms = end

    def _on_cleared(self, _event: Event, _record: Record) -> None:
        self._turn_from_ms = self._notes.user.audio_ms

    def _on_lost(self, _event: Event, _record: Record) -> None:
        # Nobody will say what became of these: what they ended is committed anew.
        self._commits.clear()

    def _on_error(self, event: Event, _record: Record) -> None:
        if event.get("error.code") == _NO_SOUND and self._commits:
            self._commits.popleft()

    # -- helpers

    def _form(self, side: str) -> Form:
        session = self._session.conversation.session or {}
        audio = as_object(as_object(session.get("audio")).get(side))
        wire = as_object(audio.get("format"))
        kind = wire.get("type")
        if kind in ("audio/pcmu", "audio/pcma"):
            return (kind, _G711_RATE, 1)
        return ("audio/pcm", _rate(wire.get("rate")), 1)


def _rate(value: Any) -> int:
    # What no sound has is not believed: a length is made of it.
    return value if isinstance(value, int) and _LOWEST <= value <= _HIGHEST else PCM_RATE


def _channels(value: Any) -> int:
    return value if isinstance(value, int) and 1 <= value <= _MOST_CHANNELS else 1
