"""A question that can be stopped, from before it begins until it is answered."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.client.rest.chat_turn import Said, Turn

STOPPED: Final = "stopped before it was whole"


class Question:
    """A turn under way; to be touched on the background loop only.

    Parameters
    ----------
    turn
        What it takes to answer it.
    said
        Gives what was and is said; see `Turn.run`.

    Attributes
    ----------
    forgotten
        Whether the conversation is to keep nothing of it.
    ended
        Set once nobody waits for what `said` makes any more.
    """

    def __init__(self, turn: Turn, said: Said) -> None:
        self.turn = turn
        self._said = said
        self.forgotten = False
        self.ended = threading.Event()
        self._stopped = False
        self._work: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Have it end with what has come; the connection is closed at once."""
        self._stopped = True
        if self._work is not None:
            self._work.cancel()

    async def run(self) -> str:
        """Return why nothing more will come: ``""`` when the answer has come.

        Cancelled, it ends the turn first; what came of that is in `Turn.gathered`.
        """
        if self._stopped:
            return STOPPED
        work = self._work = asyncio.ensure_future(self.turn.run(self._said))
        work.add_done_callback(lambda _: self.ended.set())
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait([work])
            if not work.cancelled():
                work.exception()  # looked at, so that asyncio does not complain of it
            raise
        if work.cancelled():
            return STOPPED
        work.result()
        return ""
