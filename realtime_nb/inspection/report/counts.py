"""How many events of each kind a log has, counted as it grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_nb.protocol.events import AUDIO_FIELDS

if TYPE_CHECKING:
    from realtime_nb.protocol.log.event_log import EventLog


@dataclass(slots=True)
class Count:
    """Events of one kind.

    Attributes
    ----------
    number
        How many.
    size
        Bytes of their frames on the wire.
    """

    number: int = 0
    size: int = 0


class Tally:
    """Counts the events of one log; what has been counted is not looked at again.

    Attributes
    ----------
    kinds
        What there is of each, by direction and type.
    last_ms
        When the last event passed, in milliseconds since the session's start.
    """

    def __init__(self) -> None:
        self.kinds: dict[tuple[str, str], Count] = {}
        self.last_ms = 0.0
        self._next_seq = 0

    def take(self, log: EventLog) -> None:
        """Count what is new."""
        if not self.kinds:
            # A whole log at once: its columns are much cheaper than its records.
            for batch in log.batches():
                for seq, t_ms, way, kind, size in zip(
                    batch.seqs,
                    batch.times,
                    batch.directions,
                    batch.kinds,
                    batch.sizes,
                    strict=True,
                ):
                    self._add(way, kind, size)
                    self._next_seq = max(self._next_seq, seq + 1)
                    self.last_ms = max(self.last_ms, t_ms)
            return
        newest = self._next_seq
        for record in reversed(log):
            if record.seq < self._next_seq:
                break
            newest = max(newest, record.seq + 1)
            self.last_ms = max(self.last_ms, record.t_ms)
            self._add(record.direction, record.event.type, record.size)
        self._next_seq = newest

    def _add(self, direction: str, kind: str, size: int) -> None:
        count = self.kinds.setdefault((direction, kind), Count())
        count.number += 1
        count.size += size

    @property
    def number(self) -> int:
        """How many events there are."""
        return sum(count.number for count in self.kinds.values())

    @property
    def sound_size(self) -> int:
        """Bytes of the frames that carry sound."""
        return sum(count.size for (_, kind), count in self.kinds.items() if kind in AUDIO_FIELDS)
