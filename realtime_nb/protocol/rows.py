"""Records as the rows of a live table, runs of deltas folded into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.protocol.events import AUDIO_FIELDS
from realtime_nb.protocol.summary import payload_bytes, reference, shorten, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.log import Record

Row: TypeAlias = dict[str, Any]
"""seq, t_ms, dir, type, ref, summary, size (bytes), count (events folded into the row)."""

_FOLDED: Final = 400


class RowFeed:
    """Makes rows of records, folding a delta into the row before when that is its run.

    A run is of one type, one direction and one item; a row that grows keeps its `seq`, so a
    table may replace it.
    """

    def __init__(self) -> None:
        self._last: Row | None = None
        self._text = ""
        self._bytes = 0

    def add(self, record: Record) -> Row:
        """Return the row for `record`: a new one, or the one before grown by it."""
        event = record.event
        audible = payload_bytes(event)
        row: Row = {
            "seq": record.seq,
            "t_ms": round(record.t_ms, 1),
            "dir": record.direction,
            "type": event.type,
            "ref": reference(event),
            "summary": summarise(event),
            "size": record.size,
            "count": 1,
        }
        if self._continues(row):
            return self._grow(row, event.get("delta"), audible)
        self._last = row
        delta = event.get("delta")
        self._text = delta if isinstance(delta, str) and not audible else ""
        self._bytes = audible
        return dict(row)

    def _continues(self, row: Row) -> bool:
        last = self._last
        if last is None or not (row["type"].endswith(".delta") or row["type"] in AUDIO_FIELDS):
            return False
        return all(last[key] == row[key] for key in ("type", "dir", "ref"))

    def _grow(self, row: Row, delta: Any, audible: int) -> Row:
        last = self._last
        assert last is not None  # noqa: S101 -- _continues has looked
        last["count"] += 1
        last["size"] += row["size"]
        self._bytes += audible
        if audible:
            last["summary"] = f"{self._bytes:,} bytes of sound"
        elif isinstance(delta, str):
            self._text = (self._text + delta)[:_FOLDED]
            last["summary"] = shorten(self._text)
        return dict(last)


def fold(records: Iterable[Record]) -> list[Row]:
    """Return the rows of many records, runs of deltas folded."""
    feed = RowFeed()
    rows: dict[int, Row] = {}
    for record in records:
        row = feed.add(record)
        rows[row["seq"]] = row
    return list(rows.values())
