"""Who may come in: the rules for a WebSocket's request, and the words for those who may not.

The service answers most refusals after a successful upgrade: one `error` event, then the
close frame in the same instant. So do we.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from realtime_nb.server.config import MODEL
from realtime_nb.server.wire_errors import error_body, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_nb.server.config import SessionKind

Json = dict[str, Any]

KEY_PROTOCOL: Final = "openai-insecure-api-key."
SUBPROTOCOL: Final = "realtime"
# Any of these names is let in, so that code written for the service runs unchanged; the
# session says `local-demo` all the same.
_MODEL_PREFIX: Final = "gpt-realtime"
_KEY_CLOSE, _OTHER_CLOSE = 3000, 4000
_SHOWN_OF_KEY = 4


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a connection is refused.

    Parameters
    ----------
    error
        The `error` object of the one event sent.
    close_code, close_reason
        Of the close frame after it.
    """

    error: Json
    close_code: int
    close_reason: str


def refuse(
    headers: Mapping[str, str], query: Mapping[str, str], subprotocols: Sequence[str], token: str
) -> Refusal | None:
    """Return why a WebSocket request is refused, None when it is welcome.

    Parameters
    ----------
    headers
        The request's, looked up without regard to case.
    query
        Its query's last value of each name.
    subprotocols
        Those it offers.
    token
        The server's token.
    """
    key = presented_key(headers, subprotocols)
    if key is None:
        return _refusal(
            "Missing bearer authentication: send the practice server's token as the API key.",
            None,
            _KEY_CLOSE,
        )
    if not hmac.compare_digest(key.encode(), token.encode()):
        hint = f"…{key[-_SHOWN_OF_KEY:]}" if len(key) > 2 * _SHOWN_OF_KEY else "(too short)"
        return _refusal(
            f"Incorrect API key provided: {hint}. The practice server printed its token when "
            "it started.",
            "invalid_api_key",
            _KEY_CLOSE,
        )
    if "realtime=v1" in headers.get("OpenAI-Beta", ""):
        return _refusal(
            "The beta API shape is disabled: remove the 'OpenAI-Beta: realtime=v1' header.",
            "beta_api_shape_disabled",
            _OTHER_CLOSE,
        )
    return _refuse_model(query)


def session_kind(query: Mapping[str, str]) -> SessionKind:
    """Return which session a welcome request opens."""
    return "transcription" if query.get("intent") == "transcription" else "realtime"


def presented_key(headers: Mapping[str, str], subprotocols: Sequence[str]) -> str | None:
    """Return the API key of a request: its bearer token, or the browser's subprotocol."""
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    for offered in subprotocols:
        if offered.startswith(KEY_PROTOCOL):
            return offered.removeprefix(KEY_PROTOCOL)
    return None


def is_loopback(host: str | None) -> bool:
    """Return whether a host name means this computer, whoever resolves it."""
    if host is None:
        return False
    if host.lower() in {"localhost", "localhost."} or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_request(headers: Mapping[str, str]) -> bool:
    """Return whether a request was meant for this computer by whoever made it.

    A page from elsewhere can make a browser resolve its own name to 127.0.0.1; then the
    `Host` header gives it away. The same holds for the `Origin` of its scripts.
    """
    if not is_loopback(_host_of(f"//{headers.get('Host', '')}")):
        return False
    origin = headers.get("Origin")
    return origin is None or is_loopback(_host_of(origin))


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _refuse_model(query: Mapping[str, str]) -> Refusal | None:
    model = query.get("model")
    if "call_id" in query:
        return _refusal(
            "There are no calls on the local practice server: it takes WebSockets only.",
            "call_id_not_found",
            _OTHER_CLOSE,
        )
    if query.get("intent") == "transcription":
        if model is not None:
            message = "You must not provide a model parameter for transcription sessions."
            return _refusal(message, "invalid_model", _OTHER_CLOSE)
        return None
    if model is None:
        return _refusal(
            "You must provide a model parameter, as in /v1/realtime?model=local-demo.",
            "missing_model",
            _OTHER_CLOSE,
        )
    if model == MODEL or model.startswith(_MODEL_PREFIX):
        return None
    return _refusal(
        f'Model "{shown(model)}" is not supported in realtime mode.', "invalid_model", _OTHER_CLOSE
    )


def _refusal(message: str, code: str | None, close_code: int) -> Refusal:
    kind = "invalid_request_error"
    reason = kind if code is None else f"{kind}.{code}"
    return Refusal(error_body(message, code=code), close_code, reason)
