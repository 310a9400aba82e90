"""Who may come in: the rules for a WebSocket's request, and the words for those who may not.

The service answers most refusals after a successful upgrade: one `error` event, then the
close frame in the same instant. So do we.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.config.config import MODEL
from realtime_nb.server.door.client_secrets import PREFIX
from realtime_nb.server.ears.transcribers import TRANSCRIBERS
from realtime_nb.server.wire_errors import error_body, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_nb.server.door.client_secrets import AnySessionKind, ClientSecrets, Grant
    from realtime_nb.server.wire_errors import WireError

Json = dict[str, Any]

KEY_PROTOCOL: Final = "openai-insecure-api-key."
SUBPROTOCOL: Final = "realtime"
# Any of these names is let in, so that code written for the service runs unchanged; the
# session says `local-demo` all the same.
_MODEL_PREFIX: Final = "gpt-realtime"
_TRANSLATOR_PREFIX: Final = "gpt-realtime-translate"
_KEY_CLOSE, _OTHER_CLOSE = 3000, 4000
_LATER_CLOSE: Final = 1013
_SHOWN_OF_KEY = 4
# A name or an address, and a port: no user, no path, no second host, and no sign of which one
# reader makes a part of the name and another the name's end.
_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ORIGIN_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


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


@dataclass(frozen=True, slots=True)
class Visit:
    """A WebSocket request.

    Parameters
    ----------
    headers
        Looked up without regard to case.
    query
        Its query's last value of each name.
    subprotocols
        Those it offers.
    """

    headers: Mapping[str, str]
    query: Mapping[str, str]
    subprotocols: Sequence[str]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a welcome request opens.

    Parameters
    ----------
    kind
        Of the session.
    config
        An update that takes force before the client hears of it: what its ephemeral key
        was made with. None with the server's token.
    call_id
        Of a call to join, be there one or not; None for a session of its own.
    """

    kind: AnySessionKind
    config: Json | None = None
    call_id: str | None = None


def admit(visit: Visit, token: str, secrets: ClientSecrets) -> Admitted | Refusal:
    """Return what a request for `/v1/realtime` opens, or why it is refused.

    Parameters
    ----------
    visit
        The request.
    token
        The server's token.
    secrets
        The ephemeral keys it gave out.
    """
    grant = _check_key(visit, token, secrets)
    if isinstance(grant, Refusal):
        return grant
    if "call_id" in visit.query:
        if grant is not None:
            return _refusal(
                "An ephemeral key joins no call: send the practice server's token.",
                "invalid_api_key",
                _KEY_CLOSE,
            )
        return Admitted("realtime", call_id=visit.query["call_id"])
    if grant is not None:
        return _admit_grant(visit, grant)
    kind = "transcription" if visit.query.get("intent") == "transcription" else "realtime"
    return _refuse_model(visit.query, kind) or Admitted(kind)


def admit_translation(visit: Visit, token: str, secrets: ClientSecrets) -> Admitted | Refusal:
    """Return what a request for `/v1/realtime/translations` opens; see `admit`."""
    grant = _check_key(visit, token, secrets)
    if isinstance(grant, Refusal):
        return grant
    if grant is not None and grant.kind != "translation":
        return _wrong_key(grant, "translation")
    model = visit.query.get("model")
    if model is None and grant is None:
        return _refusal(
            "You must provide a model parameter, as in /v1/realtime/translations?model=local-demo.",
            "missing_model",
            _OTHER_CLOSE,
        )
    if model is not None and not is_translator(model):
        return _refusal(
            f'Model "{shown(model)}" is not supported in translation mode.',
            "invalid_model",
            _OTHER_CLOSE,
        )
    return Admitted("translation", grant.session if grant is not None else None)


def is_conversational(model: str) -> bool:
    """Return whether a model's name opens a realtime session here."""
    others = (_TRANSLATOR_PREFIX, *TRANSCRIBERS)
    return model == MODEL or (model.startswith(_MODEL_PREFIX) and not model.startswith(others))


def is_translator(model: str) -> bool:
    """Return whether a model's name opens a translation session here."""
    return model == MODEL or model.startswith(_TRANSLATOR_PREFIX)


def presented_key(headers: Mapping[str, str], subprotocols: Sequence[str]) -> str | None:
    """Return the API key of a request: its bearer token, or the browser's subprotocol."""
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    for offered in subprotocols:
        if offered.startswith(KEY_PROTOCOL):
            return offered.removeprefix(KEY_PROTOCOL)
    return None


def is_token(key: str | None, token: str) -> bool:
    """Return whether a request's key is the server's token; takes as long for any other."""
    given = (key or "").encode("utf-8", "surrogatepass")
    return hmac.compare_digest(given, token.encode("utf-8", "surrogatepass"))


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


def is_local_request(headers: Mapping[str, str], *, files: bool = False) -> bool:
    """Return whether a request was meant for this computer by whoever made it.

    A page from elsewhere can make a browser resolve its own name to 127.0.0.1; then the
    `Host` header gives it away. The same holds for the `Origin` of its scripts, and for what
    the browser says of a request without one, such as a picture's.

    Parameters
    ----------
    headers
        The request's.
    files
        Whether a page without an origin, as one opened from a file is, may ask as well.
    """
    if not is_loopback(_host_of(headers.get("Host", ""))):
        return False
    origin = headers.get("Origin")
    if origin is None:
        return headers.get("Sec-Fetch-Site") != "cross-site"
    scheme = _ORIGIN_SCHEME.match(origin)
    if scheme is None:
        return files and origin == "null"
    return is_loopback(_host_of(origin[scheme.end() :]))


def _host_of(place: str) -> str | None:
    """Return the name or address of a host with a port or without one; None for anything else."""
    found = _HOST.fullmatch(place)
    return found[1].strip("[]") if found else None


def _check_key(visit: Visit, token: str, secrets: ClientSecrets) -> Grant | Refusal | None:
    """Return what an ephemeral key opens, None for the server's token, else a refusal."""
    key = presented_key(visit.headers, visit.subprotocols)
    if key is None:
        return _refusal(
            "Missing bearer authentication: send the practice server's token as the API key.",
            None,
            _KEY_CLOSE,
        )
    grant = secrets.find(key) if key.startswith(PREFIX) else None
    if grant is None and not is_token(key, token):
        return _bad_key(key, "The practice server printed its token when it started.")
    if grant is not None and secrets.is_expired(grant):
        return _bad_key(key, "The ephemeral key has expired: ask for a new one.")
    if "realtime=v1" in visit.headers.get("OpenAI-Beta", ""):
        return _refusal(
            "The beta API shape is disabled: remove the 'OpenAI-Beta: realtime=v1' header.",
            "beta_api_shape_disabled",
            _OTHER_CLOSE,
        )
    return grant


def _admit_grant(visit: Visit, grant: Grant) -> Admitted | Refusal:
    if grant.kind == "translation":
        return _wrong_key(grant, "realtime")
    intent = visit.query.get("intent")
    if intent == "transcription" and grant.kind != "transcription":
        return _wrong_key(grant, "transcription")
    # The key carries the model, so the URL need not name one; a wrong name is refused still.
    refusal = _refuse_model(visit.query, grant.kind, needed=False)
    return refusal or Admitted(grant.kind, grant.session)


def _refuse_model(
    query: Mapping[str, str], kind: AnySessionKind, *, needed: bool = True
) -> Refusal | None:
    model = query.get("model")
    if kind == "transcription":
        if model is not None:
            message = "You must not provide a model parameter for transcription sessions."
            return _refusal(message, "invalid_model", _OTHER_CLOSE)
        return None
    if model is None and needed:
        return _refusal(
            "You must provide a model parameter, as in /v1/realtime?model=local-demo.",
            "missing_model",
            _OTHER_CLOSE,
        )
    if model is None or is_conversational(model):
        return None
    return _refusal(
        f'Model "{shown(model)}" is not supported in realtime mode.', "invalid_model", _OTHER_CLOSE
    )


def _wrong_key(grant: Grant, wanted: str) -> Refusal:
    return _refusal(
        f"This ephemeral key was made for a {grant.kind} session, not for a {wanted} session.",
        "invalid_api_key",
        _KEY_CLOSE,
    )


def _bad_key(key: str, advice: str) -> Refusal:
    hint = f"…{key[-_SHOWN_OF_KEY:]}" if len(key) > 2 * _SHOWN_OF_KEY else "(too short)"
    return _refusal(f"Incorrect API key provided: {hint}. {advice}", "invalid_api_key", _KEY_CLOSE)


def refuse_join(error: WireError) -> Refusal:
    """Return the refusal of who cannot join a call."""
    return _refusal(error.message, error.code, _OTHER_CLOSE)


def refuse_crowd(most: int) -> Refusal:
    """Return the refusal of one client too many; the words and the close code are ours."""
    return _refusal(
        f"The practice server has {most} sessions open, and takes no more: close some.",
        "rate_limit_exceeded",
        _LATER_CLOSE,
    )


def _refusal(message: str, code: str | None, close_code: int) -> Refusal:
    kind = "invalid_request_error"
    reason = kind if code is None else f"{kind}.{code}"
    return Refusal(error_body(message, code=code), close_code, reason)
