"""Base64 that comes in pieces, cut anywhere."""

from __future__ import annotations

import binascii

import pybase64


class Base64Run:
    """Decodes base64 piece by piece.

    Pieces may be whole in themselves, each with its padding, or be cut in the middle of a
    group of four, or of the padding: the bytes are the same.
    """

    def __init__(self) -> None:
        self._rest = ""
        self.broken = False

    def feed(self, piece: str) -> bytes:
        """Return the bytes that are whole now; what is no base64 is left out, and remembered."""
        text = self._rest + piece
        made = bytearray()
        while (end := _end_of_block(text)) > 0:
            made += self._decoded(text[:end])
            text = text[end:]
        self._rest = text
        return bytes(made)

    def finish(self) -> bytes:
        """Return the bytes of a last group that came without its padding."""
        text, self._rest = self._rest.rstrip("="), ""
        if len(text) < 2:  # noqa: PLR2004 -- one sign holds no byte
            self.broken |= bool(text)
            return b""
        return self._decoded(text + "=" * (-len(text) % 4))

    def _decoded(self, block: str) -> bytes:
        try:
            return bytes(pybase64.b64decode(block, validate=True))
        except (binascii.Error, ValueError):
            self.broken = True
            return b""


def _end_of_block(text: str) -> int:
    """Return how many characters from the start can be decoded together: groups of four."""
    whole = len(text) // 4 * 4
    padding = text.find("=", 0, whole)
    return whole if padding < 0 else (padding // 4 + 1) * 4
