"""The two ends of a SIP dialogue: what each message of ours says of them."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from realtime_nb.server.sip.message import compose, parameter, uri_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.sip.message import Headers, Request

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY"
_AGENT: Final = "realtime-nb practice server"
_REASONS: Final = {
    100: "Trying", 180: "Ringing", 200: "OK", 415: "Unsupported Media Type",
    420: "Bad Extension", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 486: "Busy Here", 487: "Request Terminated",
    488: "Not Acceptable Here", 491: "Request Pending", 503: "Service Unavailable",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
}  # fmt: skip

Address = tuple[str, int]


def respond(  # noqa: PLR0913 -- a response's parts
    request: Request,
    source: Address,
    status: int,
    *,
    tag: str = "",
    headers: Headers = (),
    body: bytes = b"",
) -> bytes:
    """Return a response to a request.

    Parameters
    ----------
    request
        What is answered.
    source
        Where it came from, for ``rport`` (RFC 3581).
    status
        The response's.
    tag
        Ours, where the dialogue has one.
    headers, body
        Further ones.
    """
    vias = request.all("Via")
    first, *others = [one.strip() for via in vias for one in via.split(",")]
    to = request.get("To")
    if tag and not parameter(to, "tag"):
        to += f";tag={tag}"
    routes = [("Record-Route", route) for route in request.all("Record-Route")]
    return compose(
        f"SIP/2.0 {status} {_reason(status)}",
        [
            ("Via", _received(first, source)),
            *(("Via", via) for via in others),
            *(routes if 100 < status < 300 else []),  # noqa: PLR2004 -- what may open a dialogue
            ("From", request.get("From")),
            ("To", to),
            ("Call-ID", request.call_id),
            ("CSeq", request.get("CSeq")),
            ("Server", _AGENT),
            *headers,
        ],
        body,
    )


def _received(via: str, source: Address) -> str:
    parts = [part.strip() for part in via.split(";")]
    if "rport" not in parts:
        return via
    parts[parts.index("rport")] = f"rport={source[1]}"
    return ";".join([*parts, f"received={source[0]}"])


def _reason(status: int) -> str:
    if status in _REASONS:
        return _REASONS[status]
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Refused"


class Peer:
    """Writes what we send within one dialogue.

    Parameters
    ----------
    invite
        What opened it.
    source
        Where that came from: all that we send goes there.
    own
        Our address.
    send
        Sends a datagram.
    """

    def __init__(
        self, invite: Request, source: Address, own: Address, send: Callable[[bytes, Address], None]
    ) -> None:
        self.tag = secrets.token_hex(8)
        self._invite = invite
        self._own = own
        self._send = send
        self._source = source
        self._number = 0

    @property
    def host(self) -> str:
        """Our host."""
        return self._own[0]

    @property
    def contact(self) -> tuple[str, str]:
        """Where we are to be reached."""
        return "Contact", f"<sip:practice@{self._own[0]}:{self._own[1]}>"

    def transmit(self, datagram: bytes) -> None:
        """Send to the other side."""
        self._send(datagram, self._source)

    def response(
        self, request: Request, status: int, headers: Headers = (), body: bytes = b""
    ) -> bytes:
        """Return a response within the dialogue."""
        tag = self.tag if status > 100 else ""  # noqa: PLR2004 -- 100 is of the next hop
        return respond(request, self._source, status, tag=tag, headers=headers, body=body)

    def request(self, method: str, headers: Headers = ()) -> tuple[int, bytes]:
        """Return a request of ours and its number."""
        self._number += 1
        invite = self._invite
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        target = uri_of(invite.get("Contact")) or uri_of(invite.get("From"))
        return self._number, compose(
            f"{method} {target} SIP/2.0",
            [
                ("Via", f"SIP/2.0/UDP {self._own[0]}:{self._own[1]};branch={branch}"),
                ("Max-Forwards", "70"),
                *(("Route", route) for route in invite.all("Record-Route")),
                ("From", f"{invite.get('To')};tag={self.tag}"),
                ("To", invite.get("From")),
                ("Call-ID", invite.call_id),
                ("CSeq", f"{self._number} {method}"),
                self.contact,
                ("User-Agent", _AGENT),
                *headers,
            ],
        )
