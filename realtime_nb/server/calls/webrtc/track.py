"""The track on which answers go out: 20 ms of sound each 20 ms, silence when there is none."""

from __future__ import annotations

import asyncio
from collections import deque
from fractions import Fraction
from typing import Final

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

from realtime_nb.audio.pcm import float_to_int16, int16_to_float, pcm16_to_int16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.audio_format import DEFAULT_RATE

RATE: Final = 48_000
FRAME_S: Final = 0.02
_FRAME: Final = int(RATE * FRAME_S)
_FRAME_BYTES: Final = 2 * int(DEFAULT_RATE * FRAME_S)
# A loop that was held up catches up with this much; what is older is forgotten.
_MOST_LATE_S: Final = 0.2
_TIME_BASE: Final = Fraction(1, RATE)


class AnswerTrack(MediaStreamTrack):
    """What the page hears."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._queued: deque[bytes] = deque()
        self._rest = b""
        self._played = 0  # bytes of what was given
        self._resampler = StreamResampler(DEFAULT_RATE, RATE)
        self._frames = 0
        self._next_s: float | None = None

    @property
    def played_ms(self) -> float:
        """How much of what was given has gone out."""
        return self._played / 2 * 1000.0 / DEFAULT_RATE

    def play(self, pcm: bytes) -> None:
        """Queue PCM16 24 kHz mono."""
        self._queued.append(pcm)

    def clear(self) -> None:
        """Drop what is queued."""
        self._queued.clear()
        self._rest = b""

    async def recv(self) -> AudioFrame:
        """Return the next frame when it is due."""
        if self.readyState != "live":
            raise MediaStreamError
        now_s = asyncio.get_running_loop().time()
        if self._next_s is None or now_s - self._next_s > _MOST_LATE_S:
            self._next_s = now_s
        await asyncio.sleep(max(0.0, self._next_s - now_s))
        self._next_s += FRAME_S
        return self._frame()

    def _frame(self) -> AudioFrame:
        pcm = self._take()
        self._played += len(pcm)
        pcm += bytes(_FRAME_BYTES - len(pcm))
        samples = float_to_int16(self._resampler.feed(int16_to_float(pcm16_to_int16(pcm))))
        if samples.shape[0] != _FRAME:  # only the first: the filter is some samples behind
            samples = np.pad(samples, (_FRAME - samples.shape[0], 0))
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._frames * _FRAME
        frame.time_base = _TIME_BASE
        self._frames += 1
        return frame

    def _take(self) -> bytes:
        """Take up to a frame's worth of what is queued."""
        while len(self._rest) < _FRAME_BYTES and self._queued:
            self._rest += self._queued.popleft()
        taken, self._rest = self._rest[:_FRAME_BYTES], self._rest[_FRAME_BYTES:]
        return taken
