"""The sound of a translation: it has no items and no end, and nobody interrupts it.

A page plays what it holds back of a stream only when it knows that the stream is over. So
what comes without a pause is one stream, and a silence of `PAUSE_S` ends it: the last words
before a pause are then heard at once, and not when the next ones come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.codec import Decoder

if TYPE_CHECKING:
    import asyncio

    from realtime_nb.bridge.playing.downlink import Downlink
    from realtime_nb.protocol.conversation.playback import PartKey
    from realtime_nb.protocol.events import Event

PAUSE_S: Final = 0.4
"""Frames of a translation last 200 ms: one that is late is no pause."""


class Flow:
    """Hands the sound of a translation to the page, one stream for what has no pause in it.

    Parameters
    ----------
    downlink
        The way to the page.
    loop
        The loop this runs on.
    """

    def __init__(self, downlink: Downlink, loop: asyncio.AbstractEventLoop) -> None:
        self._downlink = downlink
        self._loop = loop
        self._number = 0
        self._decoder: Decoder | None = None
        self._form: tuple[Any, Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def _key(self) -> PartKey:
        return "translation", self._number

    def hear(self, event: Event) -> None:
        """Take one ``session.output_audio.delta``."""
        sound = event.audio
        if not sound:
            return
        form = event.get("sample_rate"), event.get("channels")
        if self._decoder is None or form != self._form:
            self._form = form
            wire = {"type": "audio/pcm", "rate": form[0]}
            self._decoder = Decoder(wire, channels=form[1] if isinstance(form[1], int) else 1)
        self._downlink.add(self._key, self._decoder(sound))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(PAUSE_S, self.end)

    def end(self) -> None:
        """End the stream: what waits of it is played, what comes later begins a new one."""
        self._downlink.end(self._key)
        self._begin_anew()

    def drop(self) -> None:
        """Forget what is unplayed."""
        self._downlink.drop()
        self._begin_anew()

    def _begin_anew(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._number += 1
