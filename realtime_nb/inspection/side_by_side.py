"""The same recording to several conversations, one after the other, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.audio.clip import AudioClip
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.inspection.chain_legs import legs
from realtime_nb.inspection.cost.usage_table import usage
from realtime_nb.inspection.frames import frame
from realtime_nb.inspection.latency import latency
from realtime_nb.inspection.side_by_side_html import COLUMNS, ms, side_by_side_html
from realtime_nb.inspection.timeline.svg import draw_timeline, stages_of
from realtime_nb.inspection.timeline.view import Timeline, timeline
from realtime_nb.protocol.cost.meter import Total, total_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from realtime_nb.audio.source import Sound
    from realtime_nb.client.loop import Call
    from realtime_nb.client.sound.heard import Heard
    from realtime_nb.client.sound.listening import Then
    from realtime_nb.inspection.talk import Talk

TIMEOUT_S: Final = 120.0
_LEAD_MS: Final = 500.0


class Listener(Protocol):
    """A conversation that a recording can be played to: a `Chat`, a `ChainedAgent`."""

    name: str

    def listen(self, source: Sound, *, realtime: bool = True, then: Then = "auto") -> Call[Heard]:
        """Hear a clip as if it came from the microphone, and have it answered."""
        ...

    def talk(self) -> Talk:
        """Return the facts of the conversation so far."""
        ...


@dataclass(frozen=True, repr=False)
class Side:
    """What one conversation made of the recording.

    Attributes
    ----------
    name, model
        Which conversation, and what answered.
    practice
        Whether all of it was the practice server, which is no model.
    heard, answered
        The words.
    audio
        The answer's sound; None when there was none.
    times
        Milliseconds by column of `COLUMNS`; None where it has not come to that.
    total
        What it cost.
    events
        How many events it took.
    picture
        The stretch of the timeline, as an SVG element, of the same scale for all; ``""`` for
        none.
    problem
        What went wrong; ``""`` for nothing.
    """

    name: str
    model: str
    practice: bool
    heard: str
    answered: str
    audio: AudioClip | None
    times: Mapping[str, float | None]
    total: Total
    events: int
    picture: str
    problem: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """The row of `SideBySide.df`."""
        return {
            "name": self.name,
            "model": self.model,
            "practice": self.practice,
            "heard": self.heard,
            "answered": self.answered,
            **self.times,
            "audio_ms": self.audio.duration_ms if self.audio is not None else None,
            "usd": self.total.usd if self.total.charges or self.total.free else None,
            "events": self.events,
            "problem": self.problem,
        }


@dataclass(frozen=True, repr=False)
class SideBySide:
    """The same recording, heard and answered by several conversations.

    Attributes
    ----------
    clip
        What was played to each.
    sides
        What came of it, in the order they were given.
    """

    clip: AudioClip
    sides: tuple[Side, ...]

    @property
    def df(self) -> pd.DataFrame:
        """A row for each conversation; see `COLUMNS`."""
        return frame([side.row for side in self.sides], COLUMNS)

    def __getitem__(self, name: str) -> Side:
        for side in self.sides:
            if side.name == name:
                return side
        known = ", ".join(side.name for side in self.sides)
        raise KeyError(f"there is no {name!r}; there are {known}")

    def __repr__(self) -> str:
        parts = [f"{side.name}: {ms(side.times['first_sound_ms'])}" for side in self.sides]
        return f"<side by side, end of speech to first sound: {'; '.join(parts)}>"

    def _repr_html_(self) -> str:
        return side_by_side_html(self.clip, self.sides)


def side_by_side(
    clip: Sound,
    *chats: Listener,
    realtime: bool = True,
    timeout_s: float = TIMEOUT_S,
    tell: Callable[[str], object] = lambda _: None,
) -> SideBySide:
    """Play the same recording to several conversations, one after the other.

    Each hears it as its microphone, in the session as it stands: for a fair comparison give it
    conversations that are new, with the same instructions and turn detection. What goes wrong
    in one of them stands in its row.

    Parameters
    ----------
    clip
        A recording: a path, a clip, or ``(samples, rate)``.
    *chats
        Those that hear it: a `Chat`, a `ChainedAgent`.
    realtime
        At the pace of speech; otherwise as fast as it is taken, and times mean little.
    timeout_s
        How long each may take, in seconds.
    tell
        Told in a few words what goes on.

    Raises
    ------
    UsageError
        For what is no sound, and for no conversation.
    """
    if not chats:
        raise UsageError("nobody is there to listen; write side_by_side(clip, chat, agent)")
    for chat in chats:
        if not callable(getattr(chat, "listen", None)) or not callable(getattr(chat, "talk", None)):
            kind = type(chat).__name__
            raise UsageError(
                f"a {kind} cannot listen; give it chats: side_by_side(clip, chat, agent)"
            )
    sound = clip if isinstance(clip, AudioClip) else AudioClip.read(clip)
    played: list[tuple[Side, _Stretch | None]] = []
    for number, chat in enumerate(chats, 1):
        tell(f"playing to {chat.name}… ({number} of {len(chats)})")
        played.append(_play(sound, chat, realtime=realtime, timeout_s=timeout_s))
    stretches = [stretch for _, stretch in played if stretch is not None]
    span_ms = max((one.to_ms - one.from_ms for one in stretches), default=0.0)
    way_ms = max((one.way_ms for one in stretches), default=0.0)
    return SideBySide(
        sound,
        tuple(
            side if stretch is None else replace(side, picture=stretch.draw(span_ms, way_ms))
            for side, stretch in played
        ),
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What of a timeline the recording and its answer take, in ms on its clock.

    `way_ms` is the longest way of one of its turns, from the end of speech.
    """

    line: Timeline
    from_ms: float
    to_ms: float
    way_ms: float

    def draw(self, span_ms: float, way_ms: float) -> str:
        """Return its picture, as wide as one that takes `span_ms`."""
        return draw_timeline(self.line, self.from_ms, self.from_ms + span_ms, least_ms=way_ms)


def _play(
    clip: AudioClip, chat: Listener, *, realtime: bool, timeout_s: float
) -> tuple[Side, _Stretch | None]:
    before = chat.talk()
    after_seq = max((record.seq for record in before.log), default=-1)
    turns_before = len(latency(before))
    heard: Heard | None = None
    problem = ""
    try:
        call = chat.listen(clip, realtime=realtime)
        try:
            heard = call.result(timeout_s)
        except RealtimeError:
            call.cancel()
            raise
    except RealtimeError as error:
        problem = str(error)
    talk = chat.talk()
    new = [record for record in talk.log if record.seq > after_seq]
    charged = [charge for charge in usage(talk) if charge.seq > after_seq]
    response = heard.response if heard is not None else None
    side = Side(
        name=chat.name,
        model=talk.model,
        practice=talk.practice,
        heard=heard.text if heard is not None else _said(talk) if new else "",
        answered=heard.answer if heard is not None else "",
        audio=response.audio if response is not None else None,
        times=_times(talk, turns_before),
        total=total_of(charged, free=talk.practice),
        events=len(new),
        picture="",
        problem=problem,
    )
    return side, _stretch(talk, turns_before, after_seq, clip)


def _times(talk: Talk, turns_before: int) -> dict[str, float | None]:
    """Return when what came, of the first turn of the recording."""
    rows = latency(talk).rows[turns_before:]
    spoken = next((row for row in rows if row["kind"] == "voice"), None)
    asked = {turn["turn"]: turn for turn in legs(talk).turns}
    leg = asked.get(spoken["turn"], {}) if spoken is not None else {}
    return {
        "vad_ms": spoken["vad_ms"] if spoken is not None else None,
        "transcript_ms": leg.get("transcript_ms"),
        "first_token_ms": leg.get("first_token_ms"),
        "first_sound_ms": spoken["to_delta_ms"] if spoken is not None else None,
    }


def _stretch(talk: Talk, turns_before: int, after_seq: int, clip: AudioClip) -> _Stretch | None:
    line = timeline(talk)
    turns = line.turns[turns_before:]
    begun = [mark.t_ms for mark in line.marks
             if mark.seq > after_seq and mark.kind == "speech_started"]  # fmt: skip
    # Without voice activity nobody tells when it began.
    begun += [turn.begin_ms - clip.duration_ms for turn in turns if turn.begin_ms is not None]
    if not begun:
        return None
    ways = [end for turn in turns for _, _, end, _ in stages_of(turn)]
    first_ms = max(0.0, begun[0] - _LEAD_MS)
    last_ms = max(line.duration_ms, first_ms + 1.0)
    return _Stretch(line, first_ms, last_ms, max(ways, default=0.0))


def _said(talk: Talk) -> str:
    """Return the words of the user's last turn, where the answer to it failed."""
    users = [item for item in talk.conversation.items if item.role == "user"]
    return users[-1].text if users else ""
