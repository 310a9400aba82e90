"""Ephemeral keys: what a page of one's own may know instead of the real key.

::

    key = create_client_secret(resolve_endpoint("openai"), {"instructions": "Be brief."})
    key             # EphemeralKey(ek_…3f9c, …): the saved notebook holds no more than that
    key.reveal()    # for the page
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from realtime_nb.client.junk import as_object, as_text
from realtime_nb.client.keys import is_loopback
from realtime_nb.client.kinds import kind_of, update_of
from realtime_nb.client.refusals import http_refused
from realtime_nb.client.secret import Secret
from realtime_nb.client.service import EPHEMERAL_PREFIX
from realtime_nb.errors import (
    ConnectionFailed,
    EndpointError,
    RealtimeError,
    ServerError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.service import Endpoint

SHORTEST_S: Final = 10
LONGEST_S: Final = 7200
DEFAULT_S: Final = 600
_TIMEOUT_S: Final = 20.0
_BAD_REQUEST: Final = 400
_PACKAGES_OWN: Final = ("Authorization", "OpenAI-Organization", "OpenAI-Project")
# So many characters of a key tell two of them apart and are of no use to a thief.
_SHOWN: Final = 4
_LONG_ENOUGH: Final = 16


@dataclass(frozen=True)
class EphemeralKey:
    """A key that expires, bound to a session config; its repr and pickle do not hold it.

    Attributes
    ----------
    value
        The key.
    expires_at
        When it can open no more sessions, in seconds since 1970; what runs then goes on.
    session
        The config as the service completed it.
    """

    value: Secret
    expires_at: int
    session: dict[str, Any] = field(default_factory=dict[str, Any], repr=False, hash=False)

    def reveal(self) -> str:
        """Return the key itself."""
        return self.value.reveal()

    @property
    def masked(self) -> str:
        """The key's beginning and end, such as ``ek_…3f9c``."""
        key = self.value.reveal()
        return EPHEMERAL_PREFIX + "…" + (key[-_SHOWN:] if len(key) >= _LONG_ENOUGH else "")

    def __repr__(self) -> str:
        until = datetime.fromtimestamp(self.expires_at, UTC).astimezone()
        return f"EphemeralKey({self.masked}, opens sessions until {until:%H:%M:%S})"


def create_client_secret(
    endpoint: Endpoint,
    config: Mapping[str, Any] | None = None,
    *,
    expires_s: int = DEFAULT_S,
    timeout_s: float = _TIMEOUT_S,
) -> EphemeralKey:
    """Have the service make a key that expires; blocks until it has.

    Parameters
    ----------
    endpoint
        The service, with the real key.
    config
        The session, in the GA shape, that every session opened with the key begins with.
        Its ``type`` says the kind.
    expires_s
        How long the key opens sessions, in seconds: 10 to 7200.
    timeout_s
        How long the service may take, in seconds.

    Raises
    ------
    UsageError
        When `expires_s` is out of range.
    EndpointError
        When the endpoint has only an ephemeral key itself, or no such kind of session.
    ServerError
        When the service refuses the config; with the field in `param`.
    ConnectionFailed
        When it cannot be reached, refuses us, or answers with something else.
    """
    if isinstance(expires_s, bool) or not SHORTEST_S <= expires_s <= LONGEST_S:
        raise UsageError(f"an ephemeral key lives {SHORTEST_S} to {LONGEST_S} s, not {expires_s!r}")
    if endpoint.ephemeral:
        raise EndpointError("an ephemeral key makes no other; use the real key for that")
    session = _session(endpoint, config or {})
    try:
        answer = _post(endpoint, session, expires_s, timeout_s)
    except RealtimeError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever openai, httpx or the system raise
        failure = _failure(error, endpoint)
    else:
        return _read(answer, endpoint)
    # Raised here and not above: the frames behind `error` hold the key.
    raise failure


def _session(endpoint: Endpoint, config: Mapping[str, Any]) -> dict[str, Any]:
    kind = kind_of(config)
    endpoint.websocket_url(kind=kind)
    session: dict[str, Any] = update_of(config, kind)["session"]
    # Whoever connects with the key names no model in the URL.
    if kind != "transcription" and endpoint.model:
        session = {**session, "model": config.get("model") or endpoint.model}
    return session


def _post(endpoint: Endpoint, session: Mapping[str, Any], expires_s: int, timeout_s: float) -> str:
    # Imported here: the package takes most of a second to load.
    import openai  # noqa: PLC0415

    # A proxy for the world has no way to this machine.
    here = is_loopback(urlsplit(endpoint.base_url).hostname or "")
    # The package would add its own from the environment, whoever the service is.
    ours = endpoint.headers()
    given = {name.lower() for name in ours}
    left_out = {name: openai.Omit() for name in _PACKAGES_OWN if name.lower() not in given}
    headers: dict[str, Any] = {**left_out, **ours}
    with openai.OpenAI(
        base_url=endpoint.base_url,
        api_key="none",  # never sent: the header is ours, or left out
        default_query=dict(endpoint.extra_query),
        timeout=timeout_s,
        max_retries=0,
        http_client=openai.DefaultHttpxClient(trust_env=not here),
    ) as client:
        secrets: Any = (
            client.realtime.client_secrets
            if "type" in session
            else client.realtime.translations.client_secrets
        )
        answer = secrets.with_raw_response.create(
            session=session,
            expires_after={"anchor": "created_at", "seconds": expires_s},
            extra_headers=headers,
        )
        return cast("str", answer.text)


def _failure(error: Exception, endpoint: Endpoint) -> RealtimeError:
    status = getattr(error, "status_code", None)
    if not isinstance(status, int):
        said = endpoint.api_key.scrub(" ".join(str(error).split()))[:200]
        late = "Timeout" in type(error).__name__
        what = "did not answer in time" if late else f"was not reached ({said})"
        return ConnectionFailed(f"{endpoint.name} {what}; check the URL and the network")
    body = as_object(getattr(error, "body", None))
    if status == _BAD_REQUEST and body.get("message"):
        return ServerError(
            endpoint.api_key.scrub(" ".join(str(body["message"]).split())),
            code=as_text(body.get("code")),
            param=as_text(body.get("param")),
            type=as_text(body.get("type")),
        )
    return http_refused(status, as_text(body.get("message")) or "", endpoint)


def _read(answer: str, endpoint: Endpoint) -> EphemeralKey:
    try:
        data = as_object(json.loads(answer))
    except ValueError:
        data = {}
    value, expires_at = data.get("value"), data.get("expires_at")
    if not (isinstance(value, str) and value and isinstance(expires_at, int)):
        raise ConnectionFailed(f"{endpoint.name} made no ephemeral key; check the URL")
    return EphemeralKey(Secret(value), expires_at, as_object(data.get("session")))
