"""Which kind of sound file begins like this."""

from __future__ import annotations

from typing import Final

__all__ = ["HEAD_BYTES", "beginning", "is_text", "sniff"]

HEAD_BYTES: Final = 64
"""How much of a file's beginning `sniff` needs."""

_CONTAINERS: Final = {
    (b"RIFF", b"WAVE"): "wav",
    (b"FORM", b"AIFF"): "aiff",
    (b"FORM", b"AIFC"): "aiff",
}
_MAGIC: Final = (
    (b"RF64", "rf64"),
    (b"ID3", "mp3"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b".snd", "au"),
    (b"caff", "caf"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
)
_LAYER_BITS: Final = 0x06  # of a frame's second byte: 0 is ADTS, the others MPEG's layers

_OF_TEXT: Final = frozenset((*b"\t\n\r", *range(0x20, 0x7F)))


def sniff(head: bytes) -> str:
    """Return wav, rf64, w64, mp3, flac, ogg, aiff, au, caf, aac, m4a or webm; else nothing."""
    container = _CONTAINERS.get((head[:4], head[8:12]))
    if container:
        return container
    if head[4:8] == b"ftyp":
        return "m4a"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), _by_sync_word(head))


def beginning(head: bytes) -> str:
    """Return how a file begins that is none of these, for people; of a text nothing is quoted."""
    return "it holds text" if is_text(head) else f"it begins with {head!r}"


def is_text(head: bytes) -> bool:
    """Return whether a file that begins like this may be plain text."""
    return all(byte in _OF_TEXT for byte in head)


def _by_sync_word(head: bytes) -> str:
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # noqa: PLR2004 -- a frame's sync word
        if head[1] & _LAYER_BITS:
            return "mp3"
        return "aac" if head[1] & 0xF0 == 0xF0 else ""  # noqa: PLR2004 -- ADTS has twelve bits of it
    return ""
