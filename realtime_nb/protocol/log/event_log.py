"""The event log: every frame in both directions, with its time and size.

The log is the one place where events are kept; conversation, tables and sound are made from
it. It is bounded in bytes: past `max_audio_bytes` the oldest sound payloads are dropped
(their records stay, with their sizes), past `max_bytes` of all else the oldest records go,
and `dropped_audio` and `dropped_records` count what was lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, overload

from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.log.columns import COLUMNS, TEXTS, Batch, columns
from realtime_nb.protocol.log.html import log_html
from realtime_nb.protocol.log.sealed import BLOCK, Block, silent
from realtime_nb.protocol.recorded_sound import RecordedSound
from realtime_nb.protocol.summary import payload_bytes, summarise
from realtime_nb.protocol.whole_text import whole_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from realtime_nb.protocol.recorded_sound import Track

Direction: TypeAlias = Literal["sent", "received"]
"""Which way an event went, seen from the client."""

MAX_AUDIO_BYTES: Final = 512 * 2**20
MAX_BYTES: Final = 256 * 2**20
LEAST_BYTES: Final = 64
"""What a record counts at the least: a frame of ten bytes has a row's columns, too."""
RECENT: Final = 1_024
"""The newest records, which are kept as they came; older ones are sealed."""
RECENT_BYTES: Final = 2 * 2**20
"""Bytes of them but for sound: parsed, JSON can take tens of times its length."""


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


_Recent: TypeAlias = tuple[Record, int]  # with its size without sound


class EventLog:
    """All events of a session in the order they passed.

    One thread appends; any may look, at what is there when it begins to.

    Parameters
    ----------
    max_audio_bytes
        Bytes of sound payload (as base64 on the wire) kept; the oldest go first.
    max_bytes
        Bytes of all else kept; the oldest records go first.

    Attributes
    ----------
    max_audio_bytes
        As given; it may be changed at any time, and holds from the next sound on.
    dropped_audio, dropped_records
        How many sounds and how many records have gone.
    recorded
        The sound of a call, which no event carried.
    """

    def __init__(
        self, *, max_audio_bytes: int = MAX_AUDIO_BYTES, max_bytes: int = MAX_BYTES
    ) -> None:
        # All by how many records came before; the newest as they are, older ones sealed.
        self._recent: dict[int, _Recent] = {}
        self._blocks: dict[int, Block] = {}
        self._recent_bytes = 0
        self._with_audio: deque[int] = deque()
        self.max_audio_bytes = max_audio_bytes
        self.recorded = RecordedSound()
        self._max_bytes = max_bytes
        self._audio_bytes = 0
        self._bytes = 0
        self._first = 0
        self._end = 0
        self._sent = 0
        self._next_seq = 0
        self.dropped_audio = 0
        self.dropped_records = 0

    def append(
        self,
        direction: Direction,
        event: Event,
        *,
        t_ms: float,
        size: int,
        seq: int | None = None,
    ) -> Record:
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
        seq
            Its number, where a file tells one; one that is taken becomes the next free one.
        """
        if seq is None or seq < self._next_seq:
            seq = self._next_seq
        record = Record(seq, t_ms, direction, size, event)
        number, rest = self._end, size
        if event.type in AUDIO_FIELDS:
            payload = event.data.get(AUDIO_FIELDS[event.type])
            if isinstance(payload, str):
                rest = max(0, size - len(payload))
            self._audio_bytes += size
            self._with_audio.append(number)
        rest = max(rest, LEAST_BYTES)
        self._bytes += rest
        self._recent[number] = (record, rest)
        self._recent_bytes += rest
        self._next_seq = seq + 1
        self._end = number + 1
        self._sent += direction == "sent"
        while len(self._recent) > RECENT or (
            self._recent_bytes > RECENT_BYTES and len(self._recent) > 1
        ):
            self._seal_oldest()
        if self._audio_bytes > self.max_audio_bytes:
            self._drop_oldest_audio()
        if self._bytes > self._max_bytes:
            self._drop_oldest_records()
        return record

    def record_sound(self, track: Track, pcm: bytes, t_ms: float) -> None:
        """Keep sound of a call, which no event carried; see `RecordedSound.add`.

        It is bounded as the sound of events is: as base64 it would be `max_audio_bytes`.
        """
        self.recorded.add(track, pcm, t_ms, self.max_audio_bytes * 3 // 4)

    # -- the newest records as they are, the older ones sealed

    def _seal_oldest(self) -> None:
        number = next(iter(self._recent))
        record, rest = self._recent[number]
        block = self._blocks.get(number // BLOCK)
        if block is None:
            block = self._blocks[number // BLOCK] = Block(number)
        block.add(
            record.seq,
            record.t_ms,
            record.size,
            rest,
            record.event,
            sent=record.direction == "sent",
        )
        # Last, so that whoever looks here and then there finds it.
        del self._recent[number]
        self._recent_bytes -= rest

    def _get(self, number: int) -> Record | None:
        """Return a record by how many came before it, None when it has gone."""
        recent = self._recent.get(number)
        if recent is not None:
            return recent[0]
        block = self._blocks.get(number // BLOCK)
        if block is None or number < self._first:
            return None
        place = number - block.start
        return Record(
            block.seqs[place],
            block.times[place],
            "sent" if block.sent[place] else "received",
            block.sizes[place],
            block.event(place),
        )

    def _walk(self, numbers: Iterable[int]) -> Iterator[Record]:
        for number in numbers:
            record = self._get(number)
            if record is not None:
                yield record

    # -- what goes when there is too much

    def _drop_oldest_audio(self) -> None:
        while self._audio_bytes > self.max_audio_bytes and len(self._with_audio) > 1:
            number = self._with_audio.popleft()
            if number in self._recent:
                record, rest = self._recent[number]
                quiet = replace(record, event=silent(record.event))
                self._recent[number] = (quiet, rest)
                self._audio_bytes -= record.size
            else:
                block = self._blocks[number // BLOCK]
                block.silence(number - block.start)
                self._audio_bytes -= block.sizes[number - block.start]
            self.dropped_audio += 1

    def _drop_oldest_records(self) -> None:
        while self._bytes > self._max_bytes and self._end - self._first > 1:
            number = self._first
            self._first += 1
            self.dropped_records += 1
            if number in self._recent:
                record, rest = self._recent.pop(number)
                self._recent_bytes -= rest
                size = record.size
                self._sent -= record.direction == "sent"
            else:
                block = self._blocks[number // BLOCK]
                place = number - block.start
                size, rest = block.sizes[place], block.rests[place]
                self._sent -= block.sent[place]
                block.forget(place)
            if self._first % BLOCK == 0:
                self._blocks.pop(number // BLOCK, None)
            self._bytes -= rest
            if self._with_audio and self._with_audio[0] == number:
                self._with_audio.popleft()
                self._audio_bytes -= size

    def __len__(self) -> int:
        return self._end - self._first

    def __iter__(self) -> Iterator[Record]:
        return self._walk(range(self._first, self._end))

    def __reversed__(self) -> Iterator[Record]:
        return self._walk(range(self._end - 1, self._first - 1, -1))

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        first, end = self._first, self._end
        if isinstance(place, slice):
            return list(self._walk(range(first, end)[place]))
        record = self._get(range(first, end)[place])
        if record is None:
            raise IndexError("the record has been let go of")
        return record

    def find(self, seq: int) -> Record | None:
        """Return the record of a number, None when there is none."""
        low, high = self._first, self._end
        # Numbers have gaps only where a file has.
        number = high - (self._next_seq - seq)
        while low < high:
            number = min(max(number, low), high - 1)
            record = self._get(number)
            if record is None or record.seq < seq:
                low = number + 1
            elif record.seq > seq:
                high = number
            else:
                return record
            number = (low + high) // 2
        return None

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

        held = columns(self.batches())
        for name in TEXTS:
            held[name] = whole_texts(held[name])
        return pd.DataFrame(held, columns=list(COLUMNS))

    def batches(self) -> Iterator[Batch]:
        """Yield what a table has of all records; much cheaper than the records."""
        number, end = self._first, self._end
        while number < end:
            block = self._blocks.get(number // BLOCK)
            count = 0 if block is None else block.end - number
            if block is not None and count > 0:
                yield block.batch(number - block.start, min(count, end - number))
                number += count
                continue
            # Up to where the next block would begin; there may be one by then.
            upto = min(end, (number // BLOCK + 1) * BLOCK)
            yield _batch(list(self._walk(range(number, upto))))
            number = upto

    def __repr__(self) -> str:
        sent = self._sent
        return f"<EventLog: {sent} sent, {len(self) - sent} received>"

    def _repr_html_(self) -> str:
        return log_html(self)


def _batch(records: list[Record]) -> Batch:
    events = [record.event for record in records]
    return Batch(
        [record.seq for record in records],
        [record.t_ms for record in records],
        [record.direction for record in records],
        [record.size for record in records],
        [event.type for event in events],
        [event.data for event in events],
        [event.audio_size for event in events],
    )
