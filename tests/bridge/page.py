"""A page that plays: reads when it is told to, and knows what it truly played."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_nb.bridge.frames import Frame

if TYPE_CHECKING:
    from tests.bridge.stage import Stage

PER_MS = 24
LATENCY_MS = 30.0


def sound(first_ms: int, milliseconds: int) -> bytes:
    """Return PCM16 in which each sample tells at which millisecond of its item it stands."""
    samples = np.arange(first_ms * PER_MS, (first_ms + milliseconds) * PER_MS) // PER_MS
    return samples.astype("<i2").tobytes()


@dataclass
class Ring:
    """One stream as the playback worklet holds it.

    Attributes
    ----------
    position
        Samples of the item up to which it was played, as the kernel counts them.
    heard_ms
        The same by the sound itself, in milliseconds; where nothing of it was played here, where
        the page before this one was.
    """

    key: tuple[str, int]
    position: int
    heard_ms: int
    samples: list[int] = field(default_factory=list)
    ended: bool = False


class Page:
    """One tab.

    Attributes
    ----------
    heard_ms
        The millisecond of each item up to which it was truly played.
    cleared
        The exact place, less latency, at which each item was silenced when the kernel still
        waited to hear of it.
    """

    def __init__(self, stage: Stage, client: str) -> None:
        self.stage = stage
        self.client = client
        self._read = len(stage.view.sent)
        self.rings: dict[int, Ring] = {}
        self.done: set[int] = set()
        self.heard_ms: dict[tuple[str, int], int] = {}
        self.cleared: dict[tuple[str, int], int] = {}
        self.muted = False

    def say(self, kind: str, **fields: Any) -> None:
        self.stage.view.page_says(kind, client=self.client, **fields)
        self.stage.run()

    def read(self) -> None:
        """Take what the kernel has sent."""
        fresh = self.stage.view.sent[self._read :]
        self._read += len(fresh)
        for message, buffers in fresh:
            if message.get("to", self.client) == self.client:
                self._take(message, buffers)

    def play(self, milliseconds: int) -> None:
        """Play on, without a word about it."""
        left = milliseconds * PER_MS
        for number, ring in list(self.rings.items()):
            taken = ring.samples[:left]
            del ring.samples[:left]
            left -= len(taken)
            ring.position += len(taken)
            if taken:
                ring.heard_ms = taken[-1] + 1
                self.heard_ms[ring.key] = max(self.heard_ms.get(ring.key, 0), ring.heard_ms)
                # Also where it is another page that is silenced.
                self.stage.heard.add(ring.key)
            if ring.samples or not ring.ended:
                return
            self._finish(number)
            self.say("played", streams=[{"stream": number, "samples": ring.position}])
            self.say("drained", stream=number)

    def report(self) -> None:
        """Say how far everything has been played."""
        self.say("played", streams=self._progress())

    def _progress(self) -> list[dict[str, int]]:
        return [{"stream": n, "samples": ring.position} for n, ring in self.rings.items()]

    def _finish(self, number: int) -> None:
        self.rings.pop(number, None)
        self.done.add(number)

    def _take(self, message: dict[str, Any], buffers: tuple[bytes, ...]) -> None:
        match message["kind"]:
            case "audio":
                frame = Frame.unpack(buffers[0])
                assert frame.stream == message["stream"]
                key = (message["item_id"], message["content_index"])
                self._push(frame, key)
            case "end":
                ring = self.rings.get(message["stream"])
                if ring is not None:
                    ring.ended = True
                elif message["stream"] not in self.done:
                    self._finish(message["stream"])
                    self.say("drained", stream=message["stream"])
            case "clear":
                self._clear(message["id"])
            case "owner" if message["client"] != self.client:
                self._silence()
            case "welcome" if not message["owner"]:
                self._silence()

    def _push(self, frame: Frame, key: tuple[str, int]) -> None:
        if frame.stream in self.done:
            return
        samples = np.frombuffer(frame.pcm, "<i2").tolist()
        ring = self.rings.setdefault(frame.stream, Ring(key, frame.offset, samples[0]))
        if ring.ended:
            return
        assert frame.offset == ring.position + len(ring.samples), "a frame missing or doubled"
        ring.samples += samples

    def _silence(self) -> list[dict[str, int]]:
        streams = self._progress()
        for number in list(self.rings):
            self._finish(number)
        return streams

    def _clear(self, number: int) -> None:
        interruption = self.stage.bridge._loudspeaker.interruption
        stopped = list(self.rings.values()) if number in interruption._answers else []
        if interruption._moving is not None:
            # Another page goes on with it, but for what was stopped meanwhile.
            cut = {stream.key for stream in interruption._moving}
            stopped = [ring for ring in stopped if ring.key in cut]
        for ring in stopped:
            if ring.position == self.stage.bridge.playback.received(ring.key):
                continue  # heard whole, as far as it goes: there may be nothing to cut
            heard_ms = ring.heard_ms if ring.key in self.stage.heard else 0
            self.cleared[ring.key] = int(max(0, heard_ms - LATENCY_MS))
        self.say("cleared", id=number, streams=self._silence(), latency_ms=LATENCY_MS)
