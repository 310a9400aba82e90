"""The practice phone's way in: ``/v1/practice/phone``, and the lines that it may ring.

On the socket, JSON in text frames and PCM16 (24 kHz, one channel) in binary ones::

    phone   {"type": "phone.dial", "from", "headers": [[name, value]…], "webhook_url",
             "webhook_secret"}                   the last two where another line is rung
            {"type": "phone.dtmf", "digit"}, {"type": "phone.hang_up"}, sound
    server  {"type": "phone.ringing", "call_id"}, {"type": "phone.accepted"}, sound
            {"type": "phone.refused", "detail"}                         nothing has rung
            {"type": "phone.rejected" | "phone.referred" | "phone.ended" | "phone.failed",
             "detail"}                                                  and the socket closes
"""

from __future__ import annotations

import asyncio
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

import tornado.websocket

from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.server.door.admission import is_local_request, is_token, presented_key
from realtime_nb.server.frames import parse_object
from realtime_nb.server.http.bounded import BodyHandler
from realtime_nb.server.phone.leg import PhoneLeg
from realtime_nb.server.phone.ringing import PhoneRinging
from realtime_nb.server.phone.webhook import Webhook
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.door.web import Shared

Json = dict[str, Any]

_KEYS: Final = frozenset("0123456789*#ABCD")
_MOST_HEADERS: Final = 32
_LONGEST: Final = 1024
_LARGEST_SOUND: Final = 96_000  # two seconds
_DOMAIN: Final = "practice.invalid"


class PhoneLinesHandler(BodyHandler):
    """A line that may be rung: its webhook, told by whoever answers it."""

    def post(self) -> None:
        """Take a line in; answers with the ticket that rings it."""
        if not self.require_token() or not self.require_size():
            return
        try:
            body = parse_object(self.take_body(), "body", "Expected an object: url, secret.")
            webhook = Webhook.of(*_texts(body, "url", "secret"))
        except WireError as error:
            self.refuse_value(error)
        except UsageError as error:
            self.refuse(HTTPStatus.BAD_REQUEST, str(error), code="invalid_value")
        else:
            self.reply({"ticket": self.shared.phone.lines.publish(webhook)})


class PhoneHandler(tornado.websocket.WebSocketHandler):
    """One telephone that calls."""

    def initialize(self, shared: Shared) -> None:
        """Take what the route gives."""
        self._shared = shared
        self._ticketed: Webhook | None = None
        self._call: Call | None = None
        self._leg = PhoneLeg(self)

    def prepare(self) -> None:
        """Refuse what was not meant for this computer, or comes without token and ticket."""
        key = presented_key(self.request.headers, ()) or ""
        self._ticketed = self._shared.phone.lines.of_ticket(key)
        if not is_local_request(self.request.headers):
            status = HTTPStatus.FORBIDDEN
        elif self._ticketed or is_token(key, self._shared.token):
            self._shared.welcome(self.request)
            return
        else:
            status = HTTPStatus.UNAUTHORIZED
        self.set_status(status)
        self.finish()  # pyright: ignore[reportUnknownMemberType] -- tornado's dict

    async def on_message(self, message: str | bytes) -> None:
        """Take a frame of the phone."""
        if isinstance(message, bytes):
            if self._call is not None and len(message) % 2 == 0 and len(message) <= _LARGEST_SOUND:
                await self._call.hear(message)
            return
        try:
            await self._obey(parse_object(message, "frame", "Expected an object with a 'type'."))
        except RealtimeError as error:
            self._leg.finish("phone.refused", str(error))

    def on_close(self) -> None:
        """Hang up: the phone is gone."""
        if self._call is not None:
            self._hang_up(self._call)

    async def _obey(self, message: Json) -> None:
        kind = message.get("type")
        if kind == "phone.dial" and self._call is None:
            await self._dial(message)
        elif kind == "phone.dtmf" and self._call is not None:
            digit = str(message.get("digit", "")).upper()
            if digit in _KEYS and self._call.state == "active":
                self._call.dtmf(digit)
        elif kind == "phone.hang_up" and self._call is not None:
            await self._call.hang_up("the caller hung up")

    async def _dial(self, message: Json) -> None:
        webhook = self._webhook(message)
        headers = _invite_headers(message)
        ringing = PhoneRinging(self._leg)
        self._call = self._shared.calls.ring(ringing, headers, "rtp")
        self._leg.tell("phone.ringing", call_id=self._call.id)
        self._shared.phone.announce(self._call, webhook, ringing.fail)

    def _webhook(self, message: Json) -> Webhook:
        """Return where the call is announced.

        Raises
        ------
        UsageError
            When there is no such line, or the phone may not ring it.
        """
        lines = self._shared.phone.lines
        if self._ticketed is not None:
            # Whoever has a ticket rings its line and no other.
            return self._ticketed
        if message.get("webhook_url") is None:
            webhook = lines.current
        elif message.get("webhook_secret") is None:
            webhook = lines.at(str(message["webhook_url"]))
        else:
            webhook = Webhook.of(*_texts(message, "webhook_url", "webhook_secret"))
        if webhook is None:
            raise UsageError(
                "nobody is told of this call: name a webhook with its secret (--to URL,"
                " --secret-file FILE), or open a PhoneLine"
            )
        return webhook

    def _hang_up(self, call: Call) -> None:
        ending = asyncio.ensure_future(call.hang_up("the caller hung up"))
        self._shared.endings.add(ending)
        ending.add_done_callback(self._shared.endings.discard)


def _invite_headers(message: Json) -> list[tuple[str, str]]:
    """Return the headers of the INVITE that a real phone would have sent."""
    caller = str(message.get("from") or "anonymous")[:_LONGEST]
    user = quote(caller, safe="+*#.-_!~'()")
    address = caller if caller.startswith("sip:") else f"sip:{user}@{_DOMAIN}"
    given: Any = message.get("headers") or []
    pairs = cast("list[Any]", given) if isinstance(given, list) else None
    if pairs is None or len(pairs) > _MOST_HEADERS:
        raise UsageError(f"headers is a list of at most {_MOST_HEADERS} pairs of name and value")
    own = [
        ("From", f"<{address}>;tag={secrets.token_hex(4)}"),
        ("To", f"<sip:practice@{_DOMAIN}>"),
        ("Call-ID", f"{secrets.token_hex(12)}@{_DOMAIN}"),
    ]
    return own + [_header(pair) for pair in pairs]


def _header(pair: Any) -> tuple[str, str]:
    given = cast("list[Any]", pair) if isinstance(pair, list) else []
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) != 2 or not texts[0] or max(map(len, texts)) > _LONGEST:  # noqa: PLR2004 -- a pair
        raise UsageError(
            f"a header is a pair of name and value, each of at most {_LONGEST} characters"
        )
    return texts[0], texts[1]


def _texts(body: Json, *names: str) -> list[str]:
    found = [body.get(name) for name in names]
    for name, value in zip(names, found, strict=True):
        if not isinstance(value, str):
            raise UsageError(f"{name} is missing or no text")
    return cast("list[str]", found)
