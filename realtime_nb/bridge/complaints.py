"""What a service reports of itself that no call waits for, as notices to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.errors import ServerError

SAME_S: Final = 30.0
"""The same error is shown again only when it was not reported for so long, in seconds."""


class Complaints:
    """Shows errors that belong to nobody.

    Parameters
    ----------
    notice
        Shows one line to people.
    loop
        The loop this runs on, for its clock.
    """

    def __init__(self, notice: Callable[[str, str], None], loop: asyncio.AbstractEventLoop) -> None:
        self._notice = notice
        self._loop = loop
        self._last = "", 0.0

    def stray(self, error: ServerError) -> None:
        """Show an error that answers nothing; one that comes with each frame is shown once."""
        now_s, (text, until_s) = self._loop.time(), self._last
        if str(error) != text or now_s > until_s:
            self._notice("warning", f"The service reports an error: {error}")
        self._last = str(error), now_s + SAME_S
