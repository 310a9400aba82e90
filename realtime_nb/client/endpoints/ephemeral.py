"""Ephemeral keys: what a page of one's own may know instead of the real key.

::

    key = create_client_secret(resolve_endpoint("openai"), {"instructions": "Be brief."})
    key             # EphemeralKey(ek_…3f9c, …): the saved notebook holds no more than that
    key.reveal()    # for the page
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from realtime_nb.client.answered import answered
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import EPHEMERAL_PREFIX
from realtime_nb.client.kinds import kind_of, update_of
from realtime_nb.client.posting import post
from realtime_nb.client.redaction import without_secrets
from realtime_nb.errors import (
    ConnectionFailed,
    EndpointError,
    UsageError,
)
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint

SHORTEST_S: Final = 10
LONGEST_S: Final = 7200
DEFAULT_S: Final = 600
_TIMEOUT_S: Final = 20.0
_LAST_DATE: Final = 253_000_000_000
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
        The config as the service completed it, without keys of any kind.
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
    kind = "/realtime" if "type" in session else "/realtime/translations"
    request = {
        "session": session,
        "expires_after": {"anchor": "created_at", "seconds": expires_s},
    }
    path = f"{kind}/client_secrets"
    answer = answered(lambda: post(endpoint, path, request, timeout_s), endpoint)
    return _read(answer.data, endpoint)


def _session(endpoint: Endpoint, config: Mapping[str, Any]) -> dict[str, Any]:
    kind = kind_of(config)
    endpoint.websocket_url(kind=kind)
    session: dict[str, Any] = update_of(config, kind)["session"]
    # Whoever connects with the key names no model in the URL.
    if kind != "transcription" and endpoint.model:
        session = {**session, "model": config.get("model") or endpoint.model}
    return session


def _read(data: dict[str, Any], endpoint: Endpoint) -> EphemeralKey:
    value, expires_at = data.get("value"), data.get("expires_at")
    if not (isinstance(value, str) and value and _is_time(expires_at)):
        raise ConnectionFailed(f"{endpoint.name} made no ephemeral key; check the URL")
    return EphemeralKey(Secret(value), expires_at, without_secrets(as_object(data.get("session"))))


def _is_time(value: Any) -> TypeGuard[int]:
    # Beyond the year 9999 there is no date to show.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST_DATE
