"""How much the service's rate limits leave, told to pages when it is nearly nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.view import Message
    from realtime_nb.protocol.events import Event

LOW: Final = 0.1
"""Of a limit; with less than this left it is shown."""

_LONGEST_S: Final = 86_400.0
_NAMED: Final = 4  # limits of one event that are looked at


class RateLimits:
    """Keeps what the service said last of its limits.

    Parameters
    ----------
    send
        Sends a message to every page.
    loop
        The loop this runs on, for its clock.
    """

    def __init__(self, send: Callable[[Message], None], loop: asyncio.AbstractEventLoop) -> None:
        self._send = send
        self._loop = loop
        self._words: list[str] = []
        self._until_s = 0.0

    @property
    def wait_s(self) -> float | None:
        """Seconds until a limit that is nearly used up is full again; None where none is."""
        left_s = self._until_s - self._loop.time()
        return left_s if self._words and left_s > 0 else None

    def event(self, event: Event) -> None:
        """Take one ``rate_limits.updated``."""
        told: Any = event.get("rate_limits")
        limits = cast("list[Any]", told)[:_NAMED] if isinstance(told, list) else []
        low = [found for limit in limits if (found := _low(limit)) is not None]
        if not low and not self._words:
            return
        self._words = [words for words, _ in low]
        self._until_s = self._loop.time() + max((reset_s for _, reset_s in low), default=0.0)
        self._send(self.message())

    def message(self) -> Message:
        """Return what a page is told: nothing to show where ``words`` is empty."""
        wait_s = self.wait_s
        words = ", ".join(self._words) if wait_s is not None else ""
        return {"kind": "limits", "words": words, "reset_s": wait_s or 0.0}


def _low(limit: Any) -> tuple[str, float] | None:
    """Return what is left of a limit, and in how many seconds it is full again, where it is low."""
    if not isinstance(limit, dict):
        return None
    fields = cast("dict[str, Any]", limit)
    most, left, reset_s = (_number(fields.get(x)) for x in ("limit", "remaining", "reset_seconds"))
    if most is None or left is None or most <= 0 or left > LOW * most:
        return None
    name = fields.get("name")
    name = name[:40] if isinstance(name, str) and name else "requests"
    return f"{left:,.0f} of {most:,.0f} {name} left", min(reset_s or 0.0, _LONGEST_S)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None  # noqa: PLR2004 -- no service leaves more
