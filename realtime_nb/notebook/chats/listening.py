"""A clip as a chat's microphone, beside the pages that show it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.audio.source import Sound
    from realtime_nb.bridge import Bridge
    from realtime_nb.client.loop import BackgroundLoop, Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.client.sound.heard import Heard
    from realtime_nb.client.sound.listening import Then

_REASON: Final = "A clip is the microphone now; switch yours on again when it is over."
_EVERY_S: Final = 0.05
_LATE_S: Final = 2.0


class Listening:
    """Lets clips take the place of a page's microphone.

    Parameters
    ----------
    session
        The session that hears them.
    bridge
        The way to the pages.
    loop
        The session's loop.
    """

    def __init__(self, session: RealtimeSession, bridge: Bridge, loop: BackgroundLoop) -> None:
        self._session = session
        self._bridge = bridge
        self._loop = loop
        self._under_way = 0

    def start(self, source: Sound, *, realtime: bool, then: Then) -> Call[Heard]:
        """Have a clip heard; see `RealtimeSession.listen`.

        At real pace the call ends when a page has played the answer, too: the next clip would
        else interrupt it.

        Raises
        ------
        UsageError
            At once, for what is no sound or holds none.
        """
        heard = self._session.listen(source, realtime=realtime, then=then)
        return self._loop.call(self._wait(heard, realtime=realtime), "listen")

    async def _wait(self, call: Call[Heard], *, realtime: bool) -> Heard:
        self._under_way += 1
        self._bridge.lend_microphone(_REASON)
        try:
            heard = await call
        finally:
            call.cancel()
            self._under_way -= 1
            if not self._under_way:
                self._bridge.lend_microphone(None)
        if realtime:
            await self._played()
        return heard

    async def _played(self) -> None:
        """Wait until the page has played the answer; one that does not play is not waited for."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._bridge.unplayed_ms / 1000 + _LATE_S
        while self._bridge.unplayed_ms > 0 and clock() < until:  # noqa: ASYNC110 -- it ebbs
            await asyncio.sleep(_EVERY_S)
