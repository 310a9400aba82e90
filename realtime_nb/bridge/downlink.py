"""The answer's way down: audio deltas into frames for the page's playback ring.

A service speaks faster than real time. The first sound of an answer goes out at once; later
deltas are gathered to at most `FRAME_MS` or `GATHER_S`, since a comm carries few large
messages better than many small ones; one longer than `LONGEST_MS` is cut. At most `AHEAD_MS` of
sound lie unplayed in the page, and a copy here, so that another page can go on with it; the
rest waits here, bounded by `MAX_WAITING` bytes. What comes past that is dropped and counted in
`refused_bytes`, with all that follows of its content part: a hole would put what is behind it
at a wrong place of the item.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.frames import ANSWER, RATE, Frame

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.protocol.playback import PartKey

FRAME_MS: Final = 200
LONGEST_MS: Final = 1000
GATHER_S: Final = 0.02
AHEAD_MS: Final = 30_000
MAX_WAITING: Final = 64 * 2**20

_BYTES_PER_MS: Final = RATE * 2 // 1000
_CLEARED_KEPT: Final = 1024


@dataclass(slots=True)
class Stream:
    """One content part on its way to the page.

    Attributes
    ----------
    number
        How page and kernel call it.
    key
        Item id and content index.
    sent_bytes, played_samples
        What the page was given, and what its speaker has consumed, both counted from the
        beginning of the content part: a page may come in the middle of it.
    before
        Samples of the part before the first one that the page was given.
    seq
        Number of the next frame.
    ended
        Whether the service has said that there is no more.
    told_end
        Whether the page has been told so.
    full
        Whether sound of it was dropped for want of room: then no more is taken.
    waiting
        What the page was not given yet.
    unplayed
        The end of what it was given; its last `ahead_ms` at least.
    """

    number: int
    key: PartKey
    sent_bytes: int = 0
    played_samples: int = 0
    seq: int = 0
    ended: bool = False
    told_end: bool = False
    full: bool = False
    before: int = 0
    waiting: deque[bytes] = field(default_factory=deque[bytes])
    unplayed: deque[bytes] = field(default_factory=deque[bytes])

    @property
    def ahead_ms(self) -> float:
        """Milliseconds of sound that lie in the page unplayed."""
        return self.sent_bytes / _BYTES_PER_MS - self.played_samples * 1000 / RATE

    @property
    def position(self) -> int:
        """Samples of the part up to which it was played; 0 where nothing of it was."""
        return self.played_samples if self.played_samples > self.before else 0

    def reached(self, samples: Any) -> None:
        """Take a report of the page; it never goes back, nor past what was sent."""
        if isinstance(samples, int):
            self.played_samples = max(self.played_samples, min(samples, self.sent_bytes // 2))
        unplayed = self.sent_bytes - 2 * self.played_samples
        kept = sum(map(len, self.unplayed))
        while self.unplayed and kept - len(self.unplayed[0]) >= unplayed:
            kept -= len(self.unplayed.popleft())

    def begin_again(self, number: int) -> int:
        """Become a stream that begins where this one was played to; return its new bytes."""
        sound = b"".join(self.unplayed)
        sound = sound[len(sound) - (self.sent_bytes - 2 * self.played_samples) :]
        self.unplayed.clear()
        self.waiting.extendleft(reversed(_pieces(sound)))
        self.number = number
        self.sent_bytes = 2 * self.played_samples
        self.seq = 0
        self.told_end = False
        return len(sound)


class Downlink:
    """Sends the sound of answers to the page that plays, in order.

    Parameters
    ----------
    send
        Sends a message to the page that plays.
    loop
        The loop this runs on.
    """

    def __init__(
        self, send: Callable[[Message, Buffers], object], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._send = send
        self._loop = loop
        self._streams: dict[PartKey, Stream] = {}
        self._cleared: dict[PartKey, None] = {}
        self._order: deque[Stream] = deque()
        self._next_number = 1
        self._waiting_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._held = False
        self.refused_bytes = 0

    @property
    def active(self) -> bool:
        """Whether anything is on its way to the page or unplayed in it."""
        return bool(self._order)

    def streams(self) -> list[Stream]:
        """Return the streams that are not played to their end, the oldest first."""
        return list(self._order)

    def stream(self, number: Any) -> Stream | None:
        """Return the unfinished stream with this number, else None."""
        return next((one for one in self._order if one.number == number), None)

    def add(self, key: PartKey, pcm: bytes, *, before: int = 0) -> None:
        """Take sound of a content part.

        Parameters
        ----------
        key
            Item id and content index.
        pcm
            PCM16, mono, 24 kHz.
        before
            Samples of the part before these, whether or not a page was there to play them.
        """
        if key in self._cleared or not pcm:
            return
        stream = self._streams.get(key) or self._open(key, before)
        if stream.full or self._waiting_bytes + len(pcm) > MAX_WAITING:
            stream.full = True
            self.refused_bytes += len(pcm)
            return
        stream.waiting.extend(_pieces(pcm))
        self._waiting_bytes += len(pcm)
        first = stream.seq == 0 and self._order[0] is stream
        enough = sum(map(len, stream.waiting)) >= FRAME_MS * _BYTES_PER_MS
        if first or enough:
            self._pump()
        else:
            self._pump_soon()

    def end(self, key: PartKey) -> None:
        """Note that a content part has no more sound."""
        stream = self._streams.get(key)
        if stream is not None:
            stream.ended = True
            self._pump()

    def played(self, number: Any, samples: Any) -> Stream | None:
        """Note how many samples of a stream the page has consumed; return the stream."""
        stream = self.stream(number)
        if stream is None:
            return None
        stream.reached(samples)
        self._pump()
        return stream

    def drained(self, number: Any) -> Stream | None:
        """Note that the page has played a stream to its end; return the stream."""
        stream = self.stream(number)
        if stream is None:
            return None
        stream.reached(stream.sent_bytes // 2)
        self._close(stream)
        return stream

    def shut(self, key: PartKey) -> None:
        """Take no more sound of a content part; what is on its way is played."""
        stream = self._streams.get(key)
        if stream is None:
            self._clear(key)
        else:
            stream.full = True

    def drop(self) -> None:
        """Forget everything unplayed; sound of these parts that comes later is dropped."""
        for stream in list(self._order):
            self._close(stream)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hold(self) -> None:
        """Send nothing until `release`: it is not known yet where a page stopped."""
        self._held = True

    def release(self) -> None:
        """Send again, to another page, and begin with what the one before had not played."""
        self._held = False
        for stream in self._order:
            if stream.seq:
                self._waiting_bytes += stream.begin_again(self._next_number)
                self._next_number += 1
        self._pump()

    def _open(self, key: PartKey, before: int) -> Stream:
        number = self._next_number
        stream = Stream(number, key, sent_bytes=2 * before, played_samples=before, before=before)
        self._next_number += 1
        self._streams[key] = stream
        self._order.append(stream)
        return stream

    def _close(self, stream: Stream) -> None:
        self._waiting_bytes -= sum(map(len, stream.waiting))
        stream.waiting.clear()
        self._streams.pop(stream.key, None)
        self._order.remove(stream)
        # Deltas in flight when an item was cut may still come: they are not a new stream.
        self._clear(stream.key)

    def _clear(self, key: PartKey) -> None:
        self._cleared[key] = None
        while len(self._cleared) > _CLEARED_KEPT:
            del self._cleared[next(iter(self._cleared))]

    def _pump_soon(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(GATHER_S, self._pump)

    def _pump(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held:
            return
        ahead = sum(stream.ahead_ms for stream in self._order)
        for stream in self._order:
            while stream.waiting and ahead < AHEAD_MS:
                ahead += self._send_frame(stream)
            if stream.waiting:
                return
            if stream.ended and not stream.told_end:
                stream.told_end = True
                self._send({"kind": "end", "stream": stream.number}, ())

    def _send_frame(self, stream: Stream) -> float:
        pcm = _take(stream.waiting, FRAME_MS * _BYTES_PER_MS)
        self._waiting_bytes -= len(pcm)
        frame = Frame(ANSWER, stream.number, stream.seq, stream.sent_bytes // 2, 0.0, pcm)
        item_id, content_index = stream.key
        message = {
            "kind": "audio",
            "stream": stream.number,
            "item_id": item_id,
            "content_index": content_index,
        }
        self._send(message, (frame.pack(),))
        stream.seq += 1
        stream.sent_bytes += len(pcm)
        stream.unplayed.append(pcm)
        return frame.duration_ms


def _pieces(pcm: bytes) -> list[bytes]:
    """Cut sound into what may be one frame; what a service sends is mostly less."""
    most = LONGEST_MS * _BYTES_PER_MS
    return [pcm[start : start + most] for start in range(0, len(pcm), most)]


def _take(chunks: deque[bytes], most: int) -> bytes:
    """Take chunks off the front up to `most` bytes; the first one however long it is."""
    taken: list[bytes] = [chunks.popleft()]
    size = len(taken[0])
    while chunks and size + len(chunks[0]) <= most:
        taken.append(chunks.popleft())
        size += len(taken[-1])
    return b"".join(taken)
