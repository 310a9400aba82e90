"""Sound from a clip into a session, as a microphone would bring it.

The sound is read, resampled and encoded a second at a time on another thread, so that
neither its length nor a slow disk is felt. At real pace each frame leaves when it has been
spoken; else as fast as the service takes it. No frame is ever dropped: where the outbox has
no room, the clip waits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.g711 import alaw_encode, ulaw_encode
from realtime_nb.audio.pcm import float_to_int16, int16_to_pcm16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.client.junk import as_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from realtime_nb.audio.source import SoundSource
    from realtime_nb.client.core import SessionCore

FRAME_MS: Final = 40
FAST_FRAME_MS: Final = 200
_WAITING_BYTES: Final = 256 * 1024  # 5 s of PCM: what may wait for the socket
_ROOM_EVERY_S: Final = 0.005
_PCM_RATE: Final = 24_000
_G711_RATE: Final = 8_000


class WireSound:
    """Turns samples of any rate into a session's input format, block by block.

    Parameters
    ----------
    rate
        Of the samples, in Hz.
    session
        The session object in force; the format is in it.
    """

    def __init__(self, rate: int, session: dict[str, Any] | None) -> None:
        audio = as_object((session or {}).get("audio"))
        wire = as_object(as_object(audio.get("input")).get("format"))
        kinds = {"audio/pcmu": ulaw_encode, "audio/pcma": alaw_encode}
        kind = wire.get("type")
        self._encode = kinds.get(kind if isinstance(kind, str) else "", int16_to_pcm16)
        self._sample_bytes = 2 if self._encode is int16_to_pcm16 else 1
        told = wire.get("rate")
        self.rate = told if isinstance(told, int) and told > 0 else _PCM_RATE
        if self._sample_bytes == 1:
            self.rate = _G711_RATE
        self._resampler = StreamResampler(rate, self.rate)

    def __call__(self, samples: NDArray[np.float32], *, last: bool = False) -> bytes:
        """Return what a block completes; with the last one, all that is left."""
        done = self._resampler.feed(samples)
        if last:
            done = np.concatenate((done, self._resampler.flush()))
        return self._encode(float_to_int16(done))

    def bytes_of(self, ms: float) -> int:
        """Return how many bytes last `ms` milliseconds."""
        return round(self.rate * ms / 1000) * self._sample_bytes

    def ms_of(self, size: int) -> float:
        """Return how many milliseconds `size` bytes last."""
        return size * 1000 / (self.rate * self._sample_bytes)


class Feeder:
    """Feeds one clip, and the silence behind it, into a session.

    Parameters
    ----------
    core
        The session; everything runs on its loop.
    source
        The clip.
    realtime
        Whether it goes at the pace of speech.

    Attributes
    ----------
    sent_ms
        How much has been sent, in milliseconds.
    """

    def __init__(self, core: SessionCore, source: SoundSource, *, realtime: bool) -> None:
        self._core = core
        self._source = source
        self._realtime = realtime
        self._due_s = 0.0
        self.sent_ms = 0.0

    async def clip(self) -> None:
        """Send the clip to its end.

        Raises
        ------
        ConnectionLost
            When the session ends before.
        """
        wire = WireSound(self._source.rate, self._core.conversation.session)
        blocks = _encoded(self._source, wire)
        frame = wire.bytes_of(FRAME_MS if self._realtime else FAST_FRAME_MS)
        self._due_s = asyncio.get_running_loop().time()
        left = b""
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            left += block
            while len(left) >= frame:
                await self._send(left[:frame], wire)
                left = left[frame:]
        if left:
            await self._send(left, wire)

    async def silence(self, ms: float, *, realtime: bool | None = None) -> None:
        """Send `ms` of silence, at the clip's pace or at the one given."""
        wire = WireSound(_PCM_RATE, self._core.conversation.session)
        pcm = wire(np.zeros(round(_PCM_RATE * ms / 1000), np.float32), last=True)
        pace = self._realtime if realtime is None else realtime
        frame = wire.bytes_of(FRAME_MS if pace else FAST_FRAME_MS)
        if pace:
            self._due_s = max(self._due_s, asyncio.get_running_loop().time())
        for start in range(0, len(pcm), frame):
            await self._send(pcm[start : start + frame], wire, realtime=pace)

    async def _send(self, pcm: bytes, wire: WireSound, *, realtime: bool | None = None) -> None:
        ms = wire.ms_of(len(pcm))
        if self._realtime if realtime is None else realtime:
            # By the clock and not by the frame: a loop that was late catches up.
            self._due_s += ms / 1000
            await asyncio.sleep(max(0.0, self._due_s - asyncio.get_running_loop().time()))
        else:
            await asyncio.sleep(0)
        outbox = self._core.outbox
        while outbox.audio_bytes > _WAITING_BYTES:
            await self._core.ready()
            await asyncio.sleep(_ROOM_EVERY_S)
        await self._core.ready()
        outbox.put_audio(pcm)
        self._core.flush()
        self.sent_ms += ms


def _encoded(source: SoundSource, wire: WireSound) -> Iterator[bytes]:
    for block in source.blocks():
        yield wire(block)
    yield wire(np.zeros(0, np.float32), last=True)
