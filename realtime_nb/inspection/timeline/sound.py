"""Both sides' sound where it lies on the conversation's clock, any piece of it on demand.

Nothing is decoded until it is asked for, and never more than a block at a time: what is held
are the log's records and where each begins.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.bridge.recording.lanes import ms_of
from realtime_nb.bridge.recording.recording import RATE, decoded, size_of, sort_sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from realtime_nb.bridge.recording.lanes import Form, Lane
    from realtime_nb.bridge.recording.notes import Notes
    from realtime_nb.bridge.recording.recording import Sound
    from realtime_nb.inspection.timeline.marks import Side
    from realtime_nb.protocol.log.event_log import EventLog

SIDES: Final[tuple[Side, Side]] = ("user", "assistant")
_BLOCK_RECORDS: Final = 64


@dataclass(frozen=True, slots=True)
class Strip:
    """A stretch of one side's sound without a pause.

    Attributes
    ----------
    start_ms
        Where it begins on the conversation's clock.
    first_ms, last_ms
        Which part of the records' sound it is.
    records
        Which carry it.
    starts_ms
        Where each record's sound begins in that of all of them, and where the last one ends;
        shape (len(records) + 1,).
    form
        What it is on the wire.
    """

    start_ms: float
    first_ms: float
    last_ms: float
    records: Sequence[Sound]
    starts_ms: NDArray[np.float64]
    form: Form

    @property
    def end_ms(self) -> float:
        """Where it ends on the conversation's clock."""
        return self.start_ms + self.last_ms - self.first_ms

    def blocks(self, from_ms: float, to_ms: float) -> Iterator[tuple[float, NDArray[np.int16]]]:
        """Yield its sound from and to a time of the clock: where each block lies, and samples.

        24 kHz, one channel; what begins before `from_ms` or ends after `to_ms` is cut.
        """
        offset = self.start_ms - self.first_ms
        begin, end = max(from_ms, self.start_ms), min(to_ms, self.end_ms)
        if end <= begin:
            return
        first = max(0, int(np.searchsorted(self.starts_ms, begin - offset, "right")) - 1)
        last = int(np.searchsorted(self.starts_ms, end - offset, "left"))
        for number in range(first, min(last, len(self.records)), _BLOCK_RECORDS):
            taken = self.records[number : min(number + _BLOCK_RECORDS, last)]
            pcm = np.concatenate([*decoded(taken, self.form), np.zeros(0, np.int16)])
            at_ms = offset + float(self.starts_ms[number])
            before = max(0, _samples(begin - at_ms))
            after = max(0, _samples(end - at_ms))
            if len(cut := pcm[before:after]):
                yield at_ms + before * 1000 / RATE, cut


class TimelineSound:
    """The sound of a conversation.

    Parameters
    ----------
    notes
        Where everything lies.
    log
        The sound.

    Attributes
    ----------
    strips
        Each side's, in the order of time.
    duration_ms
        Where the last of them ends.
    lost_ms
        Milliseconds that the log has let go of; they are silent.
    """

    def __init__(self, notes: Notes, log: EventLog) -> None:
        self.lost_ms = 0.0
        sent, flowed, answered = sort_sound(log, notes, log.recorded)
        assistant = self._lane(notes.flow, flowed)
        for key, part in notes.parts.items():
            pieces = part.pieces()
            records = answered.get(key, [])
            starts = self._starts(records, part.size, part.form)
            assistant += [
                Strip(start, first, last, records, starts, part.form)
                for start, first, last in pieces
            ]
        self.strips: dict[Side, list[Strip]] = {
            "user": self._lane(notes.user, sent),
            "assistant": sorted(assistant, key=lambda strip: strip.start_ms),
        }
        ends = [strip.end_ms for side in SIDES for strip in self.strips[side]]
        self.duration_ms = max(ends, default=0.0)

    def samples(self, side: Side, from_ms: float, to_ms: float) -> NDArray[np.int16]:
        """Return one side's sound between two times of the clock, 24 kHz; silence where none is.

        Returns
        -------
        NDArray[np.int16]
            Shape (n,), n being as long as that is.
        """
        out = np.zeros(max(0, _samples(to_ms - from_ms)), np.int16)
        for at_ms, pcm in self.blocks(side, from_ms, to_ms):
            at = max(0, _samples(at_ms - from_ms))
            room = out[at : at + len(pcm)]
            room[:] = pcm[: len(room)]
        return out

    def blocks(
        self, side: Side, from_ms: float, to_ms: float
    ) -> Iterator[tuple[float, NDArray[np.int16]]]:
        """Yield one side's sound between two times, block by block; see `Strip.blocks`."""
        for strip in self.strips[side]:
            if strip.start_ms < to_ms and strip.end_ms > from_ms:
                yield from strip.blocks(from_ms, to_ms)

    def _lane(self, lane: Lane, records: list[Sound]) -> list[Strip]:
        seqs = [record.seq for record in records]
        strips: list[Strip] = []
        for number, segment in enumerate(lane.segments):
            begin = bisect_left(seqs, segment.first_seq)
            end = len(records)
            if number + 1 < len(lane.segments):
                end = bisect_left(seqs, lane.segments[number + 1].first_seq)
            kept = records[begin:end]
            starts = self._starts(kept, segment.size, segment.form)
            strips.append(Strip(segment.start_ms, 0.0, segment.ms, kept, starts, segment.form))
        return strips

    def _starts(self, records: list[Sound], size: int, form: Form) -> NDArray[np.float64]:
        sizes = [size_of(record) for record in records]
        # The oldest sound goes first, so what is missing lies before what is there.
        missing = max(0, size - sum(sizes))
        self.lost_ms += ms_of(missing, form)
        return np.cumsum([missing, *sizes], dtype=np.float64) * ms_of(1, form)


def _samples(ms: float) -> int:
    return round(ms * RATE / 1000)
