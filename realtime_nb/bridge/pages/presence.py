"""Pages come, are left, and take the sound over from one another: what that means for it.

Who captures and plays is decided by `Pages`; here the microphone is let go, an answer goes on
where it was or is given up, and every page is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.bridge.pages.absence import Absence
from realtime_nb.bridge.pages.facts import PageFacts
from realtime_nb.bridge.pages.pages import LOST_S
from realtime_nb.bridge.pages.succession import Succession

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.capture import Capture
    from realtime_nb.bridge.on_call import OnCall
    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.playing.loudspeaker import Loudspeaker
    from realtime_nb.bridge.turns import Turns
    from realtime_nb.bridge.view import Buffers, Message, PageHandler


class Presence:
    """Lets pages in, and sees to it that one of them captures and plays.

    Parameters
    ----------
    pages
        Which know who the owner is.
    announcer
        The way to the pages.
    capture
        The microphone.
    loudspeaker
        What is being played.
    turns
        What a user does besides speaking.
    on_call
        The call, where the session is one.
    welcome
        Tells a page that came all there is, and whether it is the owner.
    changed
        Called when what pages are told of the session has changed.
    loop
        The loop this runs on.

    Attributes
    ----------
    pages
        What takes a page's messages, by kind.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        pages: Pages,
        announcer: Announcer,
        *,
        capture: Capture,
        loudspeaker: Loudspeaker,
        turns: Turns,
        on_call: OnCall,
        welcome: Callable[[str, bool], None],
        changed: Callable[[], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._pages = pages
        self._announcer = announcer
        self._capture = capture
        self._loudspeaker = loudspeaker
        self._turns = turns
        self._on_call = on_call
        self._welcome = welcome
        self._changed = changed
        self._loop = loop
        self._absence = Absence(pages, turns.abandon, loop)
        self._succession = Succession(pages, loudspeaker, announcer, self.claim, loop)
        self.pages: Mapping[str, PageHandler] = {
            "hello": self._hello,
            "leave": self._leave,
            "take_over": self._take_over,
        }

    def stop(self) -> None:
        """Wait for no page any more, and ask none."""
        self._absence.end()
        self._succession.stop()

    def heard(self, client: str, kind: str) -> None:
        """Note that a page has sent something."""
        self._pages.touch(client, self._loop.time())
        if kind != "leave":
            self._succession.heard(client)

    def sounded(self) -> None:
        """Note that the owner is sent sound."""
        self._succession.sounded()

    def claim(self, client: str) -> None:
        """Make a page the owner, unless another one makes the call."""
        if self._on_call.held_by_another(client):
            return
        before, speaking = self._pages.owner, self._pages.microphone
        left = self._pages.left
        if before != client and not left:
            self._loudspeaker.pass_on()
        if self._pages.claim(client, self._loop.time()):
            if speaking:
                self._capture.left()
            self._announcer.to_all({"kind": "owner", "client": client})
            if left:
                self._loudspeaker.take_up()
            self._succession.settled()

    # -- from the pages

    def _hello(self, client: str, message: Message, _buffers: Buffers) -> None:
        self._succession.come(client)
        self._pages.note(client, PageFacts.read(message.get("page")))
        before, speaking = self._pages.owner, self._pages.microphone
        now_s = self._loop.time()
        lost = not self._pages.left and self._pages.silent_s(now_s) > LOST_S
        owner = not self._on_call.held_by_another(client) and self._pages.arrive(
            client, now_s, playing=self._loudspeaker.downlink.active
        )
        come_for_another = before not in (None, client) and owner
        if come_for_another and speaking:
            self._capture.left()
        self._welcome(client, owner)
        if owner:
            self._announcer.to_all({"kind": "owner", "client": client})
        self._announcer.show_early()
        if come_for_another and lost:
            self._turns.abandon()
        elif come_for_another:
            self._loudspeaker.take_up()
        elif before == client:
            self._loudspeaker.begin_anew()
            self._capture.begin_anew()
        self._succession.settled()

    def _leave(self, client: str, _message: Message, _buffers: Buffers) -> None:
        if self._on_call.left(client):
            self._changed()
        if client == self._pages.owner:
            self._capture.switch(on=False)  # where the page's own word for it was lost
        self._absence.begin(client)
        self._succession.leave(client)

    def _take_over(self, client: str, _message: Message, _buffers: Buffers) -> None:
        if self._on_call.held_by_another(client):
            self._on_call.say_others(client)
        self.claim(client)
