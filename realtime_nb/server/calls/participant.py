"""One link of a call: its data channel, or a sideband."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.connection import Exits

Json = dict[str, Any]


class Participant:
    """What a `Connection` takes for its session: a share in a call's.

    Parameters
    ----------
    call
        The call.
    exits
        Where its events go; the gate is not waited for, as one who lags must not hold the
        others up.

    Attributes
    ----------
    gone : asyncio.Event
        Set when the link is no more.
    """

    def __init__(self, call: Call, exits: Exits) -> None:
        self._call = call
        self._exits = exits
        self.gone = asyncio.Event()

    def start(self) -> None:
        """Join: `session.created` comes first, then every event."""
        self._call.join(self)

    async def handle(self, frame: str | bytes) -> None:
        """Take one frame of the client."""
        await self._call.handle(frame, self)

    async def close(self) -> None:
        """Leave; the call goes on."""
        self._call.leave(self)
        self.gone.set()

    def tell(self, event: Json) -> None:
        """Send an event to this link."""
        self._exits.sink(event)

    def dismiss(self, code: int, reason: str) -> None:
        """Close the link after what was sent."""
        self._exits.on_over(code, reason)
