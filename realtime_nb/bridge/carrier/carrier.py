"""Two carriers behind one view: the comm, and the fast path through the server's relay.

Every page begins on the comm. One that could open a WebSocket of its own server says so in its
hello and is offered the id of this chat's port; it opens the relay's WebSocket and joins. From
then on its messages are numbered in each direction. When the fast path is lost, each side sends
what was not confirmed again over the comm, and the other drops what it had: no sound is lost
and none is doubled. Nobody but this module knows which carrier a page is on.

Over the comm a page hears what is for all pages. A page on the fast path is sent its own,
numbered, and ignores what is not; the comm's is sent only while some page needs it.

Bounded: a page that confirms nothing for `SILENT_S` goes back to the comm, one that cannot
hold more is told to begin anew (`Outbox`), and so is one of whose messages one is missing for
`SILENT_S` while later ones come: the network between browser and server was gone, and took it
along. One not heard of for `FORGOTTEN_S` is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.carrier.listener import Listener
from realtime_nb.bridge.carrier.order import Inbox, Outbox
from realtime_nb.bridge.carrier.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.view import Buffers, Handler, Message, View
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.relay.meeting import Line

CONFIRM_S: Final = 0.5
"""What was received is confirmed this often, if nothing is sent that could say so."""
SILENT_S: Final = 5.0
FORGOTTEN_S: Final = 120.0
_WATCH_S: Final = 1.0
_MAX_PAGES: Final = 64
_LONGEST_ID: Final = 128

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Link:
    """One page that has joined the fast path, on whichever carrier it is now.

    Attributes
    ----------
    client
        The page's id.
    epoch
        Its number of this joining: what is numbered for another one is not for this.
    line
        The fast path, None while the page is on the comm.
    confirmed
        Up to which number the page knows that we have its messages.
    missing
        After which number one is missing, and since when; None where none is.
    heard_s
        When it last said anything.
    """

    client: str
    epoch: int
    heard_s: float
    line: Line | None = None
    confirmed: int = 0
    missing: tuple[int, float] | None = None
    confirming: asyncio.TimerHandle | None = None
    inbox: Inbox[tuple[Message, Buffers]] = field(default_factory=Inbox[Any])
    outbox: Outbox = field(default_factory=Outbox)


class Carriers:
    """The pages of a chat as one `View`, each on the best carrier it has.

    Parameters
    ----------
    view
        The comm.
    loop
        The session's loop.
    """

    def __init__(self, view: View, loop: BackgroundLoop) -> None:
        self._comm = view
        self._runner = loop
        self._loop = loop.loop
        self._handler: Handler | None = None
        self._listener: Listener | None = None
        self._links: dict[str, Link] = {}
        self._plain: dict[str, bool] = {}  # pages on the comm, and whether they may join
        self._watch: asyncio.TimerHandle | None = None

    # -- as a view

    def send_message(self, message: Message, buffers: Buffers = ()) -> None:
        """Send one message to every page, or to the one it names; from any thread."""
        if _running_loop() is self._loop:
            self._send(message, buffers)
        else:
            self._runner.post(self._send, message, buffers)

    def on_message(self, handler: Handler) -> Callable[[], None]:
        """Call `handler` with every message from a page; return what takes it off."""
        self._handler = handler
        off = self._comm.on_message(self._from_comm)

        def undo() -> None:
            off()
            self._runner.post(self._stop)

        return undo

    @property
    def fast(self) -> list[str]:
        """The pages that are on the fast path now."""
        return [link.client for link in list(self._links.values()) if link.line is not None]

    # -- out

    def _send(self, message: Message, buffers: Buffers) -> None:
        to = message.get("to")
        if to is None:
            for link in list(self._links.values()):
                self._send_to(link, message, buffers)
            if self._plain or not self._links:
                self._comm.send_message(message, buffers)
        elif (link := self._links.get(to)) is not None:
            self._send_to(link, message, buffers)
        else:
            self._comm.send_message(message, buffers)

    def _send_to(self, link: Link, message: Message, buffers: Buffers) -> None:
        number = link.outbox.number()
        if link.line is None:
            self._send_numbered(link, number, message, buffers)
            return
        packet = Packet(number, link.inbox.last, message, buffers).pack()
        if not link.outbox.keep(number, message, buffers, len(packet), self._loop.time()):
            _log.warning("a page does not take what it is sent: it begins anew")
            self._reset(link)
            return
        link.confirmed = link.inbox.last
        link.line.send(packet)

    def _send_numbered(self, link: Link, number: int, message: Message, buffers: Buffers) -> None:
        numbered = {**message, "to": link.client, "e": link.epoch, "n": number}
        self._comm.send_message(numbered, buffers)

    # -- in, over the comm

    def _from_comm(self, message: Message, buffers: Buffers) -> None:
        if message.get("kind") == "hello" or "n" in message:
            self._runner.post(self._take, message, buffers)
        else:
            self._hand_over(message, buffers)

    def _take(self, message: Message, buffers: Buffers) -> None:
        client = message.get("client")
        if not isinstance(client, str) or len(client) > _LONGEST_ID:
            return
        if message.get("kind") == "hello":
            self._on_hello(client, message, buffers)
            return
        link = self._links.get(client)
        if link is None or link.epoch != message.get("e"):
            self._hand_over(message, buffers)
            self._comm.send_message({"kind": "reset", "to": client})
            return
        self._deliver(link, message.get("n"), message, buffers)

    def _on_hello(self, client: str, message: Message, buffers: Buffers) -> None:
        link = self._links.get(client)
        epoch = message.get("e")
        if link is not None and isinstance(epoch, int) and epoch < link.epoch:
            self._hand_over(message, buffers)  # said before it joined, and overtaken
            return
        self._forget(link)  # it has begun anew
        may_join = message.get("relay") is True
        self._plain.pop(client, None)
        self._plain[client] = may_join
        if len(self._plain) > _MAX_PAGES:
            del self._plain[next(iter(self._plain))]
        self._hand_over(message, buffers)
        if may_join and (place := self._place()):
            self._comm.send_message({"kind": "offer", "to": client, "relay": place})

    def _hand_over(self, message: Message, buffers: Buffers) -> None:
        if self._handler is not None:
            self._handler(message, buffers)

    def _deliver(self, link: Link, number: Any, message: Message, buffers: Buffers) -> None:
        link.heard_s = self._loop.time()
        if not isinstance(number, int):
            return
        try:
            size = sum(memoryview(buffer).nbytes for buffer in buffers)
            due = link.inbox.take(number, (message, buffers), size)
        except OverflowError:
            _log.warning("a page's message is missing: it begins anew")
            self._reset(link)
            return
        for each in due:
            self._hand_over(*each)

    # -- in, over the fast path

    def _place(self) -> str:
        """Return the id under which a relay finds us; empty when that cannot be."""
        if self._listener is None:
            try:
                self._listener = Listener(self._loop, self._talk)
            except OSError as error:
                _log.warning("no fast path: %s", error)
                return ""
        return self._listener.place.id

    async def _talk(self, line: Line) -> None:
        first = _unpack(await line.receive())
        link = None if first is None else self._join(line, first)
        if link is None:
            return
        try:
            while link.line is line and (packet := _unpack(await line.receive())) is not None:
                link.outbox.confirm(packet.got)
                if packet.n:
                    message = {**packet.message, "client": link.client}
                    self._deliver(link, packet.n, message, packet.buffers)
                    self._confirm_soon(link)
                else:
                    link.heard_s = self._loop.time()
        finally:
            if link.line is line:
                self._fall_back(link)

    def _join(self, line: Line, packet: Packet) -> Link | None:
        client, epoch = packet.message.get("client"), packet.message.get("e")
        if packet.n or packet.message.get("kind") != "join":
            return None
        if not isinstance(client, str) or not isinstance(epoch, int):
            return None
        link = self._links.get(client)
        now_s = self._loop.time()
        if link is None or link.epoch != epoch:
            if not self._plain.get(client) or len(self._links) >= _MAX_PAGES:
                return None  # it has never said hello, or was forgotten
            del self._plain[client]
            link = self._links[client] = Link(client, epoch, now_s)
            # The comm's last message without a number: what is numbered comes after it.
            self._send_to(link, {"kind": "moved"}, ())
        elif link.line is not None:
            link.line.close()  # lost on the page's side only
        link.line = line
        link.heard_s = now_s
        line.send(Packet(0, link.inbox.last, {"kind": "joined"}).pack())
        link.outbox.confirm(packet.got)
        for kept in link.outbox.unconfirmed():
            line.send(Packet(kept.number, link.inbox.last, kept.message, kept.buffers).pack())
        if self._watch is None:
            self._watch_again()
        return link

    def _confirm_soon(self, link: Link) -> None:
        if link.confirming is None:
            link.confirming = self._loop.call_later(CONFIRM_S, self._confirm, link)

    def _confirm(self, link: Link) -> None:
        link.confirming = None
        if link.line is not None and link.confirmed != link.inbox.last:
            link.confirmed = link.inbox.last
            link.line.send(Packet(0, link.inbox.last, {"kind": "got"}).pack())

    # -- from one to the other

    def _fall_back(self, link: Link) -> None:
        """Go on over the comm, with what the page may not have."""
        line, link.line = link.line, None
        if line is not None:
            line.close()
        if self._links.get(link.client) is not link:
            return
        for kept in link.outbox.unconfirmed():
            self._send_numbered(link, kept.number, kept.message, kept.buffers)
        link.outbox.clear()

    def _reset(self, link: Link) -> None:
        """Have a page begin anew, as if it had just come."""
        self._forget(link)
        self._comm.send_message({"kind": "reset", "to": link.client})

    def _forget(self, link: Link | None) -> None:
        if link is None:
            return
        self._links.pop(link.client, None)
        line, link.line = link.line, None
        if line is not None:
            line.close()
        if link.confirming is not None:
            link.confirming.cancel()
            link.confirming = None

    def _watch_again(self) -> None:
        due_s = self._loop.time() + _WATCH_S
        self._watch = self._loop.call_at(due_s, self._look_after, due_s)

    def _look_after(self, due_s: float) -> None:
        now_s = self._loop.time()
        self._watch = None
        if now_s - due_s < _WATCH_S:  # else it was us who did not read
            for link in list(self._links.values()):
                if self._misses(link, now_s):
                    _log.warning("a page's message is missing: it begins anew")
                    self._reset(link)
                    continue
                oldest_s = link.outbox.oldest_s()
                if link.line is None:
                    if now_s - link.heard_s > FORGOTTEN_S:
                        self._reset(link)
                elif oldest_s is not None and now_s - max(oldest_s, link.heard_s) > SILENT_S:
                    self._fall_back(link)
        if self._links:
            self._watch_again()

    def _misses(self, link: Link, now_s: float) -> bool:
        """Whether a message has been missing for long, while later ones wait for it."""
        if not link.inbox.waiting:
            link.missing = None
        elif link.missing is None or link.missing[0] != link.inbox.last:
            link.missing = link.inbox.last, now_s
        return link.missing is not None and now_s - link.missing[1] > SILENT_S

    def _stop(self) -> None:
        self._handler = None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for link in self._links.values():
            self._fall_back(link)
            self._send_to(link, {"kind": "offer", "relay": ""}, ())
        if self._listener is not None:
            self._listener.close()
            self._listener = None


def _unpack(data: bytes | None) -> Packet | None:
    if data is None:
        return None
    try:
        return Packet.unpack(data)
    except ValueError as error:
        _log.warning("a packet of the fast path could not be read: %s", error)
        return None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
