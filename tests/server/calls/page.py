"""A page of aiortc: offers, sends a tone or silence, hears, talks on the data channel."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from realtime_nb.server.calls.webrtc.addresses import stay_on_this_computer
from tests.server.serving import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

RATE = 48_000
FRAME = 960


class Microphone(MediaStreamTrack):
    """Silence, or a loud square wave while `speaking`."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.speaking = False
        self._sent = 0
        self._begun_s: float | None = None

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        if self._begun_s is None:
            self._begun_s = loop.time()
        await asyncio.sleep(max(0.0, self._begun_s + self._sent / RATE - loop.time()))
        ticks = np.arange(self._sent, self._sent + FRAME) * 1000 // RATE
        wave = np.where(ticks % 2, 8_000, -8_000) if self.speaking else np.zeros(FRAME)
        frame = AudioFrame.from_ndarray(wave.astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        frame.pts = self._sent
        frame.time_base = Fraction(1, RATE)
        self._sent += FRAME
        return frame


class Page:
    """One page with one call."""

    def __init__(self) -> None:
        stay_on_this_computer()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.microphone = Microphone()
        self.peer.addTrack(self.microphone)
        self.channel = self.peer.createDataChannel("oai-events")
        self.events: list[Json] = []
        self.levels: list[int] = []
        self._news = asyncio.Event()
        self._sounded = asyncio.Event()
        self._hearing: asyncio.Task[None] | None = None
        self.channel.on("message", self._on_message)
        self.peer.on("track", self._on_track)

    async def offer(self) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def answer(self, sdp: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    def send(self, kind: str, **fields: Any) -> None:
        self.channel.send(json.dumps({"type": kind, **fields}))

    async def event(self, kind: str, *, nth: int = 1, within_s: float = 20.0) -> Json:
        """Return the nth event of a kind, as soon as it is there."""
        async with asyncio.timeout(within_s):
            while True:
                found = [event for event in self.events if event["type"] == kind]
                if len(found) >= nth:
                    return found[nth - 1]
                self._news.clear()
                await self._news.wait()

    async def hears(self, *, loud: bool = True, within_s: float = 20.0) -> None:
        """Return when sound is heard, or silence."""
        del self.levels[:]
        async with asyncio.timeout(within_s):
            while not any((level > 100) is loud for level in self.levels):
                self._sounded.clear()
                await self._sounded.wait()

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def close(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        await self.peer.close()

    def _on_message(self, message: str) -> None:
        self.events.append(json.loads(message))
        self._news.set()

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._hearing = asyncio.ensure_future(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame: Any = await track.recv()
            except MediaStreamError:
                return
            self.levels.append(int(np.abs(frame.to_ndarray().astype(np.int32)).max()))
            self._sounded.set()


async def post(
    url: str,
    body: str | bytes,
    *,
    media_type: str = "application/sdp",
    key: str = TOKEN,
    **headers: str,
) -> HTTPResponse:
    """Post, and return whatever is answered."""
    return await AsyncHTTPClient().fetch(
        url,
        method="POST",
        body=body,
        headers={"Content-Type": media_type, "Authorization": f"Bearer {key}", **headers},
        raise_error=False,
    )


@asynccontextmanager
async def page_on_call(url: str, *, key: str = TOKEN) -> AsyncIterator[tuple[Page, str]]:
    """Yield a page whose call is up, and the call's id."""
    page = Page()
    try:
        reply = await post(f"{url}/realtime/calls", await page.offer(), key=key)
        assert reply.code == 201, reply.body
        await page.answer(reply.body.decode())
        await page.event("session.created")
        yield page, reply.headers["Location"].rpartition("/")[2]
    finally:
        await page.close()
