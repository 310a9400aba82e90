"""When sessions are lost so often that no other is opened: each one costs the talk so far.

Two rules of `RestorePolicy`: so many in a row that ended soon after they had begun, and so many
within an hour, however long each lasted. A renewal is nothing that was lost.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.client.restoring.policy import RestorePolicy

_HOUR_S: Final = 60 * 60.0


class LossLimits:
    """Counts the sessions of the service that one talk has lost.

    Parameters
    ----------
    policy
        How many are enough.
    """

    def __init__(self, policy: RestorePolicy) -> None:
        self._policy = policy
        self._opened_s: float | None = None
        self._brief = 0
        self._lost_s: deque[float] = deque(maxlen=policy.hour_most + 1)

    def opened(self, now_s: float) -> None:
        """Note a connection that was opened, with the loop's time in seconds."""
        self._opened_s = now_s

    def ended(self, now_s: float, *, wanted: bool = False) -> bool:
        """Note its end; return whether the session was more than a brief one.

        Parameters
        ----------
        now_s
            The loop's time in seconds.
        wanted
            Whether it was our own doing.
        """
        opened_s, self._opened_s = self._opened_s, None
        if opened_s is None:
            return False
        if not wanted:
            self._lost_s.append(now_s)
        if now_s - opened_s < self._policy.brief_s:
            self._brief += 1
            return False
        self._brief = 0
        return True

    def reached(self, now_s: float, detail: str) -> str | None:
        """Return in one line why no other session is opened; None while one may be.

        Parameters
        ----------
        now_s
            The loop's time in seconds.
        detail
            How the last one ended.
        """
        policy = self._policy
        if self._brief >= policy.brief_most:
            return (
                f"{detail}; {self._brief} sessions in a row ended within {policy.brief_s:g} s, so"
                " no other is tried: open a new one later"
            )
        while self._lost_s and now_s - self._lost_s[0] >= _HOUR_S:
            self._lost_s.popleft()
        lost = len(self._lost_s)
        if lost > policy.hour_most:
            return (
                f"{detail}; {lost} sessions were lost within an hour, and each new one is charged"
                " for the talk so far, so no other is opened: mend the connection, then open one"
            )
        return None
