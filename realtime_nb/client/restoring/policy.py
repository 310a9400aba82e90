"""When a lost connection is tried again, and for how long: every number of it in one place."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.protocol.restored.restored import Reason

DELAYS_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True, slots=True)
class RestorePolicy:
    """How a session that lost its connection is restored.

    Attributes
    ----------
    delays_s
        How long each try waits, in seconds; the last one stands for all that follow.
    jitter
        By which share of itself a wait may be longer or shorter, so that many clients do not
        come back in one moment.
    away_s
        After so long without a session it is given up, in seconds.
    brief_s, brief_most
        A new session that ends within `brief_s` seconds was brief; after `brief_most` such ones
        in a row it is given up.
    hour_most
        So many sessions may be lost within an hour, each of which costs the talk so far; with
        one more it is given up. A renewal is none.
    held_s
        How much sound is kept, in seconds: what was sent and may be needed again, and what is
        spoken meanwhile.
    tail_ms
        How much of the sound sent last goes out again where nobody was speaking, in ms.
    listen_s
        How long a new session may take to hear whether the user goes on talking, in seconds,
        before it is asked for the answer that is owed.
    session_s
        How long a session of the service lasts where it does not say, in seconds.
    renew_s
        So long before that end a quiet moment is looked for, in seconds.
    look_s
        How often, in seconds.
    jitters
        Gives a number from 0 to 1.
    wall_s
        Unix time in seconds: the service tells its end in it.
    """

    delays_s: tuple[float, ...] = DELAYS_S
    jitter: float = 0.2
    away_s: float = 30 * 60.0
    brief_s: float = 10.0
    brief_most: int = 5
    hour_most: int = 20
    held_s: float = 30.0
    tail_ms: float = 500.0
    listen_s: float = 1.0
    session_s: float = 60 * 60.0
    renew_s: float = 5 * 60.0
    look_s: float = 0.25
    jitters: Callable[[], float] = random.random
    wall_s: Callable[[], float] = time.time

    @property
    def not_committed(self) -> str:
        """What to tell of a commit whose sound was not kept."""
        return (
            "nothing was committed: what was said before it is gone, since the connection was lost"
            f" and no more than {self.held_s:g} s of sound are kept; say it again"
        )

    def delay_s(self, failed: int) -> float:
        """Return how long to wait after so many failures in a row, in seconds."""
        delay_s = self.delays_s[min(failed, len(self.delays_s) - 1)]
        return delay_s * (1 + self.jitter * (2 * self.jitters() - 1))


@dataclass(frozen=True, slots=True)
class Restoration:
    """A session that is being restored, as it stands at the moment.

    Attributes
    ----------
    reason
        ``"lost"``, ``"expired"`` (the service's hour was up) or ``"renewal"`` (before that).
    tries
        The number of the try that comes next or is under way, from 1.
    next_try_s
        In how many seconds that one begins; 0 when it is under way.
    since_ms
        When the connection was lost, on the session's clock, in milliseconds.
    detail
        What went wrong last, in one line.
    """

    reason: Reason
    tries: int
    next_try_s: float
    since_ms: float
    detail: str
