"""Webhooks are delivered at least once: what was taken already is known by its id."""

from __future__ import annotations

from typing import Final

KEPT: Final = 10_000
"""Ids that are remembered at the most; past that the oldest are forgotten first."""
KEPT_S: Final = 900.0
"""How long an id is remembered, in seconds: a webhook older than 300 s is refused anyway."""


class Repeats:
    """Tells what is new from what comes again, in bounded memory.

    Parameters
    ----------
    kept
        How many ids are remembered.
    kept_s
        For how long, in seconds.
    """

    def __init__(self, kept: int = KEPT, kept_s: float = KEPT_S) -> None:
        self._kept = kept
        self._kept_s = kept_s
        self._seen: dict[str, float] = {}  # by age: a dict keeps the order of what was put in

    def first(self, webhook_id: str, now_s: float) -> bool:
        """Note an id; return whether it is new.

        Parameters
        ----------
        webhook_id
            The id.
        now_s
            The time of a clock that only goes forward, in seconds.
        """
        self._forget(now_s)
        if webhook_id in self._seen:
            return False
        while len(self._seen) >= self._kept:
            del self._seen[next(iter(self._seen))]
        self._seen[webhook_id] = now_s
        return True

    def take_back(self, webhook_id: str) -> None:
        """Forget one that could not be worked on, so that it may be delivered again."""
        self._seen.pop(webhook_id, None)

    def _forget(self, now_s: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if now_s - self._seen[oldest] < self._kept_s:
                return
            del self._seen[oldest]

    def __len__(self) -> int:
        return len(self._seen)
