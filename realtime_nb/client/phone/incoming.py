"""What a webhook says of a call that rings: the service's word for the id, the caller's for all.

SIP headers are whatever the network sent along. They are kept as they are, in bounds, and
nothing is decided by them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

from realtime_nb.client.phone.signature import WebhookRefused
from realtime_nb.protocol.told import as_object
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable

INCOMING: Final = "realtime.call.incoming"
LIVE: Final = "live.transport.incoming"
"""The same call, offered to another API: whoever accepts first has it."""

MOST_HEADERS: Final = 100
LONGEST_HEADER: Final = 2_000
"""Characters of a header's name or value that are kept."""

# It becomes a part of a URL's path.
_CALL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_ADDRESS: Final = re.compile(r"<([^<>]*)>")
_SCHEME: Final = re.compile(r"(?i)(?:sips?|tel):")
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call that rings.

    Attributes
    ----------
    call_id
        What the service calls it.
    caller, called
        Who calls whom, as the headers ``From`` and ``To`` claim: a number, or ``user@host``,
        with the displayed name before it where there is one. ``""`` where they say nothing.
    headers
        Name and value of each SIP header, in order, repeated ones too. Untrusted text.
    media_security
        ``rtp`` or ``srtp``; None where the service does not say.
    """

    call_id: str
    caller: str
    called: str
    headers: tuple[tuple[str, str], ...]
    media_security: str | None


def read_incoming(event: dict[str, Any]) -> Incoming:
    """Return the call of a `realtime.call.incoming` event.

    Raises
    ------
    WebhookRefused
        When it names no call.
    """
    data = event.get("data")
    fields = as_object(data)
    call_id = fields.get("call_id")
    if not isinstance(call_id, str) or _CALL_ID.fullmatch(call_id) is None:
        raise WebhookRefused(f"the webhook {INCOMING} names no call: data.call_id is no id")
    headers = tuple(_headers(fields.get("sip_headers")))
    security = fields.get("sip_media_security")
    return Incoming(
        call_id=call_id,
        caller=party(_first(headers, ("from", "f"))),
        called=party(_first(headers, ("to", "t"))),
        headers=headers,
        media_security=security[:20] if isinstance(security, str) else None,
    )


def party(value: str) -> str:
    """Return who a ``From`` or ``To`` header names, on one line.

    ``"Ann" <sip:+15551234@example.com;user=phone>;tag=7`` is ``Ann +15551234``: what follows
    a number says where the trunk is, not who calls. Other users keep their host.
    """
    found = _ADDRESS.search(value)
    address = found[1] if found else value
    name = " ".join(value[: found.start()].replace('"', " ").split()) if found else ""
    address = _SCHEME.sub("", address.strip(), count=1)
    user, at, host = re.split(r"[;?]", address, maxsplit=1)[0].strip().partition("@")
    user = unquote(user)
    who = user if not at or re.fullmatch(r"\+?[\d().-]{3,}", user) else f"{user}@{host}"
    return " ".join(f"{name} {who}".split())[:_LONGEST_NAME]


def _headers(given: Any) -> Iterable[tuple[str, str]]:
    for one in cast("list[Any]", given)[:MOST_HEADERS] if isinstance(given, list) else ():
        fields = as_object(one)
        name, value = fields.get("name"), fields.get("value")
        if isinstance(name, str) and isinstance(value, str):
            yield whole_text(name[:LONGEST_HEADER]), whole_text(value[:LONGEST_HEADER])


def _first(headers: Iterable[tuple[str, str]], names: tuple[str, ...]) -> str:
    return next((value for name, value in headers if name.strip().lower() in names), "")
