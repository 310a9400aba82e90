"""A page made of aiortc: what a WebRTC session asks of a page, and what it hears."""

from __future__ import annotations

import asyncio
import contextlib
from fractions import Fraction
from typing import Any

import httpx
import numpy as np
import soxr
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from realtime_nb.client.transport.rtc import failed_at
from realtime_nb.server.calls.webrtc.addresses import stay_on_this_computer

RATE = 48_000
FRAME = 960
CONNECT_S = 20.0


class Microphone(MediaStreamTrack):
    """Silence, and what it is given to say; each frame goes to `kept` as well."""

    kind = "audio"

    def __init__(self, kept):
        super().__init__()
        self._kept = kept
        self._waiting = np.zeros(0, np.int16)
        self._sent = 0
        self._begun_s = None

    def say(self, pcm_24k):
        sound = np.frombuffer(pcm_24k, "<i2").astype(np.float32) / 32768
        louder = soxr.resample(sound, 24_000, RATE) * 32767
        self._waiting = np.concatenate([self._waiting, louder.astype(np.int16)])

    async def recv(self):
        loop = asyncio.get_running_loop()
        if self._begun_s is None:
            self._begun_s = loop.time()
        await asyncio.sleep(max(0.0, self._begun_s + self._sent / RATE - loop.time()))
        wave = np.zeros(FRAME, np.int16)
        taken, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
        wave[: len(taken)] = taken
        self._kept("input", wave[::2].tobytes())
        frame = AudioFrame.from_ndarray(wave.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = RATE, self._sent
        frame.time_base = Fraction(1, RATE)
        self._sent += FRAME
        return frame


class RtcPage:
    """A `PagePeer`; `session` is set once there is one, and is given both sides' sound."""

    def __init__(self, *, connect_s=CONNECT_S):
        self.session = None
        self.peer = None
        self.channel = None
        self.microphone = None
        self.offered = 0
        self.hung_up = 0
        self.posted = []
        self._connect_s = connect_s
        self._on_message = lambda _text: None
        self._on_closed = lambda _reason: None
        self._tasks = set()

    # -- what a transport asks for

    async def offer(self):
        stay_on_this_computer()
        self.offered += 1
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.microphone = Microphone(self._keep)
        self.peer.addTrack(self.microphone)
        self.channel = self.peer.createDataChannel("oai-events")
        self.channel.on("message", self._on_message)
        self.peer.on("track", lambda track: self._later(self._hear(track)))
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def answer(self, sdp):
        up = asyncio.Event()
        self.channel.on("open", up.set)
        try:
            await self.peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        except ValueError as error:
            raise failed_at("SDP", str(error)) from None
        if self.channel.readyState != "open":
            try:
                async with asyncio.timeout(self._connect_s):
                    await up.wait()
            except TimeoutError:
                raise failed_at("ICE", "no way to the service was found") from None

    async def direct(self, url, key):
        offer = await self.offer()
        headers = {"Authorization": f"Bearer {key.reveal()}", "Content-Type": "application/sdp"}
        async with httpx.AsyncClient(trust_env=False) as client:
            reply = await client.post(url, content=offer, headers=headers)
        self.posted.append((url, reply.status_code))
        if reply.status_code != 201:
            raise failed_at(f"HTTP {reply.status_code}", reply.text)
        await self.answer(reply.text)
        return reply.headers["Location"].rpartition("/")[2]

    def send(self, text):
        self.channel.send(text)

    def on_message(self, callback):
        self._on_message = callback

    def on_closed(self, callback):
        self._on_closed = callback

    def hang_up(self):
        self.hung_up += 1
        peer, self.peer = self.peer, None
        if peer is not None:
            self._later(peer.close())

    # -- what a person does

    def reload(self):
        """Go away, as a page does that is closed."""
        self.hang_up()
        self._on_closed("the page was closed: run the cell again")

    # -- sound

    def _keep(self, side, pcm):
        if self.session is not None and self.session.state in ("connecting", "open"):
            self.session.record(side, pcm, self.session.now_ms() - len(pcm) / 48)

    async def _hear(self, track):
        while True:
            try:
                frame: Any = await track.recv()
            except MediaStreamError:
                return
            sound = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
            self._keep("output", sound[::2].astype("<i2").tobytes())

    def _later(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def gone(self):
        """Wait until everything has been given back."""
        self.hang_up()
        while self._tasks:
            with contextlib.suppress(Exception):
                await asyncio.gather(*self._tasks)
