"""The text of a table's rows, kept so that it can be searched at once."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from realtime_nb.protocol.events import AUDIO_FIELDS
from realtime_nb.protocol.rows.index import is_delta

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.rows.index import RowIndex

LONGEST: Final = 64 * 1024
"""Bytes of one row that are searched; what is longer is searched to there."""

_CHUNK: Final = 256


@dataclass(slots=True)
class _Chunk:
    """The text of `_CHUNK` rows, one after the other, and where each begins."""

    text: bytes
    starts: list[int]


class RowText:
    """Searches the rows of an index; case is folded.

    The text of settled rows is kept in chunks, made when first searched; it takes no more
    than the events' JSON without sound, and goes with its rows.

    Parameters
    ----------
    index
        The index.
    """

    def __init__(self, index: RowIndex) -> None:
        self._index = index
        self._chunks: dict[int, _Chunk] = {}

    def among(self, numbers: NDArray[np.int64], text: str) -> NDArray[np.int64]:
        """Return those of the rows `numbers`, in order, that hold `text`."""
        wanted = _fold(text)
        if not len(numbers):
            return numbers
        first, last = int(numbers[0]) // _CHUNK, int(numbers[-1]) // _CHUNK
        for gone in [at for at in self._chunks if (at + 1) * _CHUNK <= self._index.base]:
            del self._chunks[gone]
        bounds = np.searchsorted(numbers, np.arange(first, last + 2) * _CHUNK)
        kept = [numbers[:0]]
        for at in range(first, last + 1):
            inside = numbers[bounds[at - first] : bounds[at - first + 1]]
            if len(inside):
                kept.append(self._search(at, inside, wanted))
        return np.concatenate(kept)

    def _search(self, at: int, numbers: NDArray[np.int64], wanted: bytes) -> NDArray[np.int64]:
        chunk = self._chunks.get(at)
        start = at * _CHUNK
        whole = start >= self._index.base and start + _CHUNK <= self._index.settled
        if chunk is None and not whole:
            return numbers[[wanted in self._text(int(number)) for number in numbers]]
        if chunk is None:
            chunk = self._chunks[at] = self._make(start)
        places = _places(chunk, wanted)
        if not places:
            return numbers[:0]
        return numbers[np.isin(numbers, np.array(places) + start, assume_unique=True)]

    def _make(self, start: int) -> _Chunk:
        texts = [self._text(number) for number in range(start, start + _CHUNK)]
        starts = [0]
        for text in texts:
            starts.append(starts[-1] + len(text) + 1)
        return _Chunk(b"\n".join(texts), starts)

    def _text(self, number: int) -> bytes:
        """Return the searched text of a row."""
        index = self._index
        row = index.rows[number]
        kind = index.types[row["type"]]
        if not is_delta(kind):
            record = index.log.find(int(row["seq"]))
            return _fold(_json(record.event)) if record is not None else b""
        names = f"{kind} {index.items[row['item']]} {index.responses[row['response']]} "
        if row["audio"]:
            return _fold(names)
        return _fold(names + self._joined(number))

    def _joined(self, number: int) -> str:
        """Return the text of a run of deltas."""
        parts: list[str] = []
        left = LONGEST
        for seq in self._index.members(number):
            record = self._index.log.find(int(seq))
            delta = record.event.get("delta") if record is not None else None
            if isinstance(delta, str):
                parts.append(delta)
                left -= len(delta)
            if left <= 0:
                break
        return "".join(parts)


def _places(chunk: _Chunk, wanted: bytes) -> list[int]:
    """Return which rows of a chunk hold `wanted`, by their place in it."""
    found: list[int] = []
    at = chunk.text.find(wanted)
    while at >= 0:
        place = bisect_right(chunk.starts, at) - 1
        found.append(place)
        # On with the next row: one find is enough for each.
        at = chunk.text.find(wanted, chunk.starts[place + 1])
    return found


def _json(event: Event) -> str:
    data = event.data
    field = AUDIO_FIELDS.get(event.type)
    shown: dict[str, Any] = {**data, field: ""} if field in data else data
    try:
        text = orjson.dumps(shown).decode()
    except TypeError:
        text = json.dumps(shown, ensure_ascii=False, default=str)
    # Words are looked for as people read them.
    return text.replace('\\"', '"').replace("\\n", " ")


def _fold(text: str) -> bytes:
    """Return text as it is searched; a line end in it would look like the end of its row."""
    line = text[:LONGEST].casefold().replace("\n", " ")
    return line.encode("utf-8", "replace")
