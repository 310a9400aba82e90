"""From a page's offer to an answer: what is checked, and what the peer connection is told."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Final

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import SessionDescription

from realtime_nb.server.calls.webrtc.addresses import stay_on_this_computer
from realtime_nb.server.calls.webrtc.leg import WebRtcLeg
from realtime_nb.server.calls.webrtc.limits import MAX_MESSAGE
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from realtime_nb.server.calls.call import Call

_log = logging.getLogger(__name__)

# Ten times what a browser writes for one track. Long ones are read in a time that grows with the
# square of their lines, and everybody waits meanwhile.
MAX_OFFER: Final = 64 << 10
_MESSAGE_LIMIT: Final = re.compile(r"^a=max-message-size:\d+", re.MULTILINE)
_CANDIDATES: Final = re.compile(r"^a=(?:candidate:.*|end-of-candidates)\r?\n?", re.MULTILINE)


async def answer_offer(call: Call, offer_sdp: str) -> tuple[WebRtcLeg, str]:
    """Return a media leg for an offer, and the answer; see `open_peer`."""
    _check(offer_sdp)
    stay_on_this_computer()
    # Without a list aiortc asks a STUN server on the internet, and waits for it.
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    leg = WebRtcLeg(call, peer)
    try:
        await peer.setRemoteDescription(
            RTCSessionDescription(_without_candidates(offer_sdp), "offer")
        )
        answer = await peer.createAnswer()
        await peer.setLocalDescription(answer)
    except Exception as error:  # noqa: BLE001 -- see below
        await _give_back(peer)
        # Whatever aiortc trips over in a stranger's text is the text's fault.
        _log.debug("an offer was refused", exc_info=True)
        raise _no_offer(str(error) or type(error).__name__) from None
    except asyncio.CancelledError:  # the page did not wait; its ports must not be kept
        await _give_back(peer)
        raise
    local = peer.localDescription
    return leg, _MESSAGE_LIMIT.sub(f"a=max-message-size:{MAX_MESSAGE}", local.sdp)


async def _give_back(peer: RTCPeerConnection) -> None:
    """Free a peer connection that came to nothing, however far it came."""
    try:
        await peer.close()
    except Exception:  # noqa: BLE001 -- half made it may not know all its parts
        _log.debug("a peer connection did not close well", exc_info=True)


def _without_candidates(offer_sdp: str) -> str:
    """Leave out where the page says it can be reached: it reaches us, and that tells.

    So nothing is ever sent to an address that a stranger's text names, and no name of the
    kind ``….local``, which browsers write there, is looked up for a second.
    """
    return _CANDIDATES.sub("", offer_sdp)


def _check(offer_sdp: str) -> None:
    if len(offer_sdp) > MAX_OFFER:
        raise _no_offer(f"it has more than {MAX_OFFER} characters")
    if not offer_sdp.startswith("v=0"):
        raise _no_offer("SDP begins with v=0")
    try:
        media = SessionDescription.parse(offer_sdp).media
    except Exception as error:  # noqa: BLE001 -- as in `answer_offer`
        _log.debug("an offer cannot be read", exc_info=True)
        raise _no_offer(str(error) or type(error).__name__) from None
    kinds = [one.kind for one in media]
    if kinds.count("audio") != 1:
        raise _no_offer(f"expected one audio track, but got {kinds.count('audio')}")
    if kinds.count("application") > 1 or set(kinds) - {"audio", "application"}:
        raise _no_offer("expected one audio track and one data channel, nothing else")
    if not all(one.dtls and one.dtls.fingerprints for one in media):
        raise _no_offer("each medium needs a fingerprint (a=fingerprint) and a role (a=setup)")


def _no_offer(why: str) -> WireError:
    line = " ".join(why.split())[:200]
    return WireError(f"The SDP offer cannot be used: {line}.", code="invalid_offer", param="sdp")
