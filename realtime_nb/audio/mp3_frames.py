"""MP3, frame by frame: files that lie about their length, and streams that cannot know it.

libsndfile believes the first frame: where that carries a count ("Xing", "Info") it stops
there, and where it does not it guesses from the first frame's bit rate and the file's size.
Both go wrong with what services stream and with files that were joined. Walking from frame to
frame takes a µs or two each.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from typing import IO, Final

__all__ = ["with_delay", "with_true_length"]

_ID3: Final = b"ID3"
_ID3_HEAD: Final = 10
_HEAD: Final = 4
_KBPS: Final = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
)
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MPEG1: Final = 3
_MONO: Final = 3
_LAYER3: Final = 1
# Layer III of MPEG 1, 2 or 2.5 and a bit rate: rubbish is searched at the speed of memory.
_BEGINNING: Final = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]", re.DOTALL)
_ENCODER_DELAY: Final = 576  # samples, LAME's; what the decoder adds every decoder knows
_HAS_FRAMES: Final = 1
_HAS_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame's first four bytes say.

    Attributes
    ----------
    size
        Bytes of the whole frame.
    kbps
        Its bit rate.
    rate
        Sampling rate in Hz.
    tag_at
        Where in the frame a "Xing" or "Info" stands, if there is one.
    """

    size: int
    kbps: int
    rate: int
    tag_at: int


def _frame(data: bytes, at: int) -> Frame | None:
    """Return the frame that begins there, None where none does."""
    if at + _HEAD > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:  # noqa: PLR2004 -- eleven bits of ones
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    number, rate_number = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version not in _RATES or layer != _LAYER3 or number in {0, 15} or rate_number == 3:  # noqa: PLR2004 -- reserved
        return None
    first = version == _MPEG1
    kbps, rate = _KBPS[first][number], _RATES[version][rate_number]
    size = (144_000 if first else 72_000) * kbps // rate + (data[at + 2] >> 1 & 1)
    mono = data[at + 3] >> 6 == _MONO
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return Frame(size, kbps, rate, _HEAD + side)


def with_true_length(file: IO[bytes]) -> IO[bytes]:
    """Return the file, or one of the same sound with a first frame that tells its length.

    Parameters
    ----------
    file
        Binary, can be sought in; an MP3 as it seems.
    """
    file.seek(0)
    data = file.read()
    start = _after_id3(data)
    first = _frame(data, start)
    if first is None:
        return file
    count, kbps = _walk(data, start)
    tagged = data[start + first.tag_at : start + first.tag_at + 4] in {b"Xing", b"Info"}
    said = _said(data, start + first.tag_at) if tagged else None
    # The tag's own frame is not counted in it. A file cut short says more than it has: that
    # is known from what it says, and is left.
    if said is not None and said >= count - 2:
        return file
    if not tagged and len(kbps) == 1:
        return file  # the guess is right
    sound = data[start + first.size :] if tagged else data[start:]
    head = data[start : start + _HEAD]
    return io.BytesIO(_counting_frame(head, first, count - tagged, len(sound)) + sound)


def _after_id3(data: bytes) -> int:
    start = 0
    while data[start : start + 3] == _ID3 and len(data) >= start + _ID3_HEAD:
        a, b, c, d = data[start + 6 : start + 10]
        start += _ID3_HEAD + (a << 21 | b << 14 | c << 7 | d)
    return start


def _walk(data: bytes, at: int) -> tuple[int, set[int]]:
    """Return how many frames there are, and of which bit rates; rubbish between is skipped."""
    count = 0
    kbps: set[int] = set()
    while True:
        frame = _frame(data, at)
        if frame is None:
            found = _BEGINNING.search(data, at + 1)
            if found is None:
                return count, kbps
            at = found.start()
            continue
        count += 1
        kbps.add(frame.kbps)
        at += frame.size


def _said(data: bytes, at: int) -> int | None:
    """Return the frames that a tag says there are; None where it does not say."""
    (flags,) = struct.unpack_from(">I", data.ljust(at + 12, b"\0"), at + 4)
    if not flags & _HAS_FRAMES:
        return None
    (frames,) = struct.unpack_from(">I", data.ljust(at + 12, b"\0"), at + 8)
    return int(frames)


def _counting_frame(head: bytes, first: Frame, frames: int, size: int) -> bytes:
    """Return a silent frame of the same form whose tag says how much follows."""
    kbps = _KBPS[head[1] >> 3 & 3 == _MPEG1]
    number = kbps.index(64)
    made = bytes((head[0], head[1] | 1, number << 4 | head[2] & 0x0C, head[3]))  # no checksum
    form = _frame(made, 0)
    length = form.size if form is not None else first.size
    tag = b"Xing" + struct.pack(">III", _HAS_FRAMES | _HAS_BYTES, frames, size + length)
    return (made.ljust(first.tag_at, b"\0") + tag).ljust(length, b"\0")


def with_delay(start: bytes) -> bytes:
    """Return the beginning of a stream of LAME's, its first frame saying how it is delayed.

    LAME leaves room there for what it knows at the end, when a stream has long been sent.
    How many samples come before the first one it knows at the start.
    """
    first = _frame(start, 0)
    if first is None or len(start) < first.size:
        return start
    tag = b"Info" + struct.pack(">I", 0)
    lame = b"LAME3.100" + bytes(12) + (_ENCODER_DELAY << 12).to_bytes(3, "big")
    head = start[:_HEAD].ljust(first.tag_at, b"\0") + tag + lame
    return head.ljust(first.size, b"\0") + start[first.size :]
