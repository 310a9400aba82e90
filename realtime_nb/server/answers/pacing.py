"""How fast an answer goes out: faster than it is heard, but not all at once.

The real service sends audio some times faster than real time, so a client always holds
a few seconds that the user has not heard yet, and an interruption comes while more is
being made. A local voice is done in milliseconds; sent at once there would be nothing to
interrupt. So after a first burst the answer is held to `pace` times real time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

DEFAULT_PACE = 4.0
BURST_MS = 400.0
# A text answer has no duration; it goes as fast as it would be spoken, at 15 words a
# second of "real time": 60 words a second at the default pace.
WORD_MS = 1000.0 / 15.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast answers go out.

    Parameters
    ----------
    factor
        Times real time; 0 sends everything at once.
    burst_ms
        Audio sent without any wait at the beginning.
    """

    factor: float = DEFAULT_PACE
    burst_ms: float = BURST_MS

    def due_s(self, sent_ms: float) -> float:
        """Return how long after the first piece the piece at `sent_ms` is due, in s."""
        if self.factor <= 0:
            return 0.0
        return max(0.0, sent_ms - self.burst_ms) / self.factor / 1000.0


class Pacer:
    """Holds one answer to its pace; the clock starts with the first piece."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.started_s: float | None = None  # loop time of the first piece

    async def wait(self, sent_ms: float) -> None:
        """Return when the piece that begins `sent_ms` into the answer may go out."""
        now_s = asyncio.get_running_loop().time()
        if self.started_s is None:
            self.started_s = now_s
        # Also without anything to wait for: the loop must see a cancel in between.
        await asyncio.sleep(max(0.0, self.started_s + self._pace.due_s(sent_ms) - now_s))
