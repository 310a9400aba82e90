"""The calls that a `CallLedger` keeps, response by response."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from realtime_nb.protocol.tools.actions import ModelCall


@dataclass(slots=True, eq=False)
class Entry:
    """One call, until it is answered and the model has gone on.

    Attributes
    ----------
    call
        The call.
    on_interrupt
        What an interruption does to it.
    owes
        Whether the model has still to be asked to go on with its output.
    output
        What the model is told; None while it is not known.
    sent
        Whether that was sent.
    closed
        Whether it is in the conversation, or was refused.
    """

    call: ModelCall
    on_interrupt: Literal["cancel", "finish"]
    owes: bool = True
    output: str | None = None
    sent: bool = False
    closed: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """The calls of one response, in their order.

    Attributes
    ----------
    entries
        The calls.
    ended
        Whether the response has ended.
    interrupted
        Whether the user has cut in since it began.
    """

    entries: list[Entry] = field(default_factory=list[Entry])
    ended: bool = False
    interrupted: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.ended and all(entry.closed for entry in self.entries)

    @property
    def owes(self) -> bool:
        """Whether the model has still to be asked to go on."""
        return any(entry.owes for entry in self.entries)
