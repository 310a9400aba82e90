"""The event log: every frame in both directions, with its time and size.

The log is the one place where events are kept; conversation, tables and sound are made from
it. It is bounded in bytes: past `max_audio_bytes` the oldest sound payloads are dropped
(their records stay, with their sizes), past `max_bytes` of all else the oldest records go,
and `dropped_audio` and `dropped_records` count what was lost.
"""

from __future__ import annotations

import html
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, overload

from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.summary import payload_bytes, reference, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

Direction: TypeAlias = Literal["sent", "received"]
"""Which way an event went, seen from the client."""

MAX_AUDIO_BYTES: Final = 512 * 2**20
MAX_BYTES: Final = 256 * 2**20
_SHOWN_ROWS: Final = 40


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it passed.

    Attributes
    ----------
    seq
        Number of the event in its log, from 0.
    t_ms
        Milliseconds since the session's start.
    direction
        ``"sent"`` by the client or ``"received"`` from the service.
    size
        Bytes of the frame on the wire, without the WebSocket's own.
    event
        The event.
    """

    seq: int
    t_ms: float
    direction: Direction
    size: int
    event: Event

    def row(self) -> dict[str, Any]:
        """Return the record as a row of a table, without its payload."""
        event = self.event
        return {
            "seq": self.seq,
            "t_ms": self.t_ms,
            "direction": self.direction,
            "type": event.type,
            "event_id": event.event_id,
            "item_id": event.get("item_id") or event.get("item.id"),
            "response_id": event.get("response_id") or event.get("response.id"),
            "size": self.size,
            "audio_bytes": payload_bytes(event),
            "summary": summarise(event),
        }


class EventLog:
    """All events of a session in the order they passed.

    Parameters
    ----------
    max_audio_bytes
        Bytes of sound payload (as base64 on the wire) kept; the oldest go first.
    max_bytes
        Bytes of all other frames kept; the oldest records go first.

    Attributes
    ----------
    max_audio_bytes
        As given; it may be changed at any time, and holds from the next sound on.
    """

    def __init__(
        self, *, max_audio_bytes: int = MAX_AUDIO_BYTES, max_bytes: int = MAX_BYTES
    ) -> None:
        self._records: deque[Record] = deque()
        self._with_audio: deque[int] = deque()
        self.max_audio_bytes = max_audio_bytes
        self._max_bytes = max_bytes
        self._audio_bytes = 0
        self._bytes = 0
        self._next = 0
        self.dropped_audio = 0
        self.dropped_records = 0

    def append(self, direction: Direction, event: Event, *, t_ms: float, size: int) -> Record:
        """Keep one event and return its record.

        Parameters
        ----------
        direction
            ``"sent"`` or ``"received"``.
        event
            The event; kept, not copied.
        t_ms
            Milliseconds since the session's start.
        size
            Bytes of the frame.
        """
        record = Record(self._next, t_ms, direction, size, event)
        self._next += 1
        self._records.append(record)
        if event.type in AUDIO_FIELDS:
            self._audio_bytes += size
            self._with_audio.append(record.seq)
            if self._audio_bytes > self.max_audio_bytes:
                self._drop_oldest_audio()
        else:
            self._bytes += size
            if self._bytes > self._max_bytes:
                self._drop_oldest_records()
        return record

    def _drop_oldest_audio(self) -> None:
        while self._audio_bytes > self.max_audio_bytes and len(self._with_audio) > 1:
            place = self._with_audio.popleft() - self._first
            record = self._records[place]
            silent = Event({**record.event.data, AUDIO_FIELDS[record.event.type]: ""})
            self._records[place] = Record(
                record.seq, record.t_ms, record.direction, record.size, silent
            )
            self._audio_bytes -= record.size
            self.dropped_audio += 1

    def _drop_oldest_records(self) -> None:
        while self._bytes > self._max_bytes and len(self._records) > 1:
            record = self._records.popleft()
            self.dropped_records += 1
            if record.event.type not in AUDIO_FIELDS:
                self._bytes -= record.size
            elif self._with_audio and self._with_audio[0] == record.seq:
                self._with_audio.popleft()
                self._audio_bytes -= record.size

    @property
    def _first(self) -> int:
        return self._next - len(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        # A copy: the session's thread goes on appending while a cell looks.
        return iter(tuple(self._records))

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            return list(self._records)[place]
        return self._records[place]

    def rows(self, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """Return rows `start` to `stop` (positions in the log) as dicts; see `Record.row`."""
        return [record.row() for record in self[start:stop]]

    def audio(self, item_id: str) -> bytes:
        """Return the sound received for an item, in order, in the session's output format."""
        return b"".join(
            record.event.audio or b""
            for record in self
            if record.event.type == "response.output_audio.delta"
            and record.event.get("item_id") == item_id
        )

    @property
    def df(self) -> pd.DataFrame:
        """The log as a `pandas.DataFrame`, one row an event, without sound payloads.

        Columns: seq, t_ms (since the session's start), since_ms (since the event before),
        direction, type, event_id, item_id, response_id, size (bytes of the frame),
        audio_bytes, summary.
        """
        # Imported here: pandas takes most of a second to load and a session does not need it.
        import pandas as pd  # noqa: PLC0415

        rows = self.rows()
        before = [rows[0]["t_ms"] if rows else 0.0, *(row["t_ms"] for row in rows)]
        for row, t_ms in zip(rows, before, strict=False):
            row["since_ms"] = row["t_ms"] - t_ms
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def __repr__(self) -> str:
        sent = sum(record.direction == "sent" for record in self)
        return f"<EventLog: {sent} sent, {len(self) - sent} received>"

    def _repr_html_(self) -> str:
        shown = self[-_SHOWN_ROWS:]
        body = "".join(_html_row(record) for record in shown)
        heads = "".join(f"<th>{head}</th>" for head in ("", "ms", "", "type", "about", "says"))
        note = f"the last {len(shown)} of {len(self)} events" if len(self) > len(shown) else ""
        return (
            f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
            f"<small>{note}</small>"
        )


_COLUMNS: Final = (
    "seq",
    "t_ms",
    "since_ms",
    "direction",
    "type",
    "event_id",
    "item_id",
    "response_id",
    "size",
    "audio_bytes",
    "summary",
)


def _html_row(record: Record) -> str:
    arrow = "↑ sent" if record.direction == "sent" else "↓ received"
    cells = (
        str(record.seq),
        f"{record.t_ms:.0f}",
        arrow,
        record.event.type,
        reference(record.event),
        summarise(record.event),
    )
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
