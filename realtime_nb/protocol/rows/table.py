"""Rows of a table of events as a page shows them: by place, some of them unfolded."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from realtime_nb.protocol.event_view import sendable
from realtime_nb.protocol.rows.filter import Matches, Query, RowFilter
from realtime_nb.protocol.rows.index import RowIndex, is_bad
from realtime_nb.protocol.summary import payload_bytes, shorten, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from realtime_nb.protocol.log.event_log import EventLog, Record

Row: TypeAlias = dict[str, Any]
"""seq, t_ms, since_ms (since the event before), span_ms (first to last event), dir, type, item,
response, summary, size (bytes), audio (bytes of sound), count (events folded into it), bad (tells
of a failure), open (unfolded), of (seq of the row it was unfolded from, else None)."""

MOST_ROWS: Final = 500
"""Rows given at once."""

MOST_UNFOLDED: Final = 100

LONGEST_CELL: Final = 200
"""Characters of a type, an id or a summary."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the rows.

    Attributes
    ----------
    start
        Place of its first row.
    total
        How many rows there are in all.
    rows
        The rows.
    at
        Place of the row that was asked for, None when it is not among them.
    """

    start: int
    total: int
    rows: list[Row]
    at: int | None = None


class Rows:
    """The rows of a log, filtered and paged; not for several threads at once.

    Parameters
    ----------
    log
        The log.
    after
        Events up to the one of this seq are left out.

    Attributes
    ----------
    index
        Follows the log when told to; see `RowIndex.catch_up`.
    kinds
        The types there are, each with its number of events, most first.
    """

    def __init__(self, log: EventLog, *, after: int = -1) -> None:
        self.index = RowIndex(log, after=after)
        self._filter = RowFilter(self.index)
        self.kinds = self._filter.kinds

    def page(self, query: Query, start: int, stop: int, *, unfolded: Sequence[int] = ()) -> Page:
        """Return rows `start` to `stop` of those that `query` asks for.

        Parameters
        ----------
        query
            Which rows.
        start, stop
            Places; negative ones count from the end.
        unfolded
            Seqs of the first events of the rows that are shown unfolded.
        """
        layout = self._layout(query, unfolded)
        first, last, _ = slice(start, stop).indices(layout.total)
        return self._page(layout, first, min(last, first + MOST_ROWS))

    def around(self, query: Query, seq: int, count: int, *, unfolded: Sequence[int] = ()) -> Page:
        """Return about `count` rows around the one that shows an event.

        `Page.at` is where it is; None, with no rows, when `query` does not ask for it.
        """
        layout = self._layout(query, unfolded)
        place = self._place(layout, seq)
        if place is None:
            return Page(0, layout.total, [])
        first = max(0, min(place - count // 2, layout.total - count))
        page = self._page(layout, first, min(layout.total, first + min(count, MOST_ROWS)))
        return Page(page.start, page.total, page.rows, place)

    def place(self, query: Query, seq: int, *, unfolded: Sequence[int] = ()) -> int | None:
        """Return where an event stands among the rows that `query` asks for, None if nowhere."""
        return self._place(self._layout(query, unfolded), seq)

    def _place(self, layout: _Layout, seq: int) -> int | None:
        number = self.index.row_of(seq)
        return None if number is None else layout.place(number, seq)

    def sound_of(self, seq: int, *, alone: bool) -> list[Record]:
        """Return the records whose sound an event's row holds, the event's own if `alone`."""
        number = self.index.row_of(seq)
        if number is None:
            return []
        seqs = [seq] if alone else self.index.members(number).tolist()
        found = (self.index.log.find(one) for one in seqs)
        return [record for record in found if record is not None and payload_bytes(record.event)]

    def last_of(self, kinds: Iterable[str], seq: int) -> Record | None:
        """Return the last event of one of some types that is not after an event."""
        index = self.index
        rows = index.rows.values()
        codes = [index.types.find(kind) for kind in kinds]
        places = np.flatnonzero(np.isin(rows["type"], codes) & (rows["seq"] <= seq))
        return index.log.find(int(rows[places[-1]]["seq"])) if len(places) else None

    def _layout(self, query: Query, unfolded: Sequence[int]) -> _Layout:
        matches = self._filter(query)
        opened: list[tuple[int, int, NDArray[np.int64]]] = []
        for seq in dict.fromkeys(unfolded[:MOST_UNFOLDED]):
            number = self.index.row_of(seq)
            place = None if number is None else matches.place(number)
            if number is not None and place is not None:
                opened.append((place, number, self.index.members(number)))
        return _Layout(matches, sorted(opened, key=lambda one: one[0]))

    def _page(self, layout: _Layout, start: int, stop: int) -> Page:
        rows: list[Row] = []
        for number, member in layout.entries(range(start, stop)):
            if member is None:
                rows.append(self._row(number, is_open=layout.is_open(number)))
            else:
                rows += self._member(number, member)
        return Page(start, layout.total, rows)

    def _row(self, number: int, *, is_open: bool) -> Row:
        index = self.index
        row = index.rows[number]
        count, audio, seq = int(row["count"]), int(row["audio"]), int(row["seq"])
        if audio:
            summary = f"{audio:,} bytes of sound"
        elif text := index.text_of(number):
            summary = shorten(text)
        else:
            record = index.log.find(seq)
            summary = summarise(record.event) if record is not None else "let go of"
        return {
            "seq": seq,
            "t_ms": round(float(row["t_ms"]), 1),
            "since_ms": round(float(row["since_ms"]), 1),
            "span_ms": round(float(row["end_ms"] - row["t_ms"]), 1),
            "dir": "sent" if row["sent"] else "received",
            "type": plain(index.types[row["type"]]),
            "item": plain(index.items[row["item"]]),
            "response": plain(index.responses[row["response"]]),
            "summary": plain(summary),
            "size": int(row["size"]),
            "audio": audio,
            "count": count,
            "bad": bool(row["bad"]),
            "open": is_open,
            "of": None,
        }

    def _member(self, number: int, seq: int) -> list[Row]:
        """Return the row of one event of a run; none when it has gone meanwhile."""
        record = self.index.log.find(seq)
        if record is None:
            return []
        row = self._row(number, is_open=False)
        event = record.event
        row.update(
            seq=seq,
            t_ms=round(record.t_ms, 1),
            since_ms=None,
            span_ms=0.0,
            summary=plain(summarise(event)),
            size=record.size,
            audio=payload_bytes(event),
            count=1,
            bad=is_bad(event),
            of=int(self.index.rows[number]["seq"]),
        )
        return [row]


class _Layout:
    """Where rows stand when some of them are unfolded.

    Parameters
    ----------
    matches
        The rows.
    opened
        Of each unfolded one its place among them, its number, and its events; by place.
    """

    def __init__(self, matches: Matches, opened: list[tuple[int, int, NDArray[np.int64]]]) -> None:
        self._matches = matches
        self._opened = opened
        self._heads: list[int] = []
        self._before: list[int] = []
        unfolded = 0
        for place, _number, members in opened:
            self._heads.append(place + unfolded)
            self._before.append(unfolded)
            unfolded += len(members)
        self.total = len(matches) + unfolded

    def is_open(self, number: int) -> bool:
        """Whether a row is shown unfolded."""
        return any(opened == number for _place, opened, _members in self._opened)

    def entries(self, places: Iterable[int]) -> Iterable[tuple[int, int | None]]:
        """Yield the number of the row at each place, and the event's seq below it."""
        for place in places:
            at = bisect_right(self._heads, place) - 1
            if at < 0:
                yield self._matches[place], None
                continue
            _place, number, members = self._opened[at]
            below = place - self._heads[at] - 1
            if 0 <= below < len(members):
                yield number, int(members[below])
            elif below < 0:
                yield number, None
            else:
                yield self._matches[place - self._before[at] - len(members)], None

    def place(self, number: int, seq: int) -> int | None:
        """Return where an event is shown that belongs to a row; None when it is not."""
        found = self._matches.place(number)
        if found is None:
            return None
        at = bisect_right([place for place, _number, _members in self._opened], found) - 1
        if at < 0:
            return found
        place, _number, members = self._opened[at]
        if place < found:
            return found + self._before[at] + len(members)
        below = members.tolist().index(seq) if seq in members else -1
        return self._heads[at] + 1 + below


def plain(text: str) -> str:
    """Return text as a cell of the table has it."""
    return sendable(text[:LONGEST_CELL])
