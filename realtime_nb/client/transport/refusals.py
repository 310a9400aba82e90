"""What a failed connection says to people: one line, and what to do about it."""

from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final, cast

from websockets.exceptions import InvalidHandshake, InvalidStatus, ProxyError

from realtime_nb.client.endpoints.keys import forget
from realtime_nb.errors import ConnectionFailed, ConnectionLost
from realtime_nb.protocol.told import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint

_LONGEST: Final = 400

# Codes of `error` events after which the service hangs up, and what helps.
_ADVICE: Final[Mapping[str, str]] = {
    "invalid_api_key": "check {key}",
    "invalid_model": "choose another model, e.g. gpt-realtime-2.1",
    "missing_model": "name a model, e.g. gpt-realtime-2.1",
    "beta_api_shape_disabled": "leave out the header OpenAI-Beta",
    "session_expired": "open a new session",
    "insufficient_quota": "check the plan and billing of the account",
}
_NO_KEY: Final = "give a key in {key}"

_STATUS_ADVICE: Final[Mapping[int, str]] = {
    400: "check the model and the URL",
    401: "check {key}",
    403: "check {key}, and that the account may use this model",
    404: "check the URL, which usually ends in /v1, and the model",
    429: "too many requests or no quota left; wait, or check the account",
}
_NO_CALL: Final = "the call is over, or its id is another's"
_ELSEWHERE: Final = "it sends us elsewhere, which is not followed; check the URL"
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_KEY_STATUSES: Final = (401, 403)
_OF_THE_ACCOUNT: Final = ("quota", "billing")
_REDIRECTS: Final = range(300, 400)
_SERVER_ERROR: Final = 500
# Close codes from here on are the service's own (RFC 6455, 7.4.2); it sends an error first.
_FIRST_OF_APPLICATION: Final = 3000
_GOING_AWAY: Final = 1001


class CallOver(ConnectionFailed):
    """The service has no such call, or has none any more."""


def is_fatal(code: Any) -> bool:
    """Whether the service hangs up after an `error` event of this code."""
    return isinstance(code, str) and code in _ADVICE


def refused(error: Mapping[str, Any], endpoint: Endpoint) -> ConnectionFailed:
    """Return the error for a service that said why it does not let us in.

    Parameters
    ----------
    error
        The `error` object of the service's `error` event.
    endpoint
        Who said it.
    """
    code = as_text(error.get("code"))
    advice = _ADVICE.get(code or "", "")
    if code == "invalid_api_key":
        forget(endpoint.api_key)
    if not code and not endpoint.api_key:
        advice = _NO_KEY
    said = _line(str(error.get("message") or code or "no reason given"), endpoint)
    text = _joined(f"{endpoint.name} refused: {said}", _fill(advice, endpoint))
    return ConnectionFailed(text, final=is_fatal(code))


def handshake_failed(
    error: Exception, endpoint: Endpoint, *, of_call: bool = False
) -> ConnectionFailed:
    """Return the error for a WebSocket that did not open.

    Parameters
    ----------
    error
        What ``websockets`` or the system raised.
    endpoint
        Where it was to go.
    of_call
        Whether it was to join a call.
    """
    if isinstance(error, InvalidStatus):
        return _bad_status(error, endpoint, of_call=of_call)
    name = endpoint.name
    said = _line(str(error) or type(error).__name__, endpoint)
    if isinstance(error, TimeoutError):
        text = no_answer_in_time(endpoint)
    elif isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        text = f"no secure connection to {name}: {_line(str(reason), endpoint)}"
    elif isinstance(error, socket.gaierror):
        text = (
            f"{name} ({endpoint.host}) was not found; check the network, and the URL if you gave it"
        )
    elif isinstance(error, ConnectionRefusedError) and endpoint.practice:
        text = f"{name} has ended; run the cell again, and it is started anew"
    elif isinstance(error, ConnectionRefusedError):
        url = endpoint.base_url
        text = f"nobody listens at {name} ({url}); check the URL, or start the server"
    elif isinstance(error, ProxyError):
        text = f"the proxy did not let us through to {name}: {said}"
    else:
        what = "no WebSocket service" if isinstance(error, InvalidHandshake) else "not reached"
        text = f"{name}: {what} ({said}); check the URL"
    return ConnectionFailed(text)


def no_answer_in_time(endpoint: Endpoint) -> str:
    """Return the line for a service that is there and has said nothing for too long.

    The practice server is a process of this computer: there is no URL and no network to check.
    """
    if endpoint.practice:
        return (
            f"{endpoint.name} did not answer in time: this computer is busy, or the server hangs;"
            " try again, and restart the kernel where that does not help"
        )
    return f"{endpoint.name} did not answer in time; check the URL and the network"


def lost(name: str, code: int | None, reason: str) -> ConnectionLost:
    """Return the error for a connection that was open and has ended.

    Parameters
    ----------
    name
        The endpoint, for people.
    code
        WebSocket close code; None or 1006 when there was no farewell.
    reason
        What came with it.
    """
    reason = " ".join(reason.split())[:_LONGEST]
    if code is None or code == 1006:  # noqa: PLR2004 -- RFC 6455: closed without a farewell
        return ConnectionLost(f"the connection to {name} broke off", code=code)
    said = f"{code} {reason}" if reason else str(code)
    if code == 1011 and "keepalive" in reason:  # noqa: PLR2004 -- RFC 6455: internal error
        return ConnectionLost(f"{name} no longer answers", code=code)
    if code == 1009 and "exceeds limit" in reason:  # noqa: PLR2004 -- RFC 6455: message too big
        return ConnectionLost(f"{name} sent a frame of more than 64 MiB, and was left", code=code)
    verb = "went away" if code == _GOING_AWAY else "closed the connection"
    # The service's own codes come with the error's, as in invalid_request_error.invalid_model.
    own = reason.rpartition(".")[2] if code >= _FIRST_OF_APPLICATION else ""
    advice = _ADVICE.get(own, "").format(key="the key")
    return ConnectionLost(_joined(f"{name} {verb} ({said})", advice), code=code)


def silent(name: str, seconds: float) -> ConnectionLost:
    """Return the error for a connection on which nobody answers for so many seconds."""
    return ConnectionLost(f"{name} no longer answers (no sign of life for {seconds:g} s)")


def end_of(
    end: ConnectionLost,
    word: Mapping[str, Any] | None,
    endpoint: Endpoint,
    *,
    connecting: bool,
) -> ConnectionFailed:
    """Return what to say of a session's end: in the service's own words where they explain it.

    Parameters
    ----------
    end
        How the connection ended.
    word
        The `error` object of the last `error` event that answered nothing of ours.
    endpoint
        Who it was.
    connecting
        Whether the session was not open yet.

    Returns
    -------
    ConnectionFailed
        A `ConnectionLost` with the close code, unless the session never opened.
    """
    # An error of long ago does not explain why a server was killed just now.
    explains = word is not None and (
        connecting or is_fatal(word.get("code")) or (end.code or 0) >= _FIRST_OF_APPLICATION
    )
    text = str(refused(word, endpoint)) if explains and word is not None else str(end)
    return ConnectionFailed(text) if connecting else ConnectionLost(text, code=end.code)


def http_refused(
    status: int, said: str, endpoint: Endpoint, *, of_call: bool = False
) -> ConnectionFailed:
    """Return the error for a service that refused with an HTTP status.

    Parameters
    ----------
    status
        The status.
    said
        What came with it; may be empty.
    endpoint
        Who it was.
    of_call
        Whether a call was asked for by its id.
    """
    advice = _ELSEWHERE if status in _REDIRECTS else _STATUS_ADVICE.get(status, "")
    if status == _NOT_FOUND and of_call:
        advice = _NO_CALL
    if status == _BAD_REQUEST and endpoint.azure:
        advice = "check that the model is the name of a deployment, and the URL"
    if status >= _SERVER_ERROR:
        advice = "the fault is on its side; try again later"
    if status in _KEY_STATUSES:
        forget(endpoint.api_key)
        if not endpoint.api_key and not endpoint.extra_headers:
            advice = _NO_KEY
    said = _line(said, endpoint)
    head = f"{endpoint.name} refused with HTTP {status}" + (f": {said}" if said else "")
    over = status == _NOT_FOUND and of_call
    kind = CallOver if over else ConnectionFailed
    # Too many requests pass; an account without money does not fill up by asking.
    broke = any(word in said.lower() for word in _OF_THE_ACCOUNT)
    return kind(_joined(head, _fill(advice, endpoint)), status=status, final=broke)


def scrubbed(value: Any, endpoint: Endpoint) -> str | None:
    """Return a field of a service's error, such as its code, without the key; None if no text."""
    text = as_text(value)
    return None if text is None else endpoint.scrub(text)


def _bad_status(error: InvalidStatus, endpoint: Endpoint, *, of_call: bool) -> ConnectionFailed:
    response = error.response
    said = _body_message(response.body) or response.reason_phrase
    return http_refused(response.status_code, said, endpoint, of_call=of_call)


def _body_message(body: bytes | bytearray | memoryview | None) -> str:
    """Return the sentence in the body of an HTTP error, where it holds one."""
    try:
        data: Any = json.loads(bytes(body or b""))
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    fields = cast("dict[str, Any]", data)
    inner = fields.get("error", fields)
    if isinstance(inner, dict):
        inner = cast("dict[str, Any]", inner).get("message", "")
    return inner if isinstance(inner, str) else ""


def _fill(advice: str, endpoint: Endpoint) -> str:
    return advice.format(key=endpoint.key_source or "the key")


def _joined(head: str, advice: str) -> str:
    return f"{head.rstrip('.')}; {advice}" if advice else head


def _line(text: str, endpoint: Endpoint) -> str:
    return endpoint.scrub(" ".join(text.split()))[:_LONGEST]
