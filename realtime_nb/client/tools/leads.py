"""What the answer that follows a call is to say, where the call itself asks for that.

An agent that takes over inside a tool speaks when the tool's output is in the conversation: in
the answer that follows it, and not in one before.
"""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.tools.outcome import ToolCall
    from realtime_nb.protocol.tools.ledger import CallLedger

CALL: Final[contextvars.ContextVar[ToolCall | None]] = contextvars.ContextVar(
    "realtime_nb_call", default=None
)
"""The call whose function runs here."""


class Leads:
    """Instructions of answers that are still to come; may be told from any thread.

    Parameters
    ----------
    ledger
        What is owed to whom.
    """

    def __init__(self, ledger: CallLedger) -> None:
        self._ledger = ledger
        self._told: dict[str, tuple[str, str]] = {}  # call -> its response, and instructions

    def tell(self, instructions: str) -> Callable[[], None] | None:
        """Lead the answer to the call whose function runs here.

        Returns
        -------
        Callable or None
            It takes that back. None where no function runs that the model has called.
        """
        call = CALL.get()
        if call is None or all(one.call_id != call.call_id for one in self._ledger.unanswered):
            return None
        self._told[call.call_id] = (call.response_id, instructions)

        def take_back() -> None:
            self._told.pop(call.call_id, None)

        return take_back

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._told

    def take(self) -> str:
        """Return the instructions of the answer that is due now; ``""`` where it has none."""
        due = ""
        for call_id, (response_id, instructions) in list(self._told.items()):
            owed = {one.call.call_id: one for one in self._ledger.owed(response_id)}
            entry = owed.get(call_id)
            if entry is not None and entry.output is None:
                continue
            self._told.pop(call_id, None)
            # The user has cut in, or was answered meanwhile: it comes too late.
            if entry is not None and entry.owes:
                due = instructions
        return due
