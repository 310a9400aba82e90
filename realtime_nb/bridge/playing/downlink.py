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
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.frames import ANSWER, Frame
from realtime_nb.bridge.playing.cuts import Cuts
from realtime_nb.bridge.playing.stream import BYTES_PER_MS, Stream, pieces, take
from realtime_nb.protocol.bounded import BoundedSet

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.protocol.conversation.playback import PartKey

FRAME_MS: Final = 200
GATHER_S: Final = 0.02
AHEAD_MS: Final = 30_000
MAX_WAITING: Final = 64 * 2**20

_CLEARED_KEPT: Final = 1024


class Downlink:
    """Sends the sound of answers to the page that plays, in order.

    Parameters
    ----------
    send
        Sends a message to the page that plays.
    loop
        The loop this runs on.

    Attributes
    ----------
    cuts
        Where items were cut.
    """

    def __init__(
        self, send: Callable[[Message, Buffers], object], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._send = send
        self._loop = loop
        self._streams: dict[PartKey, Stream] = {}
        self._cleared: BoundedSet[PartKey] = BoundedSet(_CLEARED_KEPT)
        self.cuts = Cuts()
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
        pcm = self.cuts.left(key, pcm, before)
        if key in self._cleared or not pcm:
            return
        stream = self._streams.get(key) or self._open(key, before)
        if stream.full or self._waiting_bytes + len(pcm) > MAX_WAITING:
            stream.full = True
            self.refused_bytes += len(pcm)
            return
        stream.waiting.extend(pieces(pcm))
        self._waiting_bytes += len(pcm)
        first = stream.seq == 0 and self._order[0] is stream
        enough = sum(map(len, stream.waiting)) >= FRAME_MS * BYTES_PER_MS
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

    def cut(self, item_id: str, content_index: int | None, end: int) -> bool:
        """Play nothing of an item past a point; see `Cuts.add`.

        Returns
        -------
        bool
            Whether the page has sound past it, which is not taken from it here.
        """
        self.cuts.add(item_id, content_index, end)
        for stream in self.streams():
            self._trim(stream)
        self._pump()
        ends = [(stream, self.cuts.end(stream.key)) for stream in self._order]
        return any(end is not None and stream.sent_bytes > 2 * end for stream, end in ends)

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
        for stream in self.streams():
            if stream.seq:
                self._waiting_bytes += stream.begin_again(self._next_number)
                self._next_number += 1
            self._trim(stream)
        self._pump()

    def _trim(self, stream: Stream) -> None:
        """Let go of what waits past where an item was cut, and of a stream with nothing left."""
        if self.cuts.end(stream.key) is None:
            return
        stream.full = stream.ended = True
        waiting = b"".join(stream.waiting)
        kept = self.cuts.left(stream.key, waiting, stream.sent_bytes // 2)
        stream.waiting = deque(pieces(kept))
        self._waiting_bytes -= len(waiting) - len(kept)
        if not kept and stream.sent_bytes <= 2 * stream.played_samples:
            self._close(stream)

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
        self._cleared.add(key)

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
        pcm = take(stream.waiting, FRAME_MS * BYTES_PER_MS)
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
