"""Which ends of a connection are worth another try, and which are for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.transport.refusals import is_fatal
from realtime_nb.errors import CallTimeout, ConnectionFailed, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPIRED: Final = "session_expired"

# No farewell, no status, going away, and the service's own trouble (RFC 6455, 7.4).
_BROKEN: Final = frozenset({None, 1001, 1005, 1006, 1011, 1012, 1013, 1015})
_TOO_EARLY: Final = frozenset({408, 425, 429})
_REFUSALS: Final = range(400, 500)


def is_expiry(end: ConnectionLost, word: Mapping[str, Any] | None) -> bool:
    """Return whether a connection ended because the session's time was up.

    Parameters
    ----------
    end
        How it ended.
    word
        The last `error` object that answered nothing of ours.
    """
    return (word is not None and word.get("code") == EXPIRED) or "maximum duration" in str(end)


def is_worth_it(end: ConnectionLost, word: Mapping[str, Any] | None) -> bool:
    """Return whether a connection that ended like that is dialled again; as `is_expiry`."""
    if end.code not in _BROKEN:
        return False
    code = None if word is None else word.get("code")
    return not is_fatal(code) or code == EXPIRED


def may_come_back(error: Exception) -> bool:
    """Return whether a dial that failed like that may do better later."""
    if isinstance(error, ConnectionLost):
        return error.code in _BROKEN
    if isinstance(error, ConnectionFailed):
        refuses = error.status in _REFUSALS and error.status not in _TOO_EARLY
        return not (error.final or refuses)
    return isinstance(error, CallTimeout | OSError | TimeoutError)
