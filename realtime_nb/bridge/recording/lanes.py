"""Where sound lies on a conversation's clock: the user's as it was sent, answers as heard.

The clock is the session's, in milliseconds. It runs ahead of that only where sound is sent
faster than it could be spoken: then it moves on with the sound, so that what follows a clip
is heard after it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

GAP_MS: Final = 200.0
"""Sound later than this after the sound before it is a pause, and no late frame."""

_SEGMENTS: Final = 20_000  # the newest that are remembered
_STEPS: Final = 20_000  # of the clock, as well
_AHEAD_MS: Final = 100.0
_STALL_MS: Final = 250.0

Form: TypeAlias = tuple[str, int, int]
"""Of sound on the wire: type, rate in Hz, channels."""


def ms_of(size: int, form: Form) -> float:
    """Return how many milliseconds `size` bytes of the wire last."""
    kind, rate, channels = form
    return size * 1000 / (rate * channels * (2 if kind == "audio/pcm" else 1))


@dataclass(slots=True)
class Clock:
    """The session's clock and how far the conversation's is ahead of it.

    Attributes
    ----------
    ahead_ms
        Milliseconds of sound sent faster than it could be spoken.
    steps
        When it moved on, in milliseconds of the session's clock, and how far it was ahead from
        then on; the newest ones.
    """

    ahead_ms: float = 0.0
    steps: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def at(self, t_ms: float) -> float:
        """Return the conversation's time at `t_ms` of the session's, which is now."""
        return t_ms + self.ahead_ms

    def place(self, t_ms: float) -> float:
        """Return the conversation's time at `t_ms` of the session's, now or earlier."""
        step = bisect_right(self.steps, t_ms, key=lambda known: known[0])
        return t_ms + (self.steps[step - 1][1] if step else 0.0)

    def move_on(self, t_ms: float, by_ms: float) -> None:
        """Be `by_ms` more ahead from `t_ms` of the session's clock on."""
        self.ahead_ms += by_ms
        last = self.steps[-1][0] if self.steps else 0.0
        if self.steps and t_ms <= last:
            self.steps.pop()
        self.steps.append((max(t_ms, last), self.ahead_ms))
        del self.steps[:-_STEPS]


@dataclass(slots=True)
class Segment:
    """Sound without a pause.

    Attributes
    ----------
    first_seq
        Of the first event that carried it.
    start_ms
        Where it begins on the conversation's clock.
    audio_ms
        How much sound of its side lies before it.
    form
        What it is on the wire.
    size, ms
        How long it is, in bytes of the wire and in milliseconds.
    """

    first_seq: int
    start_ms: float
    audio_ms: float
    form: Form
    size: int = 0
    ms: float = 0.0

    @property
    def end_ms(self) -> float:
        """Where it ends on the conversation's clock."""
        return self.start_ms + self.ms


class Lane:
    """One side's sound in the order in which it was sent or came.

    Parameters
    ----------
    clock
        The conversation's clock.
    leads
        Whether the clock moves on with this sound.
    """

    def __init__(self, clock: Clock, *, leads: bool) -> None:
        self._clock = clock
        self._leads = leads
        self.segments: list[Segment] = []
        self.audio_ms = 0.0

    def add(  # noqa: PLR0913 -- one fact each
        self,
        seq: int,
        t_ms: float,
        size: int,
        ms: float,
        form: Form,
        *,
        not_before_ms: float = 0.0,
        begins: bool = False,
    ) -> None:
        """Take one event's sound.

        Parameters
        ----------
        seq
            The event's number in the log.
        t_ms
            When the sound was over, on the session's clock.
        size, ms, form
            How much it is, and what.
        not_before_ms
            Where a new segment may begin at the earliest, on the conversation's clock.
        begins
            Whether it begins a turn: then it waits for `not_before_ms` without a pause, too.
        """
        now = self._clock.at(t_ms)
        last = self.segments[-1] if self.segments else None
        end = 0.0 if last is None else last.end_ms
        waits = begins and not_before_ms > end
        pause = last is None or waits or now - ms > end + GAP_MS
        if last is None or pause or last.form != form:
            start = max(now - ms, not_before_ms) if pause else end
            last = Segment(seq, max(0.0, end, start), self.audio_ms, form)
            self.segments.append(last)
            del self.segments[:-_SEGMENTS]
        last.size += size
        last.ms += ms
        self.audio_ms += ms
        ahead = last.end_ms - now
        if self._leads and ahead > _AHEAD_MS:
            self._clock.move_on(t_ms, ahead)

    def take_over(self, other: Lane) -> None:
        """Hold what another lane holds, as a copy."""
        self.segments = [replace(segment) for segment in other.segments]
        self.audio_ms = other.audio_ms

    def pieces(self, first_ms: float, last_ms: float) -> list[tuple[float, float]]:
        """Return from where to where a stretch of the side's own sound lies on the clock.

        Parameters
        ----------
        first_ms, last_ms
            Positions in the sound of this side, counted without its pauses.
        """
        found: list[tuple[float, float]] = []
        for segment in self.segments:
            first = max(first_ms - segment.audio_ms, 0.0)
            last = min(last_ms - segment.audio_ms, segment.ms)
            if last > first:
                found.append((segment.start_ms + first, segment.start_ms + last))
        return found

    def position(self, t_ms: float) -> float:
        """Return how much of the side's sound lies before a time of the clock, in ms."""
        before = [segment for segment in self.segments if segment.start_ms <= t_ms]
        if not before:
            return 0.0
        last = before[-1]
        return last.audio_ms + min(t_ms - last.start_ms, last.ms)


@dataclass(slots=True)
class Part:
    """The sound of one content part of an answer.

    Attributes
    ----------
    form
        What it is on the wire.
    start_ms
        When it came, on the conversation's clock.
    size, ms
        How much has come, in bytes of the wire and in milliseconds.
    missed_ms
        How much of it came before any page was there to play it.
    cut_ms
        Where the service cut it, None where it did not.
    played_ms
        How far a page has played it; None when no page was given any.
    runs
        What the page played without a stop: where each begins on the conversation's clock,
        and where in the part.
    recorded_ms
        Where it begins in what the page recorded of the service's side, in milliseconds of that
        sound; None where its sound came in events.
    """

    form: Form
    start_ms: float
    size: int = 0
    ms: float = 0.0
    missed_ms: float = 0.0
    cut_ms: float | None = None
    played_ms: float | None = None
    runs: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    recorded_ms: float | None = None

    @property
    def heard_ms(self) -> float:
        """How far it was heard; to its end, where no page plays."""
        heard = self.ms if self.played_ms is None else self.played_ms
        return heard if self.cut_ms is None else min(heard, self.cut_ms)

    @property
    def end_ms(self) -> float:
        """Where it ends on the conversation's clock, as far as it was heard."""
        pieces = self.pieces()
        if not pieces:
            return self.start_ms
        start, first, last = pieces[-1]
        return start + last - first

    def play(self, now_ms: float, played_ms: float) -> None:
        """Note that a page has played it so far by now.

        A report may be late and never early, so of all reports the earliest counts.
        """
        before = max(self.played_ms or 0.0, self.missed_ms)
        self.played_ms = max(before, played_ms)
        if self.played_ms <= self.missed_ms:
            return
        if not self.runs:
            self.runs.append((now_ms - (played_ms - self.missed_ms), self.missed_ms))
            return
        start, first = self.runs[-1]
        told = now_ms - (played_ms - first)
        if told > start + _STALL_MS and before < played_ms:
            self.runs.append((now_ms - (played_ms - before), before))
        elif told < start:
            earliest = 0.0
            if len(self.runs) > 1:
                start_before, first_before = self.runs[-2]
                earliest = start_before + first - first_before
            self.runs[-1] = (max(told, earliest), first)

    def pieces(self) -> list[tuple[float, float, float]]:
        """Return what was heard: where on the clock, from and to where in the part, in ms."""
        if self.played_ms is None:
            return [(self.start_ms, 0.0, self.heard_ms)] if self.heard_ms > 0 else []
        heard = self.heard_ms
        ends = [first for _, first in self.runs[1:]] + [heard]
        return [
            (start, first, min(end, heard))
            for (start, first), end in zip(self.runs, ends, strict=False)
            if min(end, heard) > first
        ]
