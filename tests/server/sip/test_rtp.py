"""RTP packets and the keys among them."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.server.sip import rtp


def packet(sequence: int, payload: bytes = b"x", *, source: int = 1, at: int = 0) -> rtp.Packet:
    found = rtp.read(struct.pack("!BBHII", 0x80, 0, sequence, at, source) + payload)
    assert found is not None
    return found


def test_what_is_sent_is_numbered_and_timed() -> None:
    sender = rtp.Sender(8)
    sender._sequence, sender._timestamp = 2**16 - 3, 2**32 - 300
    sent = [rtp.read(sender.packet(bytes(160))) for _ in range(8)]
    assert None not in sent
    pairs = [(one.sequence, one.timestamp) for one in sent if one is not None]
    first = pairs[0]
    for count in range(8):
        assert pairs[count] == (
            (first[0] + count) % 2**16,
            (first[1] + 160 * count) % 2**32,
        )


def test_extensions_sources_and_padding_are_no_sound() -> None:
    plain = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 1, 0x80, 5, 6, 7)
    body = b"CSRC" + struct.pack("!HH", 0xBEDE, 1) + b"exte" + b"sound" + b"\0\0\3"
    found = rtp.read(plain + body)
    assert found == rtp.Packet(0, 5, 6, 7, b"sound")


@given(st.binary(max_size=64))
def test_anything_may_come(junk: bytes) -> None:
    for datagram in (junk, b"\xbf" + junk, b"\x90" + junk):
        found = rtp.read(datagram)
        assert found is None or len(found.payload) <= len(datagram) - 12


def test_what_comes_late_or_twice_is_left_out() -> None:
    order = rtp.Order()
    numbers = [65_534, 65_535, 65_535, 0, 65_533, 2, 1]
    assert [order.takes(packet(n)) for n in numbers] == [
        True,
        True,
        False,
        True,
        False,
        True,
        False,
    ]
    assert order.takes(packet(9, source=2))  # another stream begins anew


def test_a_key_is_told_once_however_often_it_is_repeated() -> None:
    keys = rtp.Keys()

    def press(event: int, at: int) -> str | None:
        return keys.pressed(packet(0, struct.pack("!BBH", event, 10, 160), at=at))

    assert [press(5, 100), press(5, 100), press(5, 900), press(11, 1800)] == ["5", None, "5", "#"]
    assert press(16, 2000) is None  # a hook flash is no key
    assert keys.pressed(packet(0, b"\5", at=3000)) is None
