"""The sound sent last, as long as a new session may need it again.

Places are milliseconds of the log's input sound. A service counts from the beginning of its
own session; `began` says at which place that was. The rules:

- Of a turn that the service hears and has not committed, what was sent since its beginning
  goes out again; where turns are ended by hand, what was sent since the last commit or clear;
  else the last half second before the service's last sign of life, and all behind it: nobody
  may have heard that. Nothing that was committed, and nothing that was sent longer before that
  sign by the clock, as by a microphone that was switched off.
- A commit whose answer never came goes out again too, at its place in the sound.
- Past `most_ms` (and `MOST_BYTES`, whatever the format) the oldest goes.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.client.outbox import CLEAR, COMMIT
from realtime_nb.protocol.bounded import BoundedDict
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from realtime_nb.protocol.events import Event

MOST_BYTES: Final = 2 * 2**20
_MARKS: Final = frozenset({COMMIT, CLEAR})
_ITEMS: Final = 64
_SAMPLE: Final = 2  # bytes that stay together; in G.711 a pair of samples does no harm


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound that was sent in one event: where it begins and ends, in ms; when it was sent, in s."""

    start_ms: float
    end_ms: float
    pcm: bytes
    sent_s: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A commit or clear that was sent: its event's id, its type, and its place in ms."""

    event_id: str
    kind: str
    place_ms: float


class HeldSound:
    """What was sent and may not be in an item yet; everything on the session's loop.

    Parameters
    ----------
    most_ms
        How much is kept, in milliseconds.
    tail_ms
        How much goes out again where nobody was speaking, in milliseconds.
    clock
        Tells the time in seconds, the one in which signs of life are told.

    Attributes
    ----------
    incomplete
        Whether sound of the turn that a commit would end was lost with a connection.
    """

    def __init__(
        self, most_ms: float, tail_ms: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_ms = most_ms
        self._tail_ms = tail_ms
        self._clock = clock
        self._pieces: deque[Piece] = deque()
        self._bytes = 0
        self._base_ms = 0.0
        self._begun: tuple[str, float] | None = None
        # Of items of the user: where their sound begins and ends.
        self._ranges: BoundedDict[str, tuple[float, float | None]] = BoundedDict(_ITEMS)
        self._committed_ms = 0.0
        self._heard_ms = self._heard_s = 0.0
        self._goes_again = False
        self._again_s = 0.0
        self._marks: deque[Mark] = deque()
        self.incomplete = False

    @property
    def speaking(self) -> bool:
        """Whether the service hears a turn that it has not committed."""
        return self._begun is not None

    @property
    def end_ms(self) -> float:
        """Where the sound that is held ends, in ms."""
        return self._pieces[-1].end_ms if self._pieces else self._committed_ms

    @property
    def uncommitted_ms(self) -> float:
        """How much was sent since the last commit, in ms."""
        return max(0.0, self.end_ms - self._committed_ms)

    @property
    def committed_ms(self) -> float:
        """Up to where the sound is in items, in ms."""
        return self._committed_ms

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The commits and clears that have no answer, in order."""
        return tuple(self._marks)

    def began(self, base_ms: float, *, incomplete: bool = False) -> None:
        """Note that a session of the service counts from this place, in ms, from now on.

        Parameters
        ----------
        base_ms
            The place.
        incomplete
            Whether sound that a commit by hand would have ended is not sent to it.
        """
        self.incomplete = incomplete
        self._base_ms = self._heard_ms = base_ms
        self._goes_again = base_ms < self.end_ms
        self._committed_ms = max(self._committed_ms, base_ms)
        self._begun = None
        self._marks.clear()

    def alive(self, heard_s: float) -> None:
        """Note when the service has shown a sign of life since the sound before was sent, in s."""
        self._heard_s = heard_s
        if not self._goes_again:
            self._heard_ms = self.end_ms

    def not_sent(self) -> None:
        """Note that some of what goes out again has not left, however long that was ago."""
        self._heard_s = 0.0

    def sent(self, pcm: bytes, start_ms: float, end_ms: float) -> None:
        """Keep sound that was sent, with its place in ms."""
        sent_s = self._clock()
        if end_ms <= start_ms:
            self._again_s = sent_s  # it is here already
            return
        self._goes_again = False
        self._pieces.append(Piece(start_ms, end_ms, pcm, sent_s))
        self._bytes += len(pcm)
        while self._pieces and (
            end_ms - self._pieces[0].end_ms >= self._most_ms or self._bytes > MOST_BYTES
        ):
            self._bytes -= len(self._pieces.popleft().pcm)

    def asked(self, event: Event, place_ms: float) -> None:
        """Note a client event that was sent when so much sound was, in ms."""
        if event.type in _MARKS:
            self._marks.append(Mark(event.event_id or "", event.type, place_ms))
            if len(self._marks) > _ITEMS:
                self._marks.popleft()

    def received(self, event: Event) -> None:
        """Take in a server event."""
        match event.type:
            case "input_audio_buffer.speech_started":
                self._starts(event)
            case "input_audio_buffer.speech_stopped" | "input_audio_buffer.timeout_triggered":
                self._stops(event)
            case "input_audio_buffer.committed":
                self._commits(event)
            case "input_audio_buffer.cleared":
                self._begun = None
                self.incomplete = False
                self._committed_ms = self._marked_ms()
            case _:
                return

    # -- what goes out again

    def place_ms(self, *, detects: bool, by_hand: bool, room_ms: float) -> float:
        """Return from which place on the sound goes out again, in ms.

        Parameters
        ----------
        detects
            Whether the service finds turns itself.
        by_hand
            Whether they are ended by hand, so that all since the last commit is wanted.
        room_ms
            How much may be sent again.
        """
        end_ms = self.end_ms
        heard_ms = min(end_ms, self._heard_ms) - self._tail_ms
        place_ms = max(heard_ms, self._committed_ms, self._old_ms())
        if detects and self._begun is not None:
            place_ms = self._begun[1]
        elif by_hand or self._marks:
            place_ms = self._committed_ms
        first_ms = self._pieces[0].start_ms if self._pieces else end_ms
        return min(end_ms, max(place_ms, first_ms, end_ms - max(0.0, room_ms)))

    def since(self, place_ms: float) -> Iterator[bytes | Mark]:
        """Yield the sound from a place on, with the commits that have no answer in their places."""
        marks = self._marks.copy()
        for piece in tuple(self._pieces):
            while marks and marks[0].place_ms <= piece.start_ms:
                yield marks.popleft()
            pcm = _part(piece, place_ms, piece.end_ms)
            if pcm:
                yield pcm
        yield from marks

    def of_item(self, item_id: str) -> bytes | None:
        """Return the sound of an item of the user; None where it is not held from its beginning."""
        start_ms, end_ms = self._ranges.get(item_id, (0.0, None))
        if end_ms is None or not self._pieces or start_ms < self._pieces[0].start_ms:
            return None
        sound = b"".join(
            _part(piece, start_ms, end_ms)
            for piece in self._pieces
            if piece.end_ms > start_ms and piece.start_ms < end_ms
        )
        return sound or None

    # -- inside

    def _old_ms(self) -> float:
        """Return up to where the sound was sent too long before the last sign of life."""
        old_s = self._heard_s - self._tail_ms / 1000
        for piece in reversed(self._pieces):
            # What went out again did so at another time than the first.
            again = piece.end_ms > self._base_ms
            if max(piece.sent_s, self._again_s if again else 0.0) < old_s:
                return piece.end_ms
        return 0.0

    def _starts(self, event: Event) -> None:
        start_ms = told_ms(event, "audio_start_ms")
        place_ms = self.end_ms if start_ms is None else self._base_ms + start_ms
        item_id = str(event.get("item_id"))
        self._begun = (item_id, place_ms)
        self._keep(item_id, place_ms, None)

    def _stops(self, event: Event) -> None:
        item_id = str(event.get("item_id"))
        end_ms = told_ms(event, "audio_end_ms")
        start_ms = told_ms(event, "audio_start_ms")
        known_ms = self._ranges.get(item_id, (self.end_ms, None))[0]
        self._keep(
            item_id,
            known_ms if start_ms is None else self._base_ms + start_ms,
            self.end_ms if end_ms is None else self._base_ms + end_ms,
        )

    def _commits(self, event: Event) -> None:
        item_id = str(event.get("item_id"))
        start_ms, end_ms = self._ranges.get(item_id, (self._committed_ms, None))
        if end_ms is None:
            # Ended by hand: all that was sent before the commit is in the item.
            end_ms = self._marked_ms()
        self._keep(item_id, start_ms, end_ms)
        self._committed_ms = max(self._committed_ms, end_ms)
        self._begun = None
        self.incomplete = False

    def _marked_ms(self) -> float:
        return self._marks.popleft().place_ms if self._marks else self.end_ms

    def _keep(self, item_id: str, start_ms: float, end_ms: float | None) -> None:
        self._ranges.pop(item_id, None)  # told again it is the newest
        self._ranges[item_id] = (start_ms, end_ms)


def _part(piece: Piece, start_ms: float, end_ms: float) -> bytes:
    """Return what of a piece lies between two places, cut between samples."""
    per_ms = len(piece.pcm) / (piece.end_ms - piece.start_ms)
    first = max(0, round((start_ms - piece.start_ms) * per_ms))
    last = min(len(piece.pcm), max(0, round((end_ms - piece.start_ms) * per_ms)))
    return piece.pcm[first - first % _SAMPLE : last + last % _SAMPLE]
