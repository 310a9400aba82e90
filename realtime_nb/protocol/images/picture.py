"""A picture as the wire takes it: a whole PNG or JPEG, and its size in pixels.

Width and height are read from the file's own head, so that nothing here needs Pillow.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import pybase64

from realtime_nb.errors import UsageError

Kind: TypeAlias = Literal["png", "jpeg"]

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff"
_PREFIXES: Final[dict[str, Kind]] = {
    "data:image/png;base64,": "png",
    "data:image/jpeg;base64,": "jpeg",
    "data:image/jpg;base64,": "jpeg",
}
# Start of frame: everything from C0 to CF but tables (C4), extension (C8) and arithmetic (CC).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_SCAN, _END = 0xDA, 0xD9
_KILO: Final = 1_000
_TEN: Final = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be sent.

    Attributes
    ----------
    kind
        ``"png"`` or ``"jpeg"``.
    width, height
        In pixels.
    data
        The whole file.
    note
        What was done to it, for people; empty when nothing was.
    """

    kind: Kind
    width: int
    height: int
    data: bytes = field(repr=False)
    note: str = ""

    @property
    def url(self) -> str:
        """The file as a ``data:`` URI, as an `input_image` holds it."""
        return f"data:image/{self.kind};base64,{pybase64.b64encode(self.data).decode('ascii')}"

    @property
    def facts(self) -> str:
        """Size, kind and bytes: as people read them."""
        return f"{by(self.width, self.height)} {self.kind.upper()}, {file_size(len(self.data))}"

    @classmethod
    def of(cls, data: bytes, *, note: str = "") -> Picture:
        """Return a whole PNG or JPEG file as a picture.

        Raises
        ------
        UsageError
            When it is neither, breaks off, or has no size.
        """
        if data.startswith(PNG):
            width, height = _png_size(data)
            return cls("png", width, height, data, note)
        if data.startswith(JPEG):
            width, height = _jpeg_size(data)
            return cls("jpeg", width, height, data, note)
        raise UsageError("a picture is a PNG or JPEG file; these bytes begin like neither")

    @classmethod
    def of_url(cls, url: str, *, note: str = "") -> Picture:
        """Return the picture in a ``data:`` URI.

        Raises
        ------
        UsageError
            When it is none of a PNG or JPEG, in base64.
        """
        prefix = next((one for one in _PREFIXES if url[: len(one)].lower() == one), None)
        if prefix is None:
            begins = url[:40]
            raise UsageError(
                "a picture's data URL begins data:image/png;base64, or data:image/jpeg;base64,; "
                f"this one begins {begins!r}"
            )
        try:
            data = _decoded(url[len(prefix) :])
        except (binascii.Error, ValueError):
            raise UsageError("the picture's data URL holds no base64 that can be read") from None
        return cls.of(data, note=note)

    def __str__(self) -> str:
        return f"{self.facts} ({self.note})" if self.note else self.facts


def _decoded(text: str) -> bytes:
    """Return what base64 holds; lines may be broken. Done on the session's loop, so fast."""
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return pybase64.b64decode("".join(text.split()), validate=True)


def by(width: int, height: int) -> str:
    """Return a size in pixels for people."""
    return f"{width}×{height}"  # noqa: RUF001 -- as it is written


def file_size(count: int) -> str:
    """Return a number of bytes for people: ``"45 kB"``, ``"1.2 MB"``, thousands of bytes."""
    if count < _KILO:
        return f"{count} bytes"
    value, unit = (count / _KILO, "kB") if count < _KILO * _KILO else (count / _KILO**2, "MB")
    return f"{value:.1f} {unit}" if value < _TEN else f"{value:,.0f} {unit}"


def _png_size(data: bytes) -> tuple[int, int]:
    """Return width and height, having walked the chunks to the last."""
    place, size = len(PNG), (0, 0)
    while place + 12 <= len(data):
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if name == b"IHDR":
            head = data[place + 8 : place + 16].ljust(8, b"\0")
            size = _checked(*struct.unpack(">II", head)) if length >= len(head) else size
        place += 12 + length
        if name == b"IEND" and place <= len(data) and size[0]:
            return size
    raise UsageError("the PNG breaks off before its end; write it again")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height from the frame's head; the end must be there."""
    place = 2
    while place + 9 <= len(data):
        if data[place] != 0xFF:  # noqa: PLR2004 -- a marker begins so
            break
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:  # noqa: PLR2004 -- fill byte
            place += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            if data.rfind(b"\xff\xd9") < place:
                break
            return _checked(width, height)
        if marker in (_SCAN, _END):
            break
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    raise UsageError("the JPEG breaks off before its end; write it again")


def _checked(width: int, height: int) -> tuple[int, int]:
    if width < 1 or height < 1:
        raise UsageError(f"the picture is {by(width, height)} pixels: nothing can be seen")
    return width, height
