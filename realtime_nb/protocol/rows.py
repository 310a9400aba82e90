"""Records as the rows of a live table, runs of deltas folded into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.protocol.events import AUDIO_FIELDS
from realtime_nb.protocol.summary import payload_bytes, reference, shorten, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.log import Record

Row: TypeAlias = dict[str, Any]
"""seq, t_ms, dir, type, ref, summary, size (bytes), count (events folded into the row)."""

_FOLDED_TEXT: Final = 400


@dataclass(slots=True)
class _Run:
    """A row that further deltas may still join."""

    row: Row
    text: str
    audio_bytes: int


class RowFeed:
    """Makes rows of records, folding deltas of one run into one row.

    A run is of one type, one direction and one item. Runs may interleave, as the deltas of
    words and sound do; any event that is no delta ends them all. A row that grows keeps its
    `seq`, so a table may replace it.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, str], _Run] = {}

    def add(self, record: Record) -> Row:
        """Return the row for `record`: a new one, or an earlier one grown by it."""
        event = record.event
        ref = reference(event)
        is_delta = event.type.endswith(".delta") or event.type in AUDIO_FIELDS
        if not is_delta:
            self._runs.clear()
            return _row(record, ref)
        key = (record.direction, event.type, ref)
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(_row(record, ref), "", 0)
        else:
            run.row["count"] += 1
            run.row["size"] += record.size
        delta = event.get("delta")
        audio_bytes = payload_bytes(event)
        run.audio_bytes += audio_bytes
        if run.audio_bytes:
            run.row["summary"] = f"{run.audio_bytes:,} bytes of sound"
        elif isinstance(delta, str):
            run.text = (run.text + delta)[:_FOLDED_TEXT]
            run.row["summary"] = shorten(run.text)
        return dict(run.row)


def fold(records: Iterable[Record]) -> list[Row]:
    """Return the rows of many records, runs of deltas folded."""
    feed = RowFeed()
    rows: dict[int, Row] = {}
    for record in records:
        row = feed.add(record)
        rows[row["seq"]] = row
    return list(rows.values())


def _row(record: Record, ref: str) -> Row:
    return {
        "seq": record.seq,
        "t_ms": round(record.t_ms, 1),
        "dir": record.direction,
        "type": record.event.type,
        "ref": ref,
        "summary": summarise(record.event),
        "size": record.size,
        "count": 1,
    }
