"""A page's WebRTC call, as the kernel sees it.

The peer connection lives in the page that owns the chat: there are the microphone and the
loudspeaker. From here it is asked for an offer, given the answer, and told to hang up. What is
said between the two, all of kind ``rtc``, each with the number of its ``call``:

=========  ================  ==========================================================
direction  op                fields
=========  ================  ==========================================================
to page    ``offer``         have an offer made, without the microphone
to page    ``answer``        ``sdp``: connect
to page    ``direct``        ``url``, ``key``: post the offer itself, and connect
to page    ``send``          ``text``: over the data channel
to page    ``hush``          play nothing more of the answer under way
to page    ``hang_up``       the call is over
from page  ``offer``         ``sdp``
from page  ``state``         ``state``: ``connected`` (with ``call_id`` where the page called
                             by itself, null where it cannot read it) or ``closed`` (``why``)
from page  ``failed``        ``stage``, ``why``
from page  ``message``       ``text``: of the data channel, where the page called by itself
=========  ================  ==========================================================

A call belongs to the page that made its offer. When that page is left, the call is over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.transport.call_control import call_id_in
from realtime_nb.client.transport.rtc import failed_at
from realtime_nb.errors import ConnectionFailed
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.client.endpoints.secret import Secret

PAGE_S: Final = 10.0
"""How long a page may take to come, in seconds: a notebook that is executed has none."""

OFFER_S: Final = 10.0
"""How long a page may take to make an offer, in seconds."""

CONNECT_S: Final = 20.0
"""How long a page may take to connect, in seconds; it gives up by itself before."""

LEFT: Final = (
    "the page that held the WebRTC call was closed or reloaded: run the cell again to call anew"
)
_LONGEST_WHY: Final = 300
_POLL_S: Final = 0.05


class RtcPeer:
    """Asks a page for a call, and tells what becomes of it.

    Implements `realtime_nb.client.transport.transports.PagePeer`. A `Bridge` that is given it
    lends it its pages; everything here runs on the session's loop.

    Parameters
    ----------
    page_s, offer_s, connect_s
        How long a page may take to come, to make an offer, and to connect, in seconds.

    Attributes
    ----------
    client
        Client id of the page that holds the call; None where none does.
    connected
        Whether the call is up.
    """

    def __init__(
        self, *, page_s: float = PAGE_S, offer_s: float = OFFER_S, connect_s: float = CONNECT_S
    ) -> None:
        self._page_s, self._offer_s, self._connect_s = page_s, offer_s, connect_s
        self._announcer: Announcer | None = None
        self._pages: Pages | None = None
        self._number = 0
        self._waits: asyncio.Future[Message] | None = None
        self._wanted = ""
        self._last: str | None = None
        self._on_message: list[Callable[[str], object]] = []
        self._on_closed: list[Callable[[str], object]] = []
        self.client: str | None = None
        self.connected = False

    def attach(self, announcer: Announcer, pages: Pages) -> None:
        """Take the way to the pages; the bridge calls it."""
        self._announcer, self._pages = announcer, pages

    # -- what a transport asks for

    async def offer(self) -> str:
        """Have the page make an offer.

        Returns
        -------
        str
            The SDP.

        Raises
        ------
        ConnectionFailed
            When no page is there, or it can make none.
        """
        await self._begin()
        asked = {"op": "offer"}
        said = await self._ask(asked, "offer", self._offer_s, "the page", "made no offer")
        return str(said.get("sdp", ""))

    async def answer(self, sdp: str) -> None:
        """Hand the page the service's answer; return when sound and data channel are up.

        Raises
        ------
        ConnectionFailed
            When it does not come to that; its text names the stage.
        """
        asked = {"op": "answer", "sdp": sdp}
        await self._ask(asked, "state", self._connect_s, "ICE", "did not connect")

    async def direct(self, url: str, key: Secret) -> str | None:
        """Have the page call by itself; return when sound and data channel are up.

        Parameters
        ----------
        url
            Where the offer is posted.
        key
            An ephemeral key; it goes to the page in this one message.

        Returns
        -------
        str or None
            The call's id; None where the page may not read it.

        Raises
        ------
        ConnectionFailed
            When it does not come to that; its text names the stage.
        """
        await self._begin()
        asked = {"op": "direct", "url": url, "key": key.reveal()}
        try:
            said = await self._ask(asked, "state", self._connect_s, "ICE", "did not connect")
        except ConnectionFailed as failure:
            raise ConnectionFailed(key.scrub(str(failure))) from None
        call_id = said.get("call_id")
        return call_id_in(call_id) or None if isinstance(call_id, str) else None

    def send(self, text: str) -> None:
        """Send a text over the page's data channel."""
        self._tell({"op": "send", "text": text})

    def hush(self) -> None:
        """Have the page play nothing more of the answer under way."""
        if self.connected:
            self._tell({"op": "hush"})

    def hang_up(self) -> None:
        """End the call in the page; nothing happens when there is none."""
        if self.client is not None:
            self._tell({"op": "hang_up"})
        self._forget()

    def on_message(self, callback: Callable[[str], object]) -> None:
        """Have `callback` called with each text of the data channel of a direct call."""
        self._on_message.append(callback)

    def on_closed(self, callback: Callable[[str], object]) -> None:
        """Have `callback` called, with the reason, when a call that was up ends in the page."""
        self._on_closed.append(callback)

    # -- what a page says

    def holds(self, client: str) -> bool:
        """Whether the call is this page's."""
        return self.client == client

    def held(self, client: str) -> bool:
        """Whether the call that is over was this page's."""
        return self.client is None and self._last == client

    def receive(self, client: str, message: Message, _buffers: Buffers = ()) -> None:
        """Take a message of kind ``rtc``; one of another page or call is none."""
        if client != self.client or message.get("call") != self._number:
            return
        match message.get("op"):
            case "message":
                text = message.get("text")
                if isinstance(text, str) and self.connected:
                    for callback in list(self._on_message):
                        callback(text)
            case "state" if message.get("state") == "closed":
                self._ended(_one_line(message.get("why")) or "the WebRTC call ended in the page")
            case "failed":
                self._failed(_one_line(message.get("stage")), _one_line(message.get("why")))
            case "state" if message.get("state") == "connected" and self._wanted == "state":
                # At once: what the page says next may be here before the one who asked goes on.
                self.connected = True
                self._settle(message)
            case "offer" if self._wanted == "offer":
                self._settle(message)
            case _:
                pass

    def left(self, client: str) -> None:
        """Note that a page was left: with it goes its call."""
        if client == self.client:
            self._ended(LEFT)

    # -- inside

    async def _begin(self) -> None:
        self.hang_up()
        await self._page()
        self._number += 1
        self.client = self._last = None if self._pages is None else self._pages.owner

    async def _page(self) -> None:
        """Wait for a page to be there."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._page_s
        while self._pages is None or self._pages.owner is None or self._pages.left:
            if loop.time() >= until_s:
                raise failed_at(
                    "the page",
                    f"none showed this chat within {self._page_s:g} s, and the call runs in one",
                )
            await asyncio.sleep(_POLL_S)

    async def _ask(
        self, message: Message, wanted: str, wait_s: float, stage: str, did: str
    ) -> Message:
        if self.client is None:
            raise failed_at("the page", LEFT)
        waits: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waits, self._wanted = waits, wanted
        self._tell(message)
        try:
            return await asyncio.wait_for(waits, wait_s)
        except TimeoutError:
            self.hang_up()
            raise failed_at(stage, f"the page {did} within {wait_s:g} s") from None
        except BaseException:
            self.hang_up()
            raise
        finally:
            self._waits, self._wanted = None, ""

    def _tell(self, message: Message) -> None:
        if self._announcer is not None and self.client is not None:
            self._announcer.to(self.client, {"kind": "rtc", "call": self._number, **message})

    def _settle(self, message: Message) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(message)

    def _failed(self, stage: str, why: str) -> None:
        failure = failed_at(stage or "the page", why or "no reason given")
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(failure)
        else:
            self._ended(str(failure))

    def _ended(self, why: str) -> None:
        was_up = self.connected
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(failed_at("the page", why))
        self._forget()
        if was_up:
            for callback in list(self._on_closed):
                callback(why)

    def _forget(self) -> None:
        self.client = None
        self.connected = False


def _one_line(value: Any) -> str:
    """Return what a page wrote, as one line for people."""
    return shorten(" ".join(value.split()), _LONGEST_WHY) if isinstance(value, str) else ""
