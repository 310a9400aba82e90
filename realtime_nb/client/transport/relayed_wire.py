"""The data channel of a page, relayed: a session's only wire when the page calls directly.

The policy: frames that nobody has fetched yet are bounded in bytes; past that the wire ends,
since a hole in a session's events is worse than its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from realtime_nb.errors import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.endpoints.secret import Secret
    from realtime_nb.client.transport.rtc import PagePeer

T = TypeVar("T")

MAX_WAITING_BYTES: Final = 16 * 2**20


class RelayedWire:
    """A wire whose frames go over a page's data channel; see `AnyWire`.

    Parameters
    ----------
    peer
        The page.
    name
        The service, for people.
    key
        The key that the page has: a service that quotes it brings it nowhere.
    """

    def __init__(self, peer: PagePeer, name: str, key: Secret) -> None:
        self._peer = peer
        self._key = key
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._taker: Callable[[bytes], object] | None = None
        self._on_writable: Callable[[], object] | None = None
        self._end: ConnectionLost | None = None
        peer.on_message(self._heard)
        peer.on_closed(self._gone)

    # -- sending

    @property
    def writable(self) -> bool:
        """Whether more may be sent: the page takes all there is."""
        return True

    def call_when_writable(self, callback: Callable[[], object] | None) -> None:
        """Have `callback` called when the wire is gone; it is always writable before."""
        self._on_writable = callback

    def send(self, frame: str) -> None:
        """Hand a text frame to the page.

        Raises
        ------
        ConnectionLost
            When the page is gone.
        """
        if self._end is not None:
            raise self.lost()
        self._peer.send(frame)

    async def drained(self) -> None:
        """Return at once: the page takes all there is."""

    # -- receiving

    async def receive(self) -> bytes:
        """Return the next frame; raise `ConnectionLost` at the end."""
        while not self._waiting:
            if self._end is not None:
                raise self.lost()
            self._news.clear()
            await self._news.wait()
        frame = self._waiting.popleft()
        self._waiting_bytes -= len(frame)
        return frame

    def hand_over(self, callback: Callable[[bytes], object]) -> None:
        """Have `callback` called with each frame as it comes, once those that wait are fetched."""
        self._taker = callback

    def _heard(self, text: str) -> None:
        # A page may send half of a character; what is none of UTF-8 is no frame of a service.
        self._later(self._take, self._key.scrub(text).encode("utf-8", "replace"))

    def _take(self, frame: bytes) -> None:
        if self._end is not None:
            return
        if self._taker is not None and not self._waiting:
            self._taker(frame)
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        self._news.set()
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self._finish(f"the page sent more than {MAX_WAITING_BYTES >> 20} MiB at once")

    # -- the end

    async def ended(self) -> None:
        """Return at once: how it ended is known when it has."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Have the page end the call; idempotent."""
        if self._end is None:
            self._end = ConnectionLost(reason or "the call was closed", code=code)
            self._tell()
        self._peer.hang_up()

    def abort(self) -> None:
        """Have the page end the call; idempotent."""
        if self._end is None:
            self._finish("the call was dropped")
        self._peer.hang_up()

    def lost(self) -> ConnectionLost:
        """Return the error that says how it ended."""
        end = self._end
        if end is None:
            return ConnectionLost(f"the call with {self._name} is over")
        return ConnectionLost(str(end), code=end.code)

    def _gone(self, reason: str) -> None:
        self._later(self._finish, self._key.scrub(reason))

    def _later(self, function: Callable[[T], None], value: T) -> None:
        # A page may speak when the loop has long been stopped.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, value)

    def _finish(self, reason: str) -> None:
        if self._end is None:
            self._end = ConnectionLost(" ".join(reason.split()) or "the page is gone")
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        if self._on_writable is not None:
            self._on_writable()
