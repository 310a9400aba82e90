"""The same recording to several conversations, one after the other, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.audio.clip import AudioClip
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.inspection.chain_legs import legs
from realtime_nb.inspection.cost import usage
from realtime_nb.inspection.frames import frame
from realtime_nb.inspection.latency import latency
from realtime_nb.inspection.report_text import escaped
from realtime_nb.inspection.svg import as_image
from realtime_nb.inspection.timeline import timeline
from realtime_nb.protocol.cost_meter import Total, total_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from realtime_nb.audio.source import Sound
    from realtime_nb.client.heard import Heard
    from realtime_nb.client.listening import Then
    from realtime_nb.client.loop import Call
    from realtime_nb.inspection.talk import Talk

COLUMNS: Final[Mapping[str, str]] = {
    "name": "which conversation",
    "model": "what answered",
    "heard": "what it heard",
    "answered": "what it answered",
    "vad_ms": "end of speech in the sound → decision that the turn is over, ms",
    "transcript_ms": "that decision → transcript, ms; of a chain, which waits for it",
    "first_token_ms": "that decision → first word, ms; of a chain, which waits for it",
    "first_sound_ms": "end of speech → first sound of the answer at the socket, ms",
    "audio_ms": "sound of the answer, ms",
    "usd": "cost in USD; missing where a part of it is not known",
    "events": "events of the protocol that it took",
    "problem": "what went wrong, in one line",
}
"""What stands in each column of `SideBySide.df`."""

TIMEOUT_S: Final = 120.0
_LONGEST: Final = 2_000
_LEAD_MS: Final = 500.0
_CELL: Final = "text-align: left; vertical-align: top; padding: 2px 12px 2px 0"


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
        The stretch of the timeline, as an SVG element; ``""`` for none.
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
            "model": f"{self.model} (not a model)" if self.practice else self.model,
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
        parts = [f"{side.name}: {_ms(side.times['first_sound_ms'])}" for side in self.sides]
        return f"<side by side, end of speech to first sound: {'; '.join(parts)}>"

    def _repr_html_(self) -> str:
        heads = "".join(f'<th style="{_CELL}">{_text(side.name)}</th>' for side in self.sides)
        rows = "".join(
            f'<tr><th style="{_CELL}" title="{_text(COLUMNS[name])}">{name}</th>{cells}</tr>'
            for name in COLUMNS
            if name != "name" and (cells := self._cells(name))
        )
        players = "".join(f'<td style="{_CELL}">{_player(side.audio)}</td>' for side in self.sides)
        pictures = "".join(
            f"<div><strong>{_text(side.name)}</strong></div>"
            + as_image(side.picture, f"Timeline of {side.name}")
            for side in self.sides
            if side.picture
        )
        return (
            f"<div><small>The recording:</small> {_player(self.clip)}</div>"
            f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}"
            f"<tr><th></th>{players}</tr></tbody></table>{pictures}"
        )

    def _cells(self, name: str) -> str:
        """Return the cells of a row; nothing where no side has any."""
        values = [side.row.get(name) for side in self.sides]
        if all(value is None or value == "" for value in values):
            return ""
        if name == "usd":
            values = [str(side.total) for side in self.sides]
        return "".join(f'<td style="{_CELL}">{_shown(name, value)}</td>' for value in values)


def side_by_side(
    clip: Sound, *chats: Listener, realtime: bool = True, timeout_s: float = TIMEOUT_S
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

    Raises
    ------
    UsageError
        For what is no sound, and for no conversation.
    """
    if not chats:
        raise UsageError("nobody is there to listen; write side_by_side(clip, chat, agent)")
    sound = clip if isinstance(clip, AudioClip) else AudioClip.read(clip)
    return SideBySide(
        sound,
        tuple(_play(sound, chat, realtime=realtime, timeout_s=timeout_s) for chat in chats),
    )


def _play(clip: AudioClip, chat: Listener, *, realtime: bool, timeout_s: float) -> Side:
    before = chat.talk()
    after_seq = max((record.seq for record in before.log), default=-1)
    turns_before = len(latency(before))
    heard: Heard | None = None
    problem = ""
    call = chat.listen(clip, realtime=realtime)
    try:
        heard = call.result(timeout_s)
    except RealtimeError as error:
        call.cancel()
        problem = str(error)
    talk = chat.talk()
    new = [record for record in talk.log if record.seq > after_seq]
    charged = [charge for charge in usage(talk) if charge.seq > after_seq]
    response = heard.response if heard is not None else None
    return Side(
        name=chat.name,
        model=talk.model,
        practice=talk.practice,
        heard=heard.text if heard is not None else _said(talk),
        answered=heard.answer if heard is not None else "",
        audio=response.audio if response is not None else None,
        times=_times(talk, turns_before),
        total=total_of(charged, free=talk.practice),
        events=len(new),
        picture=_picture(talk, turns_before),
        problem=problem,
    )


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


def _picture(talk: Talk, turns_before: int) -> str:
    turns = latency(talk).turns[turns_before:]
    if not turns:
        return ""
    line = timeline(talk)
    begun = [turn.begin_ms for turn in turns if turn.begin_ms is not None]
    return line.svg(from_ms=max(0.0, min(begun, default=0.0) - _LEAD_MS) if turns_before else 0.0)


def _said(talk: Talk) -> str:
    """Return the words of the user's last turn, where the answer to it failed."""
    users = [item for item in talk.conversation.items if item.role == "user"]
    return users[-1].text if users else ""


def _player(clip: AudioClip | None) -> str:
    if clip is None:
        return ""
    return clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- what IPython itself calls


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("_ms"):
        return _ms(value)
    return _text(str(value))


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f} ms"


def _text(text: str) -> str:
    return escaped(text, _LONGEST)
