"""A page without a browser: it captures and plays, over a kernel's own channels."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.soak_marks import mark
from realtime_nb.bridge.frames import MICROPHONE, Frame

if TYPE_CHECKING:
    import numpy as np
    from jupyter_client.blocking.client import BlockingKernelClient

FRAME_SAMPLES = 960  # 40 ms at 24 kHz
PLAYED_EVERY_S = 0.2
SAMPLES_A_S = 24_000


@dataclass
class _Stream:
    position: int
    samples: int
    ended: bool = False


@dataclass
class SimulatedPage:
    """One tab with an open microphone.

    Parameters
    ----------
    client
        The kernel's client; its shell channel carries what the page says.
    comm_id
        Of the chat's widget.
    sound
        What is said into the microphone, over and over: PCM16 of shape (samples,), 24 kHz.
    start
        Where in it this page begins, in samples.

    Attributes
    ----------
    sent_s
        When each frame of the microphone was sent, in seconds since the epoch; each bears its
        number in its lowest bits.
    heard
        Samples of answers that have come.
    """

    client: BlockingKernelClient
    comm_id: str
    sound: np.ndarray
    start: int
    name: str
    sent_s: list[float] = field(default_factory=list)
    heard: int = 0
    answers: int = 0
    _streams: dict[int, _Stream] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)
    _played_s: float = 0.0

    def open(self) -> None:
        """Come to the chat, and switch the microphone on."""
        self._say("hello")
        self._say("microphone", on=True)
        self._played_s = time.monotonic()

    def said(self, ends: list[int]) -> int:
        """Return how many phrases were said whole, which end at these samples of the sound."""
        period = len(self.sound) - FRAME_SAMPLES
        first, last = self.start, self.start + len(self.sent_s) * FRAME_SAMPLES
        rounds = range(last // period + 1)
        return sum(first < end + n * period <= last for end in ends for n in rounds)

    def close(self) -> None:
        """Switch the microphone off."""
        self._say("microphone", on=False)

    def capture(self) -> None:
        """Send the next frame of the microphone."""
        number = len(self.sent_s)
        begin = (self.start + number * FRAME_SAMPLES) % (len(self.sound) - FRAME_SAMPLES)
        pcm = mark(self.sound[begin : begin + FRAME_SAMPLES], number).astype("<i2").tobytes()
        now = time.time()
        frame = Frame(MICROPHONE, 1, number, number * FRAME_SAMPLES, now * 1000 - 40, pcm)
        self.sent_s.append(now)
        self._say("audio", [frame.pack()])

    def play(self) -> None:
        """Play on to now, and report how far."""
        now = time.monotonic()
        left = round((now - self._played_s) * SAMPLES_A_S)
        self._played_s = now
        if not self._streams:
            return
        for number, stream in list(self._streams.items()):
            step = min(left, stream.samples - stream.position)
            stream.position += step
            left -= step
            if stream.position < stream.samples or not stream.ended:
                break
            self._finish(number)
        if self._streams:
            self._say("played", streams=self._progress())

    def take(self, data: dict[str, Any], buffers: list[bytes]) -> None:
        """Take a message of the kernel's."""
        content = data.get("content", {})
        match content.get("kind"):
            case "audio" if content.get("to", self.name) == self.name:
                self._push(Frame.unpack(buffers[0]))
            case "end":
                stream = self._streams.get(content["stream"])
                if stream is not None:
                    stream.ended = True
                elif content["stream"] not in self._done:
                    self._finish(content["stream"])
            case "clear":
                streams = self._progress()
                self._done.update(self._streams)
                self._streams.clear()
                self._say("cleared", id=content["id"], streams=streams, latency_ms=30.0)

    def _push(self, frame: Frame) -> None:
        if frame.stream in self._done:
            return
        stream = self._streams.setdefault(frame.stream, _Stream(frame.offset, frame.offset))
        stream.samples += frame.samples
        self.heard += frame.samples

    def _finish(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        self._done.add(number)
        if stream is not None:
            self.answers += 1
            self._say("played", streams=[{"stream": number, "samples": stream.position}])
        self._say("drained", stream=number)

    def _progress(self) -> list[dict[str, int]]:
        return [{"stream": n, "samples": stream.position} for n, stream in self._streams.items()]

    def _say(self, kind: str, buffers: list[bytes] | None = None, **fields: Any) -> None:
        content = {"kind": kind, "client": self.name, **fields}
        message = self.client.session.msg(
            "comm_msg", {"comm_id": self.comm_id, "data": {"method": "custom", "content": content}}
        )
        stream = self.client.shell_channel.socket
        self.client.session.send(stream, message, buffers=buffers or [])
