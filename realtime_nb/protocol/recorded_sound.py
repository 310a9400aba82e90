"""Sound of a call as its page heard it, beside the log: it was in no event.

Two tracks, the user's and the service's, each in stretches without a pause. The policy: past
a bound in bytes the oldest sound goes first, of whichever track; where it lay is kept. Exact
silence, as a closed microphone gives, costs nothing.

When a piece began is known to be earlier the more of them have come, and a sound card is never
as fast as it says. So a stretch that has just begun is moved to where its pieces say; later,
silence is left out where a track has run ahead of its clock.
"""

from __future__ import annotations

import math
import threading
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

Track: TypeAlias = Literal["input", "output"]

TRACKS: Final[tuple[Track, Track]] = ("input", "output")
RATE: Final = 24_000
"""Of PCM16, one channel, in Hz."""

GAP_MS: Final = 200.0
"""A piece that begins later than this after the one before it begins a stretch."""

_BYTES_PER_MS: Final = 48
_BLOCK_BYTES: Final = _BYTES_PER_MS * 1_000
_SETTLES_MS: Final = 10_000.0
"""As long as a stretch is shorter, it is its beginning that was misjudged."""

_UNMOVED_MS: Final = 1.0
_AHEAD_MS: Final = 40.0
"""So much later than its time a piece may lie before silence is left out."""

_SILENT: Final = 64  # of 32,768: 54 dB below the loudest
_MOST_STRETCHES: Final = 20_000
_LATEST_MS: Final = 1e12
_SILENCE: Final = bytes(_BLOCK_BYTES)


@dataclass(frozen=True, slots=True)
class RecordedPiece:
    """Up to a second of one track.

    Attributes
    ----------
    seq
        Its number in its track.
    pcm
        PCM16, little endian, mono, 24 kHz.
    """

    seq: int
    pcm: bytes


@dataclass(slots=True)
class Stretch:
    """Sound of one track without a pause.

    Attributes
    ----------
    first_seq
        Number of its first piece.
    start_ms
        Where it begins on the session's clock, in milliseconds.
    before
        How much sound of its track lies before it, in bytes.
    size
        How much it is, in bytes, also what has gone since.
    """

    first_seq: int
    start_ms: float
    before: int
    size: int = 0

    @property
    def before_ms(self) -> float:
        """How much sound of its track lies before it, in milliseconds."""
        return self.before / _BYTES_PER_MS

    @property
    def ms(self) -> float:
        """How long it is, in milliseconds."""
        return self.size / _BYTES_PER_MS

    @property
    def end_ms(self) -> float:
        """Where it ends on the session's clock, in milliseconds."""
        return self.start_ms + self.ms


@dataclass(slots=True)
class _Track:
    stretches: list[Stretch] = field(default_factory=list[Stretch])
    pieces: dict[int, bytes | bytearray] = field(default_factory=dict[int, "bytes | bytearray"])
    next_seq: int = 0
    kept: int = 0  # in bytes, what its pieces take; those of exact silence are one and the same

    @property
    def oldest_ms(self) -> float:
        """Where the stretch begins whose piece is the oldest that is kept."""
        seq = next(iter(self.pieces))
        place = bisect_right(self.stretches, seq, key=lambda stretch: stretch.first_seq)
        return self.stretches[max(0, place - 1)].start_ms

    def add(self, pcm: bytes, t_ms: float) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is None or t_ms > last.end_ms + GAP_MS:
            self._seal()
            start = t_ms if last is None else max(t_ms, last.end_ms)
            before = 0 if last is None else last.before + last.size
            last = Stretch(self.next_seq, max(0.0, start), before)
            self.stretches.append(last)
            del self.stretches[:-_MOST_STRETCHES]
        elif last.end_ms - t_ms > _UNMOVED_MS and last.ms < _SETTLES_MS:
            self._begins_earlier(last, last.end_ms - t_ms)
        elif last.end_ms - t_ms > _AHEAD_MS and _is_silent(pcm):
            return
        last.size += len(pcm)
        for begin in range(0, len(pcm), _BLOCK_BYTES):
            self._put(pcm[begin : begin + _BLOCK_BYTES])

    def _begins_earlier(self, last: Stretch, by_ms: float) -> None:
        # Not so near to the one before that they would be read as one.
        before = self.stretches[-2].end_ms + GAP_MS + _UNMOVED_MS if len(self.stretches) > 1 else 0
        last.start_ms = min(last.start_ms, max(before, last.start_ms - by_ms))

    def drop(self) -> int:
        """Let the oldest piece go; return how many bytes of sound it held."""
        gone = self.pieces.pop(next(iter(self.pieces)))
        if gone is not _SILENCE:
            self.kept -= len(gone)
        return len(gone)

    def _put(self, pcm: bytes) -> None:
        self.kept += len(pcm)
        block = self.pieces.get(self.next_seq - 1)
        if isinstance(block, bytearray) and len(block) + len(pcm) <= _BLOCK_BYTES:
            block += pcm
            return
        self._seal()
        self.pieces[self.next_seq] = bytearray(pcm)
        self.next_seq += 1

    def _seal(self) -> None:
        block = self.pieces.get(self.next_seq - 1)
        if isinstance(block, bytearray):
            silent = len(block) == _BLOCK_BYTES and not any(block)
            self.pieces[self.next_seq - 1] = _SILENCE if silent else bytes(block)
            self.kept -= len(block) if silent else 0


class RecordedSound:
    """What pages have recorded of a call; any thread may add and look.

    Attributes
    ----------
    dropped_ms
        Milliseconds of sound that have gone, of both tracks.
    """

    def __init__(self) -> None:
        self._tracks: dict[Track, _Track] = {"input": _Track(), "output": _Track()}
        self._lock = threading.Lock()
        self.dropped_ms = 0.0

    def __bool__(self) -> bool:
        return any(track.stretches for track in self._tracks.values())

    def add(self, track: Track, pcm: bytes, t_ms: float, max_bytes: int) -> None:
        """Take a piece of sound.

        Parameters
        ----------
        track
            Whose it is.
        pcm
            PCM16, little endian, mono, 24 kHz.
        t_ms
            The time of its first sample on the session's clock, in milliseconds.
        max_bytes
            How much of both tracks may be kept.
        """
        pcm = pcm[: len(pcm) - len(pcm) % 2]
        if not pcm or not 0 <= t_ms < _LATEST_MS:
            return
        with self._lock:
            self._tracks[track].add(bytes(pcm), t_ms)
            while sum(one.kept for one in self._tracks.values()) > max_bytes and self._drop():
                pass

    def stretches(self, track: Track) -> list[Stretch]:
        """Return where a track's sound lies."""
        with self._lock:
            return [replace(stretch) for stretch in self._tracks[track].stretches]

    def pieces(self, track: Track, until_ms: float = math.inf) -> list[RecordedPiece]:
        """Return what is kept of a track's sound, in order.

        Parameters
        ----------
        track
            Whose.
        until_ms
            Up to where, in milliseconds of the track's own sound, without its pauses.
        """
        with self._lock:
            kept = [
                RecordedPiece(seq, bytes(pcm)) for seq, pcm in self._tracks[track].pieces.items()
            ]
            after = self._size(track) - until_ms * _BYTES_PER_MS
        while kept and after > 0:
            last = kept.pop()
            left = last.pcm[: max(0, len(last.pcm) - round(after / 2) * 2)]
            after -= len(last.pcm)
            if left:
                kept.append(RecordedPiece(last.seq, left))
        return kept

    def between(self, track: Track, from_ms: float, ms: float) -> bytes:
        """Return a stretch of a track's sound, PCM16; silence stands for what has gone.

        Parameters
        ----------
        track
            Whose.
        from_ms, ms
            Where it begins in the track's own sound, without its pauses, and how long it is; it
            ends where the track does.
        """
        first = round(from_ms * _BYTES_PER_MS / 2) * 2
        last = first + round(ms * _BYTES_PER_MS / 2) * 2
        with self._lock:
            at = self._size(track)
            last = min(last, at)
            found = bytearray(max(0, last - first))
            for pcm in reversed(self._tracks[track].pieces.values()):
                end, at = at, at - len(pcm)
                if end <= first:
                    break
                begin, stop = max(first, at), min(last, end)
                if begin < stop:
                    found[begin - first : stop - first] = pcm[begin - at : stop - at]
        return bytes(found)

    def _size(self, track: Track) -> int:
        """Return how many bytes a track has had in all."""
        stretches = self._tracks[track].stretches
        return stretches[-1].before + stretches[-1].size if stretches else 0

    def _drop(self) -> bool:
        """Let the oldest second go; False where there is only what is being written."""
        firsts: list[tuple[float, Track]] = [
            (track.oldest_ms, name) for name, track in self._tracks.items() if len(track.pieces) > 1
        ]
        if not firsts:
            return False
        self.dropped_ms += self._tracks[min(firsts)[1]].drop() / _BYTES_PER_MS
        return True


def _is_silent(pcm: bytes) -> bool:
    samples = array("h", pcm)
    return max(samples) <= _SILENT and min(samples) >= -_SILENT
