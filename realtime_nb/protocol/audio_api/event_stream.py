"""Server-sent events out of bytes as they come (the HTML standard, 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_EVENT: Final = 16 << 20
"""Bytes of the largest event, and of the longest line."""


class EventStream:
    """Cuts bytes into events; only `data` fields that hold a JSON object are given."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the events that these bytes complete.

        Raises
        ------
        UsageError
            For an event that goes past `LARGEST_EVENT`.
        """
        self._bytes += data
        # What was looked through before holds no line's end: a long line costs its length once.
        end = self._bytes.rfind(b"\n", self._searched) + 1
        whole = bytes(self._bytes[:end])
        del self._bytes[:end]
        self._searched = len(self._bytes)
        self._check(self._searched)
        for line in whole.split(b"\n")[:-1]:
            yield from self._line(line.rstrip(b"\r"))

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield the event that nothing ended, where it is whole."""
        last, self._bytes, self._searched = bytes(self._bytes), bytearray(), 0
        yield from self._line(last)
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[dict[str, Any]]:
        if line:
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
                self._size += len(line)
                self._check(self._size)
            return
        data, self._data, self._size = b"\n".join(self._data), [], 0
        try:
            told: Any = orjson.loads(data)
        except ValueError:
            return  # nothing, [DONE], or no JSON
        if isinstance(told, dict):
            yield cast("dict[str, Any]", told)

    def _check(self, size: int) -> None:
        if size > LARGEST_EVENT:
            raise UsageError("the service sent more than 16 MiB in one event.")
