"""The rows of an event table in numpy columns, runs of deltas folded into one.

A run is of one type, one direction and one item. Runs may interleave, as the deltas of words
and sound do; any event that is no delta ends them all.

The index follows its log a slice at a time, and takes about 80 bytes a row and 16 an event;
what a row says is read from the log when somebody looks at it. What the log lets go of goes
from here as well.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.protocol.events import AUDIO_FIELDS
from realtime_nb.protocol.restored.restored import LOST
from realtime_nb.protocol.rows.columns import Column, Words
from realtime_nb.protocol.summary import payload_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import EventLog, Record

SLICE: Final = 512
"""Records taken in at once."""

FOLDED_TEXT: Final = 400
"""Characters kept of a run's text, for its summary."""

# One row; times in ms since the session's start, sizes in bytes.
ROW: Final = np.dtype(
    [
        ("seq", "i8"),  # of its first and of its last event
        ("last_seq", "i8"),
        ("count", "i8"),
        ("size", "i8"),
        ("audio", "i8"),
        ("t_ms", "f8"),
        ("end_ms", "f8"),
        ("since_ms", "f8"),  # since the event before its first
        ("type", "i4"),
        ("item", "i4"),
        ("response", "i4"),
        ("sent", "i1"),
        ("bad", "i1"),
    ]
)
_LAST, _COUNT, _SIZE, _AUDIO, _END = 1, 2, 3, 4, 6
# Rows and events that have gone are let go of together.
_GONE_MOST: Final = 8_192
_TRIES: Final = 100


@dataclass(slots=True)
class _Run:
    """A row that further deltas may still join."""

    number: int
    row: list[Any]


class RowIndex:
    """The rows of one log, by number: 0 is the first row there ever was.

    Not for several threads at once; the log may go on growing in another.

    Parameters
    ----------
    log
        The log.
    after
        Events up to the one of this seq are left out.

    Attributes
    ----------
    log
        As given.
    rows
        The rows; see `ROW`. Those before `base` are of events that have gone.
    base
        Number of the first row of which something is left.
    types, items, responses
        The strings behind the rows' codes.
    generation
        Grows when codes change, and with them what was found by code.
    """

    def __init__(self, log: EventLog, *, after: int = -1) -> None:
        self.log = log
        self.rows = Column(ROW)
        self.base = 0
        self.generation = 0
        self.types, self.items, self.responses = Words(), Words(), Words()
        self._seqs = Column("i8")  # of each event, and the number of its row
        self._row_of = Column("i8")
        self._runs: dict[tuple[str, str, int, int], _Run] = {}
        self._texts: dict[int, str] = {}
        self._last_seq = after
        self._last_ms: float | None = None

    # -- following the log

    def catch_up(self, most: int = SLICE) -> bool:
        """Take in the next `most` records; return whether there are more."""
        records, more = self._fresh(most)
        if records:
            self._take(records)
            self._last_seq = records[-1].seq
        self._let_go()
        return more

    def _fresh(self, most: int) -> tuple[list[Record], bool]:
        log = self.log
        for _ in range(_TRIES):
            dropped = log.dropped_records
            try:
                place = self._place_after(self._last_seq)
                records = log[place : place + most]
            except IndexError:
                continue
            # Places move when the log lets go of records.
            if log.dropped_records == dropped:
                return records, place + len(records) < len(log)
        return [], True

    def _place_after(self, seq: int) -> int:
        log = self.log
        if not len(log) or log[-1].seq <= seq:
            return len(log)
        # Numbers have gaps only where a file has.
        place = max(0, len(log) - (log[-1].seq - seq))
        if place and log[place - 1].seq == seq:
            return place
        return bisect_right(range(len(log)), seq, key=lambda at: log[at].seq)

    def _take(self, records: list[Record]) -> None:
        end = self.rows.end
        made: list[list[Any]] = []
        grown: dict[int, list[Any]] = {}
        row_of: list[int] = []
        for record in records:
            event = record.event
            item, response = self._about(event)
            sound = payload_bytes(event)
            key = (record.direction, event.type, item, response)
            run = self._runs.get(key) if is_delta(event.type) else None
            if run is not None:
                _grow(run.row, record, sound)
                grown[run.number] = run.row
                number = run.number
            else:
                number = end + len(made)
                row = self._row(record, item, response, sound)
                made.append(row)
                if is_delta(event.type):
                    self._runs[key] = _Run(number, row)
                else:
                    self._runs.clear()
            if is_delta(event.type) and not sound:
                self._add_text(number, event)
            row_of.append(number)
            self._last_ms = record.t_ms
        self.rows.extend(np.array([tuple(row) for row in made], ROW))
        for number, row in grown.items():
            self.rows[number] = tuple(row)
        self._seqs.extend(np.array([record.seq for record in records], "i8"))
        self._row_of.extend(np.array(row_of, "i8"))

    def _about(self, event: Event) -> tuple[int, int]:
        item = event.get("item_id") or event.get("item.id")
        response = event.get("response_id") or event.get("response.id")
        return (
            self.items.code(item) if isinstance(item, str) else 0,
            self.responses.code(response) if isinstance(response, str) else 0,
        )

    def _row(self, record: Record, item: int, response: int, sound: int) -> list[Any]:
        before = record.t_ms if self._last_ms is None else self._last_ms
        event = record.event
        return [
            record.seq,
            record.seq,
            1,
            record.size,
            sound,
            record.t_ms,
            record.t_ms,
            record.t_ms - before,
            self.types.code(event.type),
            item,
            response,
            record.direction == "sent",
            is_bad(event),
        ]

    def _add_text(self, number: int, event: Event) -> None:
        text = self._texts.get(number, "")
        delta = event.get("delta")
        if isinstance(delta, str) and len(text) < FOLDED_TEXT:
            self._texts[number] = (text + delta)[:FOLDED_TEXT]

    def _let_go(self) -> None:
        log, rows = self.log, self.rows
        if not log.dropped_records or not len(log):
            return
        first_seq = log[0].seq
        while self.base < rows.end and rows[self.base]["last_seq"] < first_seq:
            self._texts.pop(self.base, None)
            self.base += 1
        if self.base - rows.start > max(_GONE_MOST, len(rows) // 2):
            rows.drop(self.base)
            kept = rows.values()
            words = {"type": self.types, "item": self.items, "response": self.responses}
            for name, known in words.items():
                kept[name] = known.keep(kept[name])
            self.generation += 1
            # Runs are known by these codes: what goes on begins a row of its own.
            self._runs.clear()
        seqs = self._seqs.values()
        gone = int(np.searchsorted(seqs, first_seq))
        if gone > max(_GONE_MOST, len(seqs) // 2):
            self._seqs.drop(self._seqs.start + gone)
            self._row_of.drop(self._row_of.start + gone)

    # -- looking

    @property
    def events(self) -> int:
        """How many events of the log have been taken in."""
        return self._seqs.end

    @property
    def settled(self) -> int:
        """Number of the first row that may still grow; of the next row when there is none."""
        return min((run.number for run in self._runs.values()), default=self.rows.end)

    def text_of(self, number: int) -> str:
        """Return the beginning of the text of a run of deltas, ``""`` for other rows."""
        return self._texts.get(number, "")

    def row_of(self, seq: int) -> int | None:
        """Return the number of the row that an event is in, None for one that is not here."""
        seqs = self._seqs.values()
        at = int(np.searchsorted(seqs, seq))
        if at == len(seqs) or seqs[at] != seq:
            return None
        number = int(self._row_of.values()[at])
        return number if number >= self.base else None

    def members(self, number: int) -> NDArray[np.int64]:
        """Return the seqs of the events of a row, of those that the log still has."""
        row = self.rows[number]
        first = row["seq"] if not self.log.dropped_records else max(row["seq"], self.log[0].seq)
        seqs = self._seqs.values()
        start, stop = np.searchsorted(seqs, (first, row["last_seq"] + 1))
        inside = self._row_of.values()[start:stop] == number
        return seqs[start:stop][inside]


def is_delta(kind: str) -> bool:
    """Return whether events of a type come in runs that are folded into one row."""
    return kind.endswith(".delta") or kind in AUDIO_FIELDS


def is_bad(event: Event) -> bool:
    """Return whether an event tells of a failure."""
    kind = event.type
    if kind == "response.done":
        return event.get("response.status") == "failed"
    if kind == LOST:
        return event.get("reason") != "renewal"
    return kind == "error" or kind.endswith(".failed")


def _grow(row: list[Any], record: Record, sound: int) -> None:
    row[_LAST] = record.seq
    row[_COUNT] += 1
    row[_SIZE] += record.size
    row[_AUDIO] += sound
    row[_END] = record.t_ms
