"""Calls over HTTP: begin one, take or refuse one that rings, send it on, end it.

Every function blocks until the service has answered, and may be called from any thread but
a loop's own. The real key goes to the service alone; no text of an error holds it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import orjson

from realtime_nb.client.answered import answered
from realtime_nb.client.kinds import kind_of, update_of
from realtime_nb.client.posting import Body, post, post_body
from realtime_nb.errors import ConnectionFailed, EndpointError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.protocol.config.problem import SessionKind

TIMEOUT_S: Final = 20.0
CALLS: Final = "/realtime/calls"

_SDP: Final = "application/sdp"
_LONGEST_ID: Final = 200
_DECLINED: Final = 603
_STATUSES: Final = range(300, 700)  # what SIP has for a call that is not taken


@dataclass(frozen=True, slots=True)
class Created:
    """A call that the service has begun.

    Attributes
    ----------
    sdp
        Its answer to the offer.
    call_id
        What the call is called (``rtc_…``).
    """

    sdp: str
    call_id: str


def create_call(
    endpoint: Endpoint,
    sdp: str,
    session: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
) -> Created:
    """Begin a WebRTC call.

    Parameters
    ----------
    endpoint
        The service, with the real key.
    sdp
        The offer of whoever will carry the sound.
    session
        The config the call begins with, in the GA shape.
    timeout_s
        How long the service may take, in seconds.

    Raises
    ------
    ServerError
        When the service refuses the config or the offer; with the field in `param`.
    EndpointError
        When the service has no calls for such a session.
    ConnectionFailed
        When it cannot be reached, refuses us (with the HTTP status), or answers with
        something else.
    """
    given = call_session(endpoint, session or {})
    body = _multipart({"sdp": (_SDP, sdp.encode()), "session": _json(given)})
    answer = answered(lambda: post_body(endpoint, CALLS, body, timeout_s), endpoint)
    call_id = call_id_in(answer.location)
    if not answer.text.startswith("v="):
        raise ConnectionFailed(f"{endpoint.name} answered the SDP offer with none; check the URL")
    if not call_id:
        raise ConnectionFailed(
            f"{endpoint.name} began a call without its id (Location), so that it cannot be joined"
        )
    return Created(answer.text, call_id)


def accept_call(
    endpoint: Endpoint,
    call_id: str,
    session: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Take a call that rings, with the config it begins with; as `create_call`."""
    _act(endpoint, call_id, "accept", call_session(endpoint, session or {}), timeout_s)


def reject_call(
    endpoint: Endpoint,
    call_id: str,
    status_code: int = _DECLINED,
    *,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Refuse a call that rings, with a SIP status such as 486 (busy) or 603 (declined)."""
    if isinstance(status_code, bool) or status_code not in _STATUSES:
        raise UsageError(f"status_code={status_code!r}: write a SIP status from 300 to 699")
    _act(endpoint, call_id, "reject", {"status_code": status_code}, timeout_s)


def refer_call(
    endpoint: Endpoint, call_id: str, target_uri: str, *, timeout_s: float = TIMEOUT_S
) -> None:
    """Send a call on to another place, ``tel:+…`` or ``sip:…``."""
    if not target_uri.lower().startswith(("tel:", "sip:", "sips:")) or not target_uri.isprintable():
        raise UsageError(
            f"target_uri={target_uri[:60]!r}: write tel:+15550100 or sip:name@example.com"
        )
    _act(endpoint, call_id, "refer", {"target_uri": target_uri}, timeout_s)


def hang_up_call(endpoint: Endpoint, call_id: str, *, timeout_s: float = TIMEOUT_S) -> None:
    """End a call."""
    _act(endpoint, call_id, "hangup", None, timeout_s)


def call_session(endpoint: Endpoint, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session object that a call begins with: with its type and model.

    Raises
    ------
    EndpointError
        For a translation, which has no calls here.
    """
    kind = kind_of(config)
    require_calls(endpoint, kind)
    session: dict[str, Any] = update_of(config, kind)["session"]
    if kind == "realtime" and endpoint.model:
        session = {**session, "model": config.get("model") or endpoint.model}
    return session


def require_calls(endpoint: Endpoint, kind: SessionKind) -> None:
    """Raise `EndpointError` where the service has no calls of that kind."""
    if kind == "translation":
        raise EndpointError(
            f"a translation with {endpoint.name} has no call here; use --transport websocket"
        )


def check_call_id(call_id: str) -> str:
    """Return a call's id; raise `UsageError` for what can be none."""
    named = call_id.strip()
    if not named or len(named) > _LONGEST_ID or not named.isascii() or not named.isprintable():
        raise UsageError(f"call_id={call_id[:60]!r} is no id of a call, such as rtc_…")
    return named


def call_id_in(location: str) -> str:
    """Return the call's id at the end of a ``Location``; empty where there is none."""
    last = urlsplit(location).path.rstrip("/").rpartition("/")[2]
    plain = (
        last != "calls" and last.isascii() and last.isprintable() and 0 < len(last) <= _LONGEST_ID
    )
    return last if plain else ""


def _act(
    endpoint: Endpoint,
    call_id: str,
    what: str,
    body: Mapping[str, Any] | None,
    timeout_s: float,
) -> None:
    path = f"{CALLS}/{quote(check_call_id(call_id), safe='')}/{what}"
    if body is not None:
        answered(lambda: post(endpoint, path, body, timeout_s), endpoint, of_call=True)
    else:
        nothing = Body(b"")
        answered(lambda: post_body(endpoint, path, nothing, timeout_s), endpoint, of_call=True)


def _json(session: Mapping[str, Any]) -> tuple[str, bytes]:
    try:
        return "application/json", orjson.dumps(session, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise UsageError(f"the config holds what JSON cannot: {error}") from None


def _multipart(parts: Mapping[str, tuple[str, bytes]]) -> Body:
    boundary = secrets.token_hex(16)
    content = bytearray()
    for name, (kind, data) in parts.items():
        content += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        ).encode()
        content += data + b"\r\n"
    content += f"--{boundary}--\r\n".encode()
    return Body(bytes(content), f"multipart/form-data; boundary={boundary}", _SDP)
