"""A cell that waits for a request, and can be stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from realtime_nb.errors import RealtimeError
from realtime_nb.notebook.sound.live import TICK_S

if TYPE_CHECKING:
    from realtime_nb.client.loop import Call
    from realtime_nb.notebook.sound.live import Live

T = TypeVar("T")


class Stopped(RealtimeError):
    """A cell was stopped while it waited."""


def wait(call: Call[T], live: Live) -> T:
    """Return what a call ends with, and show meanwhile how it goes.

    Raises
    ------
    Stopped
        When the cell was interrupted; the call is still under way then.
    """
    try:
        call.add_done_callback(lambda _call: live.news.set())
        while not call.done():
            live.tick()
            live.news.wait(TICK_S)
            live.news.clear()
        return call.result()
    except KeyboardInterrupt:
        raise Stopped(f"after {live.elapsed_s:.1f} s") from None
