"""The calls that run: asked for, begun, stopped, ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from realtime_nb.client.tools.outcome import Outcome, ToolCall, not_ok
from realtime_nb.client.tools.running import run_tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.tools.approvals import Approvals
    from realtime_nb.client.tools.counts import Counts
    from realtime_nb.client.tools.records import CallRecords
    from realtime_nb.client.tools.registry import Tool, ToolRegistry
    from realtime_nb.client.tools.stage import Stage

_NOT_ALLOWED: Final = "the user did not allow it"


class Runs:
    """Runs calls one beside the other; all but the functions on the session's thread.

    Parameters
    ----------
    registry
        The functions.
    stage
        What is around a call.
    approvals
        Who is asked before a call that wants it.
    records, counts
        Where it is written down.
    now_ms
        The session's clock, in milliseconds.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        registry: ToolRegistry,
        stage: Stage,
        *,
        approvals: Approvals,
        records: CallRecords,
        counts: Counts,
        now_ms: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._stage = stage
        self._approvals = approvals
        self._records = records
        self._counts = counts
        self._now_ms = now_ms
        self._stops: dict[str, asyncio.Event] = {}

    def known(self, name: str) -> Tool | None:
        """Return the function that a call of this name runs now."""
        return self._registry.get(name)

    def running(self, call_id: str) -> bool:
        """Whether a call has begun here and not ended."""
        return call_id in self._stops

    def begin(self, call: ToolCall) -> None:
        """Enter a call that `run` is about to be given; from now on it can be stopped."""
        if call.call_id not in self._stops:
            self._stops[call.call_id] = asyncio.Event()
            self._records.begin(call, "queued", self._now_ms())

    async def run(self, call: ToolCall) -> Outcome:
        """Return what comes of a call: once it is approved, run, or stopped before."""
        self.begin(call)
        stop = self._stops[call.call_id]
        try:
            tool = self._registry.get(call.name)
            outcome = await self._refusal(tool, call)
            if outcome is None:
                outcome = await run_tool(
                    tool,
                    call,
                    stage=self._stage,
                    on_started=lambda: self._began(call.call_id),
                    cancelled=stop,
                    known=self._registry.names,
                )
            self._ended(outcome)
            return outcome
        finally:
            self._stops.pop(call.call_id, None)

    def stop(self, call_id: str, why: str, output: str) -> None:
        """Have a call stop that is answered already; nothing waits for it any more.

        Parameters
        ----------
        call_id
            The call.
        why
            For people.
        output
            What the model was told instead.
        """
        stop = self._stops.get(call_id)
        if stop is not None:
            stop.set()
            self._approvals.withdraw(call_id)
        known = self._records.get(call_id)
        ran_ms = None if known is None else known.at(self._now_ms()).ms
        record = self._records.change(
            call_id, status="cancelled", ms=ran_ms, error=why, output=output
        )
        if record is not None:
            self._counts.add(record.tool, "cancelled", ran_ms or 0.0)

    def stop_all(self, why: str) -> None:
        """Have every call stop: nobody is there to be answered."""
        for call_id in list(self._stops):
            self.stop(call_id, why, "")

    async def _refusal(self, tool: Tool | None, call: ToolCall) -> Outcome | None:
        """Return why a call does not run; None where nothing is in its way."""
        if tool is None or not tool.options.approve or call.origin == "hand":
            return None
        self._records.change(call.call_id, status="waiting")
        question = self._approvals.question(
            call.call_id, "function", name=call.name, arguments=call.arguments
        )
        decision = await self._approvals.ask(question)
        if decision.how == "gone":
            return not_ok(call, "cancelled", "nobody was asked any more")
        self._records.change(call.call_id, approval=decision.how)
        if decision.approved:
            self._records.change(call.call_id, status="queued")
            return None
        return not_ok(call, "denied", decision.reason or _NOT_ALLOWED)

    def _began(self, call_id: str) -> None:
        record = self._records.get(call_id)
        if record is not None and record.status == "queued":
            self._records.change(call_id, status="running", ms=0.0, began_ms=self._now_ms())

    def _ended(self, outcome: Outcome) -> None:
        record = self._records.change(
            outcome.call.call_id,
            status=outcome.status,
            ms=outcome.took_ms,
            output=outcome.output,
            error=outcome.error,
        )
        # One that was stopped has been counted, whatever came of it afterwards.
        if record is not None:
            self._counts.add(record.tool, outcome.status, outcome.took_ms)
