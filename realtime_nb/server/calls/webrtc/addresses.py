"""How peers are reached: on loopback only, and for how long one may say nothing.

aioice leaves loopback out, as does every browser: there it is of no use to others. Here it is
the only one of use: the practice server talks to this computer and to nobody else. A browser's
own candidates stand on other addresses of the same computer, from where it reaches loopback.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any, Final

from aioice import ice, stun

_LOOPBACK: Final = "127.0.0.1"
# A page that is closed says no farewell: the checks that it would answer tell. aioice gives
# it half a minute, which suits the internet; on one computer an answer takes no time.
_CHECK_EVERY_S: Final = 2
_MOST_FAILED: Final = 3

_Answer = tuple[stun.Message, tuple[str, int]]


class PatientProtocol(ice.StunProtocol):
    """The socket of a peer, for which one that is slow to answer is there while it says anything.

    aioice gives an answer half a second. A page on a busy computer takes longer, and is talking
    all the same.
    """

    _asked_s = _heard_s = -math.inf

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Note that the far side is there."""
        self._heard_s = asyncio.get_running_loop().time()
        super().datagram_received(data, addr)

    async def request(
        self,
        request: stun.Message,
        addr: tuple[str, int],
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> _Answer:
        """Ask; where nothing is asked twice, as to see who is there, anything is an answer."""
        before_s, self._asked_s = self._asked_s, asyncio.get_running_loop().time()
        try:
            return await super().request(request, addr, integrity_key, retransmissions)
        except stun.TransactionTimeout:
            if retransmissions != 0 or self._heard_s <= before_s:
                raise
            return request, addr


def loopback_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: ARG001, FBT001 -- aioice's signature
    """Return the addresses that candidates are made of."""
    return [_LOOPBACK] if use_ipv4 else []


def stay_on_this_computer() -> None:
    """Let every peer connection of this process use loopback only, and miss a page soon."""
    ice.get_host_addresses = loopback_addresses
    ice.StunProtocol = PatientProtocol
    ice.CONSENT_INTERVAL = _CHECK_EVERY_S
    ice.CONSENT_FAILURES = _MOST_FAILED
