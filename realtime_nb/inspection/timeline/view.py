"""`Timeline`: both sides' sound and everything that happened, on one clock."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.peaks import Peaks
from realtime_nb.audio.stereo import StereoClip
from realtime_nb.bridge.recording.recording import RATE
from realtime_nb.inspection.frames import frame, to_polars
from realtime_nb.inspection.latency import Latency
from realtime_nb.inspection.timeline.notes import notes_of
from realtime_nb.inspection.timeline.sound import TimelineSound
from realtime_nb.inspection.timeline.svg import as_image, draw_timeline, visible
from realtime_nb.inspection.timeline.turns import read_story
from realtime_nb.protocol.shown_text import plural
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import polars as pl
    from matplotlib.axes import Axes

    from realtime_nb.inspection.talk import Talk
    from realtime_nb.inspection.timeline.marks import Away, Mark, Side, Turn
    from realtime_nb.protocol.log.event_log import EventLog

LONGEST_PIECE_MS: Final = 30_000.0
"""Sound that is given at once, stereo: 2.9 MB."""

MARK_COLUMNS: Final[Mapping[str, str]] = {
    "t_ms": "when, ms on the conversation's clock",
    "kind": "what happened",
    "side": "whose lane it belongs to: user or assistant",
    "label": "a few words",
    "item_id": "the item it is about; empty where there is none",
    "response_id": "the response it is about; empty where there is none",
    "seq": "number of the event in the log that tells it",
}
"""What stands in each column of `Timeline.df`."""


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch in which one side spoke.

    Attributes
    ----------
    start_ms, end_ms
        On the conversation's clock.
    side
        Who spoke.
    item_id
        In which item.
    text
        What was said, as far as it was heard; untrusted.
    """

    start_ms: float
    end_ms: float
    side: Side
    item_id: str
    text: str


class Timeline:
    """A conversation as it was when it was asked for, on the conversation's clock.

    Parameters
    ----------
    talk
        The conversation.

    Attributes
    ----------
    name
        What the chat is called.
    marks
        What happened, in the order of time.
    turns
        The stages of each turn.
    aways
        When there was no session of the service, and why.
    dropped_marks
        How many marks were too many to keep; the oldest went.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._notes = notes_of(talk)
        story = read_story(talk.log, self._notes)
        self.name = talk.name
        self.marks: tuple[Mark, ...] = tuple(story.marks)
        self.turns: tuple[Turn, ...] = tuple(story.turns)
        self.aways: tuple[Away, ...] = tuple(story.aways)
        self.dropped_marks = story.dropped_marks

    @property
    def log(self) -> EventLog:
        """The log it is made from."""
        return self._talk.log

    @cached_property
    def sound(self) -> TimelineSound:
        """Both sides' sound, any piece of it."""
        return TimelineSound(self._notes, self._talk.log)

    @cached_property
    def peaks(self) -> Peaks[Side]:
        """Both sides' waveforms, at any zoom."""
        return Peaks(self.sound)

    @cached_property
    def duration_ms(self) -> float:
        """Where the last sound ends or the last mark is."""
        last = self.marks[-1].t_ms if self.marks else 0.0
        end = max(self.sound.duration_ms, last)
        return end if math.isfinite(end) else 0.0

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """Who spoke when, in the order of time."""
        return tuple(sorted(self._regions(), key=lambda region: region.start_ms))

    @property
    def away_spans(self) -> list[tuple[float, float]]:
        """From when to when there was no session, in ms; to the end, where none came."""
        last = self.duration_ms
        return [
            (away.start_ms, last if away.end_ms is None else away.end_ms) for away in self.aways
        ]

    @property
    def latency(self) -> Latency:
        """Where each turn's time went."""
        return Latency(self.turns)

    @property
    def df(self) -> pd.DataFrame:
        """A row for each mark; see `MARK_COLUMNS`."""
        rows = [{name: getattr(mark, name) for name in MARK_COLUMNS} for mark in self.marks]
        return frame(rows, MARK_COLUMNS)

    def to_polars(self) -> pl.DataFrame:
        """Return the same table as a polars frame."""
        return to_polars(self.df)

    def place(self, seq: int) -> float | None:
        """Return when event `seq` of the log passed, on the conversation's clock.

        None when the log has none, or no longer.
        """
        log = self._talk.log
        try:
            number = bisect_left(range(len(log)), seq, key=lambda at: log[at].seq)
            record = log[number]
        except IndexError:  # of a log that lets go of its oldest meanwhile, too
            return None
        return self._notes.clock.place(record.t_ms) if record.seq == seq else None

    def clip(self, from_ms: float, to_ms: float) -> StereoClip:
        """Return the sound between two times: the user to the left, the assistant to the right.

        At most `LONGEST_PIECE_MS` of it, at 24 kHz.
        """
        first = min(max(0.0, from_ms), self.duration_ms)
        last = max(first, min(to_ms, first + LONGEST_PIECE_MS, self.duration_ms))
        sides = [self.sound.samples(side, first, last) for side in ("user", "assistant")]
        return StereoClip(np.stack(sides, axis=1), RATE)

    def svg(self, *, from_ms: float = 0.0, to_ms: float | None = None) -> str:
        """Return a picture of it: an SVG element that needs no script and no style sheet.

        Parameters
        ----------
        from_ms, to_ms
            What of it is drawn; all of it by default.
        """
        last = self.duration_ms if to_ms is None else min(to_ms, self.duration_ms)
        first = min(max(0.0, from_ms), last)
        return draw_timeline(self, first, max(last, first + 1.0))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it with matplotlib.

        Parameters
        ----------
        ax
            Where to; a new figure's when None.

        Raises
        ------
        UsageError
            When matplotlib is not installed.
        """
        from realtime_nb.inspection.timeline.plot import plot_timeline  # noqa: PLC0415 -- slow

        return plot_timeline(self, ax)

    def _regions(self) -> Iterator[Region]:
        lane = self._notes.user
        for item_id, (first, last) in self._notes.turns.items():
            for start, end in lane.pieces(first, lane.audio_ms if last is None else last):
                yield self._region(start, end, "user", item_id)
        for (item_id, _), part in self._notes.parts.items():
            for start, first, last in part.pieces():
                yield self._region(start, start + last - first, "assistant", item_id)

    def _region(self, start_ms: float, end_ms: float, side: Side, item_id: str) -> Region:
        item = self._talk.conversation.item(item_id)
        text = ""
        if item is not None:
            text = item.heard_text if item.truncated_ms is not None else item.text
        return Region(start_ms, end_ms, side, item_id, shorten(text))

    def __repr__(self) -> str:
        turns, marks = plural(len(self.turns), "turn"), plural(len(self.marks), "mark")
        return f"<Timeline: {self.duration_ms / 1000:.2f} s, {turns}, {marks}>"

    def _repr_html_(self) -> str:
        # A notebook that is not trusted keeps images, and of an SVG element only the words.
        name = shorten(self.name)
        turns = plural(len(self.turns), "turn")
        words = f"Timeline of {name}: {self.duration_ms / 1000:.2f} s, {turns}"
        return as_image(self.svg(), words)


def timeline(talk: Talk) -> Timeline:
    """Return a conversation's timeline so far.

    Parameters
    ----------
    talk
        The conversation, running or from a file.
    """
    return Timeline(talk)


def plain_marks(line: Timeline) -> list[dict[str, Any]]:
    """Return the marks as JSON objects, times to a hundredth of a millisecond."""
    return [
        {
            "t_ms": round(mark.t_ms, 2),
            "kind": mark.kind,
            "side": mark.side,
            "seq": mark.seq,
            "label": visible(mark.label),
        }
        for mark in line.marks
    ]
