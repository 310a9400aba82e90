"""What a recorder notes of a session: which sound is whose, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from realtime_nb.bridge.recording.lanes import Clock, Lane, Part

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.playback import PartKey
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.events import Event

PCM_RATE: Final = 24_000
KEPT: Final = 10_000
"""Turns of each side that are remembered; the oldest go first."""


@dataclass(slots=True)
class Notes:
    """What a recorder has noted.

    Attributes
    ----------
    user
        The sound that was sent.
    flow
        The sound of a translation.
    parts
        The answers' sound, by item id and content index, in the order in which it came.
    turns
        From where to where in the sound sent each item of the user goes, in milliseconds.
    clock
        The conversation's clock.
    last_seq
        Number of the last record in the log that is in it.
    """

    clock: Clock = field(default_factory=Clock)
    last_seq: int = -1
    user: Lane = field(init=False)
    flow: Lane = field(init=False)
    parts: dict[PartKey, Part] = field(default_factory=dict["PartKey", Part])
    turns: dict[str, tuple[float, float | None]] = field(
        default_factory=dict[str, tuple[float, float | None]]
    )

    def __post_init__(self) -> None:
        self.user = Lane(self.clock, leads=True)
        self.flow = Lane(self.clock, leads=False)

    def forget(self) -> None:
        """Let the oldest go of what has become too many."""
        if len(self.parts) > KEPT:
            del self.parts[next(iter(self.parts))]
        if len(self.turns) > KEPT:
            del self.turns[next(iter(self.turns))]

    def settle(self, conversation: Conversation) -> None:
        """End what was begun and never ended, and let go of turns that were given up.

        Parameters
        ----------
        conversation
            The words, as far as they are told.
        """
        starts = [start for start, _ in self.turns.values()]
        for item_id, (start, end) in [*self.turns.items()]:
            item = conversation.item(item_id)
            if conversation.dropped(item_id):
                del self.turns[item_id]
            elif end is None and item is not None and item.lost:
                last = min((one for one in starts if one > start), default=self.user.audio_ms)
                self.turns[item_id] = (start, last)

    def copy(self) -> Notes:
        """Return a copy that shares nothing that changes."""
        twin = Notes(replace(self.clock, steps=list(self.clock.steps)), self.last_seq)
        twin.user.take_over(self.user)
        twin.flow.take_over(self.flow)
        twin.parts = {key: replace(part, runs=list(part.runs)) for key, part in self.parts.items()}
        twin.turns = dict(self.turns)
        return twin


def part_key(event: Event) -> PartKey | None:
    """Return which content part a delta is of; None when it names none."""
    item_id, index = event.get("item_id"), event.get("content_index", 0)
    return (item_id, index) if isinstance(item_id, str) and isinstance(index, int) else None
