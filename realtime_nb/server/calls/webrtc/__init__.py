"""A page's WebRTC: its peer connection, its track and its data channel, through aiortc.

The only place that imports aiortc, and nothing imports this before a page makes an offer.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.calls.webrtc.leg import WebRtcLeg


async def open_peer(call: Call, offer_sdp: str) -> tuple[WebRtcLeg, str]:
    """Return a media leg for an offer, and the answer.

    Parameters
    ----------
    call
        Whose sound it will be.
    offer_sdp
        The page's; untrusted.

    Raises
    ------
    WireError
        When the offer is none, or aiortc is not installed.
    """
    try:
        # It takes most of a second, which other sessions must not wait for.
        peer = await asyncio.to_thread(import_module, "realtime_nb.server.calls.webrtc.peer")
    except ModuleNotFoundError as error:
        raise WireError(
            f"WebRTC needs {error.name}, which is not installed: "
            "pip install 'realtime-nb[webrtc]', then start the practice server again.",
            code="webrtc_not_installed",
        ) from None
    return await peer.answer_offer(call, offer_sdp)
