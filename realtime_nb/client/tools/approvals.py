"""Questions to the person at the notebook: may this tool be called."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from realtime_nb.client.futures import settle
from realtime_nb.client.listeners import Listeners
from realtime_nb.protocol.tools.approval import APPROVAL_S, Approval, ApprovalBook, Decision, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.loop import BackgroundLoop


class Approvals:
    """The open questions of a session; they may be answered from any thread.

    No answer within a question's `deadline_s` is a no. An "always" holds for the tool until
    the session ends.

    Parameters
    ----------
    loop
        The session's loop.
    now_ms
        The session's clock, in milliseconds.
    deadline_s
        How long a question waits, in seconds.

    Attributes
    ----------
    deadline_s
        How long the next question waits.
    """

    def __init__(
        self, loop: BackgroundLoop, now_ms: Callable[[], float], *, deadline_s: float = APPROVAL_S
    ) -> None:
        self._loop = loop
        self._now_ms = now_ms
        self.deadline_s = deadline_s
        self._book = ApprovalBook()
        self._lock = threading.Lock()
        self._waiting: dict[str, asyncio.Future[Decision]] = {}
        self._changed: Listeners[[]] = Listeners()

    @property
    def open(self) -> tuple[Approval, ...]:
        """The open questions, the oldest first."""
        now_ms = self._now_ms()
        with self._lock:
            return tuple(approval.at(now_ms) for approval in self._book.open.values())

    @property
    def always(self) -> tuple[tuple[Kind, str, str], ...]:
        """What may be called without a question: kind, server and name of each tool."""
        with self._lock:
            return tuple(sorted(self._book.always))

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread whenever the open questions change.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._changed.add(listener)

    def answer(self, approval_id: str, answer: str, reason: str = "") -> None:
        """Answer a question.

        Parameters
        ----------
        approval_id
            The question's `id`.
        answer
            ``"once"``, ``"always"`` (for this tool, until the session ends) or ``"deny"``.
        reason
            Why not; the model is told.

        Raises
        ------
        UsageError
            For a question that is not open any more, or another answer.
        """
        with self._lock:
            decided = self._book.answer(approval_id, answer, reason)
        self._loop.post(self._settle, decided)

    async def ask(self, approval: Approval) -> Decision:
        """Wait for the answer to a question; on the session's loop.

        Cancelling it takes the question back.
        """
        with self._lock:
            known = self._book.ask(approval)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Decision] = loop.create_future()
        self._waiting[approval.id] = future
        timer = loop.call_later(approval.deadline_s, self._late, approval.id)
        self._tell()
        try:
            return await future
        finally:
            timer.cancel()
            self._waiting.pop(approval.id, None)
            with self._lock:
                left = self._book.withdraw([approval.id])
            if left:
                self._tell()

    def question(
        self, approval_id: str, kind: Kind, *, name: str, arguments: str, server: str = ""
    ) -> Approval:
        """Return a question as it is asked now."""
        return Approval(
            approval_id,
            kind,
            name=name,
            server=server,
            arguments=arguments,
            asked_ms=self._now_ms(),
            deadline_s=self.deadline_s,
            left_s=self.deadline_s,
        )

    def withdraw(self, approval_id: str) -> None:
        """Take a question back, where it is open; on the session's loop."""
        with self._lock:
            decided = self._book.withdraw([approval_id])
        self._settle(decided)

    def _late(self, approval_id: str) -> None:
        with self._lock:
            decided = self._book.late(approval_id)
        self._settle(decided)

    def _settle(self, decided: Mapping[str, Decision]) -> None:
        for approval_id, decision in decided.items():
            future = self._waiting.get(approval_id)
            if future is not None:
                settle(future)(decision)
        if decided:
            self._tell()

    def _tell(self) -> None:
        self._changed.tell()
