"""What may hold back the answers of a session: guards over what its user says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from realtime_nb.client.core import SessionCore


class Gate(Protocol):
    """Passes what the user says before it is answered; called on the session's loop."""

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
