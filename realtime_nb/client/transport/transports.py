"""How a session reaches its service.

==================  ========================  ==========================================
name                events                    sound
==================  ========================  ==========================================
``websocket``       a WebSocket               on it, both ways
``webrtc``          a WebSocket by call id    the page's peer connection
``webrtc-direct``   the page's data channel   the page's peer connection
``sideband``        a WebSocket by call id    wherever the call runs
==================  ========================  ==========================================

Those of a page's call are in `realtime_nb.client.transport.page_transports`.

One transport is for one session. Everything but attributes is for the session's loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from realtime_nb.client.restoring.heartbeat import ANSWER_S, EVERY_S
from realtime_nb.client.transport.call_control import check_call_id, require_calls
from realtime_nb.client.transport.call_life import end_call
from realtime_nb.client.transport.call_wire import AnyWire, CallWire
from realtime_nb.client.transport.wire import Wire
from realtime_nb.errors import ConnectionFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.protocol.config.problem import SessionKind

__all__ = [
    "AnyWire",
    "SidebandTransport",
    "Transport",
    "TransportName",
    "WebSocketTransport",
    "sideband",
]

TransportName: TypeAlias = Literal["websocket", "webrtc", "webrtc-direct", "sideband"]

ASKS_AFTER_S: Final = 1.0
"""So long may pass without ``session.created`` on a call before it is asked for, in seconds."""


class Transport(Protocol):
    """How a session reaches its service.

    Where the sound does not go with the events it runs on a media leg elsewhere, and
    `RealtimeSession.append_audio` is an error. Where the config goes with the dial no update
    asks for it again, unless the service has something else in force. `asks_after_s` is for
    services that may not send ``session.created``; None where it always comes.
    """

    @property
    def name(self) -> TransportName:
        """Which one it is."""
        ...

    @property
    def carries_audio(self) -> bool:
        """Whether the sound goes with the events."""
        ...

    @property
    def configured(self) -> bool:
        """Whether the config goes with the dial."""
        ...

    @property
    def asks_after_s(self) -> float | None:
        """How long to wait before the session is asked for, in seconds."""
        ...

    @property
    def call_id(self) -> str | None:
        """The call's id, once it is known."""
        ...

    async def dial(
        self, endpoint: Endpoint, kind: SessionKind, config: Mapping[str, Any]
    ) -> AnyWire:
        """Reach the service.

        Raises
        ------
        ConnectionFailed
            When that fails; the text names the stage.
        ServerError
            When the service refuses the config that goes along.
        """
        ...

    async def hang_up(self, endpoint: Endpoint) -> None:
        """End the call, for all who are in it.

        Raises
        ------
        UsageError
            When there is no call.
        ConnectionFailed, ServerError
            When the service does not end it.
        """
        ...


class WebSocketTransport:
    """One WebSocket for events and sound.

    Parameters
    ----------
    pings
        How often a ping goes out, and how long after one something must come, in seconds.
    """

    name: TransportName = "websocket"
    carries_audio: bool = True
    configured: bool = False
    asks_after_s: float | None = None
    call_id: str | None = None

    def __init__(self, pings: tuple[float, float] = (EVERY_S, ANSWER_S)) -> None:
        self._pings = pings

    async def dial(
        self,
        endpoint: Endpoint,
        kind: SessionKind,
        config: Mapping[str, Any],  # noqa: ARG002 -- it goes with an update
    ) -> AnyWire:
        """Open the WebSocket; see `Wire.dial`."""
        return await Wire.dial(endpoint, kind=kind, pings=self._pings)

    async def hang_up(self, endpoint: Endpoint) -> None:  # noqa: ARG002 -- there is none
        """Raise `UsageError`: there is no call."""
        raise UsageError("this session is no call: close() ends it")


class SidebandTransport:
    """A call that runs elsewhere, joined by its id; leaving it does not end it.

    Parameters
    ----------
    call_id
        The call's id.
    ours
        Whether the call was accepted here, so that nobody else answers what its model calls.
    """

    name: TransportName = "sideband"
    carries_audio: bool = False
    configured: bool = False
    asks_after_s: float | None = ASKS_AFTER_S

    def __init__(self, call_id: str, *, ours: bool = False) -> None:
        self.call_id = check_call_id(call_id)
        self.ours = ours

    async def dial(
        self,
        endpoint: Endpoint,
        kind: SessionKind,
        config: Mapping[str, Any],  # noqa: ARG002 -- it goes with an update
    ) -> AnyWire:
        """Join the call."""
        require_calls(endpoint, kind)
        dial = sideband(endpoint, self.call_id)
        return CallWire(await dial(), dial)

    async def hang_up(self, endpoint: Endpoint) -> None:
        """End the call, for all who are in it.

        Raises
        ------
        ConnectionFailed
            When the service does not end it; it goes on then, and so does the session.
        """
        try:
            await end_call(endpoint, self.call_id)
        except ConnectionFailed as error:
            raise ConnectionFailed(
                f"the call was not ended and goes on: {error}; try hang_up() again, or leave it"
                " with close()"
            ) from None


def sideband(endpoint: Endpoint, call_id: str) -> Callable[[], Awaitable[AnyWire]]:
    """Return what joins a call by its id; each call of it raises `ConnectionFailed` or joins."""

    async def dial() -> AnyWire:
        try:
            return await Wire.dial(endpoint, query={"call_id": call_id})
        except ConnectionFailed as error:
            raise ConnectionFailed(f"the sideband to {call_id} did not open: {error}") from None

    return dial
