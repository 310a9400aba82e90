"""A picture without what its file tells beside the picture: where, when and with what it was taken.

A photo's file tells the place it was taken at, the camera's number and at times its owner; who
shows a picture means what can be seen. The pixels are not touched: segments of the file are left
out, and what lies behind its end. Colour profiles stay, and so does which side is up, for the
pixels are wrong without.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.images.picture import PNG, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT_OUT: Final = "without the file's EXIF and comments"

_UPRIGHT: Final = 1
_SIDES: Final = range(2, 9)
_ORIENTATION: Final = 0x0112
_EXIF: Final = b"Exif\0\0"
_SOI, _SCAN, _END, _COMMENT = 0xD8, 0xDA, 0xD9, 0xFE
_APP1, _APP2, _ADOBE = 0xE1, 0xE2, 0xEE
_APPS: Final = range(_APP1, 0xF0)
# Within a scan FF is followed by 00, by a restart, or by the marker that ends the scan.
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# What a PNG's pixels need; other chunks of small first letter are words about it.
_SEEN: Final = frozenset(
    b"tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD hIST sPLT cICP mDCV cLLI acTL fcTL fdAT".split()
)
_SMALL: Final = 0x20
_BY_PROGRAM: Final = b"Software\0"  # which program wrote it: in every figure, and no secret


def without_metadata(picture: Picture) -> Picture:
    """Return a picture whose file holds the picture alone; its note says what was left out."""
    strip = _png if picture.kind == "png" else _jpeg
    data, told = strip(picture.data)
    if data == picture.data:
        return picture
    said = LEFT_OUT if told else ""
    note = "; ".join(filter(None, (picture.note, said)))
    return Picture.of(data, note=note)


# -- JPEG


def _jpeg(data: bytes) -> tuple[bytes, bool]:
    kept: list[bytes] = [data[:2]]
    told, turned = False, False
    for marker, piece in _segments(data):
        if not _tells(marker, piece):
            kept.append(piece)
            continue
        told = True
        side = _side(piece[4 + len(_EXIF) :]) if piece[4:].startswith(_EXIF) else _UPRIGHT
        if side in _SIDES and not turned:
            turned = True
            exif = _EXIF + _only_side(side)
            kept.append(struct.pack(">BBH", 0xFF, _APP1, len(exif) + 2) + exif)
    return b"".join(kept), told


def _tells(marker: int, piece: bytes) -> bool:
    if marker == _APP2:
        return not piece[4:].startswith(b"ICC_PROFILE\0")
    return marker == _COMMENT or (marker in _APPS and marker != _ADOBE)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each segment behind the first marker with its own marker, to the end of the picture."""
    place = 2
    while place + 2 <= len(data):
        marker = data[place + 1]
        if data[place] != 0xFF or marker == _SOI:  # noqa: PLR2004 -- a marker begins so
            break  # decoders look for the next marker; what is here is theirs
        if marker == 0xFF:  # noqa: PLR2004 -- fill byte
            place += 1
            continue
        if marker == _END:
            yield marker, data[place : place + 2]
            return
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == _SCAN:
            found = _MARKER.search(data, end)
            end = len(data) if found is None else found.start()
        yield marker, data[place:end]
        place = end
    yield 0, data[place:]


def _side(tiff: bytes) -> int:
    """Return which side of the pixels is up, as EXIF counts; 1 where it does not tell."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return _UPRIGHT
        (place,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, place)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, place + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        pass  # cut short, or damaged
    return _UPRIGHT


def _only_side(side: int) -> bytes:
    """Return a TIFF head that tells which side is up and nothing else."""
    head = struct.pack(">2sHIH", b"MM", 42, 8, 1)
    return head + struct.pack(">HHIHHI", _ORIENTATION, 3, 1, side, 0, 0)


# -- PNG


def _png(data: bytes) -> tuple[bytes, bool]:
    kept: list[bytes] = [PNG]
    told, place = False, len(PNG)
    while place + 12 <= len(data):
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        end = place + 12 + length
        if name in _SEEN or not name[0] & _SMALL:
            kept.append(data[place:end])
        else:
            told = told or not data[place + 8 : end].startswith(_BY_PROGRAM)
        place = end
        if name == b"IEND":
            break
    return b"".join(kept), told
