"""Pictures as far as a program can tell: their kind, their size, what they count.

The bytes are read as far as the format's own marks go: a picture is taken when it is a whole
PNG or JPEG by these, and refused otherwise. Nothing here decodes or sees one.
"""

from __future__ import annotations

import binascii
import math
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_KINDS: Final = {"data:image/png;base64": "PNG", "data:image/jpeg;base64": "JPEG"}
_NO_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # JPEG's marks without a segment
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those that hold a size
_SCAN, _END = 0xDA, 0xD9
_FILLING: Final = re.compile(rb"\xff*")
# Each part is a step of the one loop that every session runs on. Honest pictures of the 18 MB that
# a frame has room for need some 2,000, and 300.
_MOST_CHUNKS: Final = 50_000
_MOST_SEGMENTS: Final = 5_000

# As the service counts pictures for GPT-4o: a base, and so much for each tile of 512 pixels.
_BASE_TOKENS: Final = 85
_TILE_TOKENS: Final = 170
_TILE: Final = 512
_LONGEST_SIDE: Final = 2048
_SHORTEST_SIDE: Final = 768


class BadPicture(Exception):
    """A data URL holds no PNG or JPEG; says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture.

    Parameters
    ----------
    kind
        ``PNG`` or ``JPEG``.
    width, height
        In pixels.
    size
        In bytes.
    """

    kind: str
    width: int
    height: int
    size: int

    def told(self) -> str:
        """Return it in words."""
        size = f"{self.size} bytes" if self.size < 1000 else f"{self.size / 1000:.0f} kB"  # noqa: PLR2004 -- a kB
        return f"an image of {self.width}\u00d7{self.height} ({self.kind}, {size})"

    def tokens(self, detail: str | None) -> int:
        """Return about what it counts as input; `detail` as on the wire."""
        if detail == "low":
            return _BASE_TOKENS
        scale = min(1.0, _LONGEST_SIDE / max(self.width, self.height))
        scale = min(scale, _SHORTEST_SIDE / min(self.width, self.height))
        tiles = math.ceil(self.width * scale / _TILE) * math.ceil(self.height * scale / _TILE)
        return _BASE_TOKENS + _TILE_TOKENS * tiles


def read_picture(url: str) -> Picture:
    """Return what a data URL's picture is.

    Raises
    ------
    BadPicture
        When it is no whole PNG or JPEG, or not the one that the URL says.
    """
    head, _, text = url.partition(",")
    kind = _KINDS.get(head)
    if kind is None:
        raise BadPicture("expected a PNG or JPEG data URI")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise BadPicture("the data is not base64") from None
    found = "PNG" if data.startswith(_PNG) else "JPEG" if data.startswith(_JPEG) else ""
    if not found:
        raise BadPicture("the data is no PNG or JPEG")
    if found != kind:
        raise BadPicture(f"the data is a {found}, not a {kind}")
    width, height = _png_size(data) if kind == "PNG" else _jpeg_size(data)
    if not width or not height:
        raise BadPicture("the image has no pixels")
    return Picture(kind, width, height, len(data))


def _png_size(data: bytes) -> tuple[int, int]:
    size = (0, 0)
    for name, body in _png_chunks(data):
        if name == b"IHDR" and len(body) == 13:  # noqa: PLR2004 -- the format's
            size = (int.from_bytes(body[:4]), int.from_bytes(body[4:8]))
        elif name == b"IEND":
            return size
    raise BadPicture("the PNG breaks off before its end")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            return
        length = int.from_bytes(data[at : at + 4])
        end = at + 8 + length
        name, body, check = data[at + 4 : at + 8], data[at + 8 : end], data[end : end + 4]
        if len(check) < 4:  # noqa: PLR2004 -- bytes of a checksum
            return
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(check):
            raise BadPicture("a part of the PNG is damaged")
        yield name, body
        at = end + 4
    raise BadPicture("the PNG has too many parts")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    size = (0, 0)
    at = len(_JPEG)
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > len(data):
            break
        if data[at] != 0xFF:  # noqa: PLR2004 -- every mark begins with it
            raise BadPicture("a part of the JPEG is damaged")
        at = _last_of_filling(data, at)
        mark = data[at + 1]
        if mark in _NO_LENGTH:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if mark in _FRAMES:
            size = (
                int.from_bytes(data[at + 7 : at + 9]),
                int.from_bytes(data[at + 5 : at + 7]),
            )
        if mark == _SCAN:
            # Behind its scans stands the end; what comes after it belongs to others.
            if data.rfind(bytes((0xFF, _END)), at) < 0:
                break
            return size
        if length < 2:  # noqa: PLR2004 -- it counts itself
            raise BadPicture("a part of the JPEG is damaged")
        at += 2 + length
    else:
        raise BadPicture("the JPEG has too many parts")
    raise BadPicture("the JPEG breaks off before its end")


def _last_of_filling(data: bytes, at: int) -> int:
    """Return where the mark that begins at `at` begins, behind what may stand before it."""
    filling = _FILLING.match(data, at)
    last = filling.end() - 1 if filling is not None else at
    if last + 4 > len(data):
        raise BadPicture("the JPEG breaks off before its end")
    return last
