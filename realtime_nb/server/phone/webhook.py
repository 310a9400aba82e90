"""The webhook of a call that comes in: its event, and its way to whoever answers calls.

Policy. A delivery that is not taken (no connection, no answer within 5 s, a status that is
not 2xx) is tried again after 0.5, 1 and 2 s, with the same ``webhook-id`` and a new timestamp.
After the fourth attempt the call has failed. Redirects are not followed, no proxy is asked,
and nothing is posted to another computer.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson
from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import (
    HTTPStreamClosedError,
    HTTPTimeoutError,
    SimpleAsyncHTTPClient,
)

from realtime_nb.errors import UsageError
from realtime_nb.server.door.admission import is_loopback
from realtime_nb.server.phone.signing import read_secret, signed_headers

if TYPE_CHECKING:
    from typing import Literal

Json = dict[str, Any]
Headers = Sequence[tuple[str, str]]

EVENT_TYPE: Final = "realtime.call.incoming"
ATTEMPTS_AFTER_S: Final = (0.0, 0.5, 1.0, 2.0)
_ATTEMPT_TIMEOUT_S: Final = 5.0
_MOST_HEADERS: Final = 64
_LONGEST_VALUE: Final = 4096
_AMBIGUOUS: Final = frozenset("\\ \t\r\n")
_LONGEST_URL: Final = 2048
# What the service keeps from the webhook, since it would let others place calls.
_WITHHELD: Final = frozenset({"authorization", "proxy-authorization"})


class WebhookFailed(Exception):
    """Nobody took the webhook of a call; the text is one line for people."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where calls are announced, and what signs it.

    Parameters
    ----------
    url
        On this computer.
    key
        What `read_secret` returned.
    """

    url: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, url: str, secret: str) -> Webhook:
        """Return the webhook at `url`, signed with `secret` as it is written down.

        Raises
        ------
        UsageError
            For a URL that is none, or of another computer, and for a secret that is none.
        """
        return cls(check_url(url), read_secret(secret))


def check_url(url: str) -> str:
    """Return a webhook's URL when it is one of this computer.

    Raises
    ------
    UsageError
        When it is not. The text repeats the host at most: paths and queries may hold secrets.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    example = "write a URL such as http://127.0.0.1:8000/webhook"
    # `http://elsewhere\@127.0.0.1/` is here for one reader and elsewhere for another.
    plain = not _AMBIGUOUS.intersection(url) and "@" not in parts.netloc
    if parts.scheme != "http" or not host or not plain or port == 0 or len(url) > _LONGEST_URL:
        raise UsageError(f"the webhook's address is no http URL of this computer; {example}")
    # A name below localhost is for a DNS server to answer.
    if host.endswith(".localhost") or not is_loopback(host):
        raise UsageError(f"webhooks go to this computer only, not to {host[:100]}; {example}")
    return url.strip()


def incoming_event(
    call_id: str, headers: Headers, media_security: Literal["rtp", "srtp"] | None
) -> Json:
    """Return the event that announces a call.

    Parameters
    ----------
    call_id
        Of the pending call.
    headers
        Of the INVITE, in order; those that authorize are left out, and what follows the 64th.
    media_security
        Of the media's connection; left out when it is not known.
    """
    kept = [
        {"name": name[:_LONGEST_VALUE], "value": value[:_LONGEST_VALUE]}
        for name, value in headers
        if name.lower() not in _WITHHELD
    ]
    data: Json = {"call_id": call_id, "sip_headers": kept[:_MOST_HEADERS]}
    if media_security is not None:
        data["sip_media_security"] = media_security
    return {
        "id": f"evt_{secrets.token_hex(16)}",
        "object": "event",
        "created_at": int(time.time()),
        "type": EVENT_TYPE,
        "data": data,
    }


async def deliver(
    webhook: Webhook,
    event: Json,
    *,
    wanted: Callable[[], bool] = lambda: True,
    after_s: Sequence[float] = ATTEMPTS_AFTER_S,
    timeout_s: float = _ATTEMPT_TIMEOUT_S,
) -> int:
    """Post an event until it is taken; return how many attempts were made.

    Parameters
    ----------
    webhook
        Where to, and what signs.
    event
        As of `incoming_event`.
    wanted
        Whether a further attempt makes sense.
    after_s
        How long to wait before each attempt, in seconds.
    timeout_s
        How long an attempt may take, in seconds.

    Raises
    ------
    WebhookFailed
        When no attempt succeeded.
    """
    body = orjson.dumps(event)
    webhook_id = f"wh_{secrets.token_hex(16)}"
    why = ""
    for attempt, wait_s in enumerate(after_s, start=1):
        await asyncio.sleep(wait_s)
        if not wanted():
            return attempt - 1
        headers = signed_headers(webhook.key, webhook_id, int(time.time()), body)
        why = await _post(webhook.url, headers, body, timeout_s)
        if not why:
            return attempt
    raise WebhookFailed(f"the webhook was not taken, at the {len(after_s)}th attempt {why}")


async def _post(url: str, headers: dict[str, str], body: bytes, timeout_s: float) -> str:
    """Make one attempt; return why it failed, empty when it did not."""
    client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=1 << 16)
    request = HTTPRequest(
        url,
        method="POST",
        headers={
            "Content-Type": "application/json",
            "User-Agent": "realtime-nb practice server",
            **headers,
        },
        body=body,
        follow_redirects=False,
        connect_timeout=timeout_s,
        request_timeout=timeout_s,
    )
    try:
        answer = await client.fetch(request, raise_error=False)
    except HTTPTimeoutError:
        return "it took too long"
    except (HTTPStreamClosedError, OSError, ValueError) as error:
        strerror = getattr(error, "strerror", None)
        return f"there was no connection ({strerror or type(error).__name__})"
    finally:
        client.close()
    return "" if answer.code // 100 == 2 else f"it answered {answer.code}"  # noqa: PLR2004 -- 2xx
