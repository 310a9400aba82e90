"""The page that plays was left: reloaded, most likely, or closed for good.

A page says so when it goes. Another that comes is the owner at once and goes on where that one
was; until then the sound lies here. When none has come after `RETURN_S`, nobody will hear it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.pages.pages import Pages

RETURN_S: Final = 15.0
"""A JupyterLab on a slow computer takes several seconds to show its notebook again."""


class Absence:
    """Waits for a page to come back.

    Parameters
    ----------
    pages
        Which know whether the owner was left.
    lasting
        Called when no page has come.
    loop
        The loop this runs on.
    """

    def __init__(
        self, pages: Pages, lasting: Callable[[], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._pages = pages
        self._lasting = lasting
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, client: str) -> None:
        """Note that a page was left."""
        if self._pages.leave(client):
            self.end()
            self._timer = self._loop.call_later(RETURN_S, self._check)

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        if self._pages.left:
            self._lasting()
            self._pages.deserted = True  # what is said from now on is not kept for anybody
