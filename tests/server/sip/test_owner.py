"""Whose datagrams are read."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from realtime_nb.server.sip.owner import Owner

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
OURS, THEIRS = 1000, 65534
PORT, PHONE = 5060, 40_000
THERE = ("127.0.0.1", PHONE)


def row(address: str, port: int, uid: int) -> str:
    digits = f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"
    return f"  1: {digits}:{port:04X} {'0' * 8}:0000 07 0:0 00:0 00000000 {uid} 0 77 2 0 0\n"


def row6(tail: str, port: int, uid: int) -> str:
    address = f"{'0' * 16}FFFF0000{tail}"
    return f"  1: {address}:{port:04X} {'0' * 32}:0000 07 0:0 00:0 00000000 {uid} 0 77 2 0 0\n"


OWN = row("127.0.0.1", PORT, OURS)


@pytest.mark.parametrize(
    ("rows", "may"),
    [
        (OWN + row("127.0.0.1", PHONE, OURS), True),
        (OWN + row("127.0.0.1", PHONE, 0), True),
        (OWN + row("127.0.0.1", PHONE, THEIRS), False),
        (OWN + row("0.0.0.0", PHONE, THEIRS), False),  # noqa: S104 -- in a table
        (OWN + row("127.0.0.2", PHONE, THEIRS) + row("127.0.0.1", PHONE, OURS), True),
        # Either may have sent it.
        (OWN + row("127.0.0.1", PHONE, THEIRS) + row("0.0.0.0", PHONE, OURS), False),  # noqa: S104
        # Nobody is there any more: no answer would arrive.
        (OWN, False),
        # A system that does not even list our own port tells nothing.
        ("", True),
        (row("127.0.0.1", PHONE, THEIRS), True),
        ("what is this\n\n" + OWN + row("127.0.0.1", PHONE, THEIRS), False),
    ],
)
def test_the_systems_table_says_whose_it_is(rows: str, may: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert Owner(PORT, tables=lambda: [HEAD + rows], uid=OURS).sent(THERE) is may


def test_a_socket_of_ipv6_may_speak_ipv4() -> None:
    mapped = f"{int.from_bytes(socket.inet_aton('127.0.0.1'), sys.byteorder):08X}"
    for uid, may in ((OURS, True), (THEIRS, False)):
        tables = [HEAD + OWN, HEAD + row6(mapped, PHONE, uid)]
        assert Owner(PORT, tables=lambda tables=tables: tables, uid=OURS).sent(THERE) is may


def test_who_closed_its_socket_after_the_last_word_is_still_known() -> None:
    now, rows = [0.0], [OWN + row("127.0.0.1", PHONE, OURS)]
    owner = Owner(PORT, tables=lambda: [HEAD + rows[0]], uid=OURS, clock=lambda: now[0])
    assert owner.sent(THERE)
    rows[0] = OWN
    now[0] = 60.0
    assert owner.sent(THERE)
    rows[0] = OWN + row("127.0.0.1", PHONE, THEIRS)
    now[0] = 120.0
    assert not owner.sent(THERE)
    rows[0] = OWN
    now[0] = 180.0
    assert not owner.sent(THERE)


def test_the_table_is_not_read_for_every_packet() -> None:
    now = [0.0]
    reads: list[int] = []

    def tables() -> list[str]:
        reads.append(1)
        return [HEAD + OWN + row("127.0.0.1", PHONE, OURS if len(reads) < 2 else THEIRS)]

    owner = Owner(PORT, tables=tables, uid=OURS, clock=lambda: now[0])
    assert all(owner.sent(THERE) for _ in range(100))
    assert len(reads) == 1
    now[0] = 3.0  # the port may be somebody else's by now
    assert not owner.sent(THERE)
    for port in range(1, 2000):
        owner.sent(("127.0.0.1", port))
    assert len(owner._known) <= 256


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells, others do not")
def test_this_system_tells() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone,
    ):
        ours.bind(("127.0.0.1", 0))
        phone.bind(("127.0.0.1", 0))
        own, there = ours.getsockname()[1], phone.getsockname()
        assert Owner(own).sent(there)
        if os.geteuid() != 0:
            assert not Owner(own, uid=os.geteuid() + 1).sent(there)
