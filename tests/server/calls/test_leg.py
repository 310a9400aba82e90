"""A page's leg: what ends it does end it, whatever comes in the same moment."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from av import AudioFrame

from realtime_nb.server.calls.webrtc.leg import WebRtcLeg


class Track:
    """Frames come when the test says so."""

    def __init__(self) -> None:
        self.come: asyncio.Event = asyncio.Event()

    async def recv(self) -> AudioFrame:
        await self.come.wait()
        self.come.clear()
        frame = AudioFrame.from_ndarray(np.zeros((1, 1_920), np.int16), "s16", "stereo")
        frame.sample_rate = 48_000
        return frame


@pytest.mark.parametrize("turns", range(5))
async def test_an_end_is_not_lost_to_a_frame_of_the_same_moment(turns: int) -> None:
    heard: list[bytes] = []

    async def hear(pcm: bytes) -> None:
        heard.append(pcm)

    call: Any = SimpleNamespace(hear=hear)
    peer: Any = SimpleNamespace(addTrack=lambda _: None, on=lambda *_: None)
    leg, track = WebRtcLeg(call, peer), Track()
    hearing = asyncio.ensure_future(leg._hear(track))
    await asyncio.sleep(0.01)
    track.come.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    hearing.cancel()
    done, _ = await asyncio.wait([hearing], timeout=5)
    assert done
    assert hearing.cancelled()
    leg._track.stop()
