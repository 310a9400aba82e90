"""Retries of the ``openai`` package, made visible, and how long each waits.

The package retries by itself, in silence, and keeps to itself how long it waits. Both are
settled here instead and told to it in the response's headers, which it obeys: so what a
notice says is what happens.
"""

from __future__ import annotations

import email.utils
import random
import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.rest.notices import Notice, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

LONGEST_WAIT_S: Final = 120.0
"""Who asks to wait longer is not waited for; the package has the same bound."""

_FIRST_WAIT_S: Final = 0.5
_MOST_WAIT_S: Final = 8.0
_JITTER: Final = 0.25

_PASSING: Final[Mapping[int, str]] = {
    408: "the service timed out",
    409: "in conflict with another request",
    429: "rate limited, or out of quota",
}
_SERVER_ERROR: Final = 500
_TAKEN: Final = "x-stainless-retry-count"
_VERDICT: Final = "x-should-retry"
_WAIT: Final = "retry-after-ms"


class RetryWatch:
    """The two hooks of an HTTP client that say when and why a request is made again.

    Parameters
    ----------
    max_retries
        How often the package tries again.
    on_notice
        Called with a `Notice` of kind ``retry``, before the wait.
    """

    def __init__(self, max_retries: int, on_notice: Callable[[Notice], object] | None) -> None:
        self._max = max_retries
        self._on_notice = on_notice
        self._told: dict[str, int] = {}

    def sending(self, request: Any) -> None:
        """Take note of a request: of one that is made again without an answer to it."""
        taken = _taken(request)
        # No answer came, so that nothing could be said before the wait.
        if taken > self._told.get(str(request.url), 0):
            self._tell(request, taken, "no answer; trying again now", 0.0)

    def received(self, response: Any) -> None:
        """Settle whether the request is made again, and say so."""
        taken, status = _taken(response.request), int(response.status_code)
        headers: MutableMapping[str, str] = response.headers
        if taken >= self._max or not _passes(status, headers.get(_VERDICT)):
            return
        asked = retry_after_s(headers)
        if asked is not None and asked > LONGEST_WAIT_S:
            return
        wait_s = asked or _backoff_s(taken)
        headers[_VERDICT] = "true"
        headers[_WAIT] = str(round(wait_s * 1000))
        why = _PASSING.get(status, "the service failed")
        again = f"{status}: {why}; trying again in {wait_s:.1f} s"
        self._tell(response.request, taken + 1, again, wait_s)

    def _tell(self, request: Any, number: int, text: str, wait_s: float) -> None:
        self._told[str(request.url)] = number
        tell(self._on_notice, Notice("retry", f"{text} ({number} of {self._max})", wait_s))


def retry_after_s(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return how long a refused request is asked to wait, in seconds; None where it is not.

    Parameters
    ----------
    headers
        Those of the answer, by small names: ``retry-after-ms``, or ``retry-after`` in seconds
        or as a date.
    now
        Seconds since 1970; the clock's when None.
    """
    for name, per_second in ((_WAIT, 1000.0), ("retry-after", 1.0)):
        try:
            wait_s = float(headers.get(name, "")) / per_second
        except ValueError:
            continue
        if 0 < wait_s < float("inf"):
            return wait_s
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    if date is None:
        return None
    try:
        left = email.utils.mktime_tz(date) - (time.time() if now is None else now)
    except (OverflowError, ValueError):
        return None
    return left if left > 0 else None


def _passes(status: int, verdict: str | None) -> bool:
    """Whether the same request may be answered in a moment."""
    if verdict in {"true", "false"}:
        return verdict == "true"
    return status in _PASSING or status >= _SERVER_ERROR


def _backoff_s(taken: int) -> float:
    longest = min(_FIRST_WAIT_S * 2.0 ** min(taken, 10), _MOST_WAIT_S)
    return longest * (1 - _JITTER * random.random())  # noqa: S311 -- no secret, only spread


def _taken(request: Any) -> int:
    try:
        return int(request.headers.get(_TAKEN, "0"))
    except ValueError:
        return 0
