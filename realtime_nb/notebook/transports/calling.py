"""What a chat knows of the call that its session may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.bridge.rtc import RtcPeer
from realtime_nb.client.transport.page_transports import DirectTransport, WebRTCTransport
from realtime_nb.errors import UsageError
from realtime_nb.notebook.transports.choice import DIRECT, WEBSOCKET, named_transport

if TYPE_CHECKING:
    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.client.transport.transports import Transport, TransportName


def transport_of(asked: str | Transport | None) -> tuple[Transport | None, RtcPeer | None]:
    """Return a transport, and what joins it to the pages where the call is a page's.

    Parameters
    ----------
    asked
        A name, see `choice`, or a transport of the caller's own; None for the usual one.

    Raises
    ------
    UsageError
        For a name that there is none of.
    """
    if asked is None:
        return None, None
    if not isinstance(asked, str):
        return asked, None
    name = named_transport(asked)
    if name == WEBSOCKET:
        return None, None
    peer = RtcPeer()
    return (DirectTransport(peer) if name == DIRECT else WebRTCTransport(peer)), peer


class HasCall:
    """How a `Chat` reaches its service, and the end of a call."""

    if TYPE_CHECKING:
        session: RealtimeSession
        name: str

    @property
    def transport(self) -> TransportName:
        """``websocket``, ``webrtc``, ``webrtc-direct`` or ``sideband``."""
        return self.session.transport.name

    @property
    def call_id(self) -> str | None:
        """The id of the call, for `realtime_nb.attach`; None where there is none, or it is secret.

        A page that calls by itself may not be able to read it.
        """
        return self.session.call_id

    def hang_up(self) -> Call[None]:
        """End the call for all who are in it; `close` of a sideband only leaves it.

        Raises
        ------
        UsageError
            When the session is no call.
        """
        if self.transport == WEBSOCKET:
            raise UsageError(
                f"{self.name!r} goes over a WebSocket and is no call: {self.name}.close() ends it."
            )
        return self.session.hang_up()
