"""Sound from a clip into a session, as a microphone would bring it.

The sound is read, resampled and encoded a second at a time on another thread, so that
neither its length nor a slow disk is felt. At real pace each frame leaves when it has been
spoken; else as fast as the service takes it. No frame is ever dropped: where the outbox has
no room, the clip waits. It follows the session's input format when that changes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from realtime_nb.audio.pcm import (
    float_to_int16,
    int16_to_float,
    int16_to_pcm16,
    pcm16_to_int16,
)
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.client.kinds import append_type
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from realtime_nb.audio.source import SoundSource
    from realtime_nb.client.core import SessionCore

FRAME_MS: Final = 40
FAST_FRAME_MS: Final = 200
_WAITING_BYTES: Final = 256 * 1024  # 5 s of PCM: what may wait for the socket
_ROOM_EVERY_S: Final = 0.005
_PCM_RATE: Final = 24_000
_G711_RATE: Final = 8_000
# What a service says beyond is a mistake, and would cost memory without end.
_LOWEST, _HIGHEST = 1_000, 384_000
_PCM: Final = "audio/pcm"
_CODECS: Final = {
    _PCM: (int16_to_pcm16, pcm16_to_int16),
    "audio/pcmu": (ulaw_encode, ulaw_decode),
    "audio/pcma": (alaw_encode, alaw_decode),
}


def wire_format(session: dict[str, Any] | None) -> tuple[str, int]:
    """Return in which type, and at which rate in Hz, a session wants its sound."""
    audio = as_object((session or {}).get("audio"))
    wire = as_object(as_object(audio.get("input")).get("format"))
    kind, rate = wire.get("type"), wire.get("rate")
    if kind in ("audio/pcmu", "audio/pcma"):
        return kind, _G711_RATE
    if isinstance(rate, int) and _LOWEST <= rate <= _HIGHEST:
        return _PCM, rate
    return _PCM, _PCM_RATE


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
        self.kind, self.rate = wire_format(session)
        self._encode, self._decode = _CODECS[self.kind]
        self._sample_bytes = 2 if self.kind == _PCM else 1
        self._resampler = StreamResampler(rate, self.rate)

    def __call__(self, samples: NDArray[np.float32], *, last: bool = False) -> bytes:
        """Return what a block completes; with the last one, all that is left."""
        done = self._resampler.feed(samples)
        if last:
            done = np.concatenate((done, self._resampler.flush()))
        return self._encode(float_to_int16(done))

    def turned(self, sound: bytes, session: dict[str, Any] | None) -> bytes:
        """Return sound made here, and what is left inside, in another session's format."""
        rest = self(np.zeros(0, np.float32), last=True)
        other = WireSound(self.rate, session)
        return other(int16_to_float(self._decode(sound + rest)), last=True)

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
        BudgetExceeded
            When its budget is spent.
        """
        blocks = self._source.blocks()
        frame_ms = FRAME_MS if self._realtime else FAST_FRAME_MS
        self._wire = WireSound(self._source.rate, self._core.conversation.session)
        self._due_s = asyncio.get_running_loop().time()
        left, more = b"", True
        while more:
            block = await asyncio.to_thread(next, blocks, None)
            more = block is not None
            end = np.zeros(0, np.float32)
            left += await asyncio.to_thread(
                self._wire, end if block is None else block, last=not more
            )
            while left and (not more or len(left) >= self._wire.bytes_of(frame_ms)):
                size = min(len(left), self._wire.bytes_of(frame_ms))
                await self._room(self._wire.ms_of(size), realtime=self._realtime)
                left = self._follow(left)
                size = min(len(left), self._wire.bytes_of(frame_ms))
                self._put(left[:size], self._wire)
                left = left[size:]

    def _follow(self, left: bytes) -> bytes:
        """Return what waits in the format that is wanted by now."""
        session = self._core.conversation.session
        if wire_format(session) != (self._wire.kind, self._wire.rate):
            left = self._wire.turned(left, session)
            self._wire = WireSound(self._source.rate, session)
        return left

    async def silence(self, ms: float, *, realtime: bool | None = None) -> None:
        """Send `ms` of silence, at the clip's pace or at the one given."""
        wire = WireSound(_PCM_RATE, self._core.conversation.session)
        pcm = wire(np.zeros(round(_PCM_RATE * ms / 1000), np.float32), last=True)
        pace = self._realtime if realtime is None else realtime
        frame = wire.bytes_of(FRAME_MS if pace else FAST_FRAME_MS)
        if pace:
            self._due_s = max(self._due_s, asyncio.get_running_loop().time())
        for start in range(0, len(pcm), frame):
            piece = pcm[start : start + frame]
            await self._room(wire.ms_of(len(piece)), realtime=pace)
            self._put(piece, wire)

    async def _room(self, ms: float, *, realtime: bool) -> None:
        """Wait until the next `ms` are due, and there is room for them."""
        if realtime:
            # By the clock and not by the frame: a loop that was late catches up.
            self._due_s += ms / 1000
            await asyncio.sleep(max(0.0, self._due_s - asyncio.get_running_loop().time()))
        else:
            await asyncio.sleep(0)
        while self._core.outbox.audio_bytes > _WAITING_BYTES:
            await self._ready()
            await asyncio.sleep(_ROOM_EVERY_S)
        await self._ready()
        self._core.budget.check(append_type(self._core.kind))

    async def _ready(self) -> None:
        """Wait while there is no connection; the clip goes on from there, at its pace."""
        clock = asyncio.get_running_loop().time
        since_s = clock()
        await self._core.ready()
        self._due_s += clock() - since_s

    def _put(self, pcm: bytes, wire: WireSound) -> None:
        self._core.outbox.put_audio(pcm)
        self._core.flush()
        self.sent_ms += wire.ms_of(len(pcm))
