"""WebSocket frames as they lie on the wire, read whole and made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
_SHORT: Final = 125
_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127


@dataclass(frozen=True)
class Frame:
    """One frame: its bytes, and what they say."""

    raw: bytes
    opcode: int
    payload: bytes

    @property
    def is_data(self) -> bool:
        return self.opcode in (TEXT, BINARY, CONTINUATION)


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """Read the next frame; raises `asyncio.IncompleteReadError` at the end."""
    raw = await reader.readexactly(2)
    masked, size = raw[1] & 0x80, raw[1] & 0x7F
    if size > _SHORT:
        raw += (more := await reader.readexactly(2 if size == _TWO_BYTES else 8))
        size = int.from_bytes(more, "big")
    mask = await reader.readexactly(4) if masked else b""
    payload = await reader.readexactly(size)
    return Frame(raw + mask + payload, raw[0] & 0x0F, _unmasked(payload, mask))


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    if not mask:
        return payload
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    size = len(payload)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def make_frame(payload: bytes, opcode: int = TEXT, *, flags: int = 0x80) -> bytes:
    """Return a server's frame; `flags` are FIN and the reserved bits."""
    size = len(payload)
    if size <= _SHORT:
        head = bytes([size])
    elif size < 1 << 16:
        head = bytes([_TWO_BYTES]) + size.to_bytes(2, "big")
    else:
        head = bytes([_EIGHT_BYTES]) + size.to_bytes(8, "big")
    return bytes([flags | opcode]) + head + payload


def make_close(code: int, reason: str = "") -> bytes:
    """Return a server's farewell."""
    return make_frame(code.to_bytes(2, "big") + reason.encode(), CLOSE)
