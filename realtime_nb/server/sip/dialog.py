"""One SIP call's signalling: from its INVITE to the last answer (RFC 3261, sections 12 to 15).

::

    proceeding --answer--> answered --ACK--> confirmed --BYE of ours--> leaving --> over
        |                      |                 |------ BYE of theirs -----------> over
        |------- decline, CANCEL --> declined --ACK or timeout--------------------> over
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from realtime_nb.protocol.bounded import BoundedDict
from realtime_nb.server.sip.peer import ALLOW
from realtime_nb.server.sip.resending import Resending
from realtime_nb.server.sip.sdp import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.sip.message import Headers, Request, Response
    from realtime_nb.server.sip.peer import Peer
    from realtime_nb.server.sip.resending import Timing

State: TypeAlias = Literal["proceeding", "answered", "confirmed", "declined", "leaving", "over"]

_SDP: Final = ("Content-Type", MEDIA_TYPE)
_OK, _CANCELLED, _NO_METHOD, _PENDING, _NO_ANSWER = 200, 487, 405, 491, 408
_FIRST_FINAL: Final = 200
_REMEMBERED: Final = 16


class Events:
    """What a dialogue tells; each does nothing here."""

    def confirmed(self, body: bytes) -> None:
        """Learn that the answer has arrived; `body` is the description in the ACK, if any."""

    def ended(self, reason: str) -> None:
        """Learn that the other side has ended the call, or is gone."""

    def offered(self, body: bytes) -> bytes | None:  # noqa: ARG002 -- none is acceptable here
        """Return the answer to a new description, None when it cannot be accepted."""
        return None

    def informed(self, body: bytes) -> None:
        """Take what an INFO holds."""


class Dialog:
    """One dialogue; made and used on one event loop.

    Parameters
    ----------
    invite
        What opened it.
    peer
        Writes our messages.
    timing
        The protocol's times.
    on_over
        Called when nothing more can come of it.

    Attributes
    ----------
    state : str
        See above.
    events : Events
        Told of what happens.
    farewell : asyncio.Future of int, or None
        The answer to our BYE, once that was sent.
    """

    def __init__(
        self, invite: Request, peer: Peer, timing: Timing, on_over: Callable[[], object]
    ) -> None:
        self.state: State = "proceeding"
        self.events = Events()
        self.farewell: asyncio.Future[int] | None = None
        self.peer = peer
        self._invite = invite
        self._timing = timing
        self._on_over = on_over
        self._answers: BoundedDict[tuple[int, str], bytes] = BoundedDict(_REMEMBERED)
        self._resending: Resending | None = None
        self._asked: dict[int, tuple[Resending, asyncio.Future[int]]] = {}
        self._bye_due = False

    # -- what we do

    def progress(self, status: int) -> None:
        """Send a provisional response to the INVITE."""
        headers = [self.peer.contact] if status > 100 else []  # noqa: PLR2004 -- 100 opens nothing
        self._answer(self._invite, status, headers)

    def accept(self, description: bytes) -> None:
        """Take the call up.

        Parameters
        ----------
        description
            The answer to the INVITE's offer, or an offer.
        """
        self.state = "answered"
        self._final(self._invite, _OK, [self.peer.contact, ("Allow", ALLOW), _SDP], description)

    def decline(self, status: int, headers: Headers = ()) -> None:
        """Turn the call away; nothing happens when it was answered or declined before."""
        if self.state == "proceeding":
            self.state = "declined"
            self._final(self._invite, status, headers)

    def hang_up(self) -> None:
        """End an answered call; nothing happens when the other side was first."""
        if self.state == "answered":
            self._bye_due = True  # only what was acknowledged can be ended
        elif self.state == "confirmed":
            self.state = "leaving"
            self._wait_no_more()
            self.farewell = self.ask("BYE")
            self.farewell.add_done_callback(lambda _: self._end())

    def ask(self, method: str, headers: Headers = ()) -> asyncio.Future[int]:
        """Send a request; the future gives the final status, 408 where there was none."""
        number, datagram = self.peer.request(method, headers)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        timeout = partial(self._answered, number, _NO_ANSWER)
        resending = Resending(partial(self.peer.transmit, datagram), self._timing, timeout)
        self._asked[number] = (resending, future)
        return future

    def close(self) -> None:
        """Send nothing more."""
        if self._resending is not None:
            self._resending.stop()
        self._wait_no_more()
        self.state = "over"

    # -- what the other side does

    def take(self, request: Request) -> None:
        """Take a request of the other side."""
        number, method = request.cseq
        if method == "ACK":
            self._acknowledged(request)
        elif (number, method) in self._answers:
            self.peer.transmit(self._answers[number, method])
        elif method == "INVITE":
            self._invited_anew(request)
        elif method == "CANCEL":
            self._answer(request, _OK)
            # What has a final answer cannot be taken back any more (section 9.2).
            if self.state == "proceeding":
                self._leave("the caller gave up")
        elif method == "BYE":
            self._answer(request, _OK)
            self._leave("the caller hung up")
        elif method in {"OPTIONS", "INFO", "NOTIFY"}:
            self._answer(request, _OK, [("Allow", ALLOW)])
            if method == "INFO":
                self.events.informed(request.body)
        else:
            self._answer(request, _NO_METHOD, [("Allow", ALLOW)])

    def take_response(self, response: Response) -> None:
        """Take a response of the other side to a request of ours."""
        if response.status >= _FIRST_FINAL:
            self._answered(response.cseq[0], response.status)

    def _acknowledged(self, request: Request) -> None:
        if self._resending is not None:
            self._resending.stop()
        if self.state == "declined":
            self._end()
        elif self.state == "answered":
            self.state = "confirmed"
            self.events.confirmed(request.body)
            if self._bye_due:
                self.hang_up()

    def _invited_anew(self, request: Request) -> None:
        if self.state != "confirmed":
            self._answer(request, _PENDING)
            return
        answer = self.events.offered(request.body)
        if answer is None:
            self._final(request, 488)
        else:
            self._final(request, _OK, [self.peer.contact, _SDP], answer)

    def _leave(self, reason: str) -> None:
        """Obey the other side, which ends the call, answered or not."""
        if self.state == "proceeding":
            self.decline(_CANCELLED)
            self.events.ended(reason)
        elif self.state in {"answered", "confirmed", "leaving"}:
            self.events.ended(reason)
            self._wait_no_more()
            self._end()

    # -- sending

    def _answer(self, request: Request, status: int, headers: Headers = ()) -> None:
        """Send a response once."""
        self.peer.transmit(self._remembered(request, status, headers))

    def _final(
        self, request: Request, status: int, headers: Headers = (), body: bytes = b""
    ) -> None:
        """Send a final response to an INVITE, until it is acknowledged."""
        if self._resending is not None:
            self._resending.stop()
        datagram = self._remembered(request, status, headers, body)
        again = partial(self.peer.transmit, datagram)
        timeout = partial(self._never_acknowledged, status)
        self._resending = Resending(again, self._timing, timeout)

    def _remembered(
        self, request: Request, status: int, headers: Headers = (), body: bytes = b""
    ) -> bytes:
        """Return a response, which a repeated request gets too."""
        datagram = self.peer.response(request, status, headers, body)
        self._answers[request.cseq] = datagram
        return datagram

    def _never_acknowledged(self, status: int) -> None:
        if self.state == "declined":
            self._end()
        elif self.state in {"answered", "confirmed"} and status == _OK:
            # Also the answer to an INVITE within the call (section 14.2); one that was refused
            # changes nothing.
            self.state = "confirmed"
            self.events.ended("the caller never acknowledged the answer")
            self.hang_up()

    def _wait_no_more(self) -> None:
        """Take our requests as unanswered."""
        for number in list(self._asked):
            self._answered(number, _NO_ANSWER)

    def _answered(self, number: int, status: int) -> None:
        resending, future = self._asked.pop(number, (None, None))
        if resending is not None and future is not None:
            resending.stop()
            if not future.done():
                future.set_result(status)

    def _end(self) -> None:
        if self.state != "over":
            self.state = "over"
            if self._resending is not None:
                self._resending.stop()
            self._on_over()
