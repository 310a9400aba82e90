"""A page's sound: what it says is heard, what is answered goes out on a track."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiortc.mediastreams import MediaStreamError

from realtime_nb.server.beside import Beside
from realtime_nb.server.calls.webrtc.channel import ChannelLink
from realtime_nb.server.calls.webrtc.hearing import SILENCE_AFTER_S, Hearing
from realtime_nb.server.calls.webrtc.track import AnswerTrack
from realtime_nb.server.connection import Connection

if TYPE_CHECKING:
    from aiortc import RTCDataChannel, RTCPeerConnection
    from aiortc.mediastreams import MediaStreamTrack

    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.calls.leg import LegKind

EVENTS_LABEL: Final = "oai-events"


class WebRtcLeg:
    """The media leg of a page.

    Parameters
    ----------
    call
        Whose sound this is.
    peer
        The peer connection, before it has seen the offer.
    """

    def __init__(self, call: Call, peer: RTCPeerConnection) -> None:
        self._call = call
        self._peer = peer
        self._track = AnswerTrack()
        self._channel: ChannelLink | None = None
        self._beside = Beside("a page's call failed")
        self._closed = False
        self._heard: MediaStreamTrack | None = None
        peer.addTrack(self._track)
        peer.on("track", self._on_track)
        peer.on("datachannel", self._on_channel)
        peer.on("connectionstatechange", self._on_state)

    @property
    def kind(self) -> LegKind:
        """What carries the sound."""
        return "webrtc"

    @property
    def played_ms(self) -> float:
        """How much of what was given to `play` has gone out, at real time."""
        return self._track.played_ms

    def start(self) -> None:
        """Begin to hear; the call has its session now."""
        if self._heard is not None:
            self._beside.run(self._hear(self._heard))
        # It may have come this far while the answer was made.
        self._on_state()

    def play(self, pcm: bytes) -> None:
        """Queue sound, PCM16 24 kHz mono."""
        self._track.play(pcm)

    def clear(self) -> None:
        """Drop what has not gone out yet."""
        self._track.clear()

    async def close(self, reason: str) -> None:  # noqa: ARG002 -- a peer connection tells none
        """Close the peer connection and free everything."""
        if self._closed:
            return
        self._closed = True
        self._track.stop()
        await self._beside.end()
        await self._peer.close()

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._heard = track

    def _on_channel(self, channel: RTCDataChannel) -> None:
        open_still = self._channel is not None and not self._channel.left
        if channel.label != EVENTS_LABEL or open_still:
            channel.close()
            return
        if self._call.state == "ended":
            return
        self._channel = link = ChannelLink(channel)
        link.serve(Connection(link, partial(self._call.attach, own=True)))

    def _on_state(self) -> None:
        state = self._peer.connectionState
        if state == "connected":
            self._call.connected()
        elif state in {"failed", "closed"} and not self._closed:
            self._beside.run(self._call.hang_up("the page is gone"))

    async def _hear(self, track: Any) -> None:
        hearing = Hearing()
        while True:
            try:
                # Not `wait_for`: before Python 3.12 it may lose a cancellation, and then the
                # call would never end.
                async with asyncio.timeout(SILENCE_AFTER_S):
                    frame: Any = await track.recv()
            except TimeoutError:
                # The page sends nothing; its time goes on all the same, or no turn would end.
                await self._call.hear(hearing.silence())
                continue
            except MediaStreamError:
                # The page ended its track, not the call.
                await asyncio.sleep(SILENCE_AFTER_S)
                await self._call.hear(hearing.silence())
                continue
            await self._call.hear(hearing.pcm(frame))
