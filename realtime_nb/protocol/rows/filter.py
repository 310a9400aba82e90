"""Which rows of an event table are shown: by direction, kind, item, response and text."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import numpy as np

from realtime_nb.protocol.rows.text import RowText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from realtime_nb.protocol.rows.index import RowIndex

ERRORS: Final = "errors"
"""The kind of all events that tell of a failure, whatever their type."""

_REMEMBERED: Final = 4
_LONGEST_FIELD: Final = 1_000


@dataclass(frozen=True, slots=True)
class Query:
    """What rows are asked for; what is empty asks for nothing.

    Attributes
    ----------
    direction
        ``sent``, ``received`` or ``""``.
    kind
        A type such as ``response.done``, or the beginning of some such as ``response``, or
        `ERRORS`.
    item, response
        An id.
    text
        Found in the event's JSON (sound left out), upper and lower case alike; in a run of
        deltas also where it is spread over several.
    """

    direction: Literal["", "sent", "received"] = ""
    kind: str = ""
    item: str = ""
    response: str = ""
    text: str = ""

    @classmethod
    def read(cls, value: Any) -> Query:
        """Read what a page asks for; what makes no sense asks for nothing."""
        fields = cast("Mapping[str, Any]", value if isinstance(value, dict) else {})
        direction = fields.get("dir")
        rest = (fields.get(name) for name in ("kind", "item", "response", "text"))
        return cls(
            direction if direction in ("sent", "received") else "",
            *(word[:_LONGEST_FIELD] if isinstance(word, str) else "" for word in rest),
        )


class Matches:
    """Numbers of rows, in order: of those that are settled, and of the few after them.

    Parameters
    ----------
    settled, tail
        All of `settled` come before all of `tail`.
    """

    def __init__(self, settled: NDArray[np.int64] | range, tail: NDArray[np.int64]) -> None:
        self._settled = settled
        self._tail = tail

    def __len__(self) -> int:
        return len(self._settled) + len(self._tail)

    def __getitem__(self, place: int) -> int:
        known = len(self._settled)
        return int(self._settled[place] if place < known else self._tail[place - known])

    def place(self, number: int) -> int | None:
        """Return the place of a row, None when it is not among them."""
        place = bisect_right(self, number) - 1
        return place if place >= 0 and self[place] == number else None


@dataclass(slots=True)
class _Found:
    """What of the settled rows a query has found, up to a row."""

    upto: int
    numbers: NDArray[np.int64]


class RowFilter:
    """Finds the rows of an index.

    What was found for the last few queries is remembered, so that only new rows are looked at
    when the log has grown.

    Parameters
    ----------
    index
        The index.
    """

    def __init__(self, index: RowIndex) -> None:
        self._index = index
        self._text = RowText(index)
        self._found: OrderedDict[Query, _Found] = OrderedDict()
        self._generation = index.generation

    def __call__(self, query: Query) -> Matches:
        """Return the rows that `query` asks for."""
        index = self._index
        if query == Query():
            return Matches(range(index.base, index.rows.end), np.empty(0, np.int64))
        if self._generation != index.generation:
            self._generation = index.generation
            self._found.clear()
        found = self._found.pop(query, None) or _Found(index.base, np.empty(0, np.int64))
        settled = max(index.settled, found.upto)
        if settled > found.upto:
            fresh = self._match(query, found.upto, settled)
            found = _Found(settled, np.concatenate((found.numbers, fresh)))
        self._found[query] = found
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        kept = found.numbers[np.searchsorted(found.numbers, index.base) :]
        return Matches(kept, self._match(query, settled, index.rows.end))

    def _match(self, query: Query, start: int, stop: int) -> NDArray[np.int64]:
        """Return the numbers of the rows from `start` to `stop` that match."""
        index = self._index
        start = max(start, index.base)
        if start >= stop:
            return np.empty(0, np.int64)
        rows = index.rows.values()[start - index.rows.start : stop - index.rows.start]
        mask = np.ones(len(rows), bool)
        if query.direction:
            mask &= rows["sent"] == (query.direction == "sent")
        if query.item:
            mask &= rows["item"] == index.items.find(query.item)
        if query.response:
            mask &= rows["response"] == index.responses.find(query.response)
        if query.kind == ERRORS:
            mask &= rows["bad"] != 0
        elif query.kind:
            mask &= self._kinds(query.kind)[rows["type"]]
        numbers = np.flatnonzero(mask) + start
        return self._text.among(numbers, query.text) if query.text else numbers

    def _kinds(self, kind: str) -> NDArray[np.bool_]:
        """Return for each code of a type whether it is of a kind."""
        types = self._index.types
        words = (types[code] for code in range(len(types)))
        begins = f"{kind}."
        return np.array([word == kind or word.startswith(begins) for word in words])

    def kinds(self) -> list[tuple[str, int]]:
        """Return each type there is and how many events of it, most first."""
        index = self._index
        rows = index.rows.values()[index.base - index.rows.start :]
        counts = np.bincount(rows["type"], rows["count"], len(index.types))
        order = np.argsort(-counts, kind="stable")
        return [(index.types[code], int(counts[code])) for code in order if counts[code]]
