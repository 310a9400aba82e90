"""Packets of the fast path: a message and its buffers in one stretch of bytes.

The twin of ``js/src/carrier/packet.ts``; ``tests/vectors/packets.json`` holds both to the same
bytes. Little endian.

======  =======  =================================================================
offset  type     field
======  =======  =================================================================
0       u32      n: number of the message in its direction, from 1; 0 is a control
4       u32      got: the newest message of the other direction that was delivered
8       u32      length of the message, in bytes
12      u32      how many buffers, at most `MAX_BUFFERS`
16      u32 ...  length of each buffer, in bytes
..               the message as JSON, then the buffers
======  =======  =================================================================
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Buffers, Message

MAX_BUFFERS: Final = 16

_HEADER: Final = struct.Struct("<IIII")
_WORD: Final = 4


@dataclass(frozen=True, slots=True)
class Packet:
    """What one packet says.

    Attributes
    ----------
    n
        The message's number; 0 for what only the carriers say to each other.
    got
        Up to which number messages of the other direction have been delivered.
    message, buffers
        As they go over the comm.
    """

    n: int
    got: int
    message: Message
    buffers: Buffers = ()

    def pack(self) -> bytes:
        """Return the packet as bytes."""
        text = orjson.dumps(self.message)
        lengths = [len(buffer) for buffer in self.buffers]
        head = _HEADER.pack(self.n, self.got, len(text), len(lengths))
        return b"".join((head, struct.pack(f"<{len(lengths)}I", *lengths), text, *self.buffers))

    @classmethod
    def unpack(cls, data: bytes) -> Packet:
        """Read a packet.

        Raises
        ------
        ValueError
            When the bytes are none.
        """
        if len(data) < _HEADER.size:
            raise ValueError(f"a packet has at least {_HEADER.size} bytes, not {len(data)}")
        n, got, text_length, count = _HEADER.unpack_from(data)
        if count > MAX_BUFFERS:
            raise ValueError(f"a packet has at most {MAX_BUFFERS} buffers, not {count}")
        at = _HEADER.size + _WORD * count
        if len(data) < at:
            raise ValueError("the packet ends in its header")
        lengths: tuple[int, ...] = struct.unpack_from(f"<{count}I", data, _HEADER.size)
        if len(data) != at + text_length + sum(lengths):
            raise ValueError("the packet is not as long as its header says")
        message: Any = orjson.loads(data[at : at + text_length])
        if not isinstance(message, dict):
            raise ValueError("the packet holds no message")  # noqa: TRY004 -- bytes, not types
        at += text_length
        buffers: list[memoryview] = []
        for length in lengths:
            buffers.append(memoryview(data)[at : at + length])
            at += length
        return cls(n, got, cast("Message", message), buffers)
