"""The members of a zip file that nobody has to trust, also of one that is cut short.

Members are read by their names and never unpacked anywhere, so that a path among them leads
nowhere; what they unpack to is bounded before it is read.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Self

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,  # encrypted
    NotImplementedError,
    ValueError,
)
"""What reading a member may raise when the file is broken."""

_LOCAL: Final = b"PK\x03\x04"
_HEADER: Final = struct.Struct("<4sHHHHHIIIHH")
_STREAMED: Final = 0x08
_ZIP64: Final = 0x0001
_UNKNOWN: Final = 0xFFFFFFFF
_BLOCK: Final = 2**16
MOST_MEMBERS: Final = 1_000


class Members:
    """A zip file that is open for reading.

    Parameters
    ----------
    file
        Where it begins.
    name
        What to call it in an error.
    limit_bytes
        What its members may unpack to, all together.

    Attributes
    ----------
    cut
        Whether its end is missing: then there is what lies before.

    Raises
    ------
    UsageError
        When it is no zip file, or larger than that.
    """

    def __init__(self, file: IO[bytes], name: str, limit_bytes: int) -> None:
        self._file = file
        self._zip: zipfile.ZipFile | None = None
        self._found: dict[str, _Entry] = {}
        self.cut = False
        if file.read(4) != _LOCAL:
            raise UsageError(
                f"{name} is no .rtnb file: it does not begin as one. RealtimeLog.read reads JSON"
                " lines, AudioClip.read a WAV file."
            )
        try:
            self._zip = zipfile.ZipFile(file)
            sizes = [(info.filename, info.file_size) for info in self._zip.infolist()]
        except UNREADABLE:
            self.cut = True
            self._found = {entry.name: entry for entry in _entries(file)}
            sizes = [(entry.name, entry.size) for entry in self._found.values()]
        self._sizes = dict(sizes)
        total = sum(size for _, size in sizes)
        if len(sizes) > MOST_MEMBERS or total > limit_bytes:
            raise UsageError(
                f"{name} would unpack to {total / 2**20:,.0f} MiB in {len(sizes):,} parts, more"
                f" than the {limit_bytes / 2**20:,.0f} MiB that are read; if you trust it, write"
                " realtime_nb.open(…, limit_bytes=…)."
            )

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def size(self, name: str) -> int:
        """Return how large a member is unpacked, as far as the file says."""
        return self._sizes[name]

    def open(self, name: str) -> IO[bytes]:
        """Return a member to be read from its beginning."""
        if self._zip is not None:
            return self._zip.open(name)
        return io.BufferedReader(_Cut(self._file, self._found[name]), _BLOCK)

    def read(self, name: str, most: int) -> bytes:
        """Return a whole member; raises one of `UNREADABLE`, also for one larger than `most`."""
        if name not in self or self.size(name) > most:
            raise ValueError("it is not there" if name not in self else "it is too large")
        with self.open(name) as member:
            return member.read(most)

    def close(self) -> None:
        """Let the file go."""
        if self._zip is not None:
            self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member, found by the header before it."""

    name: str
    start: int
    packed: int
    size: int
    deflated: bool


def _entries(file: IO[bytes]) -> Iterator[_Entry]:
    """Yield the members from the beginning on, as far as the headers hold."""
    at, end = 0, file.seek(0, io.SEEK_END)
    for _ in range(MOST_MEMBERS + 1):
        if at >= end:
            return  # a header may promise more than any file can hold
        file.seek(at)
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or head[:4] != _LOCAL:
            return
        _, _, flags, method, _, _, _, packed, size, name_size, extra_size = _HEADER.unpack(head)
        name = file.read(name_size)
        packed, size = _large(file.read(extra_size), packed, size)
        if flags & _STREAMED and not packed:
            return  # written without going back: nothing says where the next one begins
        start = at + _HEADER.size + name_size + extra_size
        if method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not flags & 1:
            deflated = method == zipfile.ZIP_DEFLATED
            yield _Entry(name.decode("utf-8", "replace"), start, packed, size, deflated)
        at = start + packed


def _large(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Return sizes that may stand in the field for those of more than 4 GiB."""
    while len(extra) >= 4:  # noqa: PLR2004 -- two numbers of two bytes
        kind, length = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _ZIP64:
            wide = [value for (value,) in struct.iter_unpack("<Q", body[: len(body) // 8 * 8])]
            size = wide.pop(0) if size == _UNKNOWN and wide else size
            packed = wide.pop(0) if packed == _UNKNOWN and wide else packed
    return packed, size


class _Cut(io.RawIOBase):
    """A member as far as the file goes; it may be sought in forwards."""

    def __init__(self, file: IO[bytes], entry: _Entry) -> None:
        self._file = file
        self._entry = entry
        self._taken = 0  # bytes of the file
        self._at = 0  # bytes of the member
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if entry.deflated else None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET or offset < self._at:
            raise io.UnsupportedOperation("only forwards")
        if self._inflate is None:
            self._taken = self._at = min(offset, self._entry.packed)
        while self._at < offset and self._some(min(_BLOCK, offset - self._at)):
            pass
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] -- any buffer
        data = self._some(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _some(self, most: int) -> bytes:
        most = min(most, self._entry.size - self._at)
        data = b""
        if most > 0:
            data = self._stored(most) if self._inflate is None else self._inflated(most)
        self._at += len(data)
        return data

    def _stored(self, most: int) -> bytes:
        self._file.seek(self._entry.start + self._taken)
        data = self._file.read(min(most, self._entry.packed - self._taken))
        self._taken += len(data)
        return data

    def _inflated(self, most: int) -> bytes:
        inflate = self._inflate
        while inflate is not None and not inflate.eof:
            packed = inflate.unconsumed_tail or self._stored(_BLOCK)
            data = inflate.decompress(packed, most)
            if data or not packed:
                return data
        return b""
