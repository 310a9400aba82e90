"""The sideband of a call: a WebSocket that is dialled again while the call goes on without it.

What the service said meanwhile is lost to us. In its place comes one frame of type `GAP`,
which the log keeps and which says how long it was. No other frame is made here.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from typing import TYPE_CHECKING, Final, Protocol

from realtime_nb.errors import ConnectionFailed, ConnectionLost
from realtime_nb.protocol.restored.gap import GAP

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

DELAYS_S: Final = (0.2, 1.0, 3.0)
"""How long each further dial waits, in seconds."""

STEADY_S: Final = 10.0
"""How long a connection must last for the next dials to count from the first again, in seconds."""

# Too early, too many, too slow: these refuse the moment and not the call.
_REFUSED_FOR_GOOD: Final = re.compile(r"\bHTTP 4(?!08|25|29)\d\d")

# Ends that say nothing of the call: no farewell, no status, and the service's own trouble.
_BROKEN: Final = frozenset({None, 1005, 1006, 1011, 1012, 1013, 1015})


class AnyWire(Protocol):
    """What carries text frames between a session and its service; see `Wire`."""

    @property
    def writable(self) -> bool:
        """As `Wire.writable`."""
        ...

    def call_when_writable(self, callback: Callable[[], object] | None) -> None:
        """As `Wire.call_when_writable`."""
        ...

    def send(self, frame: str) -> None:
        """As `Wire.send`."""
        ...

    async def drained(self) -> None:
        """As `Wire.drained`."""
        ...

    async def receive(self) -> bytes:
        """As `Wire.receive`."""
        ...

    def hand_over(self, callback: Callable[[bytes], object]) -> None:
        """As `Wire.hand_over`."""
        ...

    async def ended(self) -> None:
        """As `Wire.ended`."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """As `Wire.close`."""
        ...

    def abort(self) -> None:
        """As `Wire.abort`."""
        ...

    def lost(self) -> ConnectionLost:
        """As `Wire.lost`."""
        ...


class CallWire:
    """A call's sideband, see `AnyWire`; everything is for the loop it was dialled on.

    Parameters
    ----------
    inner
        The open WebSocket.
    dial
        Opens it anew.
    on_end
        Called once, when it is over for good, whoever ended it.
    delays_s
        How long each further dial waits, in seconds; their number bounds the tries, also of a
        connection that opens each time and breaks at once.
    """

    def __init__(
        self,
        inner: AnyWire,
        dial: Callable[[], Awaitable[AnyWire]],
        *,
        on_end: Callable[[], object] = lambda: None,
        delays_s: Sequence[float] = DELAYS_S,
    ) -> None:
        self._inner = inner
        self._dial = dial
        self._on_end = on_end
        self._delays_s = delays_s
        self._taker: Callable[[bytes], object] | None = None
        self._on_writable: Callable[[], object] | None = None
        self._away = False
        self._dials = 0
        self._back_s = -math.inf
        self._resumed = asyncio.Event()
        self._stopped = asyncio.Event()
        self._end: ConnectionLost | None = None
        self._over = False

    # -- sending

    @property
    def writable(self) -> bool:
        """Whether frames may be sent now; not while it is dialled again."""
        return not self._away and self._inner.writable

    def call_when_writable(self, callback: Callable[[], object] | None) -> None:
        """Have `callback` called each time frames are taken again, or it is gone."""
        self._on_writable = callback
        self._inner.call_when_writable(callback)

    def send(self, frame: str) -> None:
        """Hand a text frame to the socket; raises `ConnectionLost` while there is none."""
        self._inner.send(frame)

    async def drained(self) -> None:
        """Wait until `writable`; returns at once when it is, or at the end."""
        while not self.writable and not self._over:
            if self._away:
                self._resumed.clear()
                await self._resumed.wait()
            else:
                await self._inner.drained()

    # -- receiving

    async def receive(self) -> bytes:
        """Return the next frame, a `GAP` where some were missed; `ConnectionLost` at the end."""
        if self._away:
            # Whoever read the gap knows of it by now: what waited may leave.
            self._away = False
            self._tell()
        try:
            return await self._inner.receive()
        except ConnectionLost as end:
            if self._end is None and end.code in _BROKEN:
                return await self._come_back(end)
            self._finish(end)
            raise self.lost() from None

    def hand_over(self, callback: Callable[[bytes], object]) -> None:
        """Have `callback` called with each frame as it comes; see `Wire.hand_over`."""
        self._taker = callback
        self._inner.hand_over(callback)

    async def _come_back(self, end: ConnectionLost) -> bytes:
        loop = asyncio.get_running_loop()
        since_s = loop.time()
        self._away = True
        if since_s - self._back_s >= STEADY_S:
            self._dials = 0
        for tries, delay_s in enumerate(self._delays_s[self._dials :], 1):
            self._dials += 1
            await self._pause(delay_s)
            if self._end is not None:
                break
            try:
                self._inner = await self._dial()
            except ConnectionFailed as refused:
                if _REFUSED_FOR_GOOD.search(str(refused)):
                    break  # the call is over
                continue
            self._back_s = loop.time()
            return self._returned((self._back_s - since_s) * 1000, tries)
        self._away = False
        self._finish(end)
        raise self.lost() from None

    async def _pause(self, delay_s: float) -> None:
        try:
            async with asyncio.timeout(delay_s):
                await self._stopped.wait()
        except TimeoutError:
            return

    def _returned(self, away_ms: float, tries: int) -> bytes:
        self._inner.call_when_writable(self._on_writable)
        if self._end is not None:
            self._inner.abort()
        elif self._taker is not None:
            self._inner.hand_over(self._taker)
        return json.dumps({"type": GAP, "away_ms": round(away_ms), "tries": tries}).encode()

    # -- the end

    def stop(self, reason: str) -> None:
        """End it because the call is over, as whoever carries its sound says."""
        if self._end is None:
            self._end = ConnectionLost(" ".join(reason.split()) or "the call is over")
        self._stopped.set()
        self._inner.abort()

    async def ended(self) -> None:
        """Wait until a connection that is closing has closed."""
        await self._inner.ended()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and wait for the end; idempotent."""
        self._end = self._end or ConnectionLost("the call was left", code=code)
        self._stopped.set()
        await self._inner.close(code, reason)
        self._finish(self._end)

    def abort(self) -> None:
        """Drop the connection without a goodbye."""
        self._end = self._end or self._inner.lost()
        self._stopped.set()
        self._inner.abort()
        self._finish(self._end)

    def lost(self) -> ConnectionLost:
        """Return the error that says how it ended."""
        end = self._end
        return self._inner.lost() if end is None else ConnectionLost(str(end), code=end.code)

    def _finish(self, end: ConnectionLost) -> None:
        self._end = self._end or end
        if not self._over:
            self._over = True
            self._tell()
            self._on_end()

    def _tell(self) -> None:
        self._resumed.set()
        if self._on_writable is not None:
            self._on_writable()
