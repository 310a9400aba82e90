"""What may hold back the answers of a session: guards over what its user says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.listeners import Listeners

GUARDED_KEY: Final = "realtime_nb_guarded"
"""Key of the metadata of a response that is asked for because the user's turn has passed."""


class Gate(Protocol):
    """Passes what the user says before it is answered; called on the session's loop.

    Attributes
    ----------
    verdicts
        Told of each spoken turn that has its verdict: the item's id, and whether it passed.
    """

    verdicts: Listeners[str, bool]

    @property
    def answers(self) -> bool:
        """Whether it asks for the answers to turns that turn detection ends."""
        ...

    async def admit(self, text: str) -> None:
        """Let typed text pass; raises `Vetoed` where it may not be sent."""
        ...

    async def settled(self, *, strict: bool = True) -> None:
        """Wait until no spoken turn waits for its verdict.

        Parameters
        ----------
        strict
            Whether `Vetoed` is raised where one of them may not be answered.
        """
        ...


class HasGate:
    """The part of a session that guards need."""

    _core: SessionCore

    @property
    def gate(self) -> Gate | None:
        """What holds back answers; None for nothing. Set it on the session's loop."""
        return self._core.gate

    @gate.setter
    def gate(self, gate: Gate | None) -> None:
        self._core.gate = gate

    def asked_for(self, response_id: str) -> bool:
        """Return whether a response that is under way was asked for by us."""
        return self._core.sequencer.asked_for(response_id)
