"""RTP packets (RFC 3550) and the keys of a telephone among them (RFC 4733)."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from typing import Final

_HEADER: Final = struct.Struct("!BBHII")
_EVENT: Final = struct.Struct("!BBH")
_VERSION: Final = 2
_KEYS: Final = "0123456789*#ABCD"
_LARGEST: Final = 2048
_HALF: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet.

    Attributes
    ----------
    payload_type, sequence, timestamp, source
        As in the header; the timestamp counts samples.
    payload
        Without padding.
    """

    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes


def read(datagram: bytes) -> Packet | None:
    """Return the packet that a datagram holds, None when it holds none."""
    if not _HEADER.size <= len(datagram) <= _LARGEST:
        return None
    flags, kind, sequence, timestamp, source = _HEADER.unpack_from(datagram)
    start = _HEADER.size + 4 * (flags & 0x0F)
    if flags >> 6 != _VERSION:
        return None
    if flags & 0x10:  # a header extension
        if len(datagram) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4])
    end = len(datagram) - (datagram[-1] if flags & 0x20 else 0)
    if start > end:
        return None
    return Packet(kind & 0x7F, sequence, timestamp, source, datagram[start:end])


class Sender:
    """Numbers the packets of one stream.

    Parameters
    ----------
    payload_type
        Of all its packets.
    """

    def __init__(self, payload_type: int) -> None:
        self._payload_type = payload_type
        self._sequence = secrets.randbelow(1 << 16)
        self._timestamp = secrets.randbelow(1 << 32)
        self._source = secrets.randbelow(1 << 32)
        self._marker = 0x80  # on the first packet, where sound begins

    def packet(self, payload: bytes) -> bytes:
        """Return the next packet; one byte of G.711 is one sample."""
        header = _HEADER.pack(
            _VERSION << 6,
            self._marker | self._payload_type,
            self._sequence,
            self._timestamp,
            self._source,
        )
        self._marker = 0
        self._sequence = (self._sequence + 1) % (1 << 16)
        self._timestamp = (self._timestamp + len(payload)) % (1 << 32)
        return header + payload


class Order:
    """Tells which packets of a stream come in order; a new source begins anew."""

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None

    def takes(self, packet: Packet) -> bool:
        """Whether a packet is newer than those before it."""
        if self._last is not None and self._last[0] == packet.source:
            ahead = (packet.sequence - self._last[1]) % (1 << 16)
            if ahead == 0 or ahead >= _HALF:
                return False
        self._last = (packet.source, packet.sequence)
        return True


class Keys:
    """Tells the keys that are pressed; each is repeated in several packets."""

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None

    def pressed(self, packet: Packet) -> str | None:
        """Return the key whose first packet this is."""
        if len(packet.payload) < _EVENT.size:
            return None
        event, _flags, _duration = _EVENT.unpack_from(packet.payload)
        mark = (packet.source, packet.timestamp)
        if event >= len(_KEYS) or mark == self._last:
            return None
        self._last = mark
        return _KEYS[event]
