"""What a page does for a WebRTC call, and how its stages are named when one fails.

A page is whoever has a peer connection: the widget's page, or in a test one made with
``aiortc``. It never sees the real key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from realtime_nb.errors import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.endpoints.secret import Secret

_LONGEST: Final = 300


class PagePeer(Protocol):
    """A page's peer connection.

    Everything is called on the session's loop. The callbacks may be called from any thread;
    they return at once. What fails is a `ConnectionFailed`, best made with `failed_at`.
    """

    async def offer(self) -> str:
        """Make the peer connection and return its SDP offer.

        Raises
        ------
        ConnectionFailed
            When there is no page, or it has no ``RTCPeerConnection``.
        """
        ...

    async def answer(self, sdp: str) -> None:
        """Take the service's SDP; return when ICE, DTLS and the data channel are up.

        Raises
        ------
        ConnectionFailed
            When they do not come up in time.
        """
        ...

    async def direct(self, url: str, key: Secret) -> str | None:
        """Make the whole call from the page: it posts its own offer to `url` with `key`.

        Parameters
        ----------
        url
            Of the service's calls.
        key
            An ephemeral key.

        Returns
        -------
        str or None
            The call's id, where the page may read ``Location``. Then ICE, DTLS and the data
            channel are up.
        """
        ...

    def send(self, text: str) -> None:
        """Send one text frame on the data channel."""
        ...

    def on_message(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called with each text frame of the data channel, in order."""
        ...

    def on_closed(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called once, with the reason, when the page or its connection goes."""
        ...

    def hang_up(self) -> None:
        """Close the peer connection, in whatever state; may be called again."""
        ...


def failed_at(stage: str, why: str) -> ConnectionFailed:
    """Return the error of a call that failed.

    Parameters
    ----------
    stage
        Where: ``page``, ``permission``, ``SDP``, ``HTTP 429``, ``ICE``, ``sideband``, …
    why
        What is known; one line of it is kept.
    """
    said = " ".join(why.split())[:_LONGEST].rstrip(".;")
    return ConnectionFailed(
        f"WebRTC failed at {stage}: {said}; --transport websocket goes another way"
    )
