"""The person who calls: waits for the greeting, speaks, presses keys, hangs up in the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.pcm import pcm16_to_int16

if TYPE_CHECKING:
    from realtime_nb.client.practice_phone.link import PhoneSocket

RATE: Final = 24_000
_FRAME_S: Final = 0.02
_FRAME_BYTES: Final = int(RATE * _FRAME_S) * 2
_BYTES_PER_S: Final = RATE * 2
_SILENCE: Final = bytes(_FRAME_BYTES)
# A caller says hello when nobody else does.
_GREETING_BEGINS_S: Final = 1.0
_GREETING_ENDS_S: Final = 0.7
_LOUD: Final = 500  # of 32768: what is below cannot be understood
_KEY_S: Final = 0.25
LONGEST_HEARD_S: Final = 900

QUIET_S: Final = 4.0
"""So long nothing is heard before a caller who was answered hangs up, in seconds."""
ANSWER_S: Final = 30.0
"""So long a caller who has said something waits for an answer, in seconds."""


class Caller:
    """What a caller says and has heard; used on one event loop.

    Parameters
    ----------
    said
        PCM16 at 24 kHz, one channel.
    dtmf
        The keys pressed afterwards.
    quiet_s
        After that long without a sound from the other side the caller hangs up, in seconds.
        None for `QUIET_S`, where what was said has been answered or there was nothing to be
        heard in it, else `ANSWER_S`: who answers may be slow.

    Attributes
    ----------
    heard : bytearray
        PCM16 at 24 kHz from the moment the call was accepted, at most `LONGEST_HEARD_S` of it.
    """

    def __init__(self, said: bytes, dtmf: str, quiet_s: float | None) -> None:
        self.heard = bytearray()
        self._said = said
        self._dtmf = dtmf
        self._quiet_s = quiet_s
        self._answered: asyncio.Event = asyncio.Event()
        self._loud_s: float | None = None  # loop time at which something was heard last
        self._said_s: float | None = None  # and at which something was said

    def answered(self) -> None:
        """Take note that the other side has accepted the call."""
        self._answered.set()

    def hear(self, pcm: bytes) -> None:
        """Take a piece of what the other side says."""
        if not self._answered.is_set() or len(pcm) % 2:
            return
        if len(self.heard) < LONGEST_HEARD_S * _BYTES_PER_S:
            self.heard += pcm
        if _is_loud(pcm):
            self._loud_s = asyncio.get_running_loop().time()

    async def speak(self, socket: PhoneSocket) -> None:
        """Say everything in real time, from the moment the call is accepted; then hang up."""
        await self._answered.wait()
        line = _Line(socket)
        begins_s = line.now_s + _GREETING_BEGINS_S
        while line.now_s < begins_s or self._quiet_for_s(line.now_s) < _GREETING_ENDS_S:
            await line.send(_SILENCE)
        for start in range(0, len(self._said), _FRAME_BYTES):
            frame = self._said[start : start + _FRAME_BYTES]
            await line.send(frame.ljust(_FRAME_BYTES, b"\0"))
            if _is_loud(frame):  # what follows the last word may be answered already
                self._said_s = line.now_s
        for key in self._dtmf:
            await socket.send({"type": "phone.dtmf", "digit": key})
            await line.rest(_KEY_S)
        over_s = line.now_s
        while min(line.now_s - over_s, self._quiet_for_s(line.now_s)) < self._patience_s:
            await line.send(_SILENCE)

    @property
    def _patience_s(self) -> float:
        if self._quiet_s is not None:
            return self._quiet_s
        unanswered = self._said_s is not None and (self._loud_s or 0.0) <= self._said_s
        return ANSWER_S if unanswered else QUIET_S

    def _quiet_for_s(self, now_s: float) -> float:
        return now_s - self._loud_s if self._loud_s is not None else float("inf")


def _is_loud(pcm: bytes) -> bool:
    samples = pcm16_to_int16(pcm)
    return bool(samples.size) and int(np.abs(samples.astype(np.int32)).max()) >= _LOUD


class _Line:
    """A line that carries a frame every 20 ms, whatever happens."""

    def __init__(self, socket: PhoneSocket) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._due_s = self.now_s

    @property
    def now_s(self) -> float:
        return self._loop.time()

    async def send(self, frame: bytes) -> None:
        await asyncio.sleep(max(0.0, self._due_s - self.now_s))
        self._due_s += _FRAME_S
        await self._socket.send_sound(frame)

    async def rest(self, duration_s: float) -> None:
        for _ in range(round(duration_s / _FRAME_S)):
            await self.send(_SILENCE)
