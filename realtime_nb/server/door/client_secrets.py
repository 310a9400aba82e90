"""Ephemeral keys: made with a session's config, good for opening sessions until they expire.

A key opens as many sessions as one likes, for a page that must not hold the real key; a
session that runs outlives it. Only digests are kept: what leaks from here opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.server.config.schema import Choice, Integer, Record
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
AnySessionKind: TypeAlias = Literal["realtime", "transcription", "translation"]

PREFIX: Final = "ek_"
DEFAULT_LIFE_S: Final = 600
EXPIRES_AFTER: Final = Record(
    {"anchor": Choice(("created_at",)), "seconds": Integer(10, 7_200)},
)
# An expired key is remembered for a while, so that its owner hears why it fails.
_REMEMBERED_S: Final = 3_600.0
# No honest page needs that many within two hours, nor that much in all their configs.
MOST: Final = 1_000
MOST_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Grant:
    """What an ephemeral key opens.

    Parameters
    ----------
    kind
        Of the sessions.
    session
        Their config: an update that was checked.
    expires_at
        Unix time in seconds.
    size
        Of the config, in bytes of JSON.
    """

    kind: AnySessionKind
    session: Json
    expires_at: int
    size: int = 0


class ClientSecrets:
    """The ephemeral keys of one server.

    Parameters
    ----------
    clock
        Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(
        self, kind: AnySessionKind, session: Json, life_s: int, size: int = 0
    ) -> tuple[str, Grant]:
        """Make a key.

        Parameters
        ----------
        kind, session
            As in `Grant`.
        life_s
            Seconds until it expires.
        size
            As in `Grant`.

        Returns
        -------
        tuple of str and Grant
            ``ek_`` and 32 hexadecimal digits, and what it opens.

        Raises
        ------
        WireError
            When too many are good already, or their configs are too large together.
        """
        self._forget()
        if len(self._grants) >= MOST:
            raise WireError(
                f"{MOST} ephemeral keys are in use: let some expire, or ask for shorter lives.",
                code="rate_limit_exceeded",
            )
        held = sum(grant.size for grant in self._grants.values())
        if held + size > MOST_BYTES:
            raise WireError(
                f"The configs of ephemeral keys may hold {MOST_BYTES >> 20} MiB in all, and hold "
                f"{held} bytes already: let some expire, or ask for less.",
                code="rate_limit_exceeded",
            )
        value = PREFIX + secrets.token_hex(16)
        grant = Grant(kind, session, int(self._clock()) + life_s, size)
        self._grants[_digest(value)] = grant
        return value, grant

    def find(self, key: str) -> Grant | None:
        """Return what a key opens, expired or not; None when it was never given out."""
        return self._grants.get(_digest(key))

    def is_expired(self, grant: Grant) -> bool:
        """Return whether a key's time is over."""
        return self._clock() >= grant.expires_at

    def _forget(self) -> None:
        long_ago = self._clock() - _REMEMBERED_S
        self._grants = {
            digest: grant for digest, grant in self._grants.items() if grant.expires_at > long_ago
        }


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
