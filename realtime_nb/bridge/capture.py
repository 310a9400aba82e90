"""The owner's microphone: on or off, lent to a clip, encoded as the session wants it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from realtime_nb.bridge.codec import Encoder
from realtime_nb.bridge.tail import Tail
from realtime_nb.bridge.uplink import Uplink

if TYPE_CHECKING:
    import asyncio

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.status import Status
    from realtime_nb.bridge.view import Message
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event

_log = logging.getLogger(__name__)


class Capture:
    """Takes what the owner's microphone brings.

    Parameters
    ----------
    session
        Where the sound goes.
    status
        Says in which format it is wanted.
    pages
        Which know whose microphone counts, and whether it is on.
    announcer
        The way to the pages.
    loop
        The loop this runs on.

    Attributes
    ----------
    uplink
        Counts the frames, and knows when each was captured.
    encoder
        Turns them into the session's format.
    """

    def __init__(
        self,
        session: RealtimeSession,
        status: Status,
        pages: Pages,
        announcer: Announcer,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._session = session
        self._status = status
        self._pages = pages
        self._announcer = announcer
        self._lent: str | None = None
        self._tail = Tail(session, loop, self._append)
        self.encoder = Encoder(None)
        self.uplink = Uplink(session)

    def refusal(self) -> str | None:
        """Return why no microphone is wanted now, None when one is."""
        if not self._status.takes:
            return f"the chat is {self._status.state}; run the cell again"
        return self._lent or self._session.budget_refusal

    def switch(self, *, on: bool) -> None:
        """Note that the owner's microphone was switched; a page may say so twice."""
        if on == self._pages.microphone:
            return
        self._pages.microphone = on
        if on:
            self._tail.stop()
        elif self._lent is None:
            self._fall_silent()

    def failed(self, client: str, message: Message) -> None:
        """Note that a page could not open its microphone."""
        if client == self._pages.owner:
            self._pages.microphone = False
        _log.info("no microphone: %s %s", message.get("name"), message.get("message"))

    def take(self, frame: bytes | memoryview) -> None:
        """Take one frame of the owner's microphone."""
        if self._lent is None:
            self.uplink.take(frame, self.encoder)

    def lend(self, reason: str | None) -> None:
        """Send nothing that a page captures, and tell it the `reason`; None ends that."""
        self._lent = reason
        self._tail.stop()
        if reason is not None and self._pages.microphone:
            self.let_go(reason)

    def let_go(self, reason: str) -> None:
        """Have the owner switch its microphone off."""
        self._announcer.to_owner({"kind": "mic_off", "reason": reason})

    def begin_anew(self) -> None:
        """Tell the owner again what it may have missed of its microphone."""
        if self._pages.microphone and (refusal := self.refusal()) is not None:
            self.let_go(refusal)

    def left(self) -> None:
        """Note that who spoke is no longer the owner: what was said needs its silence."""
        self._fall_silent()

    def event(self, event: Event) -> None:
        """Take one received event."""
        self._tail.event(event)

    def follow_format(self) -> None:
        """Encode as the session object in force says."""
        wire = self._status.format("input")
        # An encoder remembers the sound before: it stays while the format does.
        if self.encoder.wire != (wire or {}):
            self.encoder = Encoder(wire)

    def stop(self) -> None:
        """Send no more silence."""
        self._tail.stop()

    def _fall_silent(self) -> None:
        # On a call the page goes on by itself, with silence.
        if self._session.transport.carries_audio:
            self._tail.begin(self._status.kind)

    def _append(self, pcm: bytes) -> None:
        self._session.append_audio(self.encoder(pcm))
