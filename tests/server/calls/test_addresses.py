"""For how long the far side of a call may say nothing."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aioice import stun

from realtime_nb.server.calls.webrtc.addresses import PatientProtocol

FAR = ("127.0.0.1", 9)
A_VOICE = b"\x80 no message of STUN"


def nothing(*_: object) -> None:
    """Do nothing."""


def protocol(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(stun, "RETRY_RTO", 0.01)
    receiver = SimpleNamespace(data_received=nothing)
    made: Any = PatientProtocol(receiver)  # pyright: ignore[reportArgumentType] -- what it needs
    made.transport = SimpleNamespace(sendto=nothing)
    made.local_candidate = SimpleNamespace(component=1)
    return made


async def check(peer: Any, retransmissions: int | None = 0) -> None:
    asked = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    await peer.request(asked, FAR, retransmissions=retransmissions)


async def test_who_is_slow_to_answer_is_there_while_he_says_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = protocol(monkeypatch)
    for _ in range(5):
        peer.datagram_received(A_VOICE, FAR)
        await check(peer)


async def test_who_says_nothing_between_two_checks_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = protocol(monkeypatch)
    peer.datagram_received(A_VOICE, FAR)
    await check(peer)
    await asyncio.sleep(0.01)
    await check_fails(peer)
    await check_fails(peer)


async def test_a_way_is_found_by_an_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = protocol(monkeypatch)
    peer.datagram_received(A_VOICE, FAR)
    with pytest.raises(stun.TransactionTimeout):
        await check(peer, retransmissions=1)


async def check_fails(peer: Any) -> None:
    with pytest.raises(stun.TransactionTimeout):
        await check(peer)
