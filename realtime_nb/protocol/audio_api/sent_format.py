"""What a service's sound really is: some send another format than they were asked for."""

from __future__ import annotations

from typing import Final

from realtime_nb.audio.sniff import HEAD_BYTES, sniff

HEADER_BYTES: Final = 4
"""How much of a beginning `is_file` needs."""

_SAMPLES: Final = ("pcm", "pcm16")
_MAGICS: Final = (b"RIFF", b"OggS", b"fLaC", b"ID3")
_SYNC: Final = 0xFF
_NOT_LAYER_3: Final = 0xE6  # of a frame's second byte, the bits that tell: 111vv01p
_LAYER_3: Final = 0xE2
_NOT_ADTS: Final = 0xF6
_ADTS: Final = 0xF0
_RATES_OF_ADTS: Final = 13


def sent_format(data: bytes, asked: str) -> str:
    """Return the format of sound that came whole, by how it begins.

    Parameters
    ----------
    data
        The sound.
    asked
        The format it was asked for in, which it has where its beginning tells nothing.
    """
    head = data[:HEAD_BYTES]
    if asked in _SAMPLES and not is_file(head):
        return asked
    kind = sniff(head)
    if kind == "ogg" and (asked == "opus" or b"OpusHead" in head):
        return "opus"
    return kind or asked


def is_file(head: bytes | bytearray) -> bool:
    """Whether what should be samples begins as a file does, or as a frame of MP3 or AAC.

    Samples might begin like that too, about one time in a million and never in silence.
    """
    if head.startswith(_MAGICS):
        return True
    if len(head) < HEADER_BYTES or head[0] != _SYNC:
        return False
    second, third = head[1], head[2]
    if second & _NOT_LAYER_3 == _LAYER_3:
        bitrate, rate, version = third >> 4, third >> 2 & 3, second >> 3 & 3
        return 0 < bitrate < 15 and rate != 3 and version != 1  # noqa: PLR2004 -- reserved values
    return second & _NOT_ADTS == _ADTS and third >> 2 & 15 < _RATES_OF_ADTS
