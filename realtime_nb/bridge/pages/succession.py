"""Who plays when the page that played is gone, and other pages are still there.

A page that is left says so, and one that crashed says nothing. Then the others are asked, the
most recent first, and the first that answers becomes the owner. Nobody becomes it unasked: a
page that we know of may be gone as well, or held up by a busy cell.

A page that was sent sound reports five times a second. One that reports nothing for `SILENT_S`
while another page answers is asked itself, and is gone when it does not answer either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.bridge.pages.pages import SILENT_S
from realtime_nb.bridge.playing.interruption import ANSWER_S
from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.playing.loudspeaker import Loudspeaker

ASK_S: Final = 1.0
"""How long a page that is asked has to answer before the next one is asked, too."""

_DECIDE_S: Final = 0.8 * ANSWER_S  # before what the silent owner had goes out again
_TRUSTED_S: Final = 60.0  # a page that answers and plays nothing: its browser is muted
_KNOWN: Final = 64


class Succession:
    """Finds another owner.

    Parameters
    ----------
    pages
        Which know who the owner is, and whether it was left.
    loudspeaker
        What is on its way to the owner.
    announcer
        The way to the pages.
    claim
        Makes a page the owner; what the one before did not play goes on there.
    loop
        The loop this runs on.
    """

    def __init__(
        self,
        pages: Pages,
        loudspeaker: Loudspeaker,
        announcer: Announcer,
        claim: Callable[[str], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._pages = pages
        self._loudspeaker = loudspeaker
        self._announcer = announcer
        self._claim = claim
        self._loop = loop
        self._known: BoundedDict[str, None] = BoundedDict(_KNOWN)  # the most recent last
        self._candidates: list[str] = []
        self._asked: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._trusted: tuple[str | None, float] = None, 0.0

    def come(self, client: str) -> None:
        """Note that a page has said hello."""
        self._known.pop(client, None)
        self._known[client] = None

    def heard(self, client: str) -> None:
        """Note that a page has said something: it is there."""
        if client == self._pages.owner:
            if self._asked:  # it was only held up
                self.settled()
            return
        if client not in self._known:
            return
        self.come(client)
        if self._pages.left:
            self._stop_asking()
            self._claim(client)
        elif client in self._asked:
            self._stop_asking()
            self._try_owner(client)

    def leave(self, client: str) -> None:
        """Note that a page is left."""
        self._known.pop(client, None)
        if client in self._candidates:
            self._candidates.remove(client)
        if self._pages.left and client == self._pages.owner:
            self._ask()

    def settled(self) -> None:
        """Note that there is an owner that lives, if only since now."""
        self._stop_asking()
        self._watch_owner()

    def sounded(self) -> None:
        """Note that the owner is sent sound."""
        self._pages.sounded(self._loop.time())
        self._watch_owner()

    def _watch_owner(self) -> None:
        if self._watch is None and self._others():
            since_s = self._loop.time()
            self._watch = self._loop.call_later(SILENT_S, self._look, since_s)

    def stop(self) -> None:
        """Ask nobody any more."""
        self._stop_asking()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _others(self) -> list[str]:
        return [client for client in self._known if client != self._pages.owner]

    def _look(self, since_s: float) -> None:
        self._watch = None
        streams = self._loudspeaker.downlink.streams()
        if self._pages.left or not any(stream.ahead_ms > 0 for stream in streams):
            return
        if self._pages.heard_s > since_s or self._is_trusted():
            self._watch_owner()
        else:
            self._ask()

    def _is_trusted(self) -> bool:
        owner, until_s = self._trusted
        return owner == self._pages.owner and self._loop.time() < until_s

    def _ask(self) -> None:
        self._stop_asking()
        self._candidates = self._others()
        self._ask_next()

    def _ask_next(self) -> None:
        if self._candidates:
            client = self._candidates.pop()
            self._asked.add(client)
            # Where nothing is played, all that comes of it is an answer.
            self._announcer.to(client, {"kind": "clear", "id": 0})
            self._timer = self._loop.call_later(ASK_S, self._ask_next)

    def _try_owner(self, client: str) -> None:
        """Ask the owner, as if `client` took over; it stays the owner when it answers."""
        self._loudspeaker.pass_on()
        self._timer = self._loop.call_later(_DECIDE_S, self._decide, client, self._pages.heard_s)

    def _decide(self, client: str, heard_s: float) -> None:
        if self._pages.heard_s > heard_s:
            self._trusted = self._pages.owner, self._loop.time() + _TRUSTED_S
            self._watch_owner()
        elif client in self._known:
            self._claim(client)
        else:
            self._ask()

    def _stop_asking(self) -> None:
        self._candidates.clear()
        self._asked.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
