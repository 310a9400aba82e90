"""The log as a file of JSON lines: written whole or not at all, read as far as it goes.

No credential goes into a file: what a live log has is blotted out already, what was read
from elsewhere is when it is written.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError
from realtime_nb.inspection.archive.secrets import blot_keys, without_secrets
from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.log.event_log import EventLog, Record
from realtime_nb.protocol.log.lines import (
    FORMAT,
    HEADER,
    VERSION,
    Line,
    Unreadable,
    dump,
    parse,
    read_value,
    to_line,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

LONGEST_LINE: Final = 64 * 2**20
"""Bytes of the longest line that is read."""

MOST_PROBLEMS: Final = 1_000
"""Problems that are listed; more are counted."""

_NEXT: Final = re.compile(r"[\s,]*(?=[^\s,\]])")
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
# A frame may have been written with more blanks or escapes than a line has, or with fewer.
_SHRINKS: Final = 8
_ENVELOPE: Final = 4096
_LARGEST_FRAME: Final = 32 * 2**20
_BROKEN: Final = (EOFError, zlib.error, gzip.BadGzipFile)
_LISTS: Final = ("events", "records", "messages", "log")


def line_of(record: Record) -> bytes:
    """Return a record as a line of a file, without credentials and the line's end."""
    data = record.event.data
    clean = without_secrets(data)
    if clean is not data:
        record = replace(record, event=Event(clean))
    return blot_keys(to_line(record))


def write_jsonl(records: Iterable[Record], path: str | os.PathLike[str]) -> Path:
    """Write records as JSON lines, compressed where the name ends in ``.gz``; return the path.

    Raises
    ------
    UsageError
        When the file cannot be written; one that was there is there still.
    """
    target = Path(path).expanduser()
    try:
        with whole_file(target) as file:
            if target.suffix == ".gz":
                with gzip.open(file, "wb", compresslevel=1) as packed:
                    _write(records, cast("IO[bytes]", packed))
            else:
                _write(records, file)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
    return target


def _write(records: Iterable[Record], file: IO[bytes]) -> None:
    file.write(dump(HEADER) + b"\n")
    for record in records:
        file.write(line_of(record) + b"\n")


def read_jsonl(path: str | os.PathLike[str]) -> tuple[EventLog, list[str]]:
    """Return the events of a file, and what could not be read of it.

    Parameters
    ----------
    path
        JSON lines (one event each, bare or with words for direction and time), or one JSON
        value with a list of them; either may be compressed with gzip.

    Raises
    ------
    UsageError
        When there is no such file, or nothing in it is an event.
    """
    place = Path(path).expanduser()
    try:
        with place.open("rb") as file:
            begin = file.read(4)
            file.seek(0)
            if begin == _ZIP:
                raise UsageError(
                    f"{place} is no log but a zip file; realtime_nb.open reads a saved chat."
                )
            if begin.startswith(_GZIP):
                with gzip.open(file, "rb") as plain:
                    reader = _read(cast("IO[bytes]", plain))
            else:
                reader = _read(file)
    except FileNotFoundError:
        raise UsageError(f"there is no file {place}.") from None
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror or error}.") from None
    if reader.lines and not len(reader.log):
        raise UsageError(f"{place} holds no event; {reader.listed()[0]}.")
    return reader.log, reader.listed()


def read_lines(lines: Iterable[bytes]) -> tuple[EventLog, list[str]]:
    """Return the events of lines, and what could not be read of them; see `read_jsonl`."""
    reader = _Reader()
    for line in lines:
        reader.take(line)
    return reader.log, reader.listed()


class _Reader:
    """Puts lines into a log, and notes what it cannot read.

    Attributes
    ----------
    log
        The events so far.
    lines
        How many lines there were that are not empty.
    """

    def __init__(self) -> None:
        self.log = EventLog()
        self.lines = 0
        self._number = 0
        self._problems: list[str] = []
        self._unlisted = 0
        self._began: float | None = None
        self._now = 0.0

    def take(self, line: bytes) -> None:
        """Read one line."""
        self._number += 1
        line = line.removeprefix(b"\xef\xbb\xbf").strip() if self._number == 1 else line.strip()
        if not line:
            return
        try:
            value, note = parse(line)
        except Unreadable as error:
            self.lines += 1
            self.problem(str(error))
            return
        if self._is_header(value):
            return
        self.lines += 1
        listed = _list_in(value) if self.lines == 1 else None
        if listed is None:
            self._keep(value, note, len(line))
        elif not listed:
            self.problem("it is a list of nothing")
        for number, entry in enumerate(listed or (), 1):
            self._keep(entry, note, 0, f"entry {number}: ")

    def take_entries(self, text: bytes) -> None:
        """Read a list as far as it goes: one that was cut off has no end."""
        self._number += 1
        self.lines += 1
        rest = text.decode("utf-8", errors="replace")
        at, number = rest.find("[") + 1, 0
        decoder = json.JSONDecoder(parse_constant=lambda _: None)
        while start := _NEXT.match(rest, at):
            number += 1
            try:
                entry, at = decoder.raw_decode(rest, start.end())
            except (ValueError, RecursionError):
                self.problem(f"entry {number}: the list breaks off or is no JSON from here on")
                return
            self._keep(entry, "", 0, f"entry {number}: ")

    def problem(self, what: str) -> None:
        """Note what is wrong with the line that was read last."""
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(f"line {self._number}: {what}")
        else:
            self._unlisted += 1

    def skip(self, what: str) -> None:
        """Note a line that was not read."""
        self._number += 1
        self.lines += 1
        self.problem(what)

    def listed(self) -> list[str]:
        """Return what could not be read, by line."""
        more = [f"and {self._unlisted:,} more lines"] if self._unlisted else []
        return [*self._problems, *more]

    def _is_header(self, value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        fields = cast("dict[str, Any]", value)
        if fields.get("format") != FORMAT:
            return False
        version = fields.get("version")
        if version != VERSION:
            self.problem(
                f"the file is of version {version!r}, and {VERSION} is what this package"
                " knows; what could be read was, a newer package may read more"
            )
        return True

    def _keep(self, value: Any, note: str, size: int, where: str = "") -> None:
        try:
            line = read_value(value, note)
        except Unreadable as error:
            self.problem(f"{where}{error}")
            return
        if line.note:
            self.problem(line.note)
        self.log.append(
            line.direction,
            line.event,
            t_ms=self._time(line),
            size=_size(line, size or len(dump(line.event.data))),
            seq=line.seq,
        )

    def _time(self, line: Line) -> float:
        """Return a line's time on the log's clock; that of the line before where it has none."""
        if line.t_ms is not None:
            if line.seq is not None:  # of our own
                self._began = 0.0
            elif self._began is None:
                self._began = line.t_ms
            self._now = line.t_ms - (self._began or 0.0)
        return self._now


def _size(line: Line, read: int) -> int:
    """Return the size a line tells, if one of what was `read` can be so.

    The log's bound counts sizes: a wrong one would let it grow, or throw out all the rest.
    """
    size = line.size
    if size is None or size * _SHRINKS + _ENVELOPE < read:
        return read
    if line.event.type in AUDIO_FIELDS:  # its sound may have been let go of
        return min(size, _LARGEST_FRAME)
    return size if size <= read * _SHRINKS + _ENVELOPE else read


def _list_in(value: Any) -> list[Any] | None:
    """Return the events of a file that is one JSON value, None where it is none."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    if isinstance(value, dict) and "type" not in value:
        for name in _LISTS:
            held = cast("dict[str, Any]", value).get(name)
            if isinstance(held, list):
                return cast("list[Any]", held)
    return None


def _read(file: IO[bytes]) -> _Reader:
    reader = _Reader()
    if _is_one_value(file):
        _read_whole(file, reader)
    else:
        _read_by_line(file, reader)
    return reader


def _is_one_value(file: IO[bytes]) -> bool:
    """Whether a file is a list over many lines, and not a line for each event."""
    try:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except _BROKEN:
        head = b""  # told when it is read
    file.seek(0)
    first = head.split(b"\n", 1)[0].strip()
    return first in (b"[", b"{") or (first[:1] == b"[" and not first.endswith(b"]"))


def _read_whole(file: IO[bytes], reader: _Reader) -> None:
    text = _some(file, reader, LONGEST_LINE + 1)
    if len(text) > LONGEST_LINE:
        reader.skip(f"one JSON value of more than {LONGEST_LINE // 2**20} MiB is not read")
    elif text.lstrip()[:1] == b"[" and not _is_json(text):
        reader.take_entries(text)
    else:
        reader.take(text)


def _is_json(text: bytes) -> bool:
    try:
        parse(text)
    except Unreadable:
        return False
    return True


def _read_by_line(file: IO[bytes], reader: _Reader) -> None:
    for line in _lines(file, reader):
        if len(line) > LONGEST_LINE:
            reader.skip(f"it is longer than {LONGEST_LINE // 2**20} MiB")
        else:
            reader.take(line)


def _lines(file: IO[bytes], reader: _Reader) -> Iterator[bytes]:
    """Yield lines; of one that is too long no more than shows that it is."""
    while True:
        line = _some(file, reader, LONGEST_LINE + 1, lines=True)
        if not line:
            return
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = _some(file, reader, LONGEST_LINE + 1, lines=True)


def _some(file: IO[bytes], reader: _Reader, most: int, *, lines: bool = False) -> bytes:
    try:
        return file.readline(most) if lines else file.read(most)
    except _BROKEN as error:
        reader.problem(f"the compressed file ends or breaks after it: {error}")
        return b""
