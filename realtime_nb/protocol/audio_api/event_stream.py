"""Server-sent events out of bytes as they come (the HTML standard, 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_EVENT: Final = 16 << 20
"""More bytes than that without a line's end are no event."""


class EventStream:
    """Cuts bytes into events; only `data` fields that hold a JSON object are given."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the events that these bytes complete.

        Raises
        ------
        UsageError
            For a line that goes past `LARGEST_EVENT`.
        """
        self._bytes += data
        *lines, rest = self._bytes.split(b"\n")
        self._bytes = bytearray(rest)
        if len(rest) > LARGEST_EVENT:
            raise UsageError("the service sent a line that is too long to be an event.")
        for line in lines:
            yield from self._line(bytes(line.rstrip(b"\r")))

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield the event that nothing ended, where it is whole."""
        last, self._bytes = bytes(self._bytes), bytearray()
        yield from self._line(last)
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[dict[str, Any]]:
        if line:
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            return
        data, self._data = b"\n".join(self._data), []
        try:
            told: Any = orjson.loads(data)
        except ValueError:
            return  # nothing, [DONE], or no JSON
        if isinstance(told, dict):
            yield cast("dict[str, Any]", told)
