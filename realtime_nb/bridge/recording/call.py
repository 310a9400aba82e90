"""Where a call's sound lies: on no event, but in what the page recorded, by the clock.

The service counts the user's sound from the call's beginning, which no clock of ours saw. Of
all it has told of its count, the word that was quickest says how its count and the session's
clock differ. An answer lies between the service's word that it plays and that it ends, from
its first audible sample in the recording to its last. Where nobody recorded, as on a call that
was joined by its id, both lie where the service's words put them, and are silent.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.pcm import pcm16_to_int16
from realtime_nb.bridge.recording.lanes import Part, Segment
from realtime_nb.protocol.recorded_sound import RATE
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from realtime_nb.bridge.recording.lanes import Form
    from realtime_nb.bridge.recording.notes import Notes
    from realtime_nb.protocol.conversation.playback import PartKey
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record
    from realtime_nb.protocol.recorded_sound import RecordedSound

FORM: Final[Form] = ("audio/pcm", RATE, 1)
KEPT: Final = 10_000
"""Turns and answers that are remembered; the oldest go first."""

EARLY_MS: Final = 150.0
"""How much earlier than the service's word an answer may begin in the page."""

LATE_MS: Final = 400.0
"""How much later than the service's word an answer may end in the page: network and buffer."""

_AUDIBLE: Final = 64  # of 32,768: 54 dB below the loudest
_MARKS: Final = 32
_BYTES_PER_MS: Final = 48


@dataclass(slots=True)
class Window:
    """When the service played an answer, on the session's clock, in ms; open while it plays."""

    key: PartKey
    start_ms: float
    end_ms: float | None = None
    cut: bool = False


@dataclass(slots=True)
class CallNotes:
    """Follows what a call's events tell of sound.

    Attributes
    ----------
    turns
        From when to when each item of the user was spoken, on the session's clock, in ms.
    windows
        When each answer was played.
    now_ms
        When the last event came.
    """

    turns: dict[str, tuple[float, float | None]] = field(
        default_factory=dict[str, tuple[float, float | None]]
    )
    windows: dict[PartKey, Window] = field(default_factory=dict["PartKey", Window])
    now_ms: float = 0.0
    _marks: deque[float] = field(default_factory=lambda: deque[float](maxlen=_MARKS))
    _keys: dict[str, PartKey] = field(default_factory=dict[str, "PartKey"])
    _begun: tuple[str, float | None] = ("", None)
    _free_ms: float = 0.0
    # What will not change any more; None where nothing was heard, or is kept.
    _laid: dict[PartKey, Part | None] = field(default_factory=dict["PartKey", "Part | None"])

    def take(self, record: Record) -> None:
        """Take in one event."""
        event, self.now_ms = record.event, record.t_ms
        if event.type.startswith("input_audio_buffer."):
            self._take_input(event, record.t_ms)
        elif event.type.startswith("output_audio_buffer."):
            self._take_output(event, record.t_ms)
        elif event.type == "response.content_part.added" and event.get("part.type") == "audio":
            key = (_text(event, "item_id"), _index(event))
            self._keys.setdefault(_text(event, "response_id"), key)
            _forget(self._keys)

    def lay(self, notes: Notes, recorded: RecordedSound) -> None:
        """Put into `notes` where both sides' sound lies by now.

        Parameters
        ----------
        notes
            A copy, whose lanes and parts are empty.
        recorded
            What the page has recorded.
        """
        stretches = recorded.stretches("input")
        if stretches:
            for one in stretches:
                place = Segment(one.first_seq, one.start_ms, one.before_ms, FORM, one.size, one.ms)
                notes.user.segments.append(place)
        else:
            notes.user.segments.append(Segment(0, 0.0, 0.0, FORM, 0, self.now_ms))
        notes.user.audio_ms = sum(segment.ms for segment in notes.user.segments)
        for item_id, (start, end) in self.turns.items():
            first = notes.user.position(start)
            last = None if end is None else notes.user.position(end)
            notes.turns[item_id] = (first, last)
        heard = _Heard(recorded)
        windows = list(self.windows.values())
        free_ms = 0.0
        for window, after in zip(windows, [*windows, None][1:], strict=True):
            next_ms = math.inf if after is None else after.start_ms
            part = (
                self._laid[window.key]
                if window.key in self._laid
                else self._part(window, free_ms, next_ms, heard)
            )
            if part is not None:
                notes.parts[window.key] = part
                free_ms = part.end_ms

    # -- the user

    def _take_input(self, event: Event, t_ms: float) -> None:
        item_id, what = _text(event, "item_id"), event.type.rpartition(".")[2]
        if what == "speech_started":
            self._begun = (item_id, told_ms(event, "audio_start_ms"))
            self.turns[item_id] = (self._placed(self._begun[1], t_ms), None)
        elif what == "speech_stopped":
            end_ms = self._placed(told_ms(event, "audio_end_ms"), t_ms)
            if self._begun[0] == item_id and item_id in self.turns:
                # By now it is better known how the clocks differ.
                start_ms = self._placed(self._begun[1], self.turns[item_id][0])
                self.turns[item_id] = (start_ms, None)
            self._ended(item_id, end_ms)
        elif what == "committed":
            self._ended(item_id, t_ms)
        elif what == "cleared":
            self._free_ms = t_ms
        _forget(self.turns)

    def _placed(self, count_ms: float | None, t_ms: float) -> float:
        """Return when a moment of the service's count was, on the session's clock."""
        if count_ms is None:
            return t_ms
        # It cannot tell of what it has not heard yet.
        self._marks.append(t_ms - count_ms)
        return min(t_ms, max(0.0, count_ms + min(self._marks)))

    def _ended(self, item_id: str, end_ms: float) -> None:
        start, end = self.turns.get(item_id, (self._free_ms, None))
        if end is None:
            self.turns[item_id] = (min(start, end_ms), end_ms)
            self._free_ms = end_ms

    # -- answers

    def _take_output(self, event: Event, t_ms: float) -> None:
        key = self._keys.get(_text(event, "response_id"))
        if key is None:
            return
        if event.type.endswith(".started"):
            self.windows[key] = Window(key, t_ms)
            _forget(self.windows)
        window = self.windows.get(key)
        ends = event.type.endswith((".stopped", ".cleared"))
        if ends and window is not None and window.end_ms is None:
            window.end_ms, window.cut = t_ms, event.type.endswith(".cleared")

    def _part(self, window: Window, free_ms: float, next_ms: float, heard: _Heard) -> Part | None:
        end_ms = self.now_ms if window.end_ms is None else window.end_ms
        if not heard.stretches:
            ms = max(0.0, end_ms - window.start_ms)
            part = Part(FORM, window.start_ms, ms=ms, played_ms=ms, runs=[(window.start_ms, 0.0)])
            part.cut_ms = ms if window.cut else None
            return part
        last_ms = min(end_ms + LATE_MS, next_ms)
        part = heard.part(max(free_ms, window.start_ms - EARLY_MS), last_ms)
        if part is not None:
            part.cut_ms = part.ms if window.cut else None
        if window.end_ms is not None and heard.stretches[-1].end_ms >= last_ms:
            self._laid[window.key] = part
            _forget(self._laid)
        return part


class _Heard:
    """What was recorded of the service's side, by the session's clock."""

    def __init__(self, recorded: RecordedSound) -> None:
        self._recorded = recorded
        self.stretches = recorded.stretches("output")

    def part(self, start_ms: float, end_ms: float) -> Part | None:
        """Return the sound from the first audible sample to the last; None where none is."""
        pieces: list[tuple[float, float, NDArray[np.int16]]] = []
        for stretch in self.stretches:
            first, last = max(start_ms, stretch.start_ms), min(end_ms, stretch.end_ms)
            if last > first:
                track_ms = stretch.before_ms + first - stretch.start_ms
                pcm = pcm16_to_int16(self._recorded.between("output", track_ms, last - first))
                pieces.append((first, track_ms, pcm))
        # What is silent before the first audible sample and behind the last is left out.
        while pieces and not _loud(pieces[0][2]).size:
            del pieces[0]
        while pieces and not _loud(pieces[-1][2]).size:
            del pieces[-1]
        if not pieces:
            return None
        clock_ms, track_ms, pcm = pieces[0]
        lead_ms = float(_loud(pcm)[0]) * 1000 / RATE
        begin_ms = track_ms + lead_ms
        _, last_ms, pcm = pieces[-1]
        ms = last_ms + float(_loud(pcm)[-1] + 1) * 1000 / RATE - begin_ms
        runs = [(clock_ms + lead_ms, 0.0)]
        runs += [(clock, track - begin_ms) for clock, track, _ in pieces[1:]]
        size = round(ms * _BYTES_PER_MS / 2) * 2
        return Part(
            FORM, runs[0][0], size=size, ms=ms, played_ms=ms, runs=runs, recorded_ms=begin_ms
        )


def _loud(pcm: NDArray[np.int16]) -> NDArray[np.intp]:
    return np.flatnonzero(np.abs(pcm.astype(np.int32)) > _AUDIBLE)


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _index(event: Event) -> int:
    value = event.get("content_index", 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _forget(known: dict[Any, Any]) -> None:
    while len(known) > KEPT:
        del known[next(iter(known))]
