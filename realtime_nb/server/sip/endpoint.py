"""SIP on one UDP port of this computer: whoever calls it, rings the practice server's line.

Policy. Only datagrams from this computer are read, and of its users only this process's own and
root's; what is no SIP is dropped. At most `MOST_DIALOGS` dialogues are remembered, those of calls
that are over for a few seconds more, so that a repeated request gets its answer; a further INVITE
is answered with 503.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import UsageError
from realtime_nb.server.door.admission import is_loopback
from realtime_nb.server.sip import sdp
from realtime_nb.server.sip.dialog import Dialog
from realtime_nb.server.sip.leg import SipRinging, WaitingEvents, hanging_up
from realtime_nb.server.sip.message import Malformed, Request, parameter, parse
from realtime_nb.server.sip.owner import Owner
from realtime_nb.server.sip.peer import ALLOW, Peer, respond
from realtime_nb.server.sip.resending import Timing
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from realtime_nb.server.calls.desk import CallDesk
    from realtime_nb.server.phone.exchange import Exchange
    from realtime_nb.server.sip.message import Response
    from realtime_nb.server.sip.peer import Address

_log = logging.getLogger(__name__)

MOST_DIALOGS: Final = 128
_LINGER_T1: Final = 10  # times the round trip: so long a dialogue that is over is remembered
_GOODBYE_S: Final = 0.5


class SipEndpoint(asyncio.DatagramProtocol):
    """The port; made and used on one event loop.

    Parameters
    ----------
    calls
        Where calls ring.
    exchange
        Where they are announced.
    timing
        The protocol's times.

    Attributes
    ----------
    address : tuple of str and int
        Where it listens.
    dropped : int
        Datagrams that were no SIP, or another user's.
    """

    def __init__(self, calls: CallDesk, exchange: Exchange, timing: Timing | None = None) -> None:
        self.address: Address = ("", 0)
        self.dropped = 0
        self._calls = calls
        self._exchange = exchange
        self._timing = timing or Timing()
        self._transport: asyncio.DatagramTransport | None = None
        self._owner: Owner | None = None
        self._dialogs: dict[tuple[str, str], Dialog] = {}
        self._endings: set[asyncio.Future[None]] = set()
        self._end = hanging_up(self._endings)

    async def open(self, host: str, port: int) -> None:
        """Begin to listen.

        Parameters
        ----------
        host
            An IPv4 address of the loopback interface.
        port
            0 takes a free one.

        Raises
        ------
        UsageError
            When the port cannot be had.
        """
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: self, local_addr=(host, port)
            )
        except OSError as error:
            raise UsageError(
                f"UDP port {port} of {host} cannot be used for SIP: {error.strerror};"
                " write --sip-port 0 for a free one"
            ) from None
        self._transport = transport
        self.address = transport.get_extra_info("sockname")[:2]
        self._owner = Owner(self.address[1])

    async def close(self) -> None:
        """Wait shortly for the answers to our goodbyes, then stop listening."""
        await asyncio.gather(*self._endings, return_exceptions=True)
        farewells = [dialog.farewell for dialog in self._dialogs.values() if dialog.farewell]
        if farewells:
            await asyncio.wait(farewells, timeout=_GOODBYE_S)
        for dialog in self._dialogs.values():
            dialog.close()
        self._dialogs.clear()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take a datagram."""
        if not is_loopback(addr[0]) or self._owner is None or not self._owner.sent(addr[:2]):
            self.dropped += 1
            return
        try:
            message = parse(data)
        except Malformed as error:
            self.dropped += 1
            _log.debug("SIP: a datagram was dropped: %s", error)
            return
        if isinstance(message, Request):
            self._request(message, addr[:2])
        else:
            self._response(message)

    def error_received(self, exc: Exception) -> None:
        """Go on: somebody is not there any more, and learns nothing of it."""
        _log.debug("SIP: %s", exc)

    def _request(self, request: Request, source: Address) -> None:
        ours = parameter(request.get("To"), "tag")
        dialog = self._dialogs.get(_key(request.call_id, request.get("From")))
        if dialog is not None and ours in {"", dialog.peer.tag}:
            dialog.take(request)
        elif request.method == "INVITE" and not ours and dialog is None:
            self._invite(request, source)
        elif request.method == "OPTIONS" and not ours:
            self._send(respond(request, source, 200, headers=[("Allow", ALLOW)]), source)
        elif request.method != "ACK":
            known = request.method in ALLOW.split(", ")
            headers = [] if known else [("Allow", ALLOW)]
            self._send(respond(request, source, 481 if known else 405, headers=headers), source)

    def _response(self, response: Response) -> None:
        dialog = self._dialogs.get(_key(response.call_id, response.get("To")))
        if dialog is not None and parameter(response.get("From"), "tag") == dialog.peer.tag:
            dialog.take_response(response)

    def _invite(self, request: Request, source: Address) -> None:
        if len(self._dialogs) >= MOST_DIALOGS:
            self._send(respond(request, source, 503, headers=[("Retry-After", "10")]), source)
            return
        peer = Peer(request, source, self.address, self._send)
        key = _key(request.call_id, request.get("From"))
        dialog = Dialog(request, peer, self._timing, partial(self._over, key))
        self._dialogs[key] = dialog
        dialog.progress(100)
        self._ring(request, dialog)

    def _ring(self, request: Request, dialog: Dialog) -> None:
        required = request.all("Require")
        if required:
            dialog.decline(420, [("Unsupported", value) for value in required])
            return
        kind = request.get("Content-Type").partition(";")[0].strip().lower()
        if request.body and kind != sdp.MEDIA_TYPE:
            dialog.decline(415, [("Accept", sdp.MEDIA_TYPE)])
            return
        webhook = self._exchange.lines.current
        if webhook is None:
            _log.warning("a SIP call came, but no webhook is known: serve --webhook-url URL")
            dialog.decline(480)
            return
        try:
            media = sdp.read(request.body) if request.body else None
            ringing = SipRinging(dialog, media, self.address[0], self._end)
            call = self._calls.ring(ringing, request.headers, "rtp")
        except sdp.Unacceptable as error:
            _log.warning("a SIP call was declined: %s", error)
            dialog.decline(488)
            return
        except WireError:
            dialog.decline(486)
            return
        dialog.events = WaitingEvents(call, self._end)
        dialog.progress(180)
        self._exchange.announce(call, webhook)

    def _over(self, key: tuple[str, str]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(_LINGER_T1 * self._timing.t1, self._forget, key)

    def _forget(self, key: tuple[str, str]) -> None:
        dialog = self._dialogs.pop(key, None)
        if dialog is not None:
            dialog.close()

    def _send(self, datagram: bytes, address: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._transport.sendto(datagram, address)


def _key(call_id: str, caller: str) -> tuple[str, str]:
    """Return what names a dialogue: the call's id and the tag of who called."""
    return call_id, parameter(caller, "tag")
