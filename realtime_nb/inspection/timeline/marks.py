"""What a timeline is made of: marks, the stages of turns, and when there was no session.

Every time is on the conversation's clock (see `realtime_nb.bridge.recording.lanes`): events
where they passed the session's socket, sound where it was spoken or heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Side: TypeAlias = Literal["user", "assistant"]
Kind: TypeAlias = Literal[
    "speech_started",
    "speech_stopped",
    "committed",
    "typed",
    "response_created",
    "first_delta",
    "audible",
    "tool_call",
    "tool_output",
    "barge_in",
    "truncated",
    "silent",
    "response_done",
    "error",
    "lost",
    "restored",
]

KEPT: Final = 20_000
"""Marks that are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment of a conversation.

    Attributes
    ----------
    t_ms
        When, on the conversation's clock.
    kind
        What happened.
    side
        Whose lane it belongs to.
    seq
        Number of the event in the log that tells it.
    label
        A few words; partly a model's or a server's, so escape it.
    item_id, response_id
        What it is about, ``""`` where nothing is.
    """

    t_ms: float
    kind: Kind
    side: Side
    seq: int
    label: str = ""
    item_id: str = ""
    response_id: str = ""


@dataclass(slots=True)
class Turn:
    """One turn of the user and what answered it, in ms on the conversation's clock.

    None stands where it has not come to that, or nobody noted it.

    Attributes
    ----------
    number
        Counted from 1.
    item_id
        The user's item; ``""`` where an answer came without one.
    kind
        ``"voice"``, ``"typed"``, or ``"none"`` for an answer nobody asked for.
    said_ms
        The end of the speech in the sound: where the service says that it stopped, less the
        silence it waited for. Of a turn ended by hand, the end of what had been sent.
    decided_ms
        When the turn was over: the service said that speech had stopped, or we sent the commit.
    committed_ms
        When the service said that it had the turn.
    created_ms
        When the first response to it began.
    transcript_ms, token_ms
        When its words were known and when the first word of the answer was: of a chain only.
    delta_ms
        When the first sound of the answer came (the first text, where it has no sound).
    audible_ms
        When its first sample left the loudspeaker.
    end_ms
        When it was over: in the ear, else at the socket where no page played it.
    responses, tools
        How many responses and tool calls it took.
    interrupted
        Whether the answer was cancelled or cut.
    """

    number: int
    item_id: str
    kind: Literal["voice", "typed", "none"]
    said_ms: float | None = None
    decided_ms: float | None = None
    committed_ms: float | None = None
    created_ms: float | None = None
    transcript_ms: float | None = None
    token_ms: float | None = None
    delta_ms: float | None = None
    audible_ms: float | None = None
    end_ms: float | None = None
    responses: int = 0
    tools: int = 0
    interrupted: bool = False

    @property
    def begin_ms(self) -> float | None:
        """The earliest that is known of it."""
        stages = (self.said_ms, self.decided_ms, self.committed_ms, self.created_ms)
        return next((stage for stage in stages if stage is not None), None)


@dataclass(slots=True)
class Away:
    """A stretch in which there was no session of the service.

    Attributes
    ----------
    start_ms, end_ms
        From the loss to where the talk goes on, on the conversation's clock; no end where it
        does not, or not yet.
    text
        Why, and what became of it, in a few words; it may quote the service.
    """

    start_ms: float
    end_ms: float | None = None
    text: str = ""


@dataclass(slots=True)
class Story:
    """What was read.

    Attributes
    ----------
    marks
        In the order of time, the newest `KEPT`.
    turns
        In the order in which they began.
    aways
        When there was no session, in the order of time.
    dropped_marks
        How many marks were too many.
    """

    marks: list[Mark] = field(default_factory=list[Mark])
    turns: list[Turn] = field(default_factory=list[Turn])
    aways: list[Away] = field(default_factory=list[Away])
    dropped_marks: int = 0
