from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from realtime_nb.bridge.carrier.packet import MAX_BUFFERS, Packet

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "packets.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_packets_are_the_bytes_that_the_page_knows(vector: dict[str, Any]) -> None:
    buffers = [bytes.fromhex(each) for each in vector["buffers"]]
    data = bytes.fromhex(vector["bytes"])
    assert Packet(vector["n"], vector["got"], vector["message"], buffers).pack() == data
    packet = Packet.unpack(data)
    assert (packet.n, packet.got, packet.message) == (
        vector["n"],
        vector["got"],
        vector["message"],
    )
    assert [bytes(each) for each in packet.buffers] == buffers


GOOD = Packet(1, 0, {"kind": "audio"}, (b"abc", b"de")).pack()


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_a_packet_cut_short_is_none(length: int) -> None:
    with pytest.raises(ValueError, match=r"packet|JSON|expected"):
        Packet.unpack(GOOD[:length])


@pytest.mark.parametrize(
    "data",
    [
        GOOD + b"x",
        GOOD[:12] + (MAX_BUFFERS + 1).to_bytes(4, "little") + GOOD[16:],
        GOOD[:8] + b"\xff\xff\xff\xff" + GOOD[12:],
        Packet(1, 0, [1]).pack(),  # type: ignore[arg-type]  # what a bad page may send
    ],
    ids=["longer", "many buffers", "long text", "no object"],
)
def test_bytes_that_are_no_packet_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="packet"):
        Packet.unpack(data)
